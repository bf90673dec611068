/**
 * The whole header set on every kind of answer, and nothing that a client sends in any of them.
 *
 * Values are written down here from the specifications, not taken from the code. RFC 6797, CSP 3,
 * Referrer Policy, HTML (COOP, COEP, Origin-Agent-Cluster), Fetch (CORP).
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestReply } from '../../src/testing/client.ts'
import { type Attacked, openAttacked, ownForm, send, tokenOf } from './fixture.ts'

type Kind = 'page' | 'resource'
type Answered = {
  readonly name: string
  readonly status: number
  readonly kind: Kind
  readonly reply: TestReply
}

/** One answer of each kind that there is. */
async function everyAnswer(site: Attacked): Promise<readonly Answered[]> {
  const visitor = site.visitor()
  const member = await site.signInAs('member')
  const formToken = await tokenOf(member)
  const asset = /href="(\/static\/[^"]+)"/.exec((await visitor.get('/')).text)?.[1] ?? ''
  const { reply: file } = { reply: await visitor.get(asset) }
  const etag = file.header('etag') ?? ''
  const big = 'a'.repeat(300 * 1024)
  const rows: readonly (readonly [string, number, Kind, TestReply])[] = [
    ['page', 200, 'page', await visitor.get('/')],
    ['page with a form', 200, 'page', await visitor.get('/contact')],
    ['page with a nonce', 200, 'page', await visitor.get('/styled')],
    ['page of somebody signed in', 200, 'page', await member.get('/me')],
    ['feed', 200, 'page', await visitor.get('/feed')],
    ['HEAD', 200, 'page', await visitor.send({ method: 'HEAD', target: '/' })],
    ['redirect to sign-in', 303, 'page', await visitor.get('/me')],
    ['redirect after a form', 303, 'page', await send(member, '/wipe', { formToken })],
    ['file by its hash', 200, 'resource', file],
    ['file by its name', 200, 'resource', await visitor.get('/static/site.css')],
    ['file at the root', 200, 'resource', await visitor.get('/robots.txt')],
    [
      'unchanged file',
      304,
      'resource',
      await visitor.send({ target: asset, headers: { 'if-none-match': etag } }),
    ],
    ['malformed path', 400, 'page', await visitor.get('//')],
    [
      'malformed header',
      400,
      'page',
      await visitor.send({ target: '/', headers: { 'x-a': 'a\u0000b' } }),
    ],
    ['unknown query', 400, 'page', await visitor.get('/?x=1')],
    ['not signed in', 401, 'page', await send(visitor, '/wipe', {})],
    ['forbidden', 403, 'page', await member.get('/admin')],
    ['no token', 403, 'page', await send(member, '/wipe', {})],
    [
      'cross-site',
      403,
      'page',
      await send(member, '/wipe', { formToken }, { ...ownForm, origin: 'null' }),
    ],
    ['not found', 404, 'page', await visitor.get('/nowhere')],
    ['no such file', 404, 'page', await visitor.get('/static/nothing.css')],
    ['method', 405, 'page', await visitor.get('/logout')],
    ['too large', 413, 'page', await send(member, '/wipe', { formToken, big })],
    ['too long', 414, 'page', await visitor.get(`/${'a'.repeat(9000)}`)],
    [
      'media type',
      415,
      'page',
      await member.send({
        method: 'POST',
        target: '/wipe',
        headers: { ...ownForm, 'content-type': 'text/plain' },
        body: 'x',
      }),
    ],
    [
      'wrong name',
      421,
      'page',
      await visitor.send({ target: '/', headers: { host: 'evil.example' } }),
    ],
    ['invalid form', 422, 'page', await send(member, '/fields', { formToken })],
    ['invalid query', 422, 'page', await visitor.get('/search?page=x')],
    ['fault in a page', 500, 'page', await visitor.get('/boom')],
    ['fault in a write', 500, 'page', await send(member, '/boom', { formToken })],
    ['unknown method', 405, 'page', await visitor.send({ method: 'TRACE', target: '/' })],
    ['other version', 400, 'page', await visitor.send({ target: '/', httpVersion: '1.0' })],
  ]
  return rows.map(([name, status, kind, reply]) => ({ name, status, kind, reply }))
}

/** What has no place in any answer: a filter that was itself a hole, and what tells versions. */
const never = [
  'x-xss-protection',
  'server',
  'x-powered-by',
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'expect-ct',
  'public-key-pins',
  'x-aspnet-version',
  'via',
  'location-debug',
]

test('gap 18: HSTS, nosniff, referrer, COOP, COEP, CORP and agent cluster on every answer [asvs 3.4.1] [asvs 3.4.4] [asvs 3.4.5] [asvs 3.4.8]', async (t) => {
  const site = await openAttacked(t)
  for (const { name, status, reply } of await everyAnswer(site)) {
    assert.equal(reply.status, status, name)
    const once = (header: string): string => {
      const values = reply.headers(header)
      assert.equal(values.length, 1, `${name}: ${header} stands ${values.length} times`)
      return values[0] ?? ''
    }
    const [, seconds = '0'] =
      /^max-age=(\d+); includeSubDomains$/.exec(once('strict-transport-security')) ?? []
    // A year at least (ASVS 3.4.1).
    assert.ok(Number(seconds) >= 31_536_000, name)
    assert.equal(once('x-content-type-options'), 'nosniff', name)
    assert.ok(
      ['same-origin', 'no-referrer', 'strict-origin'].includes(once('referrer-policy')),
      name,
    )
    assert.equal(once('cross-origin-opener-policy'), 'same-origin', name)
    assert.equal(once('cross-origin-embedder-policy'), 'require-corp', name)
    assert.equal(once('cross-origin-resource-policy'), 'same-origin', name)
    assert.equal(once('origin-agent-cluster'), '?1', name)
    assert.equal(once('x-frame-options'), 'DENY', name)
    assert.match(once('x-request-id'), /^[0-9a-f]{8}-[0-9a-z]+$/, name)
  }
})

test('gap 18: Permissions-Policy closes what a page of text has no use for', async (t) => {
  const site = await openAttacked(t)
  for (const { name, kind, reply } of await everyAnswer(site)) {
    if (kind !== 'page') continue
    const policy = (reply.header('permissions-policy') ?? '').split(', ')
    for (const feature of [
      'camera',
      'microphone',
      'geolocation',
      'payment',
      'usb',
      'display-capture',
      'browsing-topics',
      'fullscreen',
      'clipboard-read',
      'serial',
      'hid',
    ]) {
      assert.ok(policy.includes(`${feature}=()`), `${name}: ${feature}`)
    }
    // Passkeys are for this origin, and for no frame.
    const open = policy.filter((one) => !/^[a-z-]+=\(\)$/.test(one))
    assert.ok(
      open.every((one) => /^publickey-credentials-(?:create|get)=\(self\)$/.test(one)),
      name,
    )
  }
})

test('gap 17: the policy has base-uri, form-action and frame-ancestors, on every answer [asvs 3.4.3] [asvs 3.4.6] [asvs 3.4.7]', async (t) => {
  const site = await openAttacked(t)
  for (const { name, kind, reply } of await everyAnswer(site)) {
    const policies = reply.headers('content-security-policy')
    assert.equal(policies.length, 1, name)
    const directives = new Map(
      (policies[0] ?? '').split('; ').map((one): [string, string] => {
        const [key = '', ...values] = one.split(' ')
        return [key, values.join(' ')]
      }),
    )
    assert.equal(directives.get('default-src'), "'none'", name)
    assert.equal(directives.get('base-uri'), "'none'", name)
    assert.equal(directives.get('object-src'), "'none'", name)
    assert.equal(directives.get('frame-ancestors'), "'none'", name)
    assert.equal(directives.get('form-action'), kind === 'page' ? "'self'" : "'none'", name)
    assert.equal(directives.get('report-uri'), '/csp-reports', name)
    if (kind === 'page') {
      assert.equal(directives.get('require-trusted-types-for'), "'script'", name)
      assert.match(
        directives.get('script-src') ?? '',
        /^'self'( 'nonce-[A-Za-z0-9+/]{22}==')?$/,
        name,
      )
    } else assert.ok(directives.has('sandbox'), name)
    for (const word of [
      "'unsafe-inline'",
      "'unsafe-eval'",
      '*',
      'data:',
      'http:',
      "'strict-dynamic'",
    ]) {
      assert.ok(!(policies[0] ?? '').split(/[; ]+/).includes(word), `${name}: ${word}`)
    }
    assert.deepEqual(reply.headers('content-security-policy-report-only'), [], name)
  }
})

test('gap 20: the policy cannot be switched off: no project has an option for it', async (t) => {
  const attempts = [{ headers: false }, { contentSecurityPolicy: false }, { csp: null }]
  for (const extra of attempts) {
    // A caller without types: what is not an option changes nothing.
    const site = await openAttacked(t, { project: extra as object })
    const policy = (await site.visitor().get('/')).header('content-security-policy')
    assert.match(policy ?? '', /^default-src 'none'; script-src 'self';/)
  }
})

test('gap 19: X-XSS-Protection and what tells versions are on no answer [asvs 13.4.6] [asvs 3.4.2]', async (t) => {
  const site = await openAttacked(t)
  for (const { name, reply } of await everyAnswer(site)) {
    for (const header of never) assert.deepEqual(reply.headers(header), [], `${name}: ${header}`)
  }
})

test('gap 21: errors carry what pages carry, header by header', async (t) => {
  const site = await openAttacked(t)
  const answers = await everyAnswer(site)
  const names = [
    'strict-transport-security',
    'content-security-policy',
    'permissions-policy',
    'x-content-type-options',
    'referrer-policy',
    'cross-origin-opener-policy',
    'cross-origin-embedder-policy',
    'cross-origin-resource-policy',
    'origin-agent-cluster',
    'x-frame-options',
  ]
  const page = answers.find(({ name }) => name === 'page')
  const errors = answers.filter(({ status }) => status >= 400)
  assert.ok(page !== undefined && errors.length > 15)
  for (const { name, reply } of errors) {
    for (const header of names) {
      assert.equal(reply.header(header), page.reply.header(header), `${name}: ${header}`)
    }
    assert.equal(reply.header('content-type'), 'text/html; charset=utf-8', name)
    assert.equal(reply.header('cache-control'), 'no-store', name)
  }
})

test('headers: whatever has a body says its type, text with its charset [asvs 4.1.1]', async (t) => {
  const site = await openAttacked(t)
  for (const { name, reply } of await everyAnswer(site)) {
    const types = reply.headers('content-type')
    if (reply.text === '') continue
    assert.equal(types.length, 1, name)
    assert.match(types[0] ?? '', /; charset=utf-8$/, name)
  }
})

test('headers: a nonce is made for each answer, and stands where the policy says', async (t) => {
  const site = await openAttacked(t)
  const visitor = site.visitor()
  const seen = new Set<string>()
  for (let round = 0; round < 200; round += 1) {
    const reply = await visitor.get('/styled')
    const [, nonce = ''] =
      /style-src 'self' 'nonce-([^']+)'/.exec(reply.header('content-security-policy') ?? '') ?? []
    assert.equal(Buffer.from(nonce, 'base64').length, 16)
    assert.ok(reply.text.includes(`nonce="${nonce}"`))
    assert.equal(reply.header('cache-control'), 'no-store')
    seen.add(nonce)
  }
  assert.equal(seen.size, 200)
  assert.ok(!(await visitor.get('/')).header('content-security-policy')?.includes('nonce'))
})

const breaks = [
  '\r\nX-Injected: 1',
  '\n X-Injected: 1',
  '\r',
  '\n',
  '\0',
  '\u0085',
  '\u2028',
  '%0d%0aX-Injected:%201',
  '%0aX-Injected:1',
  '%E5%98%8D%E5%98%8AX-Injected:1',
  '\u560d\u560aX-Injected:1',
  '%250d%250aX-Injected:1',
]

test('headers: no line break gets from a request into a header of its answer', async (t) => {
  const site = await openAttacked(t)
  const member = await site.signInAs('member')
  const formToken = await tokenOf(member)
  const anonymous = site.visitor()
  const places = breaks.flatMap((text) => [
    () => anonymous.send({ target: `/me${text}` }),
    () => anonymous.send({ target: `/me?x=${text}` }),
    () => anonymous.send({ target: `/search?q=${text}` }),
    () => anonymous.send({ target: `/login?next=/${text}` }),
    () => anonymous.send({ target: `/static/${text}` }),
    () => anonymous.send({ target: '/', headers: { host: `site.example${text}` } }),
    () => anonymous.send({ target: '/', headers: { 'x-request-id': text } }),
    () => anonymous.send({ target: '/', headers: { [`x-a${text}`]: '1' } }),
    () => anonymous.send({ target: '/', headers: { 'accept-encoding': `gzip${text}` } }),
    () => anonymous.send({ target: '/static/site.css', headers: { 'if-none-match': text } }),
    () => anonymous.send({ target: '/me', headers: { cookie: `__Host-session=${text}` } }),
    () => anonymous.send({ method: `GET${text}`, target: '/' }),
    () => send(member, '/wipe', { formToken, [`x${text}`]: text }),
    () => send(member, '/contact', { formToken, message: text }),
    () =>
      send(member, '/wipe', { formToken }, { ...ownForm, origin: `https://site.example${text}` }),
    () => send(member, '/wipe', { formToken }, { ...ownForm, 'content-type': `text/plain${text}` }),
  ])
  assert.ok(places.length > 150)
  for (const [at, ask] of places.entries()) {
    const reply = await ask()
    assert.deepEqual(reply.headers('x-injected'), [], `place ${at}`)
    for (const name of [
      'location',
      'set-cookie',
      'allow',
      'etag',
      'vary',
      'x-request-id',
      'content-type',
      'content-security-policy',
      'retry-after',
    ]) {
      for (const value of reply.headers(name))
        assert.match(value, /^[\x20-\x7e]*$/, `place ${at}: ${name}`)
    }
    assert.ok(reply.status !== 500, `place ${at}`)
  }
  // Nor into a line of the log.
  for (const line of site.logLines) {
    assert.equal(line.trimEnd().split(/[\r\n\u0085\u2028]/).length, 1)
    assert.equal(typeof JSON.parse(line), 'object')
  }
})

test('headers: the id of a request is ours, whatever id was sent', async (t) => {
  const site = await openAttacked(t)
  const ids = new Set<string>()
  for (const sent of ['abc', '00000000-1', 'x'.repeat(500)]) {
    const headers = { 'x-request-id': sent, 'x-correlation-id': sent, traceparent: sent }
    const id = (await site.visitor().send({ target: '/nowhere', headers })).header('x-request-id')
    assert.notEqual(id, sent)
    ids.add(id ?? '')
  }
  assert.equal(ids.size, 3)
})
