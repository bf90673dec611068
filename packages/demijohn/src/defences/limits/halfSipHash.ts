/**
 * HalfSipHash-2-4 with 64 bits of output (Aumasson, Bernstein: SipHash, INDOCRYPT 2012; the variant of
 * its reference code for 32-bit words).
 *
 * Stops hash flooding (CWE-407): what a client may choose, an address or a name in a form, decides
 * where its counter lies. Without the key, nobody can choose names whose counters fall together.
 * Does not make anything secret: 64 bits of key are for the life of one process, not for a file.
 */

export type HashKey = { readonly k0: number; readonly k1: number }

/** Where the result is left: an object for each hash would cost more than the hash. */
export type Hashed = { low: number; high: number }

/** Hashes the text's UTF-16 code units, each as two bytes, the lower one first. */
export function halfSipHash(key: HashKey, text: string, out: Hashed): void {
  const { k0, k1 } = key
  let v0 = k0
  let v1 = k1 ^ 0xee
  let v2 = k0 ^ 0x6c796765
  let v3 = k1 ^ 0x74656462
  const units = text.length
  const words = (units >>> 1) + 1
  for (let at = 0; at < words + 2 * finalBlocks; at += 1) {
    // After the words, `finalBlocks` × 2 turns of two rounds each make the four final rounds twice.
    const word = at < words ? wordAt(text, at) : 0
    if (at === words) v2 ^= 0xee
    if (at === words + finalBlocks) {
      out.low = (v1 ^ v3) >>> 0
      v1 ^= 0xdd
    }
    v3 ^= word
    for (let round = 0; round < 2; round += 1) {
      v0 = (v0 + v1) | 0
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
      v0 = (v0 << 16) | (v0 >>> 16)
      v2 = (v2 + v3) | 0
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
      v0 = (v0 + v3) | 0
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
      v2 = (v2 + v1) | 0
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
      v2 = (v2 << 16) | (v2 >>> 16)
    }
    v0 ^= word
  }
  out.high = (v1 ^ v3) >>> 0
}

/** Four rounds are two turns of two. */
const finalBlocks = 2

/** Two code units a word; the last word holds what is left and, in its top byte, the length. */
function wordAt(text: string, at: number): number {
  const unit = at * 2
  if (unit + 1 < text.length) return text.charCodeAt(unit) | (text.charCodeAt(unit + 1) << 16)
  const rest = unit < text.length ? text.charCodeAt(unit) : 0
  return rest | ((text.length * 2) << 24)
}
