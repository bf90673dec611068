/** From an answer to bytes and headers. Headers are prebuilt arrays; nothing is set afterwards. */
import { pageHeaders } from '../defences/headers/decide.ts'
import { ProviderAddress } from '../defences/openid/address.ts'
import type { Html } from '../html/template.ts'
import { chooseEncoding } from '../web/acceptEncoding.ts'
import { codedEtag, matchesEtag } from '../web/etag.ts'
import type { WireReply } from '../web/wire.ts'
import {
  type AssetAnswer,
  type DataAnswer,
  type Download,
  documentTypes,
  type Elsewhere,
  type Redirect,
} from './answer.ts'
import type { Arrival, Parts, WithCredential, WithHead } from './parts.ts'
import { renderFor } from './view.ts'

type Known = Partial<Arrival & WithHead & WithCredential>

/** What an answer carries besides its kind's own headers: the request's id, cookies, an erasure. */
export function ownHeaders(
  { headers: { signOut } }: Parts,
  known: Known,
  headers: string[],
): string[] {
  headers.push('X-Request-Id', known.requestId ?? '')
  const { effects } = known
  if (effects === undefined) return headers
  if (effects.fields.length > 0) headers.push(...effects.fields)
  for (const cookie of effects.cookies) headers.push('Set-Cookie', cookie)
  if (effects.clearSiteData) headers.push(...signOut)
  return headers
}

export function documentReply(
  parts: Parts,
  known: Known,
  answer: {
    readonly markup: Html
    readonly status: number
    readonly type: keyof typeof documentTypes
  },
): WireReply {
  const { bytes, nonce, hasForm } = renderFor(parts, known, answer.markup)
  // Also when somebody has signed in or out just now: what is said then is said to them.
  const signedIn = known.session !== null || known.effects?.session !== undefined
  const headers = [...pageHeaders(parts.headers, { nonce, signedIn, hasForm })]
  headers.push('Content-Type', documentTypes[answer.type])
  return { status: answer.status, headers: ownHeaders(parts, known, headers), body: bytes }
}

/** 303, so that a reload after a form does not send it again (RFC 9110 section 15.4.4). */
export async function redirectReply(
  parts: Parts,
  known: Known,
  answer: Redirect,
): Promise<WireReply> {
  const session = known.effects?.session === undefined ? known.session : known.effects.session
  if (answer.notice !== undefined && session !== null && session !== undefined) {
    await parts.sessions.setNotice(session.id, answer.notice)
  }
  const headers = [...parts.headers.privatePage, 'Location', answer.to]
  return { status: 303, headers: ownHeaders(parts, known, headers), body: '' }
}

/** To a provider. Throws TypeError for what is not one of its own addresses, whatever it looks like. */
export function elsewhereReply(parts: Parts, known: Known, { to }: Elsewhere): WireReply {
  const href = ProviderAddress.hrefOf(to)
  if (href === undefined) throw new TypeError('only a provider of sign-ins is led to elsewhere')
  const headers = [...parts.headers.privatePage, 'Location', href]
  return { status: 303, headers: ownHeaders(parts, known, headers), body: '' }
}

/** Under the headers of data: its type is believed, nothing in it runs, nobody stores it. */
export function downloadReply(parts: Parts, known: Known, { name, json }: Download): WireReply {
  const headers = [...parts.headers.data, 'Content-Type', 'application/json; charset=utf-8']
  headers.push('Content-Disposition', `attachment; filename="${name}"`)
  return { status: 200, headers: ownHeaders(parts, known, headers), body: json }
}

/** As it stands ready. No cache keeps it; who has kept it anyway may ask whether it still holds. */
export function dataReply(parts: Parts, known: Known, { json, etag }: DataAnswer): WireReply {
  const headers = [...parts.headers.data, 'ETag', etag]
  if (matchesEtag(known.head?.headers.get('if-none-match'), etag)) {
    return { status: 304, headers: ownHeaders(parts, known, headers), body: '' }
  }
  headers.push('Content-Type', 'application/json')
  return { status: 200, headers: ownHeaders(parts, known, headers), body: json }
}

/** Taken note of, with nothing to say about it. */
export function acceptedReply(parts: Parts, known: Known): WireReply {
  return {
    status: 204,
    headers: ownHeaders(parts, known, [...parts.headers.privatePage]),
    body: '',
  }
}

/** For a balancer or an orchestrator: it looks at the status. */
export function healthyReply(parts: Parts, known: Known): WireReply {
  const headers = [...parts.headers.data, 'Content-Type', 'text/plain; charset=utf-8']
  return { status: 200, headers: ownHeaders(parts, known, headers), body: 'ok\n' }
}

export function assetReply(parts: Parts, known: Known, { asset, hashed }: AssetAnswer): WireReply {
  const sent = known.head?.headers
  const headers = [...(hashed ? parts.headers.immutableFile : parts.headers.revalidatedFile)]
  const available = asset.brotli === undefined ? [] : (['br', 'gzip'] as const)
  const coding = chooseEncoding(sent?.get('accept-encoding'), available)
  const etag = codedEtag(asset.etag, coding)
  headers.push('ETag', etag, 'Vary', 'Accept-Encoding')
  if (matchesEtag(sent?.get('if-none-match'), etag)) {
    return { status: 304, headers: ownHeaders(parts, known, headers), body: '' }
  }
  headers.push('Content-Type', asset.type)
  if (coding !== 'identity') headers.push('Content-Encoding', coding)
  const body = coding === 'br' ? asset.brotli : coding === 'gzip' ? asset.gzip : asset.identity
  return { status: 200, headers: ownHeaders(parts, known, headers), body: body ?? asset.identity }
}
