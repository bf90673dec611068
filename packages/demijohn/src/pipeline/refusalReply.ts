/** The page that a refusal becomes. Its text comes from the table of refusals, nothing from the request. */
import { type Refusal, refusalTable } from '../core/refusals.ts'
import { pageHeaders } from '../defences/headers/decide.ts'
import { type Html, html } from '../html/template.ts'
import type { WireReply } from '../web/wire.ts'
import { problemReply } from './api/reply.ts'
import { challengeOf, withoutAnswer } from './challengePage.ts'
import type {
  Arrival,
  ErrorPageFacts,
  Parts,
  WithClient,
  WithCredential,
  WithHead,
  WithMatch,
} from './parts.ts'
import { renderFor, viewOf } from './view.ts'

type Known = Partial<Arrival & WithHead & WithClient & WithMatch & WithCredential>

/** A problem for programs, a page for people. */
export function refusalReply(parts: Parts, known: Known, refusal: Refusal): WireReply {
  return isForPrograms(parts, known)
    ? problemReply(parts, known, refusal)
    : refusalPage(parts, known, refusal)
}

/** By the route; where the walk ended before there was one, by where the path would have led. */
export function isForPrograms({ table }: Parts, { match, head, wire }: Known): boolean {
  if (match?.route.credential === 'bearer') return true
  return table.isForPrograms(head?.path ?? wire?.target ?? '')
}

function refusalPage(parts: Parts, known: Known, refusal: Refusal): WireReply {
  const extra = Object.entries(refusal.headers).flat()
  const own = (): string[] => [
    ...['X-Request-Id', known.requestId ?? '', ...extra],
    ...(known.effects?.fields ?? []),
    ...(known.effects?.cookies ?? []).flatMap((cookie) => ['Set-Cookie', cookie]),
  ]
  const detour = isNavigation(known) ? parts.detours[refusal.code] : undefined
  if (detour !== undefined) {
    const to = `${detour}?next=${encodeURIComponent(targetOf(known))}`
    return {
      status: 303,
      headers: [...parts.headers.privatePage, 'Location', to, ...own()],
      body: '',
    }
  }
  const { title, remedy } = refusalTable[refusal.code]
  const { status, code } = refusal
  const challenge = code === 'sentinel.challenge' ? challengeOf(parts, known) : undefined
  const page =
    challenge ??
    parts.errorPage({
      status,
      code,
      title,
      remedy: refusal.field === undefined ? remedy : `${remedy} (${refusal.field})`,
      requestId: known.requestId ?? '',
      view: viewOf(parts, known, null),
    })
  const { bytes, nonce } = renderFor(parts, known, page)
  const headers = [...pageHeaders(parts.headers, { nonce, signedIn: true, hasForm: true })]
  // After rendering, which may have added a visitor's cookie.
  headers.push('Content-Type', 'text/html; charset=utf-8', ...own())
  return { status, headers, body: bytes }
}

function isNavigation({ head }: Known): boolean {
  return head?.method === 'GET' || head?.method === 'HEAD'
}

/** As it was asked for: hygiene has found it unambiguous, and sign-in parses it again. */
function targetOf({ wire }: Known): string {
  const target = withoutAnswer(wire?.target ?? '/')
  // Longer than the sign-in page takes it as `next`: it would be a dead end, so it is forgotten.
  return target.length > 1_000 ? '/' : target
}

/** What an application gets that brings no page of its own. */
export function plainErrorPage({ status, title, remedy, requestId }: ErrorPageFacts): Html {
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>${status} ${title}</title></head>
<body><main><h1>${title}</h1><p>${remedy}</p><p><small>${status} · ${requestId}</small></p></main></body>
</html>`
}
