/** Routes for programs, through the whole path of a request. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { Misconfiguration } from '../../core/misconfiguration.ts'
import type { DemijohnTables } from '../../data/tables.ts'
import type { RawRequest, TestReply } from '../../testing/client.ts'
import { roles } from '../../testing/projectFixture.ts'
import { type TestSite, testApp } from '../../testing/site.ts'
import { compileRoutes } from '../compile.ts'
import { anyone, kit, signedIn } from '../kit.ts'
import { ann, apiProject, ben, readTestToken } from './apiFixture.ts'

type Sent = Omit<RawRequest, 'target'> & { readonly json?: unknown; readonly token?: string }
type Call = (line: string, sent?: Sent) => Promise<TestReply>

const annToken = `editor.${ann}.note:read+note:edit`

/** What is kept of a person's requests goes with their account, so there has to be one. */
const accountOf = (id: string) => ({
  ...{ id, email: `${id}@site.example`, emailKey: `${id}@site.example`, name: 'x', role: 'editor' },
  ...{ passwordHash: null, suspendedAt: null, createdAt: 0, passwordChangedAt: null },
})

async function withApi(
  run: (call: Call, handled: readonly string[], site: TestSite) => Promise<void>,
  changed: Parameters<typeof apiProject>[0] = {},
): Promise<void> {
  const { project, calls } = apiProject(changed)
  const site = await testApp(project, { readToken: readTestToken })
  await site.db.insertInto('demijohn_accounts').values([ann, ben].map(accountOf)).execute()
  const call: Call = (line, { json, token, headers = {}, ...sent } = {}) => {
    const [method = '', target = ''] = line.split(' ')
    const body = json === undefined ? sent.body : JSON.stringify(json)
    return site.visitor().send({
      ...{ method, target, ...sent },
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    })
  }
  try {
    await run(call, calls.handled, site)
  } finally {
    await site.close()
  }
}

/** A problem as RFC 9457 has it. Fails for anything else, and for a page above all. */
function problemOf(reply: TestReply): Readonly<Record<string, unknown>> {
  assert.equal(reply.header('content-type'), 'application/problem+json')
  const problem: unknown = JSON.parse(reply.text)
  assert.ok(typeof problem === 'object' && problem !== null)
  const facts = new Map(Object.entries(problem))
  for (const name of ['type', 'title', 'detail', 'code', 'requestId']) {
    assert.equal(typeof facts.get(name), 'string', name)
  }
  assert.equal(facts.get('status'), reply.status)
  assert.equal(reply.header('x-request-id'), facts.get('requestId'))
  return Object.fromEntries(facts)
}

const codeOf = (reply: TestReply): unknown => problemOf(reply).code

test('api: what returns names is sent and nothing else, at no depth [asvs 15.3.1]', async () => {
  await withApi(async (call) => {
    const reply = await call(`GET /api/v1/notes/${ann}`, { token: annToken })
    assert.equal(reply.status, 200)
    assert.deepEqual(JSON.parse(reply.text), { id: ann, title: 'First', nested: { shown: true } })
    assert.equal(reply.header('content-type'), 'application/json')
    assert.equal(reply.header('cache-control'), 'no-store')
    assert.equal(reply.header('vary'), 'Authorization')
    assert.doesNotMatch(reply.text, /secret|argon2id/)
  })
})

test('api: an answer that is not what returns says is a fault that shows none of it', async () => {
  await withApi(async (call, _, site) => {
    const reply = await call('GET /api/v1/broken')
    assert.equal(reply.status, 500)
    assert.equal(codeOf(reply), 'fault.unexpected')
    assert.match(site.logLines.join('\n'), /the answer is not what returns says, at \/n/)
  })
})

test('[asvs 10.3.2] api: role and scope have to allow both, and the refusal names the scope', async () => {
  await withApi(async (call, handled) => {
    const cases = [
      ['no token', undefined, 401, 'token.missing', 'Bearer'],
      ['a token that is none', 'x', 401, 'token.invalid', /error="invalid_token"/],
      [
        'without the scope',
        `editor.${ann}.note:read`,
        403,
        'access.scope-insufficient',
        /scope="note:edit"/,
      ],
      [
        'with every scope, of a role without it',
        `viewer.${ann}.note:edit`,
        403,
        'access.forbidden',
        undefined,
      ],
      [
        'of somebody else, who holds it as :own',
        `editor.${ben}.note:edit`,
        403,
        'access.forbidden',
        undefined,
      ],
      ['of a role that there is not', `root.${ann}.note:edit`, 403, 'access.forbidden', undefined],
    ] as const
    for (const [name, token, status, code, challenge] of cases) {
      const reply = await call(`GET /api/v1/notes/${ann}`, token === undefined ? {} : { token })
      assert.equal(reply.status, status, name)
      assert.equal(codeOf(reply), code, name)
      const field = reply.header('www-authenticate')
      if (challenge === undefined) assert.equal(field, undefined, name)
      else if (typeof challenge === 'string') assert.equal(field, challenge, name)
      else assert.match(field ?? '', challenge, name)
    }
    assert.deepEqual(handled, [])
    const admin = await call(`GET /api/v1/notes/${ann}`, { token: `admin.${ben}.note:edit` })
    assert.equal(admin.status, 200)
    assert.deepEqual(handled, ['note'])
  })
})

test('api: a bad token is refused also where none is asked for', async () => {
  await withApi(async (call, handled) => {
    assert.equal((await call('GET /api/v1/open')).status, 200)
    assert.equal(codeOf(await call('GET /api/v1/open', { token: 'x' })), 'token.invalid')
    const odd = { headers: { authorization: 'Basic YTpi' } }
    assert.equal(codeOf(await call('GET /api/v1/open', odd)), 'token.malformed')
    const known = await call('GET /api/v1/open', { token: annToken })
    assert.deepEqual(JSON.parse(known.text), { user: 'Ann' })
    assert.deepEqual(handled, ['open', 'open'])
  })
})

test('[asvs 10.3.4] api: freshness is that of the sign-in behind the token', async () => {
  await withApi(async (call, handled) => {
    const reply = await call('GET /api/v1/fresh', { token: annToken })
    assert.equal(reply.status, 401)
    assert.equal(codeOf(reply), 'access.step-up-required')
    // RFC 9470 section 3.
    const field = reply.header('www-authenticate') ?? ''
    assert.match(field, /^Bearer .*error="insufficient_user_authentication"/)
    assert.match(field, /max_age="60"/)
    assert.deepEqual(handled, [])
  })
})

test('api: an API that asks for a proof of the key takes no plain token', async () => {
  await withApi(async (call) => {
    const missing = await call('GET /api/bound/me')
    assert.match(missing.header('www-authenticate') ?? '', /^DPoP algs="/)
    const plain = await call('GET /api/bound/me', { token: annToken })
    assert.equal(codeOf(plain), 'token.proof-missing')
    assert.match(plain.header('www-authenticate') ?? '', /^DPoP /)
  })
})

test('api: a session cookie opens no route for programs, a token no page', async () => {
  await withApi(async (_, handled, site) => {
    const editor = await site.signInAs('editor')
    assert.equal((await editor.get('/private')).status, 200)
    const byCookie = await editor.send({ target: '/api/v1/me' })
    assert.equal(codeOf(byCookie), 'token.missing')
    assert.deepEqual(byCookie.headers('set-cookie'), [])
    for (const scheme of ['Bearer', 'bearer', 'DPoP', 'Basic']) {
      const headers = { authorization: `${scheme} ${annToken}` }
      const page = await site.visitor().send({ target: '/private', headers })
      assert.equal(page.status, 303, scheme)
      assert.match(page.location ?? '', /^\/login/)
    }
    assert.deepEqual(handled, [])
  })
})

test('[asvs 14.2.1] api: a token in the query, the body or a cookie is never one', async () => {
  await withApi(async (call, handled) => {
    for (const name of ['access_token', 'token', 'authorization', 'bearer', 'jwt']) {
      const inQuery = await call(`GET /api/v1/me?${name}=${encodeURIComponent(annToken)}`)
      assert.equal(inQuery.status, 401, name)
      const inCookie = await call('GET /api/v1/me', { headers: { cookie: `${name}=${annToken}` } })
      assert.equal(inCookie.status, 401, name)
      const inBody = await call('POST /api/v1/notes', { json: { [name]: annToken } })
      assert.equal(inBody.status, 401, name)
      const beside = await call(`GET /api/v1/me?${name}=x`, { token: annToken })
      assert.equal(codeOf(beside), 'input.unknown-field', 'nor is it ignored')
    }
    assert.deepEqual(handled, [])
  })
})

test('[asvs 2.2.1] api: what the schema refuses is named by its place, and what is not declared too', async () => {
  await withApi(async (call, handled) => {
    const bad = [
      [{ title: 1, tags: [] }, '/title'],
      [{ title: 'a', tags: [{ name: 'a' }, { name: 'too long' }] }, '/tags/1/name'],
      [{ title: 'a', tags: [{ name: 'a', extra: 1 }] }, '/tags/0'],
      [{ title: 'a', tags: [], isAdmin: true }, ''],
      [[], ''],
      [null, ''],
      ['text', ''],
    ] as const
    for (const [json, pointer] of bad) {
      const reply = await call('POST /api/v1/notes', { token: annToken, json })
      assert.equal(reply.status, 422, JSON.stringify(json))
      const { code, errors } = problemOf(reply)
      assert.equal(code, 'input.invalid')
      assert.ok(Array.isArray(errors))
      assert.equal(errors[0]?.pointer, pointer, JSON.stringify(json))
    }
    assert.deepEqual(handled, [])
    const reply = await call('POST /api/v1/notes', {
      token: annToken,
      json: { title: 'new', tags: [] },
    })
    assert.equal(reply.status, 201)
    assert.equal(reply.header('location'), `/api/v1/notes/${ann}`)
    assert.deepEqual(handled, ['new'])
  })
})

test('[asvs 4.1.1] api: JSON in UTF-8 alone is read as JSON, whatever is in the body', async () => {
  await withApi(async (call, handled) => {
    const body = JSON.stringify({ title: 'a', tags: [] })
    const types = [
      ...['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'],
      ...[
        'application/jsonp',
        'text/json',
        'application/json;charset=utf-16',
        'application/ld+json',
      ],
      ...['application/json, text/plain', 'json', ''],
    ]
    for (const type of types) {
      const headers = { 'content-type': type }
      const reply = await call('POST /api/v1/notes', { token: annToken, body, headers })
      assert.equal(codeOf(reply), 'body.unsupported-type', type)
    }
    const coded = { headers: { 'content-encoding': 'gzip' }, token: annToken, body }
    assert.equal(codeOf(await call('POST /api/v1/notes', coded)), 'body.unsupported-type')
    assert.deepEqual(handled, [])
    for (const type of ['Application/JSON', 'application/json; charset=UTF-8']) {
      const headers = { 'content-type': type }
      const reply = await call('POST /api/v1/notes', { token: annToken, body, headers })
      assert.equal(reply.status, 201, type)
    }
    const unexpected = await call(`DELETE /api/v1/notes/${ann}`, {
      ...{ token: annToken, body: '{}', headers: { 'if-match': '*' } },
    })
    assert.equal(codeOf(unexpected), 'body.unsupported-type')
  })
})

test('[asvs 15.4.2] api: a write says which version it was made on', async () => {
  await withApi(async (call, handled) => {
    const note = `/api/v1/notes/${ann}`
    const read = await call(`GET ${note}`, { token: annToken })
    const etag = read.header('etag') ?? ''
    assert.match(etag, /^"[A-Za-z0-9_-]+"$/)
    const again = await call(`GET ${note}`, { token: annToken, headers: { 'if-none-match': etag } })
    assert.deepEqual([again.status, again.text, again.header('etag')], [304, '', etag])
    assert.deepEqual(handled, ['note'], 'what is known already is not made again')
    const json = { title: 'changed' }
    const patch = (headers: Record<string, string>) =>
      call(`PATCH ${note}`, { token: annToken, json, headers })
    assert.equal(codeOf(await patch({})), 'precondition.required')
    for (const old of ['"old"', `W/${etag}`, `"old", W/${etag}`]) {
      assert.equal(codeOf(await patch({ 'if-match': old })), 'precondition.failed', old)
    }
    assert.equal(codeOf(await patch({ 'if-match': 'x' })), 'precondition.malformed')
    assert.deepEqual(handled, ['note'])
    const done = await patch({ 'if-match': etag })
    assert.equal(done.status, 200)
    assert.notEqual(done.header('etag'), etag)
    assert.match(done.header('etag') ?? '', /^"/)
    assert.deepEqual(handled, ['note', 'changed'])
    const gone = await call(`DELETE ${note}`, { token: annToken, headers: { 'if-match': etag } })
    assert.deepEqual([gone.status, gone.text, gone.header('content-type')], [204, '', undefined])
  })
})

test('api: every refusal under its prefix is a problem, before there is a route and after', async () => {
  await withApi(async (call) => {
    const refused = [
      ['GET /api/v1/nothing', 404, 'route.unknown'],
      ['GET /api/v1', 404, 'route.unknown'],
      ['PUT /api/v1/open', 405, 'route.method'],
      ['OPTIONS /api/v1/open', 405, 'route.method'],
      ['TRACE /api/v1/open', 405, 'request.method'],
      [`GET /api/v1/notes/${ben}`, 404, 'resource.not-found', annToken],
      ['GET /api/v1/notes/1', 404, 'route.unknown', annToken],
      ['GET /api/v1//open', 400, 'request.path-ambiguous'],
      ['GET /api/v1/open?a=1', 400, 'input.unknown-field'],
    ] as const
    for (const [line, status, code, token] of refused) {
      const reply = await call(line, token === undefined ? {} : { token })
      assert.equal(reply.status, status, line)
      assert.equal(codeOf(reply), code, line)
    }
    const methods = await call('PUT /api/v1/open')
    assert.equal(methods.header('allow'), 'GET, HEAD')
    const page = await call('GET /nothing')
    assert.match(page.header('content-type') ?? '', /^text\/html/)
    const beside = await call('GET /api/v11')
    assert.match(beside.header('content-type') ?? '', /^text\/html/, 'a prefix ends at a slash')
  })
})

test('api: HEAD is GET without its body', async () => {
  await withApi(async (call) => {
    const reply = await call(`HEAD /api/v1/notes/${ann}`, { token: annToken })
    assert.equal(reply.status, 200)
    assert.equal((await call(`HEAD /api/v1/notes/${ann}`)).status, 401)
  })
})

const app = 'https://app.example'

test('[asvs 3.4.2] api: scripts of an origin on the list may ask and read, those of others nothing', async () => {
  await withApi(
    async (call, handled) => {
      const asked = await call('OPTIONS /api/v1/me', {
        headers: {
          origin: app,
          'access-control-request-method': 'GET',
          'access-control-request-headers': 'authorization',
        },
      })
      assert.equal(asked.status, 204)
      assert.equal(asked.header('access-control-allow-origin'), app)
      assert.equal(asked.header('access-control-allow-credentials'), undefined)
      assert.equal(asked.header('access-control-allow-methods'), 'GET')
      const got = await call('GET /api/v1/me', { token: annToken, headers: { origin: app } })
      assert.equal(got.status, 200)
      assert.equal(got.header('access-control-allow-origin'), app)
      assert.deepEqual(handled, ['me'])
      // A refusal can be read as well, so that the script learns why.
      const refused = await call('GET /api/v1/me', { headers: { origin: app } })
      assert.equal(refused.status, 401)
      assert.equal(refused.header('access-control-allow-origin'), app)
      for (const origin of [
        'https://evil.example',
        'null',
        `${app}.evil.example`,
        'http://app.example',
      ]) {
        const reply = await call('GET /api/v1/me', { token: annToken, headers: { origin } })
        assert.equal(codeOf(reply), 'cors.origin-refused', origin)
        assert.equal(reply.header('access-control-allow-origin'), undefined)
        assert.equal(reply.header('vary'), 'Authorization, Origin')
        const headers = { origin, 'access-control-request-method': 'GET' }
        assert.equal((await call('OPTIONS /api/v1/me', { headers })).status, 403, origin)
      }
      assert.deepEqual(handled, ['me'])
      // Before there is a route, too.
      for (const line of ['GET /api/v1/nothing', 'PUT /api/v1/me']) {
        const early = await call(line, { headers: { origin: app } })
        assert.equal(early.header('access-control-allow-origin'), app, line)
        assert.equal(early.header('vary'), 'Authorization, Origin', line)
        const other = await call(line, { headers: { origin: 'https://evil.example' } })
        assert.equal(other.header('access-control-allow-origin'), undefined, line)
      }
      const none = await call('GET /api/v1/me', { token: annToken })
      assert.equal(none.header('vary'), 'Authorization, Origin')
    },
    { origins: [app] },
  )
})

test('api: a preflight is for the address as it will be asked, whatever the query of its other methods', async () => {
  await withApi(
    async (call, handled) => {
      for (const [target, method] of [
        [`/api/v1/notes?after=${ann}`, 'GET'],
        ['/api/v1/notes', 'POST'],
        [`/api/v1/notes/${ann}`, 'PATCH'],
      ]) {
        const headers = { origin: app, 'access-control-request-method': method ?? '' }
        const asked = await call(`OPTIONS ${target}`, { headers })
        assert.equal(asked.status, 204, target)
        assert.equal(asked.header('access-control-allow-origin'), app, target)
      }
      assert.deepEqual(handled, [])
      const listed = await call(`GET /api/v1/notes?after=${ann}`, { headers: { origin: app } })
      assert.deepEqual(JSON.parse(listed.text), { after: ann })
      // RFC 8288 section 3: the address stands between angle brackets, so it has none.
      const next = `/api/v1/notes?after=${ann}#%3Cthese%3E`
      assert.equal(listed.header('link'), `<${next}>; rel="next"`)
    },
    { origins: [app] },
  )
})

test('[asvs 3.4.2] api: where no origin is named, none but our own may ask', async () => {
  await withApi(async (call, handled, site) => {
    const other = await call('GET /api/v1/me', { token: annToken, headers: { origin: app } })
    assert.equal(codeOf(other), 'cors.origin-refused')
    const own = { token: annToken, headers: { origin: site.origin } }
    assert.equal((await call('GET /api/v1/me', own)).status, 200)
    assert.deepEqual(handled, ['me'])
  })
})

const once = (key: string | undefined, title: string, token = annToken) => ({
  ...{ token, json: { title } },
  headers: key === undefined ? {} : { 'idempotency-key': key },
})

test('[asvs 15.4.2] api: of twenty requests with one key one is run, and later ones get its answer', async () => {
  await withApi(async (call, handled) => {
    const all = await Promise.all(
      Array.from({ length: 20 }, () => call('POST /api/v1/once', once('"k1"', 'made'))),
    )
    const codes = all.map(({ status }) => status)
    assert.deepEqual(handled, ['made'])
    assert.ok(codes.every((status) => status === 201 || status === 409))
    const again = await call('POST /api/v1/once', once('k1', 'made'))
    const first = all.find(({ status }) => status === 201)
    assert.deepEqual(
      [again.status, again.text, again.header('location'), again.header('etag')],
      [201, first?.text, first?.header('location'), first?.header('etag')],
    )
    assert.notEqual(again.header('x-request-id'), first?.header('x-request-id'))
    assert.deepEqual(handled, ['made'])
  })
})

test('api: a key counts for one person, one route and one body', async () => {
  await withApi(async (call, handled) => {
    assert.equal((await call('POST /api/v1/once', once('k', 'one'))).status, 201)
    const other = await call('POST /api/v1/once', once('k', 'two'))
    assert.equal(codeOf(other), 'idempotency.mismatch')
    const ofBen = once('k', 'two', `editor.${ben}.note:read`)
    assert.equal((await call('POST /api/v1/once', ofBen)).status, 201)
    assert.deepEqual(handled, ['one', 'two'])
    assert.equal(
      codeOf(await call('POST /api/v1/once', once(undefined, 'x'))),
      'idempotency.key-missing',
    )
    for (const key of ['', '"', 'a b', 'x'.repeat(129), 'a;b', '"a"b', 'é']) {
      const reply = await call('POST /api/v1/once', once(key, 'x'))
      assert.equal(codeOf(reply), 'idempotency.key-malformed', key)
    }
    assert.deepEqual(handled, ['one', 'two'])
  })
})

test('[asvs 15.4.2] api: a change of one version under a key is answered again, though its version is gone by', async () => {
  await withApi(async (call, handled) => {
    const target = `PATCH /api/v1/once/${ann}`
    const change = (key: string, title: string, ifMatch?: string) =>
      call(target, {
        ...{ token: annToken, json: { title } },
        headers: {
          'idempotency-key': key,
          ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
        },
      })
    assert.equal(codeOf(await change('a', 'first')), 'precondition.required')
    assert.equal(codeOf(await change('a', 'first', '"old"')), 'precondition.failed')
    assert.deepEqual(handled, [])
    const read = await call(`GET /api/v1/notes/${ann}`, { token: annToken })
    const etag = read.header('etag') ?? ''
    const done = await change('a', 'first', etag)
    const again = await change('a', 'first', etag)
    assert.deepEqual([done.status, again.status], [200, 200])
    assert.deepEqual([again.text, again.header('etag')], [done.text, done.header('etag')])
    assert.equal(codeOf(await change('b', 'second', etag)), 'precondition.failed')
    assert.deepEqual(handled, ['note', 'first'])
    assert.equal((await change('b', 'second', done.header('etag'))).status, 200)
    assert.deepEqual(handled, ['note', 'first', 'second'])
  })
})

test('api: what was refused or broke may be tried again under its key', async () => {
  await withApi(async (call, handled) => {
    for (const [title, status] of [
      ['refused', 404],
      ['throws', 500],
    ] as const) {
      for (let count = 0; count < 2; count += 1) {
        assert.equal((await call('POST /api/v1/once', once(title, title))).status, status)
      }
    }
    assert.deepEqual(handled, ['refused', 'refused', 'throws', 'throws'])
  })
})

test('[asvs 2.4.1] api: a limit by token is that token’s, wherever it comes from and whoever else it speaks for', async () => {
  await withApi(async (call) => {
    const get = async (token: string, peerAddress: string) =>
      (await call('GET /api/v1/counted', { token, peerAddress })).status
    const [one, other] = [`editor.${ann}.note:read`, `editor.${ann}.note:edit`]
    const first = [await get(one, '192.0.2.1'), await get(one, '198.51.100.1')]
    assert.deepEqual([...first, await get(one, '203.0.113.1')], [200, 200, 429])
    assert.equal(await get(other, '192.0.2.1'), 200, 'another token of the same person')
    const refused = await call('GET /api/v1/counted', { token: one })
    assert.equal(codeOf(refused), 'limit.exceeded')
    assert.match(refused.header('retry-after') ?? '', /^\d+$/)
    assert.match(refused.header('ratelimit') ?? '', /^"2 per minute by token";r=0;t=\d+$/)
  })
})

test('[asvs 15.2.2] api: while the process is behind, whoever has a token goes on, and nobody else', async () => {
  await withApi(async (call, handled, site) => {
    site.app.strained(true)
    assert.equal((await call('GET /api/v1/me', { token: annToken })).status, 200)
    assert.equal(codeOf(await call('GET /api/v1/open')), 'server.busy')
    assert.equal((await call('GET /api/v1/open', { token: 'made-up' })).status, 401)
    const page = { headers: { authorization: `Bearer ${annToken}` } }
    assert.equal((await call('GET /', page)).status, 503, 'a token is nobody on a page')
    assert.deepEqual(handled, ['me'])
  })
})

test('api: a token that two networks use in turn is told to the sentinel, and not refused', async () => {
  await withApi(async (call) => {
    const statuses: number[] = []
    for (let at = 0; at < 100; at += 1) {
      const peerAddress = at % 2 === 0 ? '203.0.113.1' : '198.51.100.7'
      statuses.push((await call('GET /api/v1/me', { token: annToken, peerAddress })).status)
    }
    assert.equal(statuses[2], 200)
    // Enumeration counts what comes back as it counts what is not there: both are slowed in the end.
    assert.ok(statuses.includes(429), statuses.join(' '))
    assert.equal(
      (await call('GET /api/v1/me', { token: annToken })).status,
      200,
      'elsewhere it works',
    )
  })
})

test('[asvs 16.2.1] api: the line of a request names the account behind its token', async () => {
  await withApi(async (call, _, site) => {
    const answered = await call('GET /api/v1/me', { token: annToken })
    const refused = await call('GET /api/v1/me')
    const ofLine = (reply: TestReply) =>
      site.logLines
        .map((line) => new Map(Object.entries(JSON.parse(line))))
        .find((line) => line.get('requestId') === reply.header('x-request-id'))
    assert.equal(ofLine(answered)?.get('userId'), ann)
    assert.equal(ofLine(refused)?.get('userId'), undefined)
    assert.equal(ofLine(refused)?.get('refusal'), 'token.missing')
  })
})

test('[asvs 15.4.2] api: nobody in particular has no keys, for a neighbour would be shown their answer', () => {
  const { project } = apiProject()
  const own = kit<DemijohnTables>()({ roles }).api('/own', {
    title: 'O',
    documentation: 'not served',
  })
  const json = z.strictObject({ title: z.string().max(5) })
  const facts = { summary: 'S', json, returns: json, idempotency: 'accepted' } as const
  own.post('/open', { ...facts, access: anyone }, ({ json: sent }) => sent)
  const problems = problemsOf(() => compileRoutes([...project.blueprints, own], roles))
  assert.match(problems, /POST \/own\/open: idempotency is for those who are known/)
})

function problemsOf(start: () => unknown): string {
  try {
    start()
  } catch (error) {
    if (error instanceof Misconfiguration) return error.problems.join('\n')
    throw error
  }
  return ''
}

test('api: what a schema leaves open does not start, in and out [asvs 2.2.1] [asvs 15.3.1]', () => {
  const wrong = [
    [z.object({ a: z.string().max(5) }), z.object({}), /json: would drop unknown fields/],
    [z.strictObject({ a: z.string() }), z.object({}), /json\.a: a text without max/],
    [z.strictObject({ a: z.array(z.boolean()) }), z.object({}), /json\.a: a list without max/],
    [z.strictObject({ a: z.any() }), z.object({}), /json\.a: takes anything/],
    [z.strictObject({ a: z.object({ b: z.int() }) }), z.object({}), /json\.a: would drop/],
    [z.strictObject({}), z.looseObject({ id: z.string() }), /returns\.\*: would let through/],
    [z.strictObject({}), z.object({ rows: z.array(z.unknown()) }), /returns\.rows\[\]: would let/],
    [z.strictObject({}), z.object({ a: z.union([z.int(), z.any()]) }), /returns\.a: would let/],
  ] as const
  for (const [json, returns, expected] of wrong) {
    const own = kit<DemijohnTables>()({ roles }).api('/own', {
      title: 'O',
      documentation: 'not served',
    })
    own.post('/x', { summary: 'S', access: signedIn, json, returns }, () => ({}) as never)
    assert.match(
      problemsOf(() => compileRoutes([own], roles)),
      expected,
    )
  }
})

test('api: a program that gets it wrong does not lock its office out, and is told to wait in words of its own', async () => {
  await withApi(async (call) => {
    const office = '203.0.113.9'
    const wrong = [
      { headers: { authorization: 'Basic YTpi' } },
      { token: annToken, body: '{', headers: { 'content-type': 'text/plain' } },
      { token: annToken, json: { title: 1, tags: 2, unknown: 3 } },
    ]
    for (let at = 0; at < 30; at += 1) {
      await call('POST /api/v1/notes', { ...wrong[at % wrong.length], peerAddress: office })
    }
    const page = await call('GET /', { peerAddress: office })
    assert.equal(page.status, 200, 'people behind the same address')
    // Scanning from there is another matter.
    for (const path of [
      '/.env',
      '/.git/config',
      '/wp-login.php',
      '/phpmyadmin',
      '/.aws/x',
      '/cgi-bin/x',
      '/actuator',
      '/adminer',
      '/xmlrpc.php',
    ]) {
      await call(`GET ${path}`, { peerAddress: office })
    }
    const told = await call('GET /api/v1/open', { peerAddress: office })
    assert.equal(told.status, 429)
    assert.equal(codeOf(told), 'sentinel.slow')
    assert.match(told.header('retry-after') ?? '', /^\d+$/)
  })
})
