/**
 * scrypt (RFC 7914) as Werkzeug, Django and passlib store it.
 *
 * Stops a stored string that would demand unbounded memory or time. As in pbkdf2.ts, no password
 * with a NUL is right: scrypt begins with PBKDF2.
 */

import { scrypt } from 'node:crypto'
import { constantTimeEqual } from '../../../core/bytes.ts'
import { bytesOfHex, parseBase64, parseUnpaddedBase64 } from './base64.ts'
import { type ForeignFormat, type Reader, reasons } from './reading.ts'

export const scryptBounds = {
  /** 128 · N · r (RFC 7914 section 5). As much as argon2 may have here. */
  memoryBytes: 256 * 1024 * 1024,
  /** N · r · p. Twice the dearest recommendation of the OWASP Password Storage Cheat Sheet. */
  blocks: 2 ** 21,
  blockSize: 32,
  parallelism: 16,
} as const

type Cost = { readonly n: number; readonly r: number; readonly p: number }

type Shape = {
  readonly format: ForeignFormat
  readonly begins: RegExp
  readonly whole: RegExp
  readonly cost: (text: string) => number
  readonly salt: (text: string) => Buffer | undefined
  readonly key: (text: string) => Buffer | undefined
}

const utf8 = (text: string): Buffer => Buffer.from(text)

const shapes: readonly Shape[] = [
  {
    format: 'werkzeug-scrypt',
    begins: /^scrypt:/,
    whole:
      /^scrypt:(?<n>[1-9][0-9]{0,9}):(?<r>[1-9][0-9]{0,4}):(?<p>[1-9][0-9]{0,4})\$(?<salt>[A-Za-z0-9]{1,64})\$(?<key>[0-9a-f]{128})$/,
    cost: Number,
    salt: utf8,
    key: bytesOfHex,
  },
  {
    format: 'django-scrypt',
    begins: /^scrypt\$/,
    whole:
      /^scrypt\$(?<n>[1-9][0-9]{0,9})\$(?<salt>[A-Za-z0-9]{1,64})\$(?<r>[1-9][0-9]{0,4})\$(?<p>[1-9][0-9]{0,4})\$(?<key>[A-Za-z0-9+/]{86}==)$/,
    cost: Number,
    salt: utf8,
    key: parseBase64,
  },
  {
    format: 'passlib-scrypt',
    begins: /^\$scrypt\$/,
    whole:
      /^\$scrypt\$ln=(?<n>[1-9][0-9]?),r=(?<r>[1-9][0-9]{0,4}),p=(?<p>[1-9][0-9]{0,4})\$(?<salt>[A-Za-z0-9+/]{1,86})\$(?<key>[A-Za-z0-9+/]{43})$/,
    cost: (text) => 2 ** Number(text),
    salt: parseUnpaddedBase64,
    key: parseUnpaddedBase64,
  },
]

export const readScrypt: Reader = (text) => {
  const shape = shapes.find(({ begins }) => begins.test(text))
  if (shape === undefined) return undefined
  const { format } = shape
  const found = shape.whole.exec(text)?.groups
  if (found === undefined) return { format, reason: reasons.malformed }
  const cost: Cost = { n: shape.cost(found.n ?? ''), r: Number(found.r), p: Number(found.p) }
  if (!isBounded(cost)) return { format, reason: reasons.work }
  const salt = shape.salt(found.salt ?? '')
  const key = shape.key(found.key ?? '')
  if (salt === undefined || key === undefined || !isDefined(cost)) {
    return { format, reason: reasons.malformed }
  }
  return { format, verify: (password) => matches(password, { cost, salt, key }) }
}

function isBounded({ n, r, p }: Cost): boolean {
  return (
    128 * n * r <= scryptBounds.memoryBytes &&
    n * r * p <= scryptBounds.blocks &&
    r <= scryptBounds.blockSize &&
    p <= scryptBounds.parallelism
  )
}

/** RFC 7914 section 6: N is a power of two above 1 and below 2^(128 · r / 8). */
function isDefined({ n, r }: Cost): boolean {
  const log = Math.log2(n)
  return Number.isInteger(log) && log >= 1 && log < 16 * r
}

type Work = { readonly cost: Cost; readonly salt: Buffer; readonly key: Buffer }

function matches(password: string, { cost, salt, key }: Work): Promise<boolean> {
  const hasNul = password.includes('\0')
  // Room for the blocks beside the table: OpenSSL counts them, too.
  const maxmem = 2 * scryptBounds.memoryBytes
  const options = { N: cost.n, r: cost.r, p: cost.p, maxmem }
  return new Promise((resolve, reject) => {
    scrypt(password, salt, key.byteLength, options, (error, computed) => {
      if (error !== null) reject(error)
      else resolve(constantTimeEqual(computed, key) && !hasNul)
    })
  })
}
