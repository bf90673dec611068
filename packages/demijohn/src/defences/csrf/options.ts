/**
 * What the CSRF defence has to know of its site. There is no switch to turn it off.
 */

import { Misconfiguration } from '../../core/misconfiguration.ts'

export type CsrfOptions = {
  /** The site's own origins as browsers write them: `https://example.org`, no trailing slash. */
  readonly ownOrigins: ReadonlySet<string>
  /** One key for each key of the ring, derived for this purpose alone. The first issues. */
  readonly subkeys: readonly [Buffer, ...Buffer[]]
}

/** HMAC-SHA-256 keys shorter than the hash weaken it (RFC 2104 section 3). */
const leastKeyBytes = 32

function isSerialisedOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text && /^https?:/.test(text)
}

/**
 * Checks and freezes the options.
 * @throws Misconfiguration when an origin is not in its serialised form (RFC 6454 section 6.2),
 * or a key is missing or short. Keys are never named by value.
 */
export function csrfOptions(given: {
  readonly ownOrigins: readonly string[]
  readonly subkeys: readonly Buffer[]
}): CsrfOptions {
  const problems: string[] = []
  if (given.ownOrigins.length === 0) problems.push('csrf.ownOrigins is empty: name the origin.')
  for (const origin of given.ownOrigins) {
    if (!isSerialisedOrigin(origin)) {
      problems.push(
        `csrf.ownOrigins: ${JSON.stringify(origin)} is not an origin: write scheme://host[:port] in lower case, without a path or a default port.`,
      )
    }
  }
  const [first, ...others] = given.subkeys
  if (given.subkeys.some((key) => key.byteLength < leastKeyBytes)) {
    problems.push(`csrf.subkeys: every key needs at least ${leastKeyBytes} bytes.`)
  }
  if (first === undefined) problems.push('csrf.subkeys is empty: give one key at least.')
  if (first === undefined || problems.length > 0) throw new Misconfiguration(problems)
  const subkeys: CsrfOptions['subkeys'] = [first, ...others]
  return Object.freeze({
    ownOrigins: new Set(given.ownOrigins),
    subkeys: Object.freeze(subkeys),
  })
}
