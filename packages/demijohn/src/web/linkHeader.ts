/**
 * The Link field of a page of a list (RFC 8288): where the next one is.
 *
 * Takes paths of this site alone, so no value that a client sent can lead its programs to another
 * one, and none can end the address and begin a parameter or a link of its own.
 */
import type { LocalPath } from './localPath.ts'

/** As registered by IANA. */
export type PageRelation = 'first' | 'prev' | 'next' | 'last'

const order: readonly PageRelation[] = ['first', 'prev', 'next', 'last']

/** `</api/v1/posts?after=…>; rel="next"`; undefined where there is no link. */
export function linkHeader(
  links: Readonly<Partial<Record<PageRelation, LocalPath>>>,
): string | undefined {
  const values = order.flatMap((relation) => {
    const path = links[relation]
    return path === undefined ? [] : [`<${withoutAngles(path)}>; rel="${relation}"`]
  })
  return values.length === 0 ? undefined : values.join(', ')
}

/** A fragment may hold them; nothing else of a local path does (RFC 3986 section 2.4 for the remedy). */
function withoutAngles(path: LocalPath): string {
  return path.replaceAll('<', '%3C').replaceAll('>', '%3E')
}
