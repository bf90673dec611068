/**
 * Another origin that serves what an attacker writes: `http://127.0.0.1` is another site than
 * `http://localhost`; another port of `localhost` is the same site and another origin, and shares
 * its cookies.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'

export type Attacker = {
  /** Serves this page from now on, at `/` of both origins; elsewhere a harmless one. */
  readonly serve: (html: string) => void
  readonly crossSite: string
  readonly sameSite: string
  readonly close: () => Promise<void>
}

export async function startAttacker(): Promise<Attacker> {
  let page = ''
  const server = createServer((request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' })
    response.end(
      `<!doctype html><title>Attack</title>${request.url === '/' ? page : '<p>Harmless</p>'}`,
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return {
    serve: (html) => {
      page = html
    },
    crossSite: `http://127.0.0.1:${address.port}/`,
    sameSite: `http://localhost:${address.port}/`,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

export const enctypes = [
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'text/plain',
] as const

export type Forged = {
  readonly path: string
  readonly fields: Readonly<Record<string, string>>
}

/** A form behind an inviting button. The values come from the tests, and need no encoding. */
export function baited(origin: string, { path, fields }: Forged, enctype: string): string {
  const inputs = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${value}">`,
  )
  return `<form method="post" action="${origin}${path}" enctype="${enctype}">${inputs.join('')}<button>Win</button></form>`
}

/** Every way in which script of the page can ask for `path`, one after the other; then `#done`. */
export function scripted(origin: string, { path, fields }: Forged): string {
  const body = new URLSearchParams(fields).toString()
  return `<script type="module">
const url = ${JSON.stringify(origin + path)}
const body = ${JSON.stringify(body)}
const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
const ways = [
  { method: 'POST', mode: 'no-cors', headers: form, body },
  { method: 'POST', mode: 'no-cors', headers: { 'Content-Type': 'text/plain' }, body },
  { method: 'POST', mode: 'cors', headers: form, body },
  { method: 'POST', mode: 'cors', headers: { ...form, 'X-HTTP-Method-Override': 'POST' }, body },
  { method: 'PUT', mode: 'cors', headers: form, body },
  { method: 'DELETE', mode: 'cors' },
  { method: 'GET', mode: 'no-cors' },
]
const results = []
for (const way of ways) {
  const answer = await fetch(url, { credentials: 'include', ...way }).catch(() => null)
  results.push(answer === null ? 'refused' : answer.type)
}
navigator.sendBeacon(url, new Blob([body], { type: 'application/x-www-form-urlencoded' }))
const image = new Image()
await new Promise((done) => { image.onload = image.onerror = done; image.src = url + '?' + body })
document.body.insertAdjacentHTML('beforeend', '<output id="done">' + results.join(' ') + '</output>')
</script>`
}
