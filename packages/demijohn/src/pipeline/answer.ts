/** What a handler may answer: markup, or one of a few closed forms. There is no raw response. */

import { type Refusal, refuse } from '../core/refusals.ts'
import type { Html } from '../html/template.ts'
import type { LocalPath } from '../web/localPath.ts'
import { parseLocalPath } from '../web/localPath.ts'
import type { Asset } from './assets.ts'

/** A path that starts with a slash, as a literal or a template: checked again when it is used. */
export type PathText = LocalPath | `/${string}`

export type Redirect = {
  readonly kind: 'redirect'
  readonly to: LocalPath
  /** Shown once, at the top of the next page. */
  readonly notice: string | undefined
}

export type Document = {
  readonly kind: 'document'
  readonly status: number
  readonly type: keyof typeof documentTypes
  readonly markup: Html
}

/** What an application may answer. A refusal is one of the library's own: `notFound()`. */
export type Answer = Html | Redirect | Document | Refusal

export type AssetAnswer = {
  readonly kind: 'asset'
  readonly asset: Asset
  readonly hashed: boolean
}
export type Accepted = { readonly kind: 'accepted' }
/** What only the library's own routes answer. */
export type LibraryAnswer = AssetAnswer | Accepted | Refusal

export const documentTypes = {
  page: 'text/html; charset=utf-8',
  atom: 'application/atom+xml; charset=utf-8',
  xml: 'application/xml; charset=utf-8',
} as const

/**
 * Sends the browser to a path on this site with 303 See Other (RFC 9110 section 15.4.4). Takes a
 * `LocalPath` or text that starts with `/`; `//host` and the like throw, so nothing that a person
 * sent can lead away from here (ASVS 3.7.2).
 */
export function redirect(to: PathText, options: { readonly notice?: string } = {}): Redirect {
  const path = parseLocalPath(to)
  if (path === undefined) {
    throw new TypeError(
      'redirect: the target is not a path on this site; build it from known parts',
    )
  }
  return { kind: 'redirect', to: path, notice: options.notice }
}

/** Answers with a status of its own: `page(markup, { status: 201 })`. */
export function page(markup: Html, options: { readonly status?: 200 | 201 | 202 } = {}): Document {
  return { kind: 'document', status: options.status ?? 200, type: 'page', markup }
}

/** Answers with an Atom feed (RFC 4287); write the entries with `html`, which escapes XML as well. */
export function atomFeed(markup: Html): Document {
  return { kind: 'document', status: 200, type: 'atom', markup }
}

/** The same answer as for a page that never was: for what this person may not know of. */
export function notFound(): Refusal {
  return refuse('resource.not-found')
}
