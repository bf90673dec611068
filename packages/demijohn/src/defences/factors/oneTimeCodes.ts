/**
 * One-time codes of an authenticator app: HOTP (RFC 4226) and TOTP (RFC 6238).
 *
 * Sites use SHA-1, 6 digits and steps of 30 seconds, because that is what authenticator apps read;
 * many ignore what else an otpauth address asks for, and then show codes that are wrong. HMAC-SHA-1
 * is not touched by SHA-1's collisions (RFC 4226 appendix B.2). The other algorithms and lengths of
 * the RFCs are here so that their vectors can be run.
 */
import { createHmac } from 'node:crypto'
import type { Random } from '../../core/bytes.ts'

export type CodeShape = {
  readonly algorithm: 'sha1' | 'sha256' | 'sha512'
  /** 6 to 8 (RFC 4226 section 5.3). */
  readonly digits: 6 | 7 | 8
}

/** What authenticator apps read. */
export const appCodes: CodeShape = Object.freeze({ algorithm: 'sha1', digits: 6 })

/** RFC 6238 section 4.1: X, the time step. */
export const stepSeconds = 30

/** RFC 4226 section 4, R6 recommends 160 bits. */
const secretBytes = 20

/** A new secret to be shared with an app, from the system's generator (ASVS 6.5.3). */
export function newTotpSecret(random: Random): Buffer {
  return Buffer.from(random(secretBytes))
}

/**
 * The code of one counter (RFC 4226 section 5.3), with its leading zeros.
 * @throws RangeError for a counter that is no whole number from 0 on.
 */
export function hotp(key: Uint8Array, counter: number, shape: CodeShape = appCodes): string {
  if (!Number.isSafeInteger(counter) || counter < 0) throw new RangeError('hotp: no such counter')
  const message = Buffer.alloc(8)
  message.writeBigUInt64BE(BigInt(counter))
  const mac = createHmac(shape.algorithm, key).update(message).digest()
  // Dynamic truncation: four bytes from where the low half of the last byte says, sign bit off.
  const offset = mac.readUInt8(mac.length - 1) & 15
  const number = mac.readUInt32BE(offset) & 0x7fffffff
  return String(number % 10 ** shape.digits).padStart(shape.digits, '0')
}

/** The time step of a moment in UTC milliseconds (RFC 6238 section 4.2, T0 = 0). */
export function timeStep(nowMilliseconds: number): number {
  return Math.floor(nowMilliseconds / (stepSeconds * 1000))
}

/** The code of a moment in UTC milliseconds (RFC 6238 section 4). */
export function totp(key: Uint8Array, nowMilliseconds: number, shape?: CodeShape): string {
  return hotp(key, timeStep(nowMilliseconds), shape)
}
