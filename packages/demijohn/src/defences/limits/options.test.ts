import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Misconfiguration } from '../../core/misconfiguration.ts'
import { type KeyedLimit, limitProblems, parseLimit, siteLimitOptions } from './options.ts'

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

test('limits: a site that says nothing has limits all the same', () => {
  const { everyRoute, staticFiles, unknownPaths } = siteLimitOptions()
  for (const list of [everyRoute, staticFiles, unknownPaths]) assert.ok(list.length > 0)
})

test('[gap 22] limits: what is not understood stops the start, all of it at once', () => {
  const wrong = { everyRoute: ['10 a day', 'never'], unknownPaths: [], perRoute: [] }
  assert.throws(
    // What a caller without types may write.
    () => siteLimitOptions(wrong as unknown as Parameters<typeof siteLimitOptions>[0]),
    (error) => {
      assert.ok(error instanceof Misconfiguration)
      const text = error.problems.join('\n')
      assert.match(text, /"10 a day".*\n.*"never"/s)
      assert.match(text, /unknownPaths is empty/)
      assert.match(text, /perRoute is no option/)
      return true
    },
  )
})

test('[gap 22] limits: so does a route whose limit would limit nothing', () => {
  const wrong: readonly unknown[] = [
    'often',
    { allow: [] },
    { allow: ['5 per day', 'often'] },
    { allow: '5 per day', keyedBy: 'ip' },
    { allow: '5 per day', whenStoreFails: 'allow' },
  ]
  for (const entry of wrong) {
    const problems = limitProblems([entry as KeyedLimit])
    assert.equal(problems.length, 1, JSON.stringify(entry))
  }
  const right: readonly (string | KeyedLimit)[] = [
    '5 per day',
    { allow: ['5 per day', '2 per hour'] },
    { allow: '5 per day', keyedBy: 'account', whenStoreFails: 'refuse' },
    { allow: '5 per day', keyedBy: ({ client }) => client, whenStoreFails: 'local' },
  ]
  assert.deepEqual(limitProblems(right), [])
})
