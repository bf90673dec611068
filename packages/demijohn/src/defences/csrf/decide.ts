/**
 * Stops another site making a browser change state here (CSRF), first half: where a request says
 * it comes from, in headers that no page can forge.
 *
 * Sec-Fetch-Site (W3C Fetch Metadata section 2.4) and Origin (RFC 6454 section 7, Fetch section
 * 3.2) may each refuse; neither can excuse the form token, which is checked after. A request with
 * neither header goes on to its token: old browsers and privacy tools send none. Content type and
 * Referer are never looked at, because both are the sender's to choose or to leave out.
 * ASVS 3.5.1, 3.5.2, 3.5.3.
 *
 * Does not stop script on this very origin, nor safe methods that change state: a route that
 * answers GET must not.
 */

import { allowed, type Decision, refused } from '../../core/decision.ts'

export type OriginFacts = {
  /** GET, HEAD and OPTIONS, in capitals, and nothing else. */
  readonly safe: boolean
  readonly fetchSite: 'same-origin' | 'same-site' | 'cross-site' | 'none' | 'absent' | 'other'
  readonly origin: 'absent' | 'match' | 'other'
}

/** Methods that change nothing (RFC 9110 section 9.2.1). TRACE is not served at all. */
export function isSafeMethod(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
}

function readFetchSite(header: string | undefined): OriginFacts['fetchSite'] {
  switch (header) {
    case undefined:
      return 'absent'
    case 'same-origin':
    case 'same-site':
    case 'cross-site':
    case 'none':
      return header
    default:
      return 'other'
  }
}

/**
 * Reads the facts. Both headers are compared as they stand, without trimming or folding of case:
 * browsers write them in one way, and whatever is spelt differently did not come from one.
 */
export function readOriginFacts(
  request: {
    readonly method: string
    readonly fetchSite: string | undefined
    readonly origin: string | undefined
  },
  ownOrigins: ReadonlySet<string>,
): OriginFacts {
  const { method, fetchSite, origin } = request
  return {
    safe: isSafeMethod(method),
    fetchSite: readFetchSite(fetchSite),
    origin: origin === undefined ? 'absent' : ownOrigins.has(origin) ? 'match' : 'other',
  }
}

/** Whether the request may go on to the check of its token. */
export function decideOrigin(facts: OriginFacts): Decision<'cross-site'> {
  if (facts.safe) return allowed
  switch (facts.fetchSite) {
    case 'same-origin':
    case 'none':
    case 'absent':
      return facts.origin === 'other' ? refused('cross-site') : allowed
    case 'same-site':
    case 'cross-site':
    case 'other':
      return refused('cross-site')
  }
}
