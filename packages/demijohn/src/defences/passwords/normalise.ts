/**
 * The one form in which a password is counted, compared and hashed.
 *
 * Unicode NFKC (NIST SP 800-63B section 3.1.1.2), so that one password typed on two keyboards is
 * one password. Nothing is trimmed, folded or cut (ASVS 6.2.8).
 */

/** The longest password in bytes of UTF-8. Longer ones are refused, never shortened. */
export const maxPasswordBytes = 1_024

/**
 * The normal form; undefined when the password is too long or is not well-formed Unicode (two
 * different broken strings would have the same bytes).
 */
export function normalisePassword(password: string): string | undefined {
  // Before normalising, so that its cost is bounded, too: one character can become eighteen.
  if (password.length > maxPasswordBytes || !password.isWellFormed()) return undefined
  const normal = password.normalize('NFKC')
  return Buffer.byteLength(normal, 'utf8') <= maxPasswordBytes ? normal : undefined
}
