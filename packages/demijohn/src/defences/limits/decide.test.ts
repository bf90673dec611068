import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decideLimit } from './decide.ts'

const start = Date.UTC(2026, 0, 1)
const limit = fc.record({
  requests: fc.integer({ min: 1, max: 60 }),
  windowMilliseconds: fc.constantFrom(1_000, 60_000, 3_600_000, 86_400_000),
})

/** Moments of requests of one client, some at once, some far apart. */
const schedule = fc.array(
  fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 100_000 })),
  { minLength: 1, maxLength: 300 },
)

function takeAll(
  spec: { requests: number; windowMilliseconds: number },
  gaps: readonly number[],
): { readonly admitted: readonly number[]; readonly stored: number | undefined; now: number } {
  const admitted: number[] = []
  let stored: number | undefined
  let now = start
  for (const gap of gaps) {
    now += gap
    const decision = decideLimit(spec, stored, now)
    if (!decision.allowed) continue
    stored = decision.arrivalTime
    admitted.push(now)
  }
  return { admitted, stored, now }
}

test('[asvs 2.4.1] limits: a burst of N is let in at once, and not one more', () => {
  for (let requests = 1; requests <= 1_000; requests += 1) {
    for (const windowMilliseconds of [1_000, 60_000, 3_600_000, 86_400_000]) {
      // A moment and a third of a second do not add up exactly in a double: none may be lost to that.
      const gaps = Array.from({ length: requests + 2 }, () => 0)
      const { admitted } = takeAll({ requests, windowMilliseconds }, gaps)
      assert.equal(admitted.length, requests, `${requests} per ${windowMilliseconds} ms`)
    }
  }
})

test('[asvs 2.4.1] limits: in any stretch of time at most N and what refilled meanwhile (ITU-T I.371)', () => {
  fc.assert(
    fc.property(limit, schedule, (spec, gaps) => {
      const { admitted } = takeAll(spec, gaps)
      const interval = spec.windowMilliseconds / spec.requests
      for (let from = 0; from < admitted.length; from += 1) {
        for (let to = from; to < admitted.length; to += 1) {
          const stretch = (admitted[to] ?? 0) - (admitted[from] ?? 0)
          const count = to - from + 1
          // A millisecond for the fractions of one that a moment cannot hold.
          assert.ok(count <= spec.requests + (stretch + 1) / interval)
        }
      }
    }),
  )
})

test('limits: over many windows the mean is N a window', () => {
  const spec = { requests: 7, windowMilliseconds: 60_000 }
  const everySecond = Array.from({ length: 600 }, () => 1_000)
  const { admitted } = takeAll(spec, everySecond)
  // Ten minutes: the first burst of 7, and 7 for each minute after it.
  assert.ok(admitted.length >= 7 * 10 && admitted.length <= 7 * 11, String(admitted.length))
})

test('limits: whoever waits as long as they are told is let in, whatever went before', () => {
  fc.assert(
    fc.property(limit, schedule, (spec, gaps) => {
      const { stored, now } = takeAll(spec, gaps)
      const decision = decideLimit(spec, stored, now)
      if (decision.allowed) return
      const wait = decision.retryAfterMilliseconds
      assert.ok(Number.isInteger(wait) && wait > 0 && wait <= spec.windowMilliseconds + 1)
      assert.equal(decideLimit(spec, stored, now + wait).allowed, true)
    }),
  )
})

test('limits: trying while refused costs nothing further', () => {
  const spec = { requests: 2, windowMilliseconds: 1_000 }
  const { stored, now } = takeAll(spec, [0, 0])
  for (let tries = 0; tries < 1_000; tries += 1) {
    assert.equal(decideLimit(spec, stored, now + 100).allowed, false)
  }
  assert.equal(decideLimit(spec, stored, now + 500).allowed, true)
})

test('limits: a whole window of silence gives the whole burst back', () => {
  fc.assert(
    fc.property(limit, schedule, (spec, gaps) => {
      const { stored, now } = takeAll(spec, gaps)
      const decision = decideLimit(spec, stored, now + spec.windowMilliseconds + 1)
      assert.ok(decision.allowed)
      assert.equal(decision.remaining, spec.requests - 1)
    }),
  )
})

test('limits: what remains counts down to nothing', () => {
  const spec = { requests: 3, windowMilliseconds: 60_000 }
  const remaining: number[] = []
  let stored: number | undefined
  for (let count = 0; count < 3; count += 1) {
    const decision = decideLimit(spec, stored, start)
    assert.ok(decision.allowed)
    stored = decision.arrivalTime
    remaining.push(decision.remaining)
  }
  assert.deepEqual(remaining, [2, 1, 0])
})

test('limits: a clock that was set back shuts nobody out for longer than a window of their own making', () => {
  const spec = { requests: 1, windowMilliseconds: 1_000 }
  const first = decideLimit(spec, undefined, start)
  assert.ok(first.allowed)
  const decision = decideLimit(spec, first.arrivalTime, start - 500)
  assert.deepEqual(decision, { allowed: false, retryAfterMilliseconds: 1_500 })
})
