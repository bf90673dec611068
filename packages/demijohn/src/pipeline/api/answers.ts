/** What the handler of a route for programs may answer beside a plain value: made by these alone. */
import { type Refusal, refuse } from '../../core/refusals.ts'
import type { LocalPath } from '../../web/localPath.ts'
import { parseLocalPath } from '../../web/localPath.ts'
import type { PathText } from '../answer.ts'

/** An answer with more to it than its value. The route's `returns` decides what of that is sent. */
export class ApiReply<Value = unknown> {
  readonly status: 200 | 201 | 202 | 204
  readonly value: Value
  /** Of the new resource (RFC 9110 section 10.2.2). */
  readonly location: LocalPath | undefined
  /** Which version of the resource this is: becomes the ETag. */
  readonly version: string | undefined
  /** Where a list goes on (RFC 8288). */
  readonly next: LocalPath | undefined

  constructor(
    status: ApiReply['status'],
    value: Value,
    more: { readonly location?: PathText; readonly version?: string; readonly next?: PathText },
  ) {
    this.status = status
    this.value = value
    this.location = more.location === undefined ? undefined : localPath(more.location)
    this.version = more.version
    this.next = more.next === undefined ? undefined : localPath(more.next)
  }
}

function localPath(text: PathText): LocalPath {
  const path = parseLocalPath(text)
  if (path === undefined) throw new TypeError('api: an address has to be a path on this site')
  return path
}

/** 200 with a version for the ETag, or with the place where a list goes on. */
export function ok<Value>(
  value: Value,
  more: { readonly version?: string; readonly next?: PathText } = {},
): ApiReply<Value> {
  return new ApiReply(200, value, more)
}

/** 201: something new is there, under `location`. */
export function created<Value>(
  value: Value,
  more: { readonly location: PathText; readonly version?: string },
): ApiReply<Value> {
  return new ApiReply(201, value, more)
}

/** 204: done, with nothing to say. For routes that declare `returns: nothing`. */
export function noContent(): ApiReply<undefined> {
  return new ApiReply(204, undefined, {})
}

/** 409: the resource is in a state that this does not go with. Nothing was changed. */
export function conflict(): Refusal {
  return refuse('resource.conflict')
}

/** 412: somebody changed the resource between the check of If-Match and the write. */
export function changedMeanwhile(): Refusal {
  return refuse('precondition.failed')
}
