/**
 * SQL text and markup in every place where a program's text comes in: each path parameter, each name
 * of each query, each text of each body, generated from the declared routes. It is stored as it is, or
 * refused, and never does anything.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { sqlTexts } from '../src/posts/postsFixture.ts'
import { project } from '../src/project.ts'
import { acceptableJson, askApi, openApiWorld, writeHeaders } from './apiWorld.ts'
import { type Dump, dump, fillIn, paramsOf } from './world.ts'

const world = await openApiWorld()
after(() => world.site.close())

/** Apart from when a token was last used. */
async function contents(): Promise<Dump> {
  return { ...(await dump(world.site)), demijohn_personal_tokens: [] }
}

const texts = [
  ...sqlTexts,
  "' OR '1'='1",
  '"; DROP TABLE posts; --',
  "\\'",
  '%',
  '_',
  '<script>x</script>',
]

const routes = project.blueprints
  .flatMap(({ routes: own }) => own)
  .filter(({ api }) => api !== undefined)
assert.ok(routes.length > 10)

const objectOf = (path: string): string =>
  path.includes(':personId') ? 'somebody' : path.includes(':commentId') ? 'by-editor' : 'published'

function send(route: (typeof routes)[number], target: string, json: object | undefined) {
  const { method } = route
  const headers = method === 'GET' ? {} : writeHeaders
  return askApi(world, { method, target, token: world.tokens.admin, headers, json })
}

for (const route of routes) {
  const name = `${route.method} ${route.path}`
  const whole = fillIn(route.path, paramsOf(world, objectOf(route.path), 'admin'))

  for (const parameter of Object.keys(route.params)) {
    test(`[asvs 1.2.4] ${name}: SQL for :${parameter}`, async () => {
      const before = await contents()
      const segments = route.path.split('/')
      const at = segments.indexOf(`:${parameter}`)
      for (const text of texts) {
        for (const value of [text, `${whole.split('/')[at] ?? ''}${text}`]) {
          const target = whole.split('/').with(at, encodeURIComponent(value)).join('/')
          const { status } = await send(route, target, acceptableJson[name])
          assert.ok(status === 404 || status === 400, `${target} is ${status}`)
        }
      }
      assert.deepEqual(await contents(), before)
    })
  }

  for (const parameter of Object.keys(route.query)) {
    test(`[asvs 1.2.4] ${name}: SQL for ?${parameter}`, async () => {
      const before = await contents()
      for (const text of texts) {
        const target = `${whole}?${parameter}=${encodeURIComponent(text)}`
        const { status } = await send(route, target, acceptableJson[name])
        assert.ok(parameter === 'q' ? status === 200 : status === 422, `${target} is ${status}`)
      }
      assert.deepEqual(await contents(), before)
    })
  }
}

/** Texts of bodies that are kept, and where they can be read again. */
const kept = [
  ['POST /api/v1/posts', 'title'],
  ['POST /api/v1/posts', 'body'],
  ['POST /api/v1/posts', 'summary'],
  ['POST /api/v1/posts/:postId/comments', 'body'],
] as const

for (const [route, field] of kept) {
  test(`[asvs 1.2.4] ${route}: SQL in ${field} is stored as it is`, async () => {
    const [method = '', path = ''] = route.split(' ')
    const target = fillIn(path, paramsOf(world, 'published', 'admin'))
    for (const text of texts) {
      const before = await contents()
      const json = { ...acceptableJson[route], [field]: text }
      const reply = await askApi(world, { method, target, token: world.tokens.admin, json })
      assert.equal(reply.status, 201, text)
      assert.equal(JSON.parse(reply.text)[field], field === 'title' ? text.trim() : text)
      const now = await contents()
      const table = route.endsWith('comments') ? 'comments' : 'posts'
      assert.equal(now[table]?.length, (before[table]?.length ?? 0) + 1)
      for (const other of Object.keys(before)) {
        if (other !== table) assert.deepEqual(now[other], before[other], `${other}: ${text}`)
      }
    }
  })
}
