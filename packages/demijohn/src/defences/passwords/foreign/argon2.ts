/**
 * Argon2id and argon2i (RFC 9106) of any cost within bounds, as argon2-cffi, passlib and Django
 * store them.
 *
 * Stops a stored string that would demand unbounded memory or time. Takes more lanes than our own
 * hashes may have: argon2-cffi and passlib made eight by default for years. Argon2d is refused: its
 * memory access depends on the password, and none of these libraries makes it by default.
 */

import { argon2 } from 'node:crypto'
import { constantTimeEqual } from '../../../core/bytes.ts'
import { passwordBounds } from '../options.ts'
import { parseUnpaddedBase64 } from './base64.ts'
import { type ForeignFormat, type Reader, reasons } from './reading.ts'

export const argon2Bounds = {
  memoryKibibytes: passwordBounds.memoryKibibytes.most,
  passes: passwordBounds.passes.most,
  parallelism: 16,
} as const

/** Version 19 alone: the one before has another block function, which Node does not compute. */
const whole =
  /^\$argon2(i|id)\$v=19\$m=([1-9][0-9]{0,9}),t=([1-9][0-9]{0,9}),p=([1-9][0-9]{0,7})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/

const argon2d = 'Argon2d gives passwords away by time: it is not taken.'

export const readArgon2: Reader = (text) => {
  const isDjango = text.startsWith('argon2$argon2')
  if (!isDjango && !text.startsWith('$argon2')) return undefined
  const format: ForeignFormat = isDjango ? 'django-argon2' : 'argon2'
  const plain = isDjango ? text.slice('argon2'.length) : text
  if (plain.startsWith('$argon2d$')) return { format, reason: argon2d }
  const found = whole.exec(plain)
  if (found === null) return { format, reason: reasons.malformed }
  const [, kind, memory, passes, parallelism, saltText = '', tagText = ''] = found
  const cost = {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
  }
  if (
    cost.memory > argon2Bounds.memoryKibibytes ||
    cost.passes > argon2Bounds.passes ||
    cost.parallelism > argon2Bounds.parallelism
  ) {
    return { format, reason: reasons.work }
  }
  const salt = parseUnpaddedBase64(saltText)
  const tag = parseUnpaddedBase64(tagText)
  // RFC 9106 section 3.1: at least eight blocks for each lane.
  if (salt === undefined || tag === undefined || cost.memory < 8 * cost.parallelism) {
    return { format, reason: reasons.malformed }
  }
  const algorithm = kind === 'i' ? 'argon2i' : 'argon2id'
  return { format, verify: (password) => matches(password, { algorithm, cost, salt, tag }) }
}

type Work = {
  readonly algorithm: 'argon2i' | 'argon2id'
  readonly cost: { readonly memory: number; readonly passes: number; readonly parallelism: number }
  readonly salt: Buffer
  readonly tag: Buffer
}

function matches(password: string, { algorithm, cost, salt, tag }: Work): Promise<boolean> {
  const message = Buffer.from(password, 'utf8')
  const work = { ...cost, message, nonce: salt, tagLength: tag.byteLength }
  return new Promise((resolve, reject) => {
    argon2(algorithm, work, (error, computed) => {
      if (error !== null) reject(error)
      else resolve(constantTimeEqual(computed, tag))
    })
  })
}
