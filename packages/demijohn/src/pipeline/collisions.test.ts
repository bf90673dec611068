import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Misconfiguration } from '../core/misconfiguration.ts'
import { refuseCollisions } from './collisions.ts'

const library = [
  { method: 'GET', path: '/static/:name' },
  { method: 'GET', path: '/static/:folder/:name' },
  { method: 'GET', path: '/robots.txt' },
  { method: 'POST', path: '/csp-reports' },
  { method: 'GET', path: '/dev/outbox/:mailId' },
]

function problemsOf(...own: readonly string[]): readonly string[] {
  try {
    refuseCollisions(
      own.map((route) => {
        const [method = '', path = ''] = route.split(' ')
        return { method, path }
      }),
      library,
    )
    return []
  } catch (error) {
    assert.ok(error instanceof Misconfiguration)
    return error.problems
  }
}

const refused = [
  ['GET /static/:file', 'GET /static/:name'],
  ['GET /static/site.css', 'GET /static/:name'],
  ['GET /static/fonts/:file', 'GET /static/:folder/:name'],
  ['GET /static/:any/serif.woff2', 'GET /static/:folder/:name'],
  ['GET /robots.txt', 'GET /robots.txt'],
  ['POST /csp-reports', 'POST /csp-reports'],
  ['GET /dev/outbox/latest', 'GET /dev/outbox/:mailId'],
] as const
for (const [own, other] of refused) {
  test(`collisions: ${own} is refused, and ${other} named`, () => {
    const problems = problemsOf('GET /', own, 'GET /posts/:postId')
    assert.equal(problems.length, 1)
    assert.ok(problems[0]?.includes(own) && problems[0].includes(other), problems[0])
  })
}

const allowed = [
  'GET /:page',
  'GET /:section/:page',
  'GET /:a/:b/:c',
  'GET /static',
  'GET /static/:a/:b/:c',
  'POST /static/:name',
  'GET /csp-reports',
  'GET /robots',
  'GET /dev/:page',
  'GET /dev/:page/:part',
]
for (const own of allowed) {
  test(`collisions: ${own} leaves the library its paths`, () => {
    assert.deepEqual(problemsOf(own), [])
  })
}

test('collisions: all are named together', () => {
  assert.equal(problemsOf('GET /static/:file', 'GET /robots.txt').length, 2)
})
