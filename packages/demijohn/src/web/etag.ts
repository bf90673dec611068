/**
 * Decides whether the client already holds what we would send (RFC 9110 sections 8.8.3, 13.1.2).
 *
 * If-None-Match is compared weakly, as the RFC demands: a proxy that compresses turns our strong tag into
 * a weak one. Malformed lists match nothing, so the answer is sent in full. Linear in the header.
 */

/** `"` followed by `etagc` characters and `"`; anchored where the reading stands. */
const entityTag = /(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")[ \t]*(?:,[ \t]*|$)/y

/** Whether a list of entity tags or `*` names this entity tag (written with its quotes). */
export function matchesEtag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  if (ifNoneMatch === '*' || ifNoneMatch === etag) return true
  const opaque = etag.startsWith('W/') ? etag.slice(2) : etag
  let found = false
  entityTag.lastIndex = 0
  for (let at = 0; at < ifNoneMatch.length; at = entityTag.lastIndex) {
    const match = entityTag.exec(ifNoneMatch)
    if (match === null) return false
    if (match[1] === opaque) found = true
  }
  return found
}
