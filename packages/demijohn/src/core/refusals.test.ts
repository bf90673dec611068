import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { STATUS_CODES } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { isRefusal, Refusal, refusalTable, refuse } from './refusals.ts'

const rows = Object.entries(refusalTable)
const sources = ['refusals.ts', 'apiRefusals.ts', 'openIdRefusals.ts'].map((name) =>
  readFileSync(join(import.meta.dirname, name), 'utf8'),
)

test('refusals: each code is family.what-happened, and is written once', () => {
  assert.ok(rows.length > 20)
  const written = [...sources.join('\n').matchAll(/^ {2}'([^']+)': \{$/gm)].map((found) => found[1])
  // An object literal with the same key twice keeps one: the text tells what the object cannot.
  assert.equal(written.length, rows.length)
  assert.equal(new Set(written).size, rows.length)
  for (const [code] of rows) assert.match(code, /^[a-z]+\.[a-z-]+$/)
})

test('refusals: each status is an error of RFC 9110 or its registry', () => {
  for (const [code, { status }] of rows) {
    assert.ok(status >= 400 && status < 600, code)
    assert.ok(STATUS_CODES[status] !== undefined, `${code}: ${status}`)
  }
})

test('refusals: each says what happened and what to do next, in whole sentences', () => {
  for (const [code, { title, remedy }] of rows) {
    assert.match(title, /^[A-Z].{8,60}[^.]$/, code)
    assert.match(remedy, /^[A-Z].{8,}\.$/, code)
    assert.doesNotMatch(`${title}${remedy}`, /[<>&{}$]/, code)
  }
})

/** Statuses as the specifications name them, not as the table does. */
const expected: Readonly<Record<string, number>> = {
  'access.forbidden': 403,
  'access.sign-in-required': 401,
  'body.malformed': 400,
  'body.timeout': 408,
  'body.too-large': 413,
  'body.unsupported-type': 415,
  'cors.origin-refused': 403,
  'csrf.cross-site': 403,
  'csrf.token-invalid': 403,
  'csrf.token-missing': 403,
  'fault.unexpected': 500,
  'idempotency.in-progress': 409,
  'idempotency.key-malformed': 400,
  'idempotency.key-missing': 400,
  'idempotency.mismatch': 422,
  'idempotency.outcome-unknown': 409,
  'idempotency.too-many': 429,
  'input.duplicate-field': 400,
  'input.invalid': 422,
  'input.unknown-field': 400,
  'limit.exceeded': 429,
  'precondition.failed': 412,
  'precondition.malformed': 400,
  'precondition.required': 428,
  'request.expectation': 417,
  'request.header-too-large': 431,
  'request.host': 421,
  'request.target-too-long': 414,
  'request.version': 400,
  'resource.conflict': 409,
  'resource.not-found': 404,
  'route.method': 405,
  'route.unknown': 404,
  'server.busy': 503,
  'server.stopping': 503,
}
for (const [code, status] of Object.entries(expected)) {
  test(`refusals: ${code} is ${status}`, () => {
    const row = rows.find(([name]) => name === code)
    assert.equal(row?.[1].status, status)
  })
}

test('refusals: what may not be seen and what never was look the same', () => {
  const { 'resource.not-found': hidden, 'route.unknown': absent } = refusalTable
  assert.equal(hidden.status, absent.status)
  assert.equal(hidden.title, absent.title)
})

test('refusals: made by refuse, known by isRefusal, and nothing else is', () => {
  const made = refuse('limit.exceeded', { detail: '5 per minute', headers: { 'Retry-After': '3' } })
  assert.equal(made.status, 429)
  assert.equal(made.detail, '5 per minute')
  assert.deepEqual(made.headers, { 'Retry-After': '3' })
  assert.equal(made.field, undefined)
  assert.equal(isRefusal(made), true)
  assert.ok(made instanceof Refusal)
  for (const other of [null, undefined, 'access.forbidden', { ...made }, new Error('x')]) {
    assert.equal(isRefusal(other), false)
  }
})

test('refusals: one without options shares nothing that could be written to', () => {
  const made = refuse('access.forbidden')
  assert.equal(made.detail, '')
  assert.ok(Object.isFrozen(made.headers))
})
