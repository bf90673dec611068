import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock } from '../../core/clock.ts'
import { parseLimit } from './options.ts'
import { memoryLimitStore } from './store.ts'

const perMinute = parseLimit('2 per minute')
assert.ok(perMinute)

function fresh(maxKeys: number) {
  const clock = manualClock(Date.UTC(2026, 0, 1))
  return { clock, store: memoryLimitStore({ clock, maxKeys }) }
}

test('limit store: each key has an allowance of its own', () => {
  const { store } = fresh(10)
  const take = (key: string) => store.take(key, perMinute).allowed
  assert.deepEqual([take('a'), take('a'), take('a'), take('b')], [true, true, false, true])
})

test('limit store: time gives back', () => {
  const { store, clock } = fresh(10)
  for (let count = 0; count < 2; count += 1) store.take('a', perMinute)
  clock.advance(29_999)
  assert.equal(store.take('a', perMinute).allowed, false)
  clock.advance(1)
  assert.equal(store.take('a', perMinute).allowed, true)
})

test('[asvs 2.4.1] limit store: any number of keys is remembered in bounded room', () => {
  const { store } = fresh(1_000)
  for (let client = 0; client < 50_000; client += 1) store.take(`client ${client}`, perMinute)
  assert.equal(store.size(), 1_000)
})

test('limit store: when full, a new key is refused and a limited one stays limited', () => {
  const { store } = fresh(3)
  for (const key of ['a', 'b', 'c']) {
    store.take(key, perMinute)
    store.take(key, perMinute)
  }
  for (let noise = 0; noise < 1_000; noise += 1) {
    const decision = store.take(`noise ${noise}`, perMinute)
    assert.deepEqual(decision, { allowed: false, retryAfterMilliseconds: 1_000 })
  }
  for (const key of ['a', 'b', 'c']) assert.equal(store.take(key, perMinute).allowed, false)
  assert.equal(store.size(), 3)
})

test('limit store: when full, a key that is known keeps its allowance', () => {
  const { store } = fresh(2)
  store.take('a', perMinute)
  store.take('b', perMinute)
  assert.equal(store.take('c', perMinute).allowed, false)
  assert.equal(store.take('a', perMinute).allowed, true)
})

test('limit store: what has refilled makes room for new keys, what has not stays', () => {
  const { store, clock } = fresh(2)
  store.take('early', perMinute)
  clock.advance(20_000)
  store.take('late', perMinute)
  store.take('late', perMinute)
  assert.equal(store.take('new', perMinute).allowed, false)
  // 'early' took one of two, so its allowance is whole after half a minute; 'late' needs a whole one.
  clock.advance(10_000)
  assert.equal(store.take('new', perMinute).allowed, true)
  assert.equal(store.take('late', perMinute).allowed, false)
  assert.equal(store.size(), 2)
})

test('limit store: a table that stays full is not searched for room at every request', () => {
  const { store, clock } = fresh(1)
  store.take('a', perMinute)
  assert.equal(store.take('b', perMinute).allowed, false)
  clock.advance(30_000 - 1)
  // This one looks, in vain; the next may look a second later.
  assert.equal(store.take('b', perMinute).allowed, false)
  clock.advance(1)
  assert.equal(store.take('b', perMinute).allowed, false)
  clock.advance(999)
  assert.equal(store.take('b', perMinute).allowed, true)
})
