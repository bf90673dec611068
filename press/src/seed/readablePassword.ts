/** Thirty-two signs that are not mistaken for one another: a byte's lowest five bits name one evenly. */
const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789'

/**
 * A password to be read from a screen and typed: four groups of five signs, 100 random bits.
 * `random` gives as many bytes as it is asked for.
 */
export function readablePassword(random: (length: number) => Uint8Array): string {
  const signs = Array.from(random(20), (byte) => alphabet.charAt(byte & 31))
  return [0, 5, 10, 15].map((from) => signs.slice(from, from + 5).join('')).join('-')
}
