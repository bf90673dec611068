import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, before, test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { noteProject } from '../testing/projectFixture.ts'
import { type TestSite, testApp } from '../testing/site.ts'
import type { WireReply } from '../web/wire.ts'

const sheet = 'p { color: rebeccapurple }\n'.repeat(100)
const folder = mkdtempSync(join(tmpdir(), 'demijohn-static-'))
let site: TestSite

before(async () => {
  mkdirSync(join(folder, 'fonts'))
  writeFileSync(join(folder, 'site.css'), sheet)
  writeFileSync(join(folder, 'fonts/a.woff2'), 'font')
  writeFileSync(join(folder, 'favicon.ico'), 'icon')
  writeFileSync(join(folder, '.env'), 'SECRET=1')
  site = await testApp({ ...noteProject().project, staticFolder: folder })
})
after(async () => {
  await site.close()
  rmSync(folder, { recursive: true })
})

const hex = createHash('sha256').update(sheet).digest('hex').slice(0, 16)
const hashed = `/static/site.${hex}.css`

test('static: by plain name to be asked for again, by hashed name for ever (RFC 8246)', async () => {
  const plain = await site.visitor().get('/static/site.css')
  const forever = await site.visitor().get(hashed)
  assert.equal(plain.text, sheet)
  assert.equal(forever.text, sheet)
  assert.equal(forever.header('cache-control'), 'public, max-age=31536000, immutable')
  assert.match(plain.header('cache-control') ?? '', /no-cache|max-age=0/)
  assert.equal(plain.header('content-type'), 'text/css; charset=utf-8')
  assert.equal(plain.header('x-content-type-options'), 'nosniff')
  assert.match(plain.header('content-security-policy') ?? '', /default-src 'none'/)
})

test('static: no cookie is set or read, whoever asks', async () => {
  const editor = await site.signInAs('editor')
  const reply = await editor.get(hashed)
  assert.deepEqual(reply.headers('set-cookie'), [])
  const stale = site.visitor()
  stale.cookies.set('__Host-session', 'A'.repeat(43))
  assert.deepEqual((await stale.get(hashed)).headers('set-cookie'), [])
})

test('static: 304 for the tag that is there, without a body or its type (RFC 9110 section 15.4.5)', async () => {
  const etag = (await site.visitor().get(hashed)).header('etag') ?? ''
  for (const value of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
    const reply = await site.visitor().send({ target: hashed, headers: { 'if-none-match': value } })
    assert.equal(reply.status, 304, value)
    assert.equal(reply.text, '')
    assert.equal(reply.header('etag'), etag)
    assert.equal(reply.header('content-type'), undefined)
  }
  const other = await site.visitor().send({ target: hashed, headers: { 'if-none-match': '"x"' } })
  assert.equal(other.status, 200)
})

async function raw(acceptEncoding: string | undefined): Promise<WireReply> {
  return site.app.handle({
    method: 'GET',
    target: hashed,
    httpVersion: '1.1',
    rawHeaders: [
      ...['host', 'site.example'],
      ...(acceptEncoding === undefined ? [] : ['accept-encoding', acceptEncoding]),
    ],
    peerAddress: '192.0.2.1',
    encrypted: true,
    body: Readable.from([]),
  })
}
const codingOf = ({ headers }: WireReply) => headers[headers.indexOf('Content-Encoding') + 1]
const isCoded = ({ headers }: WireReply) => headers.includes('Content-Encoding')

test('static: br and gzip where they are taken, the file itself where not', async () => {
  const br = await raw('gzip, br')
  assert.equal(codingOf(br), 'br')
  assert.equal(brotliDecompressSync(br.body).toString(), sheet)
  const gzip = await raw('gzip')
  assert.equal(codingOf(gzip), 'gzip')
  assert.equal(gunzipSync(gzip.body).toString(), sheet)
  for (const none of [undefined, 'identity', 'br;q=0, gzip;q=0', 'compress']) {
    const reply = await raw(none)
    assert.equal(isCoded(reply), false, none)
    assert.equal(Buffer.from(reply.body).toString(), sheet)
  }
  for (const reply of [br, gzip, await raw(undefined)]) {
    assert.equal(reply.headers[reply.headers.indexOf('Vary') + 1], 'Accept-Encoding')
  }
})

test('static: what the world asks for at the root is there, and no other file', async () => {
  assert.equal((await site.visitor().get('/favicon.ico')).text, 'icon')
  for (const path of ['/robots.txt', '/site.css', '/fonts/a.woff2']) {
    assert.equal((await site.visitor().get(path)).status, 404, path)
  }
  assert.equal((await site.visitor().get('/static/fonts/a.woff2')).text, 'font')
})

const outside = [
  '/static/../package.json',
  '/static/..%2fpackage.json',
  '/static/%2e%2e/package.json',
  '/static/.env',
  '/static/%2eenv',
  '/static/',
  '/static',
  '/static/fonts',
  '/static/fonts/',
  '/static//etc/passwd',
  '/static/site.css%00.png',
  '/static/site.css/',
  '/static/SITE.CSS',
  '/static/__proto__',
  '/static/constructor',
  '/static/site.css;x',
  '/static/site.css~',
  '/static/site.0000000000000000.css',
  `/static/${'a'.repeat(200)}`,
]
for (const target of outside) {
  test(`[asvs 13.4.3] static: nothing at ${target.slice(0, 60)}`, async () => {
    const reply = await site.visitor().get(target)
    assert.ok(reply.status === 400 || reply.status === 404, String(reply.status))
    assert.doesNotMatch(reply.text, /SECRET|rebeccapurple/)
  })
}

test('static: nothing but GET and HEAD', async () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    const reply = await site.visitor().send({ method, target: hashed })
    assert.equal(reply.status, 405, method)
  }
})

const report = JSON.stringify({
  'csp-report': { 'effective-directive': 'script-src', 'blocked-uri': 'https://evil.example/a?b' },
})
const sendReport = (headers: Record<string, string>, body: string) =>
  site.visitor().send({ method: 'POST', target: '/csp-reports', headers, body })

test('reports: a violation is logged, and answered with nothing', async () => {
  for (const type of ['application/csp-report', 'application/reports+json']) {
    const reply = await sendReport({ 'content-type': type }, report)
    assert.equal(reply.status, 204)
    assert.equal(reply.text, '')
  }
  const logged = site.logLines.filter((line) => line.includes('malicious_csp_violation'))
  assert.equal(logged.length, 2)
  assert.match(logged[0] ?? '', /"blocked":"https:\/\/evil\.example"/)
})

test('reports: another type, too much, or too often is refused', async () => {
  const type = { 'content-type': 'application/csp-report' }
  assert.equal((await sendReport({ 'content-type': 'text/plain' }, report)).status, 415)
  assert.equal((await sendReport({}, report)).status, 415)
  assert.equal((await sendReport(type, 'x'.repeat(16 * 1024 + 1))).status, 413)
  const statuses = new Set<number>()
  for (let count = 0; count < 61; count += 1) statuses.add((await sendReport(type, report)).status)
  assert.ok(statuses.has(429))
})

test('static: each coding has an entity tag of its own, with 304 too (RFC 9110 section 8.8.3.3)', async () => {
  const tags = new Map<string, string>()
  for (const coding of ['identity', 'gzip', 'br']) {
    const headers = { 'accept-encoding': coding }
    const reply = await site.visitor().send({ target: hashed, headers })
    assert.equal(reply.status, 200)
    tags.set(coding, reply.header('etag') ?? '')
  }
  assert.equal(new Set(tags.values()).size, 3, [...tags.values()].join(' '))
  for (const [coding, etag] of tags) {
    for (const [other, tag] of tags) {
      const headers = { 'accept-encoding': coding, 'if-none-match': tag }
      const reply = await site.visitor().send({ target: hashed, headers })
      assert.equal(reply.status, coding === other ? 304 : 200, `${coding} asked with ${other}`)
      assert.equal(reply.header('etag'), etag)
    }
  }
})
