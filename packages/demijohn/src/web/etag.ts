/**
 * Decides whether the client already holds what we would send (RFC 9110 sections 8.8.3, 13.1.2).
 *
 * If-None-Match is compared weakly, as the RFC demands: a proxy that compresses turns our strong tag into
 * a weak one. Malformed lists match nothing, so the answer is sent in full. Linear in the header.
 */
import { hash } from 'node:crypto'

/**
 * The strong entity tag of one coding of a content: two codings are two sequences of bytes, and a
 * strong tag names one of them (RFC 9110 sections 8.8.1, 8.8.3.3), or a cache may put a range of one
 * behind a range of the other. `etag` is that of the content itself, with its quotes. Whoever
 * answers chooses the coding first, and compares and sends the tag of that coding, with 304 too.
 */
export function codedEtag(etag: string, coding: 'identity' | 'gzip' | 'br'): string {
  return coding === 'identity' ? etag : `${etag.slice(0, -1)}-${coding}"`
}

/** An entity tag of a request: what stands between and with its quotes, and whether it is weak. */
export type EntityTag = { readonly opaque: string; readonly isWeak: boolean }

/** `"` followed by `etagc` characters and `"`; anchored where the reading stands. */
const entityTag = /(W\/)?("[\x21\x23-\x7e\x80-\xff]*")[ \t]*(?:,[ \t]*|$)/y

/** Reads a list of entity tags or `*` (RFC 9110 section 13.1). Undefined for anything else. */
export function parseEntityTags(field: string): '*' | readonly EntityTag[] | undefined {
  if (field === '*') return '*'
  const tags: EntityTag[] = []
  entityTag.lastIndex = 0
  for (let at = 0; at < field.length; at = entityTag.lastIndex) {
    const match = entityTag.exec(field)
    if (match === null) return undefined
    tags.push({ opaque: match[2] ?? '', isWeak: match[1] !== undefined })
  }
  return tags.length === 0 ? undefined : tags
}

/** Whether they name the same content, by weak comparison (RFC 9110 section 8.8.3.2). */
export function namesWeakly(named: '*' | readonly EntityTag[], etag: string): boolean {
  if (named === '*') return true
  const opaque = etag.startsWith('W/') ? etag.slice(2) : etag
  return named.some((tag) => tag.opaque === opaque)
}

/** Whether they name the same bytes, by strong comparison: a weak tag names none. */
export function namesStrongly(named: '*' | readonly EntityTag[], etag: string): boolean {
  if (named === '*') return true
  return named.some((tag) => !tag.isWeak && tag.opaque === etag)
}

/** Whether a list of entity tags or `*` names this entity tag (written with its quotes). */
export function matchesEtag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  if (ifNoneMatch === etag) return true
  const named = parseEntityTags(ifNoneMatch)
  return named !== undefined && namesWeakly(named, etag)
}

/** 22 characters of base64url hold 132 bits: no two versions meet by chance. */
const versionCharacters = 22

/**
 * The strong entity tag of a version, such as an id with a revision or a time. It shows nothing of
 * that text, but whoever can guess the text can check the guess: put no secret into it.
 */
export function etagOf(version: string): string {
  return `"${hash('sha256', version, 'base64url').slice(0, versionCharacters)}"`
}
