/**
 * PBKDF2 (RFC 8018 section 5.2) as Werkzeug, Django and passlib store it.
 *
 * Stops a stored string that would demand unbounded rounds, and a second password for a hash:
 * HMAC fills short keys up with NUL bytes (RFC 2104 section 2), so the password and the password
 * with a NUL behind it would be one. No password with a NUL is right here.
 */

import { pbkdf2 } from 'node:crypto'
import { constantTimeEqual } from '../../../core/bytes.ts'
import { bytesOfHex, parseAdaptedBase64, parseBase64 } from './base64.ts'
import { type ForeignFormat, type Reader, reasons } from './reading.ts'

/** Above the defaults of all three libraries; the largest is Django 6.0's 1,200,000. */
export const maxPbkdf2Rounds = 2_000_000

const digestBytes = { sha1: 20, sha256: 32, sha512: 64 } as const
type Digest = keyof typeof digestBytes

type Shape = {
  readonly format: ForeignFormat
  readonly begins: RegExp
  /** Digest, rounds, salt, key. */
  readonly whole: RegExp
  readonly salt: (text: string) => Buffer | undefined
  readonly key: (text: string) => Buffer | undefined
}

const shapes: readonly Shape[] = [
  {
    format: 'werkzeug-pbkdf2',
    begins: /^pbkdf2:/,
    whole:
      /^pbkdf2:(sha1|sha256|sha512):([1-9][0-9]{0,9})\$([A-Za-z0-9]{1,64})\$((?:[0-9a-f]{2}){20,64})$/,
    salt: (text) => Buffer.from(text),
    key: bytesOfHex,
  },
  {
    format: 'django-pbkdf2',
    begins: /^pbkdf2_/,
    whole:
      /^pbkdf2_(sha1|sha256)\$([1-9][0-9]{0,9})\$([A-Za-z0-9]{1,64})\$([A-Za-z0-9+/=]{28,44})$/,
    salt: (text) => Buffer.from(text),
    key: parseBase64,
  },
  {
    format: 'passlib-pbkdf2',
    begins: /^\$pbkdf2[-$]/,
    whole:
      /^\$pbkdf2(|-sha256|-sha512)\$([1-9][0-9]{0,9})\$([A-Za-z0-9./]{1,86})\$([A-Za-z0-9./]{27,86})$/,
    salt: parseAdaptedBase64,
    key: parseAdaptedBase64,
  },
]

function digestOf(text: string): Digest {
  if (text.endsWith('sha256')) return 'sha256'
  return text.endsWith('sha512') ? 'sha512' : 'sha1'
}

export const readPbkdf2: Reader = (text) => {
  const shape = shapes.find(({ begins }) => begins.test(text))
  if (shape === undefined) return undefined
  const { format } = shape
  const found = shape.whole.exec(text)
  if (found === null) return { format, reason: reasons.malformed }
  const [, name = '', rounds, saltText = '', keyText = ''] = found
  if (Number(rounds) > maxPbkdf2Rounds) return { format, reason: reasons.work }
  const digest = digestOf(name)
  const salt = shape.salt(saltText)
  const key = shape.key(keyText)
  if (salt === undefined || key?.byteLength !== digestBytes[digest]) {
    return { format, reason: reasons.malformed }
  }
  const work = { digest, rounds: Number(rounds), salt, key }
  return { format, verify: (password) => matches(password, work) }
}

type Work = {
  readonly digest: Digest
  readonly rounds: number
  readonly salt: Buffer
  readonly key: Buffer
}

function matches(password: string, { digest, rounds, salt, key }: Work): Promise<boolean> {
  const hasNul = password.includes('\0')
  return new Promise((resolve, reject) => {
    pbkdf2(password, salt, rounds, key.byteLength, digest, (error, computed) => {
      if (error !== null) reject(error)
      else resolve(constantTimeEqual(computed, key) && !hasNul)
    })
  })
}
