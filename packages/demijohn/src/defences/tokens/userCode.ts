/**
 * User codes of devices (RFC 8628 section 6.1): eight consonants, so that no word comes of them and
 * nothing in them is mistaken for a digit. 20^8 are 2^34.5, for ten minutes, under a throttle.
 *
 * Too short for a plain hash at rest, so it is an HMAC under a key of the keyring.
 */
import { createHmac } from 'node:crypto'
import type { Random } from '../../core/bytes.ts'

const consonants = 'BCDFGHJKLMNPQRSTVWXZ'
const codeLength = 8
/** Longer texts are no code in any spelling. */
const longestTyped = 64

/** Without bias: bytes beyond the last whole multiple of 20 are drawn again. */
export function createUserCode(random: Random): string {
  let code = ''
  while (code.length < codeLength) {
    const [byte = 255] = random(1)
    if (byte < 240) code += consonants.charAt(byte % consonants.length)
  }
  return code
}

/** As people read it: `BCDF-GHJK`. */
export function showUserCode(code: string): string {
  return `${code.slice(0, 4)}-${code.slice(4)}`
}

/** What a person typed, without what does not matter: case, blanks, dashes. */
export function normaliseUserCode(typed: string): string {
  return typed
    .slice(0, longestTyped)
    .replace(/[^A-Za-z]/g, '')
    .toUpperCase()
}

/** Under each of the keys, the newest first. */
export function userCodeHashes(code: string, keys: readonly Buffer[]): readonly string[] {
  return keys.map((key) => createHmac('sha256', key).update(code).digest('hex'))
}
