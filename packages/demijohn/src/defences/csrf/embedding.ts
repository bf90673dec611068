/**
 * Tells a request that a page of another site makes a browser send in passing: an image, a script,
 * a frame, a fetch. Whoever looks at that page does not know of it and could be made to ask for
 * anything: for traps and scanners' paths, until the sentinel keeps them out; for pages, until
 * limits do. Nothing here is for such places anyway (Cross-Origin-Resource-Policy, X-Frame-Options).
 *
 * Source: W3C Fetch Metadata sections 2.1 to 2.4, and its "resource isolation policy". Headers that
 * no page can forge. A client without them is judged as ever; one that writes them itself gets
 * nothing for it. ASVS 3.5.8.
 *
 * Does not stop a link that somebody follows, a redirect or a window that another site opens, nor a
 * form that leads away from it: that one is refused by `decide.ts`, once it is known who sent it.
 */

export type EmbeddingFacts = {
  readonly method: string
  readonly fetchSite: string | undefined
  readonly fetchMode: string | undefined
  readonly fetchDest: string | undefined
  /** Whether Origin is one that an API names: its scripts may ask, and are judged there. */
  readonly isNamedOrigin: boolean
}

/** A preflight asks for nothing yet, and is answered where there are answers to it. */
export function isEmbedded(facts: EmbeddingFacts): boolean {
  const { method, fetchSite, fetchMode, fetchDest, isNamedOrigin } = facts
  if (fetchSite !== 'cross-site' && fetchSite !== 'same-site') return false
  if (method === 'OPTIONS') return false
  if (fetchMode === 'cors' && isNamedOrigin) return false
  const isElsewhere = fetchDest !== undefined && fetchDest !== 'document'
  return isElsewhere || (fetchMode !== undefined && fetchMode !== 'navigate')
}
