/**
 * Argon2id (RFC 9106) and the PHC string that it is stored as.
 *
 * Stops cheap guessing against a stolen database (ASVS 11.4.2), and a stored string that would
 * demand unbounded work of whoever verifies it. The password is hashed whole: nothing is cut off
 * at 72 bytes or at a NUL. Does not stop guesses at the sign-in form; those are for the limits.
 */

import { argon2 } from 'node:crypto'
import { passwordBounds } from './options.ts'

export type Argon2Cost = {
  readonly memoryKibibytes: number
  readonly passes: number
  readonly parallelism: number
}

export type StoredHash = {
  readonly cost: Argon2Cost
  readonly salt: Buffer
  readonly tag: Buffer
}

/** RFC 9106 section 4 recommends a salt of 128 bits; 256 bits is its usual tag. */
export const saltBytes = 16
export const tagBytes = 32

/** Longest stored string that is looked at: three short numbers and twice 64 bytes in base64. */
const maxStoredLength = 256

/** Version 19 alone, parameters in their one order without leading zeros, base64 without padding. */
const storedShape =
  /^\$argon2id\$v=19\$m=([1-9][0-9]{0,6}),t=([1-9][0-9]{0,2}),p=([1-9][0-9]?)\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/

/** Reads base64 that has one spelling only: no stray bits at its end (RFC 4648 section 3.5). */
function parseBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return encodeBase64(bytes) === text ? bytes : undefined
}

function encodeBase64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '')
}

/** Reads a stored hash; undefined when it is malformed or asks for more work than we would do. */
export function parseStoredHash(stored: string): StoredHash | undefined {
  if (stored.length > maxStoredLength) return undefined
  const found = storedShape.exec(stored)
  if (found === null) return undefined
  const [, memory, passes, parallelism, salt = '', tag = ''] = found
  const cost: Argon2Cost = {
    memoryKibibytes: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
  }
  if (cost.memoryKibibytes > passwordBounds.memoryKibibytes.most) return undefined
  if (cost.passes > passwordBounds.passes.most) return undefined
  if (cost.parallelism > passwordBounds.parallelism.most) return undefined
  // RFC 9106 section 3.1: at least eight blocks for each lane.
  if (cost.memoryKibibytes < 8 * cost.parallelism) return undefined
  const saltRead = parseBase64(salt)
  const tagRead = parseBase64(tag)
  if (saltRead === undefined || tagRead === undefined) return undefined
  return { cost, salt: saltRead, tag: tagRead }
}

export function formatStoredHash({ cost, salt, tag }: StoredHash): string {
  const { memoryKibibytes, passes, parallelism } = cost
  const parameters = `m=${memoryKibibytes},t=${passes},p=${parallelism}`
  return `$argon2id$v=19$${parameters}$${encodeBase64(salt)}$${encodeBase64(tag)}`
}

/** Computes a tag on a thread of the pool. Rejects when there is not enough memory. */
export function computeTag(
  password: string,
  { cost, salt, tagLength }: { cost: Argon2Cost; salt: Buffer; tagLength: number },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    argon2(
      'argon2id',
      {
        message: Buffer.from(password, 'utf8'),
        nonce: salt,
        parallelism: cost.parallelism,
        tagLength,
        memory: cost.memoryKibibytes,
        passes: cost.passes,
      },
      (error, tag) => (error === null ? resolve(tag) : reject(error)),
    )
  })
}
