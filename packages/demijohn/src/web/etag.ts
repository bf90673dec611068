/**
 * Decides whether the client already holds what we would send (RFC 9110 sections 8.8.3, 13.1.2).
 *
 * If-None-Match is compared weakly, as the RFC demands: a proxy that compresses turns our strong tag into
 * a weak one. Malformed lists match nothing, so the answer is sent in full. Linear in the header.
 */

/**
 * The strong entity tag of one coding of a content: two codings are two sequences of bytes, and a
 * strong tag names one of them (RFC 9110 sections 8.8.1, 8.8.3.3), or a cache may put a range of one
 * behind a range of the other. `etag` is that of the content itself, with its quotes. Whoever
 * answers chooses the coding first, and compares and sends the tag of that coding, with 304 too.
 */
export function codedEtag(etag: string, coding: 'identity' | 'gzip' | 'br'): string {
  return coding === 'identity' ? etag : `${etag.slice(0, -1)}-${coding}"`
}

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
