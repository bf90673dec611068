/** What a handler may answer: markup, or one of a few closed forms. There is no raw response. */

import { type Refusal, refuse } from '../core/refusals.ts'
import type { ProviderAddress } from '../defences/openid/address.ts'
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

/** JSON that the browser saves as a file and never shows. */
export type Download = {
  readonly kind: 'download'
  readonly name: string
  readonly json: Buffer
}

/** What an application may answer. A refusal is one of the library's own: `notFound()`. */
export type Answer = Html | Redirect | Document | Download | Refusal

export type AssetAnswer = {
  readonly kind: 'asset'
  readonly asset: Asset
  readonly hashed: boolean
}
export type Accepted = { readonly kind: 'accepted' }
/** JSON in the form that a specification lays down, as OAuth's errors are (RFC 6749 section 5.2). */
export type ProgramAnswer = {
  readonly kind: 'program'
  readonly status: number
  readonly value: object
  /** Names and values of fields. */
  readonly fields?: readonly string[]
}
/** JSON that stands ready as bytes, to be shown where it is. */
export type DataAnswer = {
  readonly kind: 'data'
  readonly json: Buffer
  /** Strong, with its quotes (RFC 9110 section 8.8.3). */
  readonly etag: string
}
export type Healthy = { readonly kind: 'healthy' }
/** Away from this site, to a provider that people sign in with. Applications have no way to make it. */
export type Elsewhere = { readonly kind: 'elsewhere'; readonly to: ProviderAddress }
/** What only the library's own routes answer. */
export type LibraryAnswer = AssetAnswer | Accepted | DataAnswer | Healthy | Elsewhere | Refusal

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

/** A letter or digit, then what no header, shell or file system reads as something else. */
const fileName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,94}\.json$/

/** Whoever has more to say leaves some out and says so: the whole of it stands in memory. */
const maxDownloadBytes = 32 * 1024 * 1024

/**
 * Answers with JSON as a file to be saved, `Content-Disposition: attachment` (RFC 6266). `name` is a
 * constant of the application's such as `press-data.json`; anything but letters, digits, `-`, `_` and
 * the one `.json` throws, so that no header can be written through it and no path be meant by it.
 * @throws TypeError for such a name, and for data that is no JSON.
 * @throws RangeError for more than 32 MiB.
 */
export function download(file: { readonly name: string; readonly data: object }): Download {
  if (!fileName.test(file.name)) {
    throw new TypeError('download: name is letters, digits, - and _, and ends in .json')
  }
  const text: string | undefined = JSON.stringify(file.data, null, 2)
  if (text === undefined) throw new TypeError('download: the data is no JSON')
  const json = Buffer.from(`${text}\n`)
  if (json.length > maxDownloadBytes) {
    throw new RangeError(
      'download: the file is larger than 32 MiB; leave some out and say so in it',
    )
  }
  return { kind: 'download', name: file.name, json }
}

/** The same answer as for a page that never was: for what this person may not know of. */
export function notFound(): Refusal {
  return refuse('resource.not-found')
}
