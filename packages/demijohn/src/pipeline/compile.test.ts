import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Misconfiguration } from '../core/misconfiguration.ts'
import { defineRoles } from '../defences/access/roles.ts'
import { slug } from '../defences/input/schemas.ts'
import { text } from '../html/fields.ts'
import { html } from '../html/template.ts'
import { compileRoutes, routeTable } from './compile.ts'
import type { RouteRecord } from './route.ts'

const roles = defineRoles({
  member: { may: ['post:read', 'post:edit:own'] },
  admin: { is: 'member', may: ['post:edit'] },
})

const plain: RouteRecord = {
  path: '/posts',
  method: 'GET',
  credential: 'session',
  body: 'none',
  api: undefined,
  access: { kind: 'anyone' },
  params: {},
  query: {},
  fields: undefined,
  limits: [],
  load: undefined,
  initial: undefined,
  page: undefined,
  handle: () => html`<p>x</p>`,
}

/** A route as a caller without types could have written it. */
type Loose = { readonly [Name in keyof RouteRecord]?: unknown }
function record(changes: Loose): RouteRecord {
  const whole: unknown = { ...plain, ...changes }
  return whole as RouteRecord
}

function problemsOf(...records: readonly RouteRecord[]): readonly string[] {
  try {
    compileRoutes([{ prefix: '', routes: records }], roles)
  } catch (error) {
    assert.ok(error instanceof Misconfiguration)
    return error.problems
  }
  return []
}

const wrong: readonly (readonly [string, Loose, RegExp])[] = [
  ['no access', { access: undefined }, /access is missing; say anyone, signedIn or may/],
  ['access that is null', { access: null }, /access is missing/],
  ['access of no kind there is', { access: { kind: 'public' } }, /access is missing/],
  ['access that is a word', { access: 'anyone' }, /access is missing/],
  [
    'a permission that no role holds',
    { access: { kind: 'may', permission: 'post:burn' } },
    /no role holds "post:burn"/,
  ],
  [
    'a permission with :own in it',
    { access: { kind: 'may', permission: 'post:edit:own' } },
    /no role holds "post:edit:own"/,
  ],
  [
    'a permission held as :own without load',
    { access: { kind: 'may', permission: 'post:edit' } },
    /"post:edit" is held as :own; give a load that returns an ownerId/,
  ],
  ['a path parameter without a schema', { path: '/posts/:postId' }, /:postId has no schema/],
  [
    'a path parameter that is called like what every object has',
    { path: '/posts/:constructor' },
    /:constructor has no schema/,
  ],
  ['a schema for no parameter', { params: { postId: slug } }, /params names postId/],
  [
    'a parameter twice',
    { path: '/:a/x/:a', params: { a: slug } },
    /:a stands twice in the path; give each a name of its own/,
  ],
  ['a limit in other words', { limits: ['often'] }, /"often" is no limit/],
  ['a limit of nothing', { limits: ['0 per day'] }, /"0 per day" is no limit/],
  ['nothing that handles it', { handle: undefined }, /nothing handles it/],
  ['a reserved field', { fields: { formToken: text({ max: 5 }) } }, /"formToken" is a reserved/],
  ['a reserved name in the query', { query: { constructor: slug } }, /"constructor" is a reserved/],
  ['a slash at the end', { path: '/posts/' }, /write the path/],
  ['two slashes', { path: '/posts//x' }, /write the path/],
  ['a capital letter', { path: '/Posts' }, /write the path/],
  ['a wildcard', { path: '/posts/*' }, /write the path/],
  ['an optional parameter', { path: '/posts/:id?', params: { 'id?': slug } }, /write the path/],
  ['a parameter with a pattern', { path: '/:a{.+}', params: { 'a{.+}': slug } }, /write the path/],
  ['no path', { path: '' }, /write the path/],
  ['a dot segment', { path: '/posts/..' }, /write the path/],
]
for (const [name, changes, problem] of wrong) {
  test(`[asvs 8.2.1] compile: ${name} does not start`, () => {
    const problems = problemsOf(record(changes))
    assert.equal(problems.length, 1, problems.join('\n'))
    assert.match(problems[0] ?? '', problem)
  })
}

test('compile: every problem of every route is told at once, with its route', () => {
  const problems = problemsOf(
    record({ path: '/A', access: undefined }),
    record({ path: '/b/:c', handle: undefined, limits: ['x', 'y'] }),
    plain,
  )
  assert.equal(problems.filter((one) => one.startsWith('GET /A: ')).length, 2)
  assert.equal(problems.filter((one) => one.startsWith('GET /b/:c: ')).length, 4)
  assert.equal(problems.length, 6)
})

test('compile: the same place declared twice does not start, whatever its parameter is called', () => {
  const params = (name: string) => ({ path: `/p/:${name}`, params: { [name]: slug } })
  assert.match(problemsOf(plain, plain)[0] ?? '', /GET \/posts is declared twice/)
  assert.match(problemsOf(record(params('a')), record(params('b')))[0] ?? '', /declared twice/)
  assert.deepEqual(problemsOf(plain, record({ method: 'POST' })), [])
})

test('compile: the accepted forms of all of these start', () => {
  assert.deepEqual(
    problemsOf(
      record({ path: '/', limits: ['5 per minute', '50 per hour'] }),
      record({ path: '/a', access: { kind: 'signed-in' } }),
      record({ path: '/b', access: { kind: 'may', permission: 'post:read' } }),
      record({ path: '/c', access: { kind: 'may', permission: 'post:edit' }, load: () => null }),
      record({ path: '/d/:constructor', params: { constructor: slug } }),
      record({ path: '/robots.txt' }),
    ),
    [],
  )
})

const paths = [
  '/',
  '/posts',
  '/posts/new',
  '/posts/:id',
  '/posts/:id/edit',
  '/posts/new/edit',
  '/:page',
  '/:page/:part',
]

function tableOf(order: readonly string[]) {
  const records = order.map((path) => {
    const names = [...path.matchAll(/:([a-z]+)/g)].map((found) => found[1] ?? '')
    return record({ path, params: Object.fromEntries(names.map((name) => [name, slug])) })
  })
  return routeTable(compileRoutes([{ prefix: '', routes: records }], roles))
}

const matches: readonly (readonly [
  string,
  string | undefined,
  Readonly<Record<string, string>>,
])[] = [
  ['/', '/', {}],
  ['/posts', '/posts', {}],
  ['/posts/new', '/posts/new', {}],
  ['/posts/newer', '/posts/:id', { id: 'newer' }],
  ['/posts/new/edit', '/posts/new/edit', {}],
  ['/posts/7/edit', '/posts/:id/edit', { id: '7' }],
  ['/about', '/:page', { page: 'about' }],
  ['/about/us', '/:page/:part', { page: 'about', part: 'us' }],
  ['/posts/__proto__', '/posts/:id', { id: '__proto__' }],
  ['/posts/constructor', '/posts/:id', { id: 'constructor' }],
  ['/posts/a b\u2028%', '/posts/:id', { id: 'a b\u2028%' }],
  ['/__proto__', '/:page', { page: '__proto__' }],
  ['/Posts', '/:page', { page: 'Posts' }],
  ['/a/b/c', undefined, {}],
  ['/posts/', undefined, {}],
  ['', undefined, {}],
]
test('compile: literal segments come first, whatever the order in which routes were written', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(paths, { minLength: paths.length }), (order) => {
      const table = tableOf(order)
      for (const [path, want, params] of matches) {
        const found = table.match('GET', path)
        const route = found !== undefined && 'route' in found ? found : undefined
        assert.equal(route?.route.path, want, path)
        assert.deepEqual({ ...route?.rawParams }, params, path)
      }
    }),
    { numRuns: 60 },
  )
})

test('compile: parameters are without a prototype, so that no name finds what nobody sent', () => {
  const found = tableOf(paths).match('GET', '/posts/7')
  assert.ok(found !== undefined && 'route' in found)
  assert.equal(Object.getPrototypeOf(found.rawParams), null)
})

test('compile: HEAD is GET, with the same route and so the same policy (RFC 9110 section 9.3.2)', () => {
  const table = tableOf(paths)
  for (const path of ['/', '/posts/new', '/posts/7']) {
    assert.deepEqual(table.match('HEAD', path), table.match('GET', path))
  }
})

test('compile: 405 names the methods that the path has (RFC 9110 section 15.5.6)', () => {
  const routes = [
    plain,
    record({ path: '/both' }),
    record({ path: '/both', method: 'POST' }),
    record({ path: '/press/:id', method: 'POST', params: { id: slug } }),
  ]
  const table = routeTable(compileRoutes([{ prefix: '', routes }], roles))
  for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'get', '__proto__']) {
    assert.deepEqual(table.match(method, '/posts'), { allow: 'GET, HEAD' }, method)
    assert.deepEqual(table.match(method, '/both'), { allow: 'GET, HEAD, POST' }, method)
    assert.deepEqual(table.match(method, '/press/1'), { allow: 'POST' }, method)
    assert.equal(table.match(method, '/nowhere'), undefined, method)
  }
  for (const method of ['GET', 'HEAD']) {
    assert.deepEqual(table.match(method, '/press/1'), { allow: 'POST' })
  }
  assert.deepEqual(table.match('POST', '/posts'), { allow: 'GET, HEAD' })
})

test('compile: a compiled route cannot be changed afterwards', () => {
  for (const route of compileRoutes([{ prefix: '', routes: [plain] }], roles)) {
    assert.ok(Object.isFrozen(route))
    assert.equal(route.id, 'GET /posts')
    assert.equal(route.credential, 'session')
  }
})
