import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Misconfiguration } from './misconfiguration.ts'

test('misconfiguration: one problem is one line', () => {
  const error = new Misconfiguration(['PORT: "x" is no port'])
  assert.equal(error.message, 'PORT: "x" is no port')
  assert.equal(error.name, 'Misconfiguration')
  assert.ok(error instanceof Error)
})

test('misconfiguration: several are a list, each on a line of its own, in order', () => {
  const error = new Misconfiguration(['first', 'second'])
  assert.deepEqual(error.message.split('\n'), ['', '  - first', '  - second'])
  assert.deepEqual(error.problems, ['first', 'second'])
})
