/**
 * The page for a banned client, made once: it has to cost as little as can be, for a client that is
 * banned often does not stop. The same for everybody, so that it shows nothing of the site or of them.
 * What is asked for by programs is refused as a problem, which costs little as it is.
 */
import { type Refusal, refusalTable } from '../core/refusals.ts'
import { type Html, html, render } from '../html/template.ts'
import type { WireReply } from '../web/wire.ts'
import type { Parts } from './parts.ts'

type Ready = { readonly headers: readonly string[]; readonly body: Buffer }

export function bannedReplies(
  headers: Parts['headers'],
): (refusal: Refusal, requestId: string) => WireReply {
  const ready: Ready = {
    headers: [...headers.privatePage, 'Content-Type', 'text/html; charset=utf-8'],
    body: Buffer.from(render(page(), { nonce: none, formToken: none })),
  }
  return (refusal, requestId) => {
    const own = ['X-Request-Id', requestId, 'Retry-After', refusal.headers['Retry-After'] ?? '60']
    return { status: refusal.status, headers: ready.headers.concat(own), body: ready.body }
  }
}

function none(): never {
  throw new TypeError('the page of a ban has no form and no inline script')
}

function page(): Html {
  const { title, remedy, status } = refusalTable['sentinel.banned']
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>${status} ${title}</title></head>
<body><main><h1>${title}</h1><p>${remedy}</p></main></body>
</html>`
}
