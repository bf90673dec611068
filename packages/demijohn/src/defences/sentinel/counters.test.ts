import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { countRecent, decayed, freshMap, freshness, type RecentSet, remember } from './counters.ts'
import { createPrints } from './prints.ts'

test('counters: a count halves with every half-life, and never grows by time', () => {
  assert.equal(decayed(8, 1_000, 500, 1_000), 8)
  assert.equal(decayed(8, 1_000, 500, 1_500), 4)
  assert.equal(decayed(8, 1_000, 500, 2_500), 1)
  const moment = fc.integer({ min: 0, max: 1e7 })
  const property = fc.property(
    fc.double({ min: 0, max: 1e6, noNaN: true }),
    moment,
    moment,
    (n, at, now) => {
      const after = decayed(n, at, 60_000, now)
      assert.ok(after <= n && after >= 0)
      if (now <= at) assert.equal(after, n)
    },
  )
  fc.assert(property)
})

test('counters: a steady rate settles at rate × half-life / ln 2', () => {
  let value = 0
  for (let second = 0; second < 7_200; second += 1)
    value = decayed(value, second, 600, second + 1) + 1
  assert.ok(Math.abs(value - 600 / Math.LN2) < 1, String(value))
})

const bounds = { windowMilliseconds: 1_000, most: 5 }

test('counters: different things are counted once, within the window, up to the bound', () => {
  const schedule = fc.array(fc.record({ gap: fc.nat(400), print: fc.nat(9) }), { maxLength: 60 })
  const property = fc.property(schedule, (steps) => {
    const set: RecentSet = new Map()
    const last = new Map<number, number>()
    let now = 0
    for (const { gap, print } of steps) {
      now += gap
      remember(set, print, bounds, now)
      last.set(print, now)
      const recent = [...last.values()].filter((at) => now - at < bounds.windowMilliseconds)
      assert.equal(countRecent(set, bounds, now), Math.min(recent.length, bounds.most))
    }
  })
  fc.assert(property)
})

test('counters: at the bound, noise does not lower the count', () => {
  const set: RecentSet = new Map()
  for (let print = 0; print < 10_000; print += 1) {
    remember(set, print, bounds, print)
    assert.ok(set.size <= 5)
  }
  assert.equal(countRecent(set, bounds, 10_000), 5)
})

test('counters: what is fresh adds up to how many different ones there were', () => {
  const { target } = createPrints((length) => Buffer.alloc(length, 5))
  for (const different of [10, 100, 1_000, 2_500]) {
    const map = freshMap(0)
    let sum = 0
    for (let round = 0; round < 3; round += 1) {
      for (let page = 0; page < different; page += 1)
        sum += freshness(map, target(`/${page}`), 1_000, 0)
    }
    assert.ok(Math.abs(sum - different) <= different * 0.1 + 1, `${different}: ${sum}`)
  }
})

test('counters: a page is new again two stretches later, and not before', () => {
  const map = freshMap(0)
  assert.equal(freshness(map, 7, 1_000, 0), 1)
  assert.equal(freshness(map, 7, 1_000, 999), 0)
  assert.equal(freshness(map, 7, 1_000, 1_500), 0)
  assert.equal(freshness(map, 8, 1_000, 2_600) > 0, true)
  assert.equal(freshness(map, 8, 1_000, 3_700), 0)
  assert.equal(freshness(map, 7, 1_000, 3_700) > 0, true)
})
