/**
 * Decides whether a request still means what is there (RFC 9110 section 13).
 *
 * Stops the lost update: two people read, both change, and the second one overwrites the first
 * without having seen it. A write names in If-Match the version it was made on (strong comparison,
 * section 13.1.1); `If-None-Match: *` creates, and only creates (section 13.1.2). A route can demand
 * one of the two (RFC 6585 section 3). What cannot be read is refused, never taken for absent.
 *
 * The decision holds for the tag it was given: a handler that writes compares the version once more in
 * its own statement or transaction. If-Modified-Since and If-Unmodified-Since are not read, as
 * section 13.1.4 wants it where there is no modification date.
 */
import { type EntityTag, namesStrongly, namesWeakly, parseEntityTags } from './etag.ts'
import type { Method } from './hygiene.ts'
import type { HeaderMap } from './wire.ts'

type Named = '*' | readonly EntityTag[] | undefined

/** Undefined where the field was not sent. */
export type Preconditions = { readonly ifMatch: Named; readonly ifNoneMatch: Named }

const none: Preconditions = Object.freeze({ ifMatch: undefined, ifNoneMatch: undefined })

/** Reads both fields; `malformed` is `precondition.malformed`. Linear in their length. */
export function readPreconditions(headers: HeaderMap): Preconditions | 'malformed' {
  const match = headers.get('if-match')
  const noneMatch = headers.get('if-none-match')
  if (match === undefined && noneMatch === undefined) return none
  const ifMatch = match === undefined ? undefined : parseEntityTags(match)
  const ifNoneMatch = noneMatch === undefined ? undefined : parseEntityTags(noneMatch)
  if (match !== undefined && ifMatch === undefined) return 'malformed'
  if (noneMatch !== undefined && ifNoneMatch === undefined) return 'malformed'
  return { ifMatch, ifNoneMatch }
}

export type PreconditionFacts = Preconditions & {
  readonly method: Method
  /** Of what is there now, with its quotes; null where there is nothing. */
  readonly currentEtag: string | null
  /** Whether a write has to say what it is made on. */
  readonly required: boolean
}

/** 304, 412 and 428 are what the last three are answered with. */
export type PreconditionVerdict = 'go' | 'not-modified' | 'failed' | 'required'

/** In the order of RFC 9110 section 13.2.2. */
export function decidePrecondition(facts: PreconditionFacts): PreconditionVerdict {
  const { method, ifMatch, ifNoneMatch, currentEtag, required } = facts
  const isRead = method === 'GET' || method === 'HEAD'
  // If-None-Match with a list lets a write through on every version but those: it protects nothing.
  if (!isRead && required && ifMatch === undefined && ifNoneMatch !== '*') return 'required'
  if (ifMatch !== undefined) {
    if (currentEtag === null || !namesStrongly(ifMatch, currentEtag)) return 'failed'
  }
  if (ifNoneMatch !== undefined && currentEtag !== null) {
    if (namesWeakly(ifNoneMatch, currentEtag)) return isRead ? 'not-modified' : 'failed'
  }
  return 'go'
}
