/**
 * Who reaches what by a token: every route for programs, asked by everybody, on every kind of object,
 * with a token that was given every permission. The expected answers are written here by hand.
 *
 * data: answered. done: it happened. conflict: it does not go with what is there. token: one is asked
 * for. forbidden: may not. missing: does not learn that it exists.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { TestReply } from 'demijohn/testing'
import { roles } from '../src/kit.ts'
import { type ApiWorld, acceptableJson, askApi, openApiWorld, writeHeaders } from './apiWorld.ts'
import { type Dump, dump, fillIn, paramsOf, type Seat, seats } from './world.ts'

const table = `
route                                        object       anonymous viewer    member    editor    other     admin
GET    /api/v1/me                            -            token     data      data      data      data      data
GET    /api/v1/people                        -            token     forbidden forbidden forbidden forbidden data
GET    /api/v1/people/:personId              somebody     token     forbidden forbidden forbidden forbidden data
GET    /api/v1/people/:personId              suspended    token     forbidden forbidden forbidden forbidden data
GET    /api/v1/people/:personId              gone         token     forbidden forbidden forbidden forbidden missing
PUT    /api/v1/people/:personId/role         somebody     token     forbidden forbidden forbidden forbidden done
PUT    /api/v1/people/:personId/role         self         token     forbidden forbidden forbidden forbidden conflict
PUT    /api/v1/people/:personId/role         gone         token     forbidden forbidden forbidden forbidden missing
PUT    /api/v1/people/:personId/suspension   somebody     token     forbidden forbidden forbidden forbidden done
PUT    /api/v1/people/:personId/suspension   suspended    token     forbidden forbidden forbidden forbidden conflict
PUT    /api/v1/people/:personId/suspension   self         token     forbidden forbidden forbidden forbidden conflict
PUT    /api/v1/people/:personId/suspension   gone         token     forbidden forbidden forbidden forbidden missing
DELETE /api/v1/people/:personId/suspension   suspended    token     forbidden forbidden forbidden forbidden done
DELETE /api/v1/people/:personId/suspension   somebody     token     forbidden forbidden forbidden forbidden conflict
DELETE /api/v1/people/:personId/suspension   gone         token     forbidden forbidden forbidden forbidden missing
GET    /api/v1/posts                         -            data      data      data      data      data      data
POST   /api/v1/posts                         -            token     forbidden forbidden done      done      done
GET    /api/v1/posts/:postId                 published    data      data      data      data      data      data
GET    /api/v1/posts/:postId                 draft        missing   missing   missing   data      missing   data
GET    /api/v1/posts/:postId                 gone         missing   missing   missing   missing   missing   missing
PATCH  /api/v1/posts/:postId                 published    token     forbidden forbidden done      forbidden done
PATCH  /api/v1/posts/:postId                 draft        token     forbidden forbidden done      missing   done
PATCH  /api/v1/posts/:postId                 gone         token     forbidden forbidden missing   missing   missing
DELETE /api/v1/posts/:postId                 published    token     forbidden forbidden done      forbidden done
DELETE /api/v1/posts/:postId                 draft        token     forbidden forbidden done      missing   done
DELETE /api/v1/posts/:postId                 gone         token     forbidden forbidden missing   missing   missing
GET    /api/v1/posts/:postId/comments        published    data      data      data      data      data      data
GET    /api/v1/posts/:postId/comments        draft        missing   missing   missing   data      missing   data
GET    /api/v1/posts/:postId/comments        gone         missing   missing   missing   missing   missing   missing
POST   /api/v1/posts/:postId/comments        published    token     forbidden done      done      done      done
POST   /api/v1/posts/:postId/comments        draft        token     forbidden missing   done      missing   done
POST   /api/v1/posts/:postId/comments        gone         token     forbidden missing   missing   missing   missing
DELETE /api/v1/comments/:commentId           by-member    token     forbidden done      forbidden forbidden done
DELETE /api/v1/comments/:commentId           by-editor    token     forbidden forbidden done      forbidden done
DELETE /api/v1/comments/:commentId           draft-member token     forbidden missing   forbidden missing   done
DELETE /api/v1/comments/:commentId           draft-editor token     forbidden missing   done      missing   done
DELETE /api/v1/comments/:commentId           gone         token     forbidden missing   missing   missing   missing
`

type Expected = {
  readonly route: string
  readonly method: string
  readonly path: string
  readonly object: string
  readonly verdicts: ReadonlyMap<Seat, string>
}

const [headings = '', ...lines] = table.trim().split('\n')
assert.deepEqual(headings.split(/\s+/), ['route', 'object', ...seats])
const rows = lines.map((line): Expected => {
  const [method = '', path = '', object = '', ...words] = line.split(/\s+/)
  assert.equal(words.length, seats.length, line)
  const verdicts = new Map(seats.map((seat, at) => [seat, words[at] ?? '']))
  return { route: `${method} ${path}`, method, path, object, verdicts }
})

const notCounted = { demijohn_personal_tokens: [], demijohn_sessions: [] }

let world: ApiWorld = await openApiWorld()
let before: Dump = await contents()
after(() => world.site.close())

/** Without when a token was last used. */
async function contents(): Promise<Dump> {
  return { ...(await dump(world.site)), ...notCounted }
}

async function startAnew(): Promise<void> {
  await world.site.close()
  world = await openApiWorld()
  before = await contents()
}

const ask = (row: Expected, seat: Seat, token: string | undefined): Promise<TestReply> =>
  askApi(world, {
    method: row.method,
    target: fillIn(row.path, paramsOf(world, row.object, seat)),
    token,
    json: acceptableJson[row.route],
    headers: row.method === 'GET' ? {} : writeHeaders,
  })

const words: Readonly<Record<number, string>> = {
  ...{ 200: 'data', 401: 'token', 403: 'forbidden', 404: 'missing', 409: 'conflict' },
}

function verdictOf({ method }: Expected, { status }: TestReply, hasChanged: boolean): string {
  if (hasChanged) return [200, 201, 204].includes(status) ? 'done' : `changed, with ${status}`
  if (method !== 'GET' && status < 300) return 'nothing happened'
  return words[status] ?? String(status)
}

for (const row of rows) {
  test(`[asvs 8.2.1] [asvs 8.2.2] ${row.route} on ${row.object}`, async () => {
    for (const seat of seats) {
      const reply = await ask(row, seat, world.tokens[seat])
      const now = await contents()
      const hasChanged = JSON.stringify(now) !== JSON.stringify(before)
      if (hasChanged) await startAnew()
      const verdict = verdictOf(row, reply, hasChanged)
      assert.equal(verdict, row.verdicts.get(seat), `${row.route} on ${row.object}: ${seat}`)
    }
  })
}

const routesForPrograms = world.site.app
  .routes()
  .filter(({ path }) => path.startsWith('/api/v1/') && !/\/(docs|openapi\.json)$/.test(path))

test('[asvs 8.1.1] the table names every route for programs, and none that is not there', () => {
  const there = routesForPrograms.map(({ route }) => route)
  assert.ok(there.length > 10)
  assert.deepEqual([...new Set(rows.map(({ route }) => route))].sort(), [...there].sort())
  for (const { route, path } of routesForPrograms) {
    const objects = rows.filter((row) => row.route === route).map(({ object }) => object)
    assert.equal(new Set(objects).size, objects.length, `${route} has a row twice`)
    if (path.includes(':')) assert.ok(objects.includes('gone') && objects.length > 1, route)
  }
})

/** What each route asks for, by hand: by any of these an administrator's token gets in, by no other. */
const scopeOf: Readonly<Record<string, string>> = {
  'GET /api/v1/people': 'user:manage',
  'GET /api/v1/people/:personId': 'user:manage',
  'PUT /api/v1/people/:personId/role': 'user:manage',
  'PUT /api/v1/people/:personId/suspension': 'user:manage',
  'DELETE /api/v1/people/:personId/suspension': 'user:manage',
  'POST /api/v1/posts': 'post:write',
  'PATCH /api/v1/posts/:postId': 'post:edit',
  'DELETE /api/v1/posts/:postId': 'post:delete',
  'POST /api/v1/posts/:postId/comments': 'comment:write',
  'DELETE /api/v1/comments/:commentId': 'comment:delete',
}

test('[asvs 10.3.2] every route by every single scope: an administrator’s token is no more than it was given', async () => {
  for (const scope of [...roles.permissions, 'none']) {
    for (const row of rows) {
      const expected = row.verdicts.get('admin')
      const asked = scopeOf[row.route]
      // Data functions hide what the scope does not reach, so only what all may see is asked of those.
      if (row.object === 'gone' || row.object.startsWith('draft')) continue
      const token = await world.site.tokenFor(world.people.admin, scope === 'none' ? [] : [scope])
      const reply = await ask(row, 'admin', token)
      const where = `${row.route} on ${row.object} by ${scope}`
      if (asked === undefined || asked === scope) {
        if ((await contents()) && expected === 'done') await startAnew()
        assert.ok(reply.status < 300 || expected === 'conflict', `${where}: ${reply.status}`)
      } else {
        assert.equal(reply.status, 403, where)
        assert.match(reply.text, /"code":"access\.(scope-insufficient|forbidden)"/, where)
        assert.deepEqual(await contents(), before, where)
      }
    }
  }
})

test('[asvs 10.3.2] a draft is hidden from the token of whoever may edit it, unless it was given that', async () => {
  const target = fillIn('/api/v1/posts/:postId', paramsOf(world, 'draft', 'editor'))
  for (const scope of roles.permissions) {
    const token = await world.site.tokenFor(world.people.editor, [scope])
    const { status } = await askApi(world, { method: 'GET', target, token })
    assert.equal(status, scope === 'post:edit' ? 200 : 404, scope)
  }
})
