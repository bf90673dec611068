import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noteProject } from '../testing/projectFixture.ts'
import { type TestSite, testApp } from '../testing/site.ts'

async function withSite(
  run: (site: TestSite, calls: ReturnType<typeof noteProject>['calls']) => Promise<void>,
): Promise<void> {
  const { project, calls } = noteProject()
  const site = await testApp(project)
  try {
    await run(site, calls)
  } finally {
    await site.close()
  }
}

/** The log's lines about requests, the newest last. */
function requests(site: TestSite): readonly Record<string, unknown>[] {
  const lines = site.logLines.map((line): Record<string, unknown> => JSON.parse(line))
  return lines.filter((line) => line.msg === 'request')
}

/** Present on whatever is answered with a body: see the requirements named at each. */
const expectedHeaders: Readonly<Record<string, RegExp>> = {
  'content-security-policy': /default-src 'none'.*frame-ancestors 'none'/,
  'strict-transport-security': /max-age=\d{8,}/,
  'x-content-type-options': /^nosniff$/,
  'referrer-policy': /^(same-origin|strict-origin|no-referrer|strict-origin-when-cross-origin)$/,
  'cross-origin-opener-policy': /^same-origin$/,
  'cross-origin-resource-policy': /^same-origin$/,
  'cache-control': /no-store/,
  'x-request-id': /^[0-9a-f]{8}-[0-9a-z]+$/,
}
function assertHeaders(reply: { header: (name: string) => string | undefined }, at: string): void {
  for (const [name, shape] of Object.entries(expectedHeaders)) {
    assert.match(reply.header(name) ?? '(absent)', shape, `${at}: ${name}`)
  }
}

for (const where of ['/fault/now', '/fault/later', '/fault/in-markup']) {
  test(`[asvs 16.5.1] app: a fault at ${where} is 500 with the request's id, and says nothing else`, async () => {
    await withSite(async (site) => {
      const reply = await site.visitor().get(where)
      assert.equal(reply.status, 500)
      assertHeaders(reply, where)
      const requestId = reply.header('x-request-id') ?? ''
      assert.ok(reply.text.includes(requestId))
      assert.doesNotMatch(reply.text, /TypeError|Error:|projectFixture|cause of the fault|node:/)
      const fault = site.logLines.find((line) => line.includes('"fault"')) ?? ''
      assert.ok(fault.includes(requestId))
      const [line] = requests(site)
      assert.equal(line?.status, 500)
      assert.equal(line?.event, 'sys_crash')
      assert.equal(line?.refusal, 'fault.unexpected')
      assert.equal(line?.step, 'fault')
    })
  })
}

test('app: the line of a fault names the route and the person', async () => {
  await withSite(async (site) => {
    const editor = await site.signInAs('editor')
    await editor.get('/fault/now')
    const [line] = requests(site)
    assert.equal(line?.route, '/fault/now')
    assert.equal(line?.userId, editor.accountId)
  })
})

test('[asvs 16.5.3] app: when the error page is broken too, plain text with every header', async () => {
  await withSite(async (site, calls) => {
    calls.errorPageBreaks = true
    for (const where of ['/fault/now', '/fault/later', '/nowhere']) {
      const reply = await site.visitor().get(where)
      assert.equal(reply.status, 500, where)
      assert.equal(reply.header('content-type'), 'text/plain; charset=utf-8')
      assertHeaders(reply, where)
      assert.ok(reply.text.includes(reply.header('x-request-id') ?? '-'))
      assert.doesNotMatch(reply.text, /<|broken as well|Error/)
    }
    assert.equal(site.app.inFlight(), 0)
  })
})

test('app: whatever happens, nothing is left in flight', async () => {
  await withSite(async (site, calls) => {
    const visitor = site.visitor()
    for (const breaks of [false, true]) {
      calls.errorPageBreaks = breaks
      for (const path of ['/', '/nowhere', '/fault/now', '/fault/later', '/fault/in-markup']) {
        await visitor.get(path)
      }
      await visitor.send({ method: 'POST', target: '/note', body: 'x' })
      await visitor.send({ method: 'BREW', target: '/' })
      assert.equal(site.app.inFlight(), 0, `error page breaks: ${breaks}`)
    }
  })
})

test('app: in flight while a handler is at work', async () => {
  await withSite(async (site) => {
    const answering = site.visitor().get('/fault/later')
    assert.equal(site.app.inFlight(), 1)
    await answering
    assert.equal(site.app.inFlight(), 0)
  })
})

const hidden = 'f00d-must-not-be-logged'
test('[asvs 16.2.5] app: no cookie, credential, form value, query or address in any line', async () => {
  await withSite(async (site) => {
    const editor = await site.signInAs('editor')
    const sessionToken = editor.cookies.get('__Host-session') ?? ''
    assert.equal(sessionToken.length, 43)
    const headers = {
      authorization: `Bearer ${hidden}`,
      'proxy-authorization': `Basic ${hidden}`,
      'x-csrf-token': hidden,
      referer: `https://site.example/?token=${hidden}`,
      'user-agent': hidden,
      'x-anything': hidden,
    }
    const targets = [
      '/',
      `/?secret=${hidden}`,
      `/nowhere/${hidden}`,
      `/notes/${hidden}`,
      '/fault/now',
      '/limited',
      '/limited',
      '/limited',
      `//${hidden}`,
      `/%2f${hidden}`,
    ]
    for (const target of targets) await editor.send({ target, headers })
    await editor.post('/note', { title: hidden, body: hidden, secret: hidden })
    await editor.post('/note', { title: hidden.repeat(9), secret: hidden })
    await editor.send({
      method: 'POST',
      target: '/note',
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
      body: `formToken=${hidden}&${hidden}=1`,
    })
    await editor.send({ method: hidden, target: '/', headers })
    await editor.send({ target: '/', headers: { host: `${hidden}.example` } })
    assert.ok(requests(site).length >= targets.length + 5)
    const everything = site.logLines.join('')
    for (const secret of [hidden, sessionToken, editor.email, 'Editor 1']) {
      assert.equal(everything.includes(secret), false, secret)
    }
  })
})

test('[asvs 16.2.1] app: a line says route, status, client, person, step and refusal', async () => {
  await withSite(async (site) => {
    const editor = await site.signInAs('editor')
    await editor.get('/notes/017f22e2-79b0-7cc3-98c4-dc0c0c07398f')
    const { milliseconds, requestId, time, ...line } = requests(site)[0] ?? {}
    assert.deepEqual(line, {
      level: 'warn',
      method: 'GET',
      route: '/notes/:noteId',
      status: 403,
      client: '127.0.0.1',
      userId: editor.accountId,
      refusal: 'access.forbidden',
      step: 'load',
      detail: 'not the owner',
      event: 'authz_fail',
      msg: 'request',
    })
    assert.ok(Number(milliseconds) >= 0)
    assert.match(String(requestId), /^[0-9a-f]{8}-[0-9a-z]+$/)
    assert.equal(time, '2026-01-01T00:00:00.000Z')
  })
})

test('app: request ids differ, and the answer carries the one that is logged', async () => {
  await withSite(async (site) => {
    const ids = new Set<string>()
    for (let count = 0; count < 100; count += 1) {
      ids.add((await site.visitor().get('/')).header('x-request-id') ?? '')
    }
    assert.equal(ids.size, 100)
    assert.deepEqual(
      requests(site).map((line) => line.requestId),
      [...ids],
    )
  })
})

test('app: what could not be parsed is answered as a page, and logged as what it was', async () => {
  await withSite(async (site) => {
    const expected = [
      [400, 400, 'request.framing'],
      [408, 408, 'body.timeout'],
      [431, 431, 'request.header-too-large'],
    ] as const
    for (const [cause, status, code] of expected) {
      const reply = site.app.unparsable(cause, '192.0.2.1')
      const headers = new Map<string, string>()
      for (let at = 0; at + 1 < reply.headers.length; at += 2) {
        headers.set(reply.headers[at]?.toLowerCase() ?? '', reply.headers[at + 1] ?? '')
      }
      assert.equal(reply.status, status)
      assertHeaders({ header: (name) => headers.get(name) }, code)
      const line = requests(site).at(-1)
      assert.equal(line?.status, status)
      assert.equal(line?.refusal, code)
      assert.equal(line?.requestId, headers.get('x-request-id'))
      assert.equal(line?.client, '192.0.2.1')
    }
  })
})

test('app: stopping refuses every new request with 503, and says when to come back', async () => {
  await withSite(async (site) => {
    assert.equal((await site.visitor().get('/')).status, 200)
    site.app.stopping()
    for (const path of ['/', '/nowhere', '/fault/now']) {
      const reply = await site.visitor().get(path)
      assert.equal(reply.status, 503)
      assert.match(reply.header('retry-after') ?? '', /^\d+$/)
      assertHeaders(reply, path)
    }
  })
})

test('app: the header set stands on refusals and redirects alike', async () => {
  await withSite(async (site) => {
    const visitor = site.visitor()
    const replies = {
      'route.unknown': await visitor.get('/nowhere'),
      'route.method': await visitor.send({ method: 'DELETE', target: '/' }),
      'request.host': await visitor.send({ target: '/', headers: { host: 'evil.example' } }),
      'request.path-ambiguous': await visitor.send({ target: '/%2f' }),
      'csrf.cross-site': await visitor.send({
        method: 'POST',
        target: '/note',
        headers: { origin: 'https://evil.example' },
      }),
      'sign-in': await visitor.get('/private'),
    }
    for (const [name, reply] of Object.entries(replies)) {
      assertHeaders(reply, name)
      assert.ok(reply.status >= 300, name)
    }
    assert.equal(replies['sign-in'].status, 303)
    assert.equal(replies['sign-in'].location, '/login?next=%2Fprivate')
    assert.equal(replies['route.method'].header('allow'), 'GET, HEAD')
  })
})
