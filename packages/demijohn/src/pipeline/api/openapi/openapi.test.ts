/** What is told of an API is what the pipeline does: by outside validators, and by asking every route. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Misconfiguration } from '../../../core/misconfiguration.ts'
import { projectRoutes } from '../../../serve/application.ts'
import { documentProblems } from '../../../testing/openApi.ts'
import { noteProject, roles } from '../../../testing/projectFixture.ts'
import { testApp } from '../../../testing/site.ts'
import { compileRoutes } from '../../compile.ts'
import { kit } from '../../kit.ts'
import { apiProject } from '../apiFixture.ts'
import { openApiDocument } from './document.ts'
import { describedProject, noteId } from './openapiFixture.ts'
import { operationsOf } from './operation.ts'
import { documentFault, strictValidator } from './oracleFixture.ts'
import { probesOf } from './probesFixture.ts'
import { ask, type DescribedSite, describedSite, exampleOf, tokens } from './siteFixture.ts'

const { anyone, signedIn, may } = kit()({ roles })

async function withSite(
  run: (site: DescribedSite) => Promise<void>,
  project = describedProject(),
): Promise<void> {
  const site = await describedSite(project)
  try {
    await run(site)
  } finally {
    await site.close()
  }
}

const projects = [
  ['one of everything', describedProject()],
  ['bound to a key', describedProject(anyone, { proofOfPossession: 'required' })],
  ['that of the tests of the pipeline', apiProject({ documentation: anyone }).project],
] as const

for (const [name, project] of projects) {
  test(`openapi: ${name}: a validator from outside has nothing against the document`, async () => {
    await withSite(async ({ document }) => {
      assert.equal(await documentFault(document), undefined)
      assert.equal(document.openapi, '3.1.1')
    }, project)
  })

  test(`openapi: ${name}: every schema in it is one, strictly read`, async () => {
    await withSite(async ({ document }) => {
      const validate = strictValidator()
      const nodes = schemasIn(document)
      assert.ok(nodes.length > 20)
      for (const node of nodes) validate({ ...node, components: document.components }, null)
    }, project)
  })

  test(`openapi: ${name}: every route is in it, and nothing else`, async () => {
    await withSite(async ({ app, document }) => {
      const told = Object.entries({ ...(document.paths as object) }).flatMap(([path, item]) =>
        Object.keys({ ...(item as object) }).map((method) => `${method.toUpperCase()} ${path}`),
      )
      const there = app
        .routes()
        .filter(({ credential, path }) => credential === 'bearer' && !path.startsWith('/api/bound'))
        .map(({ route }) => route.replace(/:(\w+)/g, '{$1}'))
      assert.ok(there.length > 5)
      assert.deepEqual(told.sort(), there.sort())
    }, project)
  })
}

/** Everything that stands where a schema belongs. */
function schemasIn(value: unknown, isSchema = false): readonly Record<string, unknown>[] {
  if (typeof value !== 'object' || value === null) return []
  if (isSchema) return [{ ...value }]
  return Object.entries(value).flatMap(([name, one]) =>
    name === 'schemas'
      ? Object.values({ ...one }).flatMap((each) => schemasIn(each, true))
      : schemasIn(one, name === 'schema'),
  )
}

test('openapi: the validators refuse what is wrong', async () => {
  await withSite(async ({ document }) => {
    assert.notEqual(await documentFault({ ...document, paths: { nowhere: {} } }), undefined)
    assert.notEqual(await documentFault({ ...document, info: {} }), undefined)
    const validate = strictValidator()
    assert.throws(() => validate({ $ref: '#/components/schemas/Nowhere', components: {} }, 1))
    assert.throws(() => validate({ type: 'string', format: 'nowhere' }, 'a'))
    assert.notEqual(validate({ type: 'string' }, 1), undefined)
  })
})

test('openapi: the same routes give the same text, whatever order they were written in', () => {
  const { blueprints } = describedProject()
  const textOf = (turned: boolean): string => {
    const all = blueprints.map((one) =>
      turned ? { ...one, routes: [...one.routes].reverse() } : one,
    )
    const routes = compileRoutes(all, roles)
    const policy = routes.find((route) => route.policy !== undefined)?.policy
    assert.ok(policy !== undefined)
    return JSON.stringify(
      openApiDocument(policy, operationsOf(routes, policy), 'https://a.example'),
    )
  }
  assert.equal(textOf(false), textOf(true))
})

test('openapi: operations keep their names, and bodies have the titles of their schemas', async () => {
  await withSite(async ({ operations, document }) => {
    assert.deepEqual(
      operations.map(({ id }) => id),
      [
        ...['getMe', 'getNotes', 'postNotes', 'getNotesByNoteId', 'patchNotesByNoteId'],
        ...['deleteNotesByNoteId', 'getNotesByNoteIdComments', 'putNotesByNoteIdCover'],
      ],
    )
    const { schemas } = document.components as { readonly schemas: object }
    const names = Object.keys(schemas)
    for (const name of ['Note', 'NoteBody', 'PatchNotesByNoteIdBody', 'Problem']) {
      assert.ok(names.includes(name), names.join(' '))
    }
  })
})

test('openapi: scopes, limits and freshness are those of the routes', async () => {
  await withSite(async ({ document }) => {
    const paths = document.paths as Record<string, Record<string, Record<string, unknown>>>
    const list = paths['/api/v2/notes']?.get
    assert.deepEqual(list?.security, [{}, { bearer: [] }])
    assert.deepEqual(list?.['x-limits'], [
      { requests: 60, windowSeconds: 60, countedBy: 'client' },
      { requests: 2000, windowSeconds: 86_400, countedBy: 'client' },
    ])
    const write = paths['/api/v2/notes']?.post
    assert.deepEqual(write?.security, [{ bearer: ['note:read'] }])
    assert.deepEqual(write?.['x-scopes'], ['note:read'])
    assert.deepEqual(write?.['x-limits'], [
      { requests: 300, windowSeconds: 60, countedBy: 'client' },
      { requests: 30, windowSeconds: 3_600, countedBy: 'account' },
    ])
    assert.equal(paths['/api/v2/notes/{noteId}/cover']?.put?.['x-fresh-seconds'], 600)
    assert.deepEqual(document.servers, [{ url: 'https://site.example' }])
  })
})

test('openapi: the example of every operation is taken, and answered as it says', async () => {
  await withSite(async (site) => {
    const validate = strictValidator()
    for (const operation of site.operations) {
      const sent = await exampleOf(site, operation)
      const reply = await ask(site, sent)
      assert.ok(reply.status >= 200 && reply.status < 300, `${operation.id}: ${reply.text}`)
      assert.deepEqual(documentProblems(site.document, { ...sent, reply }, validate), [])
      if (sent.method !== 'GET') continue
      const etag = reply.header('etag')
      const more = [
        { ...sent, method: 'HEAD' },
        ...(etag === undefined
          ? []
          : [{ ...sent, headers: { ...sent.headers, 'if-none-match': etag } }]),
      ]
      for (const one of more) {
        const again = await ask(site, one)
        assert.equal(again.status, one.method === 'HEAD' ? 200 : 304)
        assert.deepEqual(documentProblems(site.document, { ...one, reply: again }, validate), [])
      }
    }
  })
})

/** These need two requests at once, a lost answer, or a thousand keys. */
const elsewhere = [
  ...['idempotency.in-progress', 'idempotency.outcome-unknown', 'idempotency.too-many'],
]

test('openapi: each refusal of each route stands in the document, and each that stands there happens', async () => {
  await withSite(async (site) => {
    const validate = strictValidator()
    const seen = new Set<string>()
    for (const operation of site.operations) {
      const good = await exampleOf(site, operation)
      const own = new Set<string>()
      for (const [name, sent] of probesOf(good, operation)) {
        const reply = await ask(site, sent)
        const problems = documentProblems(
          site.document,
          { ...sent, target: good.target, reply },
          validate,
        )
        assert.deepEqual(problems, [], `${operation.id}, ${name}`)
        if (reply.status >= 400) own.add(JSON.parse(reply.text).code)
      }
      assert.ok(own.size > 10, `${operation.id}: ${[...own].join(' ')}`)
      for (const code of own) seen.add(code)
    }
    const told = new Set(site.operations.flatMap(({ refusals }) => refusals))
    assert.deepEqual(
      [...told].filter((code) => !seen.has(code) && !elsewhere.includes(code)),
      [],
    )
  })
})

test('openapi: limits and a stop are answered as it says', async () => {
  await withSite(async (site) => {
    const validate = strictValidator()
    const target = '/api/v2/notes'
    const statuses = new Set<number>()
    for (let count = 0; count < 61; count += 1) {
      const reply = await site.visitor().send({ target })
      statuses.add(reply.status)
      assert.deepEqual(
        documentProblems(site.document, { method: 'GET', target, reply }, validate),
        [],
      )
    }
    assert.deepEqual([...statuses], [200, 429])
    site.app.stopping()
    for (const operation of site.operations) {
      const { method, target: asked } = {
        method: operation.method,
        target: operation.path.replace('{noteId}', noteId),
      }
      const reply = await ask(site, { method, target: asked, headers: {} })
      assert.equal(reply.status, 503)
      const exchange = { method, target: asked, reply }
      assert.deepEqual(documentProblems(site.document, exchange, validate), [])
    }
  })
})

test('openapi: an answer that is not as it says is found', async () => {
  await withSite(async (site) => {
    const validate = strictValidator()
    const target = '/api/v2/me'
    const reply = await ask(site, {
      method: 'GET',
      target,
      headers: { authorization: tokens.good },
    })
    const problems = (changed: object) =>
      documentProblems(
        site.document,
        { method: 'GET', target, reply: { ...reply, ...changed } },
        validate,
      )
    assert.deepEqual(problems({}), [])
    assert.equal(problems({ text: '{"id":"a"}' }).length, 1)
    assert.equal(problems({ text: reply.text.replace('{', '{"passwordHash":"x",') }).length, 1)
    assert.equal(problems({ status: 202 }).length, 1)
    assert.equal(problems({ header: () => undefined }).length, 2)
    const elsewhereTo = { method: 'POST', target, reply }
    assert.equal(documentProblems(site.document, elsewhereTo, validate).length, 1)
  })
})

const readers = [
  ['anyone', anyone, ['anonymous', 'viewer', 'editor', 'admin']],
  ['signed in', signedIn, ['viewer', 'editor', 'admin']],
  ['may', may('note:read'), ['viewer', 'editor', 'admin']],
  ['signed in, fresh', signedIn.fresh('10 minutes'), ['viewer', 'editor', 'admin']],
] as const
for (const [name, access, allowed] of readers) {
  test(`[asvs 13.4.5] openapi: ${name}: who may read it is as the API says, for each role`, async () => {
    const site = await testApp(describedProject(access))
    try {
      for (const role of ['anonymous', 'viewer', 'editor', 'admin']) {
        const client = role === 'anonymous' ? site.visitor() : await site.signInAs(role)
        for (const path of ['/api/v2/docs', '/api/v2/openapi.json']) {
          const reply = await client.get(path)
          const isAllowed = allowed.some((one) => one === role)
          assert.equal(reply.status, isAllowed ? 200 : 303, `${role} ${path}`)
          if (!isAllowed) assert.doesNotMatch(reply.text, /noteId/)
          const head = await client.send({ method: 'HEAD', target: path })
          assert.equal(head.status, isAllowed ? 200 : 303)
        }
      }
      // A token speaks to programs' routes alone.
      const headers = { authorization: tokens.good }
      const byToken = await site.visitor().send({ target: '/api/v2/openapi.json', headers })
      assert.equal(byToken.status, name === 'anyone' ? 200 : 303)
    } finally {
      await site.close()
    }
  })
}

test('[asvs 13.4.5] openapi: where it is not served there is nothing', async () => {
  const site = await testApp(describedProject('not served'))
  try {
    const admin = await site.signInAs('admin')
    for (const path of ['/api/v2/docs', '/api/v2/openapi.json']) {
      assert.equal((await admin.get(path)).status, 404)
    }
  } finally {
    await site.close()
  }
})

test('openapi: the routes that tell of an API are told as all others', () => {
  const told = projectRoutes(describedProject(signedIn)).filter(
    ({ credential, path }) => credential === 'session' && path.startsWith('/api/'),
  )
  assert.deepEqual(
    told.map(({ route, access, verdicts }) => [route, access, verdicts.anonymous, verdicts.viewer]),
    [
      ['GET /api/v2/docs', 'signed in', 'sign-in', 'allowed'],
      ['GET /api/v2/openapi.json', 'signed in', 'sign-in', 'allowed'],
    ],
  )
})

test('openapi: its document is bytes under the headers of data, which a client may have already', async () => {
  await withSite(async (site) => {
    const get = (headers: Record<string, string> = {}) =>
      site.visitor().send({ target: '/api/v2/openapi.json', headers })
    const reply = await get()
    assert.equal(reply.header('content-type'), 'application/json')
    assert.equal(reply.header('cache-control'), 'no-store')
    assert.match(reply.header('content-security-policy') ?? '', /sandbox/)
    const etag = reply.header('etag') ?? ''
    assert.match(etag, /^"[0-9a-f]{32}"$/)
    const again = await get({ 'if-none-match': etag })
    assert.deepEqual([again.status, again.text, again.header('etag')], [304, '', etag])
    assert.equal((await get({ 'if-none-match': '"old"' })).status, 200)
  })
})

test('openapi: in development it names the address that was asked for', async () => {
  const site = await testApp(describedProject(), { origin: 'loopback' })
  try {
    for (const host of ['localhost:8080', '127.0.0.1:9000', 'localhost:8080']) {
      const reply = await site.visitor().send({ target: '/api/v2/openapi.json', headers: { host } })
      assert.deepEqual(JSON.parse(reply.text).servers, [{ url: `http://${host}` }])
    }
  } finally {
    await site.close()
  }
})

test('openapi: a problem leads to its explanation where anybody may read that, and is a name elsewhere', async () => {
  const open = await testApp(describedProject(anyone))
  const closed = await testApp(describedProject(signedIn))
  try {
    const typeOf = async (site: typeof open, target: string): Promise<string> =>
      JSON.parse((await site.visitor().send({ target })).text).type
    for (const [target, code] of [
      ['/api/v2/me', 'token.missing'],
      ['/api/v2/nowhere', 'route.unknown'],
    ] as const) {
      assert.equal(await typeOf(open, target), `https://site.example/api/v2/docs#${code}`)
      assert.equal(await typeOf(closed, target), `urn:demijohn:refusal:${code}`)
    }
    const page = await open.visitor().get('/api/v2/docs')
    assert.match(page.text, /id="token.missing"/)
    assert.match(page.text, /id="route.unknown"/)
    // Whose name is not known to be ours is told no address.
    const foreign = await open
      .visitor()
      .send({ target: '/api/v2/me', headers: { host: 'evil.example' } })
    assert.doesNotMatch(foreign.text, /evil/)
  } finally {
    await open.close()
    await closed.close()
  }
})

test('openapi: a project cannot have routes where it is told of, or rules that nobody holds', () => {
  const { anyone: all, api, blueprint } = kit()({ roles })
  const { project } = noteProject()
  const notes = api('/api/v2', { title: 'Notes', documentation: all })
  const pages = blueprint('/api/v2')
  pages.get('/docs', { access: all }, () => {
    throw new TypeError('never called')
  })
  assert.throws(
    () => projectRoutes({ ...project, blueprints: [notes, pages] }),
    (error) =>
      error instanceof Misconfiguration &&
      /GET \/api\/v2\/docs is where the API is told of/.test(error.message),
  )
  const rule = { kind: 'may', permission: 'nobody:may', reaches: 'reaches every object' } as const
  const odd = api('/api/v3', { title: 'Notes', documentation: rule })
  assert.throws(
    () => projectRoutes({ ...project, blueprints: [odd] }),
    /no role holds "nobody:may"/,
  )
})
