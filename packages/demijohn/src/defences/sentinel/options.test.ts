import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Misconfiguration } from '../../core/misconfiguration.ts'
import { type GivenSentinelOptions, sentinelOptions } from './options.ts'

test('sentinel options: a name that is none does not start', () => {
  assert.throws(
    () => sentinelOptions({ enabled: false } as object),
    (error) =>
      error instanceof Misconfiguration && /sentinel\.enabled is no option/.test(error.message),
  )
})

test('sentinel options: what is given replaces the usual, the rest stays, and all is frozen', () => {
  const given = sentinelOptions({ thresholds: { scanning: { slow: 4, challenge: 6, ban: 9 } } })
  assert.deepEqual(given.thresholds.scanning, { slow: 4, challenge: 6, ban: 9 })
  assert.deepEqual(given.thresholds.scraping, sentinelOptions().thresholds.scraping)
  assert.ok(Object.isFrozen(given) && Object.isFrozen(given.thresholds.scanning))
  assert.ok(Object.isFrozen(given.challenge) && Object.isFrozen(given.banMilliseconds))
})

const thresholds = (slow: number, challenge: number, ban: number): GivenSentinelOptions => ({
  thresholds: { scanning: { slow, challenge, ban } },
})
const never = Number.POSITIVE_INFINITY
const bad: Readonly<Record<string, GivenSentinelOptions>> = {
  'thresholds that fall': thresholds(9, 6, 12),
  'thresholds that fall past one that is never reached': thresholds(9, never, 6),
  'a first threshold of one': thresholds(1, 6, 12),
  'a threshold above what is counted': thresholds(5, 6, 129),
  'a threshold that is no number': thresholds(5, Number.NaN, 12),
  'a detector that never does anything': thresholds(never, never, never),
  'a proof that is no work': { difficultyBits: 7 },
  'a proof that takes minutes': { difficultyBits: 25 },
  'a ban of nothing': { banMilliseconds: [0] },
  'no ban at all': { banMilliseconds: [] },
  'a ban for ever': { banMilliseconds: [never] },
  'a table for nobody': { mostClients: 1 },
}
for (const [name, given] of Object.entries(bad)) {
  test(`sentinel options: ${name} does not start`, () => {
    assert.throws(() => sentinelOptions(given), Misconfiguration)
  })
}
