/**
 * Bodies of JSON, good and bad, on every route that takes one. Whatever arrives is answered with a
 * refusal or with what was asked for, and never with a fault.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { type ApiWorld, acceptableJson, askApi, openApiWorld, writeHeaders } from './apiWorld.ts'
import { fillIn, paramsOf } from './world.ts'

const world: ApiWorld = await openApiWorld()
after(() => world.site.close())

const routes = Object.entries(acceptableJson).map(([route, json]) => {
  const [method = '', path = ''] = route.split(' ')
  return { route, method, path, json }
})

/** One more than any test takes: who is suspended or demoted by one body is so for the next. */
function send(
  { method, path }: { readonly method: string; readonly path: string },
  body: string | Uint8Array,
) {
  const object = path.includes(':personId') ? 'suspended' : 'published'
  const target = fillIn(path, paramsOf(world, object, 'admin'))
  return askApi(world, { method, target, token: world.tokens.admin, body, headers: writeHeaders })
}

test('every route for programs that takes a body is asked here', () => {
  const writing = world.site.app
    .routes()
    .filter(({ path, method }) => path.startsWith('/api/v1/') && /^(POST|PUT|PATCH)$/.test(method))
  assert.deepEqual(writing.map(({ route }) => route).sort(), Object.keys(acceptableJson).sort())
})

const suite = join(
  import.meta.dirname,
  '../../../shared/reference/corpora/json-parsing/test_parsing',
)

/** Whether a body of the suite names nothing but what the route has, where all of it may be left out. */
function isTaken(json: object, bytes: Buffer): boolean {
  const text = bytes.toString().trim()
  return text === '{}' || (text.startsWith('{"title":"') && 'title' in json)
}

for (const one of routes) {
  test(`[asvs 1.5.2] ${one.route}: what is no JSON is 400 or 422, and nothing is a fault`, async () => {
    const names = readdirSync(suite).filter((name) => name.endsWith('.json'))
    assert.ok(names.length > 300, 'the suite is there')
    for (const name of names) {
      const bytes = readFileSync(join(suite, name))
      const { status } = await send(one, bytes)
      const isOwn = isTaken(one.json, bytes) && one.method !== 'POST'
      if (name.startsWith('n_')) assert.ok([400, 413].includes(status), `${name}: ${status}`)
      else if (isOwn) assert.ok(status < 500, `${name}: ${status}`)
      // No other is what the route's schema takes.
      else assert.ok([400, 413, 422].includes(status), `${name}: ${status}`)
    }
  })

  test(`[asvs 2.2.1] ${one.route}: no value of JSON is a fault, and none but its own is taken`, async () => {
    const property = fc.asyncProperty(fc.json({ maxDepth: 4 }), async (text) => {
      const { status } = await send(one, text)
      const isOwn = text === '{}' && one.method !== 'POST'
      assert.ok(isOwn ? status < 500 : [400, 422].includes(status), `${text}: ${status}`)
    })
    await fc.assert(property, { numRuns: 60 })
  })

  test(`[asvs 15.3.3] ${one.route}: of an acceptable body each part in turn is bent`, async () => {
    for (const name of Object.keys(one.json)) {
      for (const value of bent) {
        const { status, text } = await send(one, JSON.stringify({ ...one.json, [name]: value }))
        assert.equal(status, 422, `${name}: ${JSON.stringify(value)?.slice(0, 60)}`)
        assert.match(text, new RegExp(`"pointer":"/${name}"`))
      }
    }
    for (const name of ['id', 'ownerId', 'authorId', 'isAdmin', 'passwordHash', 'createdAt']) {
      const { status } = await send(one, JSON.stringify({ ...one.json, [name]: 'x' }))
      assert.equal(status, 422, name)
    }
    for (const name of ['__proto__', 'constructor', 'prototype']) {
      const body = `{${JSON.stringify(name)}:{"title":"x"},${JSON.stringify(one.json).slice(1)}`
      assert.equal((await send(one, body)).status, 400, name)
    }
  })
}

/** What no field of any route takes. */
const bent: readonly unknown[] = [
  ...[null, true, 0, -1, 1e308, [], {}, [''], { $ne: null }, { toString: 'x' }],
  ...['\0', 'a\u0007b', 'x'.repeat(20_001)],
]

type Shape = {
  readonly type?: string
  readonly enum?: readonly string[]
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
  readonly minLength?: number
  readonly maxLength?: number
}

/** Any body that a shape takes: of text, choices and objects, which is all that Press asks for. */
function validFor(shape: Shape): fc.Arbitrary<unknown> {
  if (shape.enum !== undefined) return fc.constantFrom(...shape.enum)
  if (shape.type === 'string') {
    const { minLength = 0, maxLength = 0 } = shape
    const text = fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, 60) })
    return text.filter((one) => isPlain(one) && one.length <= maxLength)
  }
  assert.equal(shape.type, 'object', 'a shape of another kind: say how to make one')
  const properties = Object.entries(shape.properties ?? {})
  const parts = Object.fromEntries(properties.map(([name, one]) => [name, validFor(one)]))
  return fc.record(parts, { requiredKeys: [...(shape.required ?? [])] })
}

type Told = {
  readonly requestBody?: {
    readonly content: {
      readonly 'application/json': { readonly schema: { readonly $ref?: string } }
    }
  }
}
const described = await world.site.visitor().get('/api/v1/openapi.json')
const document: {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Told>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Shape>> }
} = JSON.parse(described.text)

for (const one of routes) {
  test(`[asvs 2.2.1] ${one.route}: every body of its shape is taken`, async () => {
    const told = document.paths[one.path.replace(/:(\w+)/g, '{$1}')]?.[one.method.toLowerCase()]
    const { $ref = '' } = told?.requestBody?.content['application/json'].schema ?? {}
    const shape = document.components.schemas[$ref.replace('#/components/schemas/', '')]
    assert.ok(shape !== undefined, 'the document tells of the body')
    const property = fc.asyncProperty(validFor(shape), async (body) => {
      const { status, text } = await send(one, JSON.stringify(body))
      // Who is suspended already, or has that role, stays so: it goes with nothing.
      assert.ok(status < 300 || status === 409, `${JSON.stringify(body)}: ${text}`)
    })
    await fc.assert(property, { numRuns: 50 })
  })
}

const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 }).filter(isPlain)

/** As a form would take it. */
function isPlain(text: string): boolean {
  return /^[^\p{Cc}\p{Cs}\u2028\u2029]*$/u.test(text) && text.trim() !== ''
}

test('[asvs 2.2.1] any post that a person could write is taken, and comes back as it was sent', async () => {
  const post = fc.record({
    title: words,
    summary: words,
    body: words,
    state: fc.constantFrom('draft', 'published'),
  })
  const property = fc.asyncProperty(post, async (written) => {
    const target = '/api/v1/posts'
    const request = { method: 'POST', target, token: world.tokens.admin, json: written }
    const made = await askApi(world, request)
    assert.equal(made.status, 201, made.text)
    const read = await askApi(world, {
      ...{ method: 'GET', target: made.header('location') ?? '', token: world.tokens.admin },
    })
    const { title, summary, body, state } = JSON.parse(read.text)
    assert.deepEqual({ title, summary, body, state }, { ...written, title: written.title.trim() })
    assert.equal(read.header('etag'), made.header('etag'))
  })
  await fc.assert(property, { numRuns: 50 })
})

test('a list goes on where it ended, without a gap and without anything twice', async () => {
  const seen: string[] = []
  let target: string | undefined = '/api/v1/posts?limit=7'
  while (target !== undefined) {
    const reply = await askApi(world, { method: 'GET', target })
    assert.equal(reply.status, 200)
    for (const { id } of JSON.parse(reply.text).items) seen.push(id)
    target = /^<(\/api\/v1\/posts\?[^>]+)>; rel="next"$/.exec(reply.header('link') ?? '')?.[1]
  }
  const { tables } = world.site
  const published = await tables
    .selectFrom('posts')
    .select('id')
    .where('state', '=', 'published')
    .execute()
  assert.ok(published.length > 7)
  assert.deepEqual([...seen].sort(), published.map(({ id }) => id).sort())
  assert.equal(new Set(seen).size, seen.length)
})

test('[asvs 2.2.1] a cursor that was made by hand begins elsewhere or is refused, and never a fault', async () => {
  const cursor = fc.oneof(
    fc.string({ maxLength: 50 }),
    fc.json({ maxDepth: 2 }).map((text) => Buffer.from(text).toString('base64url')),
    fc
      .tuple(fc.double(), fc.uuid())
      .map((values) => Buffer.from(JSON.stringify(values)).toString('base64url')),
  )
  const property = fc.asyncProperty(cursor, async (after) => {
    const target = `/api/v1/posts?after=${encodeURIComponent(after)}`
    const { status } = await askApi(world, { method: 'GET', target })
    assert.ok([200, 400, 422].includes(status), `${after}: ${status}`)
  })
  await fc.assert(property, { numRuns: 200 })
})
