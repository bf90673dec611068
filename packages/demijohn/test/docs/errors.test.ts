/** docs/errors.md and the table of refusals say the same, read from either side. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusalTable } from '../../src/core/refusals.ts'
import { code, readPage, rows } from './pages.ts'

const documented = rows(readPage('docs/errors.md')).map((cells) => ({
  code: code(cells[0]),
  status: Number(cells[1]),
  texts: cells.slice(2),
}))

test('errors: every refusal is documented, in the order of the code, and nothing else is', () => {
  assert.ok(documented.length > 20)
  assert.deepEqual(
    documented.map((row) => row.code),
    Object.keys(refusalTable),
  )
})

test('errors: every status is the one that is sent', () => {
  assert.deepEqual(
    documented.map((row) => [row.code, row.status]),
    Object.entries(refusalTable).map(([name, { status }]) => [name, status]),
  )
})

test('errors: every row says when, and what to do for each side', () => {
  for (const row of documented) {
    assert.equal(row.texts.length, 3, row.code)
    for (const text of row.texts) assert.match(text, /^\S.*\.$/, row.code)
  }
})
