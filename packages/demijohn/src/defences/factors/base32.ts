/**
 * Base32 (RFC 4648 section 6) without padding, which is how authenticator apps take a secret.
 *
 * Strict: capitals alone, no padding, no length that base32 does not have, and no bits left over, so
 * that one value has one spelling. What people type is made tolerable before: see recoveryCodes.ts.
 */

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const shape = /^[A-Z2-7]*$/
/** Characters beyond whole groups of eight that 1, 2, 3 or 4 bytes leave; 1, 3 and 6 are nobody's. */
const lastGroups: ReadonlySet<number> = new Set([0, 2, 4, 5, 7])

export function encodeBase32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += alphabet.charAt((held >>> bits) & 31)
    }
    held &= (1 << bits) - 1
  }
  return bits === 0 ? text : text + alphabet.charAt((held << (5 - bits)) & 31)
}

/** The bytes; undefined for everything that `encodeBase32` would not have written. */
export function decodeBase32(text: string): Buffer | undefined {
  if (!shape.test(text) || !lastGroups.has(text.length % 8)) return undefined
  const bytes = Buffer.alloc(Math.floor((text.length * 5) / 8))
  let at = 0
  let bits = 0
  let held = 0
  for (const character of text) {
    held = (held << 5) | alphabet.indexOf(character)
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes.writeUInt8((held >>> bits) & 255, at)
      at += 1
    }
    held &= (1 << bits) - 1
  }
  return held === 0 ? bytes : undefined
}
