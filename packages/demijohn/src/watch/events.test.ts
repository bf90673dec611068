import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { refusalTable } from '../core/refusals.ts'
import { eventLevels, isSecurityEvent } from './events.ts'

/** The OWASP Application Logging Vocabulary; some names come with a parameter behind a comma. */
const file = new URL('../../../../../shared/reference/log-vocabulary.csv', import.meta.url)
const vocabulary = new Set(
  readFileSync(file, 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.split(',')[0] ?? '')
    .filter((name) => name !== ''),
)
const names = Object.keys(eventLevels)

test('events: the vocabulary was read', () => {
  assert.ok(vocabulary.size > 40, String(vocabulary.size))
  assert.ok(names.length > 20)
})

for (const name of names) {
  test(`[asvs 16.2.4] events: ${name} is a word of the OWASP vocabulary`, () => {
    assert.ok(vocabulary.has(name))
    assert.equal(isSecurityEvent(name), true)
  })
}

for (const [code, { event }] of Object.entries(refusalTable)) {
  test(`[asvs 16.3.3] events: ${code} is logged as an event that there is`, () => {
    assert.ok(vocabulary.has(event), event)
    assert.equal(isSecurityEvent(event), true, event)
  })
}

test('events: what every object has is no event', () => {
  for (const name of ['', 'toString', '__proto__', 'constructor', 'AUTHZ_FAIL']) {
    assert.equal(isSecurityEvent(name), false, name)
  }
})
