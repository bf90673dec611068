/**
 * Bytes on a real socket: where a message ends, and what a parser makes of what no browser sends.
 *
 * RFC 9112 sections 3, 5, 6, 7; CVE-2026-44456, GHSA-92vj-g62v-jqhh, CVE-2026-54288.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestClient } from '../../src/testing/client.ts'
import { marker, tokenOf } from './fixture.ts'
import { statusesOf, type Wired, wireAttacked } from './wire.ts'

const host = 'Host: localhost\r\n'
const close = 'Connection: close\r\n'

function cookieOf(client: TestClient): string {
  return `Cookie: ${[...client.cookies].map(([name, value]) => `${name}=${value}`).join('; ')}\r\n`
}

/** Each of these is refused, and the request that may hide behind it is never answered. */
const hidden = `GET /admin HTTP/1.1\r\n${host}\r\n`
const chunkedHidden = `0\r\n\r\n${hidden}`
const smuggling: readonly (readonly [string, string])[] = [
  ['both framings', `Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n${chunkedHidden}`],
  [
    'both framings, other order',
    `Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n${chunkedHidden}`,
  ],
  ['two lengths', `Content-Length: 0\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`],
  ['two equal lengths', `Content-Length: 0\r\nContent-Length: 0\r\n\r\n${hidden}`],
  ['list of lengths', `Content-Length: 0, ${hidden.length}\r\n\r\n${hidden}`],
  ['signed length', `Content-Length: +0\r\n\r\n${hidden}`],
  ['negative length', `Content-Length: -1\r\n\r\n${hidden}`],
  ['hexadecimal length', `Content-Length: 0x0\r\n\r\n${hidden}`],
  ['empty length', `Content-Length: \r\n\r\n${hidden}`],
  ['huge length', `Content-Length: 99999999999999999999\r\n\r\n${hidden}`],
  ['blank in length', `Content-Length: 0 0\r\n\r\n${hidden}`],
  ['Chunked', `Transfer-Encoding: Chunked\r\n\r\n${chunkedHidden}`],
  ['xchunked', `Transfer-Encoding: xchunked\r\n\r\n${chunkedHidden}`],
  ['identity', `Transfer-Encoding: identity\r\n\r\n${chunkedHidden}`],
  ['chunked, identity', `Transfer-Encoding: chunked, identity\r\n\r\n${chunkedHidden}`],
  ['gzip, chunked', `Transfer-Encoding: gzip, chunked\r\n\r\n${chunkedHidden}`],
  [
    'chunked twice',
    `Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n${chunkedHidden}`,
  ],
  [
    'chunked and identity',
    `Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n${chunkedHidden}`,
  ],
  ['blank before the colon', `Transfer-Encoding : chunked\r\n\r\n${chunkedHidden}`],
  ['tab before chunked', `Transfer-Encoding:\x0bchunked\r\n\r\n${chunkedHidden}`],
  ['quoted', `Transfer-Encoding: "chunked"\r\n\r\n${chunkedHidden}`],
  ['folded', `Transfer-Encoding:\r\n chunked\r\n\r\n${chunkedHidden}`],
  ['folded length', `X-A: b\r\n Content-Length: 5\r\n\r\n${hidden}`],
  ['bare LF', `X-A: b\nTransfer-Encoding: chunked\n\n${chunkedHidden}`],
  ['bare CR', `X-A: b\rTransfer-Encoding: chunked\r\n\r\n${chunkedHidden}`],
  ['NUL in a value', `X-A: b\0c\r\n\r\n${hidden}`],
  ['NUL in a name', `X\0A: b\r\n\r\n${hidden}`],
  ['header without a colon', `X-A\r\n\r\n${hidden}`],
  ['empty name', `: b\r\n\r\n${hidden}`],
  ['chunk size with sign', `Transfer-Encoding: chunked\r\n\r\n+0\r\n\r\n${hidden}`],
  ['chunk size 0x', `Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n${hidden}`],
  ['huge chunk size', `Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n\r\n${hidden}`],
  ['chunk with bare LF', `Transfer-Encoding: chunked\r\n\r\n0\n\n${hidden}`],
  ['chunk not ended', `Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n${hidden}`],
  [
    'LF in a chunk extension',
    `Transfer-Encoding: chunked\r\n\r\n1;a\nb\r\nx\r\n0\r\n\r\n${hidden}`,
  ],
]

test('framing: what two readers could frame in two ways is refused, and nothing behind it is answered [asvs 4.2.1]', async (t) => {
  const site = await wireAttacked(t)
  const admin = await site.signInAs('admin')
  await Promise.all(
    smuggling.map(async ([name, rest]) => {
      const start = `POST /contact HTTP/1.1\r\n${host}${cookieOf(admin)}Content-Type: application/x-www-form-urlencoded\r\n`
      const received = await site.exchange(start + rest.replace(host, host + cookieOf(admin)), 800)
      const statuses = statusesOf(received)
      assert.ok(statuses.length <= 1, `${name}: ${statuses}`)
      assert.ok(
        statuses.every((status) => status === 400 || status === 403 || status === 413),
        `${name}: ${statuses}`,
      )
      assert.ok(!received.includes(marker), name)
    }),
  )
  assert.equal(site.runs.runs.get('GET /admin'), undefined)
  assert.equal(site.runs.runs.get('POST /contact'), undefined)
})

test('framing: pipelined requests on one connection are each their own, by their own cookies', async (t) => {
  const site = await wireAttacked(t)
  const admin = await site.signInAs('admin')
  const viewer = await site.signInAs('viewer')
  const received = await site.exchange(
    `GET /admin HTTP/1.1\r\n${host}${cookieOf(admin)}\r\n` +
      `GET /admin HTTP/1.1\r\n${host}${cookieOf(viewer)}\r\n` +
      `GET /admin HTTP/1.1\r\n${host}${close}\r\n`,
  )
  assert.deepEqual(statusesOf(received), [200, 403, 303])
  assert.equal(received.split(marker).length, 2)
})

const targets = [
  'http://localhost/admin',
  'HTTP://LOCALHOST/admin',
  'https://localhost/admin',
  'http://evil.example/admin',
  '//localhost/admin',
  '*',
  'localhost:80',
  '/\\admin',
  '\\admin',
  'admin',
  '/admin%00',
  '/admin%2f',
  '//admin',
  '/./admin',
  '/x/../admin',
  '/%2e%2e/admin',
  '/admin;x',
  '/admin#x',
  '/admin\u00e9',
  '/admin%c0%af',
  '/ADMIN',
  '/admin/',
  '/a dmin',
  '/admin\t',
  '/admin\0',
  '/admin\u000b',
]

test('framing: no form and no spelling of a target reaches the page, for people who may and who may not', async (t) => {
  const site = await wireAttacked(t)
  const admin = await site.signInAs('admin')
  await Promise.all(
    targets.map(async (target) => {
      const received = await site.exchange(
        `GET ${target} HTTP/1.1\r\n${host}${cookieOf(admin)}${close}\r\n`,
      )
      const [status = 0] = statusesOf(received)
      assert.ok(status === 400 || status === 404, `${JSON.stringify(target)}: ${status}`)
      assert.ok(!received.includes(marker), target)
    }),
  )
  assert.equal(site.runs.total(), 0)
})

const firstLines = [
  'get /admin HTTP/1.1',
  'Get /admin HTTP/1.1',
  ' GET /admin HTTP/1.1',
  'GET\t/admin HTTP/1.1',
  'GET /admin',
  'GET /admin HTTP/1.1 x',
  'GET /admin HTTP/1.2',
  'GET /admin HTTP/0.9',
  'GET /admin HTTP/2.0',
  'GET /admin HTTP/1.0',
  'GET /admin http/1.1',
  'GET /admin HTTP/1,1',
  'GET /admin HTTP/11',
  'TRACE /admin HTTP/1.1',
  'CONNECT localhost:80 HTTP/1.1',
  'PRI * HTTP/2.0',
  'GET /admin FTP/1.1',
  'PROPFIND /admin HTTP/1.1',
  'QUERY /admin HTTP/1.1',
  'G\0T /admin HTTP/1.1',
  '\x16\x03\x01\x02\x00\x01\x00\x01',
  'GET',
  '\r\n\r\n\r\nFOO',
]

test('framing: a malformed first line is refused, and the page is not reached [asvs 13.4.4]', async (t) => {
  const site = await wireAttacked(t)
  const admin = await site.signInAs('admin')
  await Promise.all(
    firstLines.map(async (line) => {
      const received = await site.exchange(`${line}\r\n${host}${cookieOf(admin)}${close}\r\n`, 800)
      const [status = 0] = statusesOf(received)
      assert.ok([0, 400, 405].includes(status), `${JSON.stringify(line)}: ${status}`)
      assert.ok(!received.includes(marker), line)
    }),
  )
  assert.equal(site.runs.total(), 0)
})

/** As the header tests have it, in what came over the socket. */
const everywhere: readonly (readonly [string, RegExp])[] = [
  ['content-security-policy', /^default-src 'none'/],
  ['x-content-type-options', /^nosniff$/],
  ['referrer-policy', /^same-origin$/],
  ['cross-origin-opener-policy', /^same-origin$/],
  ['cross-origin-embedder-policy', /^require-corp$/],
  ['cross-origin-resource-policy', /^same-origin$/],
  ['origin-agent-cluster', /^\?1$/],
  ['x-frame-options', /^DENY$/],
  ['x-request-id', /^[0-9a-f]{8}-/],
  ['cache-control', /^no-store$/],
]

test('gap 21: what cannot even be parsed is answered with the full header set, over the socket', async (t) => {
  const site = await wireAttacked(t)
  const broken: readonly (readonly [string, string, number])[] = [
    ['garbage', 'garbage\r\n\r\n', 400],
    ['bad header', `GET / HTTP/1.1\r\n${host}X A: b\r\n\r\n`, 400],
    ['no host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['two hosts', `GET / HTTP/1.1\r\n${host}${host}${close}\r\n`, 400],
    ['foreign host', `GET / HTTP/1.1\r\nHost: evil.example\r\n${close}\r\n`, 421],
    ['headers too large', `GET / HTTP/1.1\r\n${host}X: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['too many headers', `GET / HTTP/1.1\r\n${host}${'A: b\r\n'.repeat(150)}${close}\r\n`, 400],
    [
      'expectation',
      `POST /contact HTTP/1.1\r\n${host}Expect: coffee\r\nContent-Length: 3\r\n${close}\r\n`,
      417,
    ],
    ['old version', 'GET / HTTP/1.0\r\n\r\n', 400],
    ['bad chunk', `POST /contact HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
  ]
  await Promise.all(
    broken.map(async ([name, bytes, status]) => {
      const received = await site.exchange(bytes)
      const found = statusesOf(received)
      // The bad chunk may be noticed after the request has been refused for its missing type.
      assert.ok(
        found[0] === status || (name === 'bad chunk' && [403, 415].includes(found[0] ?? 0)),
        `${name}: ${found}`,
      )
      const head = received.slice(0, received.indexOf('\r\n\r\n'))
      for (const [header, shape] of everywhere) {
        const values = [...head.matchAll(new RegExp(`^${header}: (.*)$`, 'gim'))].map((one) =>
          (one[1] ?? '').trim(),
        )
        assert.equal(values.length, 1, `${name}: ${header}`)
        assert.match(values[0] ?? '', shape, `${name}: ${header}`)
      }
      assert.ok(!/^(server|x-powered-by|x-xss-protection):/im.test(head), name)
      const length = /^content-length: (\d+)$/im.exec(head)?.[1]
      assert.equal(received.length - head.length - 4, Number(length), `${name}: length`)
    }),
  )
})

async function postOver(site: Wired, client: TestClient, rest: string): Promise<string> {
  const start = `POST /fields HTTP/1.1\r\n${host}${cookieOf(client)}Content-Type: application/x-www-form-urlencoded\r\n${close}`
  return site.exchange(start + rest)
}

test('gap 13: over the socket too: a chunked body, a lying length and an unread body all end at the limit', async (t) => {
  const site = await wireAttacked(t)
  const member = await site.signInAs('member')
  const formToken = await tokenOf(member)
  const chunk = `10000\r\n${'a'.repeat(0x10000)}\r\n`
  const tooLong = await postOver(
    site,
    member,
    `Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(6)}0\r\n\r\n`,
  )
  assert.deepEqual(statusesOf(tooLong), [413])
  const declared = await postOver(
    site,
    member,
    `Content-Length: 300000\r\n\r\n${'a'.repeat(300_000)}`,
  )
  assert.deepEqual(statusesOf(declared), [413])
  const unread = await postOver(
    site,
    site.visitor(),
    `Content-Length: 5000000\r\n\r\n${'a'.repeat(500_000)}`,
  )
  assert.ok([401, 403, 413].includes(statusesOf(unread)[0] ?? 0), String(statusesOf(unread)))
  assert.equal(site.runs.runs.get('POST /fields'), undefined)
  // A good body in small chunks is a body like any other.
  const body = `formToken=${formToken}&kind=tea`
  const pieces = [...body].map((character) => `1\r\n${character}\r\n`).join('')
  const good = await postOver(site, member, `Transfer-Encoding: chunked\r\n\r\n${pieces}0\r\n\r\n`)
  assert.deepEqual(statusesOf(good), [303])
  assert.equal(site.runs.runs.get('POST /fields'), 1)
})

test('framing: 100 Continue is given only to those whose body will be read', async (t) => {
  const site = await wireAttacked(t)
  const member = await site.signInAs('member')
  const expect = 'Expect: 100-continue\r\nContent-Length: 10\r\n\r\n'
  const refused = await postOver(site, site.visitor(), expect)
  assert.deepEqual(statusesOf(refused), [401])
  const asked = await postOver(site, member, `${expect}kind=tea&a`)
  assert.deepEqual(statusesOf(asked), [100, 403])
})

test('framing: trailers are not headers: nobody is signed in by one', async (t) => {
  const site = await wireAttacked(t)
  const admin = await site.signInAs('admin')
  const received = await site.exchange(
    `POST /fields HTTP/1.1\r\n${host}Trailer: Cookie\r\nTransfer-Encoding: chunked\r\n${close}\r\n0\r\n${cookieOf(admin)}\r\n`,
  )
  assert.deepEqual(statusesOf(received), [401])
})

test('framing: connections that are broken off leave nothing at work', async (t) => {
  const site = await wireAttacked(t)
  const member = await site.signInAs('member')
  const start = `POST /fields HTTP/1.1\r\n${host}${cookieOf(member)}Content-Type: application/x-www-form-urlencoded\r\n`
  for (let round = 0; round < 5; round += 1) {
    await Promise.all(
      Array.from({ length: 40 }, (_, at) =>
        site.exchange(
          at % 2 === 0
            ? `${start}Content-Length: 1000\r\n\r\nformTo`
            : `${start}Transfer-Encoding: chunked\r\n\r\n5\r\nfor`,
          30,
        ),
      ),
    )
  }
  for (let tries = 0; tries < 100 && site.app.inFlight() > 0; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  assert.equal(site.app.inFlight(), 0)
  const alive = await site.exchange(`GET / HTTP/1.1\r\n${host}${close}\r\n`)
  assert.deepEqual(statusesOf(alive), [200])
})

test('framing: HEAD, 204 and 304 have no body, and what follows them is not read as one [asvs 4.2.2]', async (t) => {
  const site = await wireAttacked(t)
  const received = await site.exchange(
    `HEAD / HTTP/1.1\r\n${host}\r\n` +
      `GET /static/site.css HTTP/1.1\r\n${host}If-None-Match: *\r\n\r\n` +
      `POST /csp-reports HTTP/1.1\r\n${host}Content-Type: application/csp-report\r\nContent-Length: 2\r\n\r\n{}` +
      `HEAD /nowhere HTTP/1.1\r\n${host}\r\n` +
      `GET / HTTP/1.1\r\n${host}${close}\r\n`,
  )
  const statuses = statusesOf(received)
  assert.deepEqual(statuses, [200, 304, 204, 404, 200])
  assert.equal(received.split('<!doctype html>').length, 2)
})
