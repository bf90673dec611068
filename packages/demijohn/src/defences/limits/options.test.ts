import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseLimit } from './options.ts'

const good = {
  '10 per second': [10, 1_000],
  '50 per minute': [50, 60 * 1_000],
  '30 per hour': [30, 60 * 60 * 1_000],
  '200 per day': [200, 24 * 60 * 60 * 1_000],
} as const
for (const [text, [requests, windowMilliseconds]] of Object.entries(good)) {
  test(`limits: ${text} is read`, () => {
    assert.deepEqual(parseLimit(text), { requests, windowMilliseconds, text })
  })
}

for (const text of [
  '',
  '10',
  '10 per',
  '0 per minute',
  '-1 per minute',
  '1.5 per minute',
  '1e3 per minute',
  '010 per minute',
  '10 per minutes',
  '10 per Minute',
  '10  per minute',
  '10/minute',
  '10 per week',
  '10 per minute\n',
  ' 10 per minute',
  'Infinity per day',
  '1000000000000 per day',
  '10 per toString',
  '10 per __proto__',
]) {
  test(`limits: ${JSON.stringify(text)} is none`, () => {
    assert.equal(parseLimit(text), undefined)
  })
}
