/**
 * Recovery codes: the way in when the app or the passkey is lost (lookup secrets).
 *
 * 120 random bits each, so a plain SHA-256 of them may be stored (ASVS 6.5.2 asks for 112 bits) and
 * none is guessed (ASVS 6.5.3, 6.5.4). Whoever stores them has each used up by one conditional write
 * (ASVS 6.5.1). Does not stop whoever finds the paper that they stand on.
 */
import { hash } from 'node:crypto'
import type { Random } from '../../core/bytes.ts'
import { decodeBase32, encodeBase32 } from './base32.ts'

/** How many are made at once. */
export const recoveryCodeCount = 10

/** 24 characters of base32 without a bit to spare. */
const codeBytes = 15

/** New codes as they are shown, `ABCD-EFGH-…`: never stored, never logged. */
export function newRecoveryCodes(random: Random): readonly string[] {
  return Array.from({ length: recoveryCodeCount }, () => grouped(encodeBase32(random(codeBytes))))
}

/** SHA-256 of the random bits of a code as it was typed; undefined for what is no code of ours. */
export function recoveryCodeId(typed: string): string | undefined {
  const bits = decodeBase32(asShown(typed))
  return bits?.length === codeBytes ? hash('sha256', bits, 'hex') : undefined
}

/** In fours, for reading aloud and typing off. */
export function grouped(text: string, by: '-' | ' ' = '-'): string {
  return (text.match(/.{1,4}/g) ?? []).join(by)
}

/**
 * What somebody meant who typed a code off: blanks, hyphens and case do not count. Base32 has
 * neither 0, 1 nor 8, and codes are shown in capitals, where these look like O, I and B alone.
 */
function asShown(typed: string): string {
  return typed
    .replace(/[\s\u2010-\u2015-]/g, '')
    .toUpperCase()
    .replaceAll('0', 'O')
    .replaceAll('1', 'I')
    .replaceAll('8', 'B')
}
