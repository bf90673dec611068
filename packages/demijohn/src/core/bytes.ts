import { hash, randomFillSync, timingSafeEqual } from 'node:crypto'

/** Randomness is passed in: gives `length` bytes that nobody can foretell. */
export type Random = (length: number) => Buffer

const poolBytes = 8192
let pool = Buffer.alloc(0)
let used = 0

/**
 * Bytes from the operating system's generator, drawn in blocks of 8 KiB because one call per value
 * costs more than the value (ASVS 11.5.1, 11.5.2). Each caller gets a part of the block that nobody
 * else holds; a block that is used up is never drawn from again.
 */
export const systemRandom: Random = (length) => {
  if (length > poolBytes / 4) return randomFillSync(Buffer.alloc(length))
  if (used + length > pool.length) {
    pool = randomFillSync(Buffer.allocUnsafeSlow(poolBytes))
    used = 0
  }
  const out = pool.subarray(used, used + length)
  used += length
  return out
}

/** A secret of 256 random bits as 43 characters of base64url (RFC 4648 section 5, unpadded). */
export function randomSecret(random: Random = systemRandom): string {
  return random(32).toString('base64url')
}

/** SHA-256 as lower-case hexadecimal: how secrets of 256 random bits are stored. */
export function sha256Hex(text: string): string {
  return hash('sha256', text, 'hex')
}

/** Compares without telling by time where they differ (ASVS 11.2.4). Lengths are not secret. */
export function constantTimeEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && timingSafeEqual(a, b)
}

const secretShape = /^[A-Za-z0-9_-]{43}$/

/** True for text with the shape of `randomSecret`. Says nothing about its being a real one. */
export function isSecretShape(text: string): boolean {
  return secretShape.test(text)
}
