import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock, systemClock } from './clock.ts'

test('clock: the system clock tells UTC milliseconds since 1970', () => {
  const before = Date.now()
  const now = systemClock.now()
  const after = Date.now()
  assert.ok(before <= now && now <= after)
})

test('clock: a manual clock stands still, and moves by what it is told', () => {
  const clock = manualClock(1_000)
  assert.equal(clock.now(), 1_000)
  assert.equal(clock.now(), 1_000)
  clock.advance(250)
  assert.equal(clock.now(), 1_250)
  clock.advance(-1_250)
  assert.equal(clock.now(), 0)
})

test('clock: two manual clocks know nothing of each other', () => {
  const one = manualClock(0)
  const other = manualClock(0)
  one.advance(5)
  assert.equal(other.now(), 0)
})
