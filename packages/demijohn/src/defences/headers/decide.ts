/** Chooses the header set of a page: see `sets` for what is in it and why. */
import { pagePolicy } from './policy.ts'
import type { HeaderSets } from './sets.ts'

export type PageFacts = {
  /** Where the page has an inline script or style of the author's; undefined where it has none. */
  readonly nonce: string | undefined
  readonly signedIn: boolean
  /** Whether a form token stands in the page. */
  readonly hasForm: boolean
}

/** 128 bits at least in base64 or base64url (CSP Level 3 section 7.1). */
const nonceShape = /^[A-Za-z0-9+/_-]{22,86}={0,2}$/

/**
 * The headers of a page. Without a nonce one of the prebuilt arrays, to be read only. Throws
 * TypeError for a nonce that is too short or would end the policy's source.
 */
export function pageHeaders(sets: HeaderSets, facts: PageFacts): readonly string[] {
  const isPrivate = facts.signedIn || facts.hasForm
  if (facts.nonce === undefined) return isPrivate ? sets.privatePage : sets.anonymousPage
  if (!nonceShape.test(facts.nonce)) throw new TypeError('headers: the nonce is malformed')
  // Never stored: a nonce that is served twice is no nonce.
  return [
    ...sets.pageBase,
    'Content-Security-Policy',
    pagePolicy(sets.options, facts.nonce),
    'Cache-Control',
    'no-store',
  ]
}
