/**
 * One path, one meaning: for every page, every role and every spelling of its address, the verdict is
 * never more than that of the plain address. Verdicts are written down here by hand.
 *
 * CVE-2025-29927, CVE-2026-44574, -44575, -29045, -39406, -39407, -54286, -47676, -33011, -54281,
 * -2293, -2880, -33804, -33808, -6414, CVE-2025-69211, GHSA-x732-6j76-qmhm.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestClient } from '../../src/testing/client.ts'
import {
  type Attacked,
  everyRole,
  marker,
  noteId,
  openAttacked,
  ownForm,
  type Role,
  send,
  tokenOf,
} from './fixture.ts'

type Asking = Role | 'anonymous'

type Page = { readonly path: string; readonly run: string; readonly open: readonly Asking[] }

const pages: readonly Page[] = [
  { path: '/admin', run: 'GET /admin', open: ['admin'] },
  { path: '/admin/people', run: 'GET /admin/people', open: ['admin'] },
  { path: `/notes/${noteId}`, run: 'GET /notes', open: ['admin'] },
  { path: `/notes/${noteId}/edit`, run: 'GET /notes/edit', open: ['admin'] },
  { path: '/read', run: 'GET /read', open: ['viewer', 'member', 'editor', 'admin'] },
  { path: '/me', run: 'GET /me', open: ['viewer', 'member', 'editor', 'admin'] },
]

/** `plain`: the same address by RFC 3986 section 6.2.2.2, so the same verdict. Others are refused. */
type Variant = { readonly target: string; readonly plain: boolean }

function hex(character: string, upper: boolean): string {
  const code = character.charCodeAt(0).toString(16).padStart(2, '0')
  return `%${upper ? code.toUpperCase() : code}`
}

/** Each letter, digit and dash encoded, at each place, in both cases of the digits. */
function encodedLetters(path: string): readonly Variant[] {
  const out: Variant[] = []
  for (let at = 1; at < path.length; at += 1) {
    const character = path.charAt(at)
    if (character === '/') continue
    for (const upper of [false, true]) {
      const target = `${path.slice(0, at)}${hex(character, upper)}${path.slice(at + 1)}`
      out.push({ target, plain: true })
      out.push({ target: target.replace('%', '%25'), plain: false })
    }
  }
  const whole = path.replace(/[^/]/g, (character) => hex(character, false))
  return [...out, { target: whole, plain: true }]
}

const insertedAtSlashes = [
  '//',
  '///',
  '/./',
  '/../',
  '/%2e/',
  '/%2E%2E/',
  '/.%2e/',
  '/%2e%2e%2f',
  '/%252e%252e/',
  '/..;/',
  '/;/',
  '/;a=b/',
  '%2F',
  '%2f',
  '%252F',
  '%5C',
  '%5c',
  '\\',
  '/\\',
  '\\/',
  '%c0%af',
  '%e0%80%af',
  '%f0%80%80%af',
  '%EF%BC%8F',
  '／',
  '/%00/',
  '/\0/',
  '/%09/',
  '/%0d%0a/',
  '/%20/',
  '/x/../',
]

const appended = [
  '/',
  '//',
  '/.',
  '/..',
  '/%2e',
  '.',
  '..',
  '%2e',
  ';',
  ';x',
  ';a=b',
  ';.css',
  ';/../read',
  '%3B',
  '%3Ba=b',
  '.rsc',
  '.json',
  '.css',
  '.html',
  '.segments/_tree.segment.rsc',
  '/.css',
  '/index.html',
  '%00',
  '%00.css',
  '\0',
  '%20',
  ' ',
  '%09',
  '%0a',
  '%0d%0aX-A:1',
  '%23',
  '#',
  '#x',
  '%3f',
  '%3Fa',
  '/%2e%2e/read',
  '~',
  '%7f',
  '%80',
  '%ff',
  '%c1%a1',
  '%u0061',
  '%',
  '%2',
  '%zz',
  '\u0131',
  '\u212a',
  '*',
  ':',
  '@x',
  '$',
  ',x',
]

const prefixed = [
  '//site.example',
  'http://site.example',
  'https://site.example',
  'HTTP://SITE.EXAMPLE',
  'https://user@site.example',
  'https:',
  'javascript:',
  '*',
  '/static/..',
  '/static/%2e%2e',
  '/static/..%2f',
  '/static/..%5c',
  '/static/site.css/../..',
  '/read/..',
  '/read/%2e%2e',
  '/read%2f..',
  '/.',
  '/..',
  '/%2e%2e',
  '/en',
  '/_next/data',
  '/proxy',
]

function variantsOf(path: string): readonly Variant[] {
  const refused: string[] = [
    ...appended.map((end) => `${path}${end}`),
    ...prefixed.map((start) => `${start}${path}`),
    path.toUpperCase(),
    path.slice(1),
    ` ${path}`,
    `\t${path}`,
    `${path}?x=1`,
    `${path}?/../read`,
    `${path}?_method=GET`,
    `${path}?next=/read`,
    `/read?path=${path}`,
    `/?${path}`,
    `/?x=${path}`,
    `/%3F/..${path}`,
    `/#/..${path}`,
    `/read#/..${path}`,
    `${path}${'/x'.repeat(900)}`,
    `${path}${'a'.repeat(9000)}`,
  ]
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
    for (const text of insertedAtSlashes) {
      refused.push(`${path.slice(0, at)}${text}${path.slice(at + 1)}`)
    }
  }
  for (let at = 1; at < path.length; at += 1) {
    const letter = path.charAt(at)
    if (!/[a-z]/.test(letter)) continue
    refused.push(`${path.slice(0, at)}${letter.toUpperCase()}${path.slice(at + 1)}`)
    // Overlong by one byte (RFC 3629 section 3), fullwidth, and IIS's own encoding.
    const code = letter.charCodeAt(0)
    const overlong = `%c1%${((code & 0x3f) | 0x80).toString(16)}`
    refused.push(`${path.slice(0, at)}${overlong}${path.slice(at + 1)}`)
    refused.push(
      `${path.slice(0, at)}${encodeURIComponent(String.fromCharCode(code + 0xfee0))}${path.slice(at + 1)}`,
    )
    refused.push(`${path.slice(0, at)}%u00${code.toString(16)}${path.slice(at + 1)}`)
  }
  return [
    ...refused.map((target) => ({ target, plain: false })),
    ...encodedLetters(path),
    { target: `${path}?`, plain: true },
  ]
}

async function clientsOf(site: Attacked): Promise<Map<Asking, TestClient>> {
  const clients = new Map<Asking, TestClient>([['anonymous', site.visitor()]])
  for (const role of everyRole) clients.set(role, await site.signInAs(role))
  return clients
}

for (const { path, run, open } of pages) {
  test(`paths: every spelling of ${path} gets its verdict or less, for every role [asvs 8.3.1]`, async (t) => {
    const site = await openAttacked(t)
    const variants = variantsOf(path)
    assert.ok(variants.length > 100, `only ${variants.length} variants`)
    for (const [asking, client] of await clientsOf(site)) {
      const may = open.includes(asking)
      for (const { target, plain } of variants) {
        for (const method of ['GET', 'HEAD']) {
          const before = site.runs.runs.get(run) ?? 0
          const reply = await client.send({ method, target })
          const ran = (site.runs.runs.get(run) ?? 0) - before
          const what = `${method} ${JSON.stringify(target)} as ${asking}: ${reply.status}`
          if (may && plain) {
            assert.equal(reply.status, 200, what)
            assert.equal(ran, 1, what)
            continue
          }
          assert.equal(ran, 0, what)
          if (!plain) {
            // What only names the path in a query of another page may be answered as that page.
            const refused = reply.status >= 400 && reply.status < 500
            assert.ok(refused || (reply.status === 303 && !may), what)
          } else if (asking === 'anonymous') {
            assert.equal(reply.status, 303, what)
            assert.ok(reply.location?.startsWith('/login?next=%2F'), what)
          } else assert.equal(reply.status, 403, what)
          assert.ok(!reply.text.includes(marker), what)
        }
      }
    }
  })
}

test('paths: the plain addresses have the verdicts written down here, for every role', async (t) => {
  const site = await openAttacked(t)
  for (const [asking, client] of await clientsOf(site)) {
    for (const { path, open } of pages) {
      const { status } = await client.get(path)
      const expected = open.includes(asking) ? 200 : asking === 'anonymous' ? 303 : 403
      assert.equal(status, expected, `${path} as ${asking}`)
    }
  }
})

/** Names by which frameworks and proxies have passed on decisions of their own. */
const internalHeaders: readonly (readonly [string, string])[] = [
  ['x-middleware-subrequest', 'middleware'],
  ['x-middleware-subrequest', 'src/middleware:src/middleware:src/middleware:src/middleware'],
  ['x-middleware-subrequest-id', '1'],
  ['x-middleware-prefetch', '1'],
  ['x-middleware-next', '1'],
  ['x-middleware-rewrite', '/admin'],
  ['x-middleware-invoke', '1'],
  ['x-invoke-path', '/admin'],
  ['x-invoke-status', '200'],
  ['x-matched-path', '/admin'],
  ['x-nextjs-data', '1'],
  ['x-now-route-matches', '1'],
  ['rsc', '1'],
  ['next-router-prefetch', '1'],
  ['next-router-segment-prefetch', '/_tree'],
  ['purpose', 'prefetch'],
  ['x-original-url', '/read'],
  ['x-original-uri', '/read'],
  ['x-rewrite-url', '/read'],
  ['x-forwarded-uri', '/read'],
  ['x-forwarded-path', '/read'],
  ['x-forwarded-prefix', '/read'],
  ['x-forwarded-host', 'localhost'],
  ['x-forwarded-for', '127.0.0.1'],
  ['x-forwarded-proto', 'http'],
  ['x-forwarded-port', '80'],
  ['x-forwarded-server', 'localhost'],
  ['x-forwarded-user', 'admin'],
  ['x-forwarded-email', 'admin@site.example'],
  ['x-forwarded-scheme', 'http'],
  ['forwarded', 'for=127.0.0.1;host=localhost;proto=http'],
  ['x-real-ip', '127.0.0.1'],
  ['x-client-ip', '127.0.0.1'],
  ['x-host', 'localhost'],
  ['x-custom-ip-authorization', '127.0.0.1'],
  ['x-remote-user', 'admin'],
  ['remote-user', 'admin'],
  ['x-authenticated-user', 'admin'],
  ['x-webauth-user', 'admin'],
  ['x-user', 'admin'],
  ['x-user-id', '1'],
  ['x-user-role', 'admin'],
  ['x-role', 'admin'],
  ['x-admin', 'true'],
  ['x-amzn-oidc-identity', 'admin'],
  ['cf-access-authenticated-user-email', 'admin@site.example'],
  ['authorization', 'Basic YWRtaW46YWRtaW4='],
  ['authorization', 'Bearer eyJhbGciOiJub25lIn0.e30.'],
  ['referer', 'https://site.example/admin'],
  ['origin', 'https://site.example'],
  ['x-requested-with', 'XMLHttpRequest'],
  ['accept', 'application/json'],
  ['accept', 'text/x-component'],
  ['upgrade', 'h2c'],
  ['connection', 'upgrade'],
  ['connection', 'cookie'],
  ['content-type', 'application/json'],
  ['user-agent', 'Googlebot'],
]

test('paths: no header switches a guard off [asvs 4.1.3]', async (t) => {
  const site = await openAttacked(t)
  assert.ok(internalHeaders.length > 50)
  for (const [asking, client] of await clientsOf(site)) {
    for (const { path, run, open } of pages) {
      if (open.includes(asking)) continue
      for (const [name, value] of internalHeaders) {
        for (const written of [name, name.toUpperCase()]) {
          const reply = await client.send({ target: path, headers: { [written]: value } })
          const what = `${path} as ${asking} with ${written}: ${value}`
          assert.equal(reply.status, asking === 'anonymous' ? 303 : 403, what)
          assert.ok(!reply.text.includes(marker), what)
        }
      }
      assert.equal(site.runs.runs.get(run), undefined, path)
    }
  }
})

const overrideHeaders = [
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  'x-original-method',
  'x-forwarded-method',
]

test('paths: a write is reached by POST alone, whatever names another method [asvs 3.5.3]', async (t) => {
  const site = await openAttacked(t)
  const admin = await site.signInAs('admin')
  const target = `/admin/people/${admin.accountId}/suspend`
  const attempts = [
    ...overrideHeaders.map((name) => ({ target, headers: { [name]: 'POST' } })),
    ...overrideHeaders.map((name) => ({ target, headers: { [name]: 'post' } })),
    ...['_method=POST', '_method=post', 'method=POST', 'X-HTTP-Method-Override=POST'].map(
      (query) => ({ target: `${target}?${query}`, headers: {} }),
    ),
    { target, headers: {} },
  ]
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE']) {
    for (const attempt of attempts) {
      const reply = await admin.send({ method, ...attempt })
      assert.equal(reply.status, 405, `${method} ${attempt.target}`)
      assert.equal(reply.header('allow'), 'POST')
    }
  }
  assert.equal(site.runs.total(), 0)
})

test('paths: a POST cannot be turned into another method, nor another method into a page', async (t) => {
  const site = await openAttacked(t)
  const member = await site.signInAs('member')
  const formToken = await tokenOf(member)
  for (const name of overrideHeaders) {
    const headers = { ...ownForm, [name]: 'GET' }
    assert.equal((await send(member, '/me', { formToken }, headers)).status, 405, name)
    assert.equal((await send(member, '/wipe', {}, headers)).status, 403, name)
  }
  const reply = await send(member, '/wipe', { formToken, _method: 'GET' })
  assert.equal(reply.status, 400)
  assert.match(reply.text, /_method/)
  assert.equal(site.runs.runs.get('POST /wipe'), undefined)
})

test('paths: methods of another spelling, and methods nobody serves, are refused [asvs 4.1.4]', async (t) => {
  const site = await openAttacked(t)
  const admin = await site.signInAs('admin')
  const unknown = ['get', 'Get', 'gET', 'post', 'head', 'TRACE', 'TRACK', 'CONNECT', 'PROPFIND']
  const odd = ['', 'GET ', 'G\0ET', 'POST\r\n', '__proto__', 'constructor', 'ALL', '*', 'QUERY']
  for (const method of [...unknown, ...odd]) {
    for (const target of ['/admin', '/wipe', '/', '/nowhere']) {
      const reply = await admin.send({ method, target })
      assert.equal(reply.status, 405, `${JSON.stringify(method)} ${target}`)
    }
  }
  for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    assert.equal((await admin.send({ method, target: '/admin' })).header('allow'), 'GET, HEAD')
    assert.equal(
      (await admin.send({ method, target: '/write' })).header('allow'),
      'GET, HEAD, POST',
    )
    assert.equal((await admin.send({ method, target: '/nowhere' })).status, 404)
  }
  assert.equal(site.runs.total(), 0)
})

/** What the form of that address would send. */
function fieldsOf(path: string): Readonly<Record<string, string>> {
  if (path.endsWith('/edit')) return { body: 'x' }
  return path.endsWith('/role') ? { role: 'viewer' } : {}
}

test('paths: writes by people without the permission do nothing, in every spelling', async (t) => {
  const site = await openAttacked(t)
  const admin = await site.signInAs('admin')
  const paths = ['suspend', 'delete', 'role'].map(
    (verb) => `/admin/people/${admin.accountId}/${verb}`,
  )
  for (const role of ['viewer', 'member', 'editor'] as const) {
    const client = await site.signInAs(role)
    const formToken = await tokenOf(client)
    for (const path of [...paths, `/notes/${noteId}/edit`]) {
      for (const { target, plain } of [{ target: path, plain: true }, ...variantsOf(path)]) {
        const { status } = await send(client, target, { formToken, ...fieldsOf(path) })
        const what = `POST ${JSON.stringify(target)} as ${role}: ${status}`
        if (plain) assert.equal(status, 403, what)
        else assert.ok(status >= 400 && status < 500, what)
      }
    }
  }
  for (const run of ['POST suspend', 'POST delete', 'POST role', 'POST /notes/edit']) {
    assert.equal(site.runs.runs.get(run), undefined)
  }
  // The same request by somebody who may does what it says: the test is about the person alone.
  const formToken = await tokenOf(admin)
  assert.equal((await send(admin, `/notes/${noteId}/edit`, { formToken, body: 'x' })).status, 303)
  assert.equal(site.runs.runs.get('POST /notes/edit'), 1)
})

test('paths: guard and handler read the same parameter; the query cannot name another', async (t) => {
  const site = await openAttacked(t)
  const member = await site.signInAs('member')
  const mine = '019b76da-a800-7000-8000-000000000002'
  site.notes.set(mine, { ownerId: member.accountId, body: 'my own' })
  assert.equal((await member.get(`/notes/${mine}`)).status, 200)
  assert.equal((await member.get(`/notes/${noteId}`)).status, 403)
  for (const query of ['noteId', 'params[noteId]', 'nxtPnoteId', ':noteId', '0']) {
    for (const [asked, named] of [
      [mine, noteId],
      [noteId, mine],
    ]) {
      const reply = await member.get(`/notes/${asked}?${encodeURIComponent(query)}=${named}`)
      assert.ok(!reply.text.includes(marker), query)
      assert.ok(reply.status === 400 || reply.status === 403, `${query}: ${reply.status}`)
    }
  }
})

test('paths: another spelling is no second allowance; limits count by route', async (t) => {
  const site = await openAttacked(t)
  const visitor = site.visitor()
  const spellings = ['/login', '/%6cogin', '/l%6Fgin', '/%6c%6f%67%69%6e']
  for (let at = 0; at < 30; at += 1) {
    const target = spellings[at % spellings.length] ?? '/login'
    assert.equal((await send(visitor, target, {})).status, 403, `attempt ${at}`)
  }
  for (const target of spellings) {
    const reply = await send(visitor, target, {})
    assert.equal(reply.status, 429, target)
    assert.match(reply.header('retry-after') ?? '', /^\d+$/)
  }
  // Nor is an address that the client makes up (ASVS 4.1.3).
  const forged = { ...ownForm, 'x-forwarded-for': '203.0.113.9', 'x-real-ip': '203.0.113.9' }
  assert.equal((await send(visitor, '/login', {}, forged)).status, 429)
})
