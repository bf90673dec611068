import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Counted, decideTry, memoryMilliseconds, mostFailures } from './decide.ts'
import { type Allowance, throttleOptions } from './options.ts'

const start = Date.UTC(2026, 0, 1)
const day = 86_400_000
const usual = Object.entries(throttleOptions())
const allowance: fc.Arbitrary<Allowance> = fc
  .record({
    freeTries: fc.integer({ min: 1, max: 30 }),
    firstWaitMilliseconds: fc.integer({ min: 100, max: 5_000 }),
    times: fc.integer({ min: 1, max: 2_000 }),
    extra: fc.integer({ min: 0, max: day }),
  })
  .map(({ times, extra, ...rest }) => ({
    ...rest,
    longestWaitMilliseconds: rest.firstWaitMilliseconds * times,
    forgetEveryMilliseconds: rest.firstWaitMilliseconds * times + extra,
    afterSuccess: 'give back',
  }))

/** What a guesser does between two tries: nothing, waits as told, waits some time, lets all be forgotten. */
const pause = fc.oneof(
  fc.constant('none' as const),
  fc.constant('as told' as const),
  fc.integer({ min: 0, max: 10_000 }),
  fc.integer({ min: 0, max: 2 * day }),
)
const schedule = fc.array(pause, { minLength: 1, maxLength: 200 })

/** Moments at which a try was let in, all of them failures. */
function guess(spec: Allowance, pauses: readonly (number | 'none' | 'as told')[]) {
  const moments: number[] = []
  let stored: Counted | undefined
  let now = start
  let told = 0
  for (const pause of pauses) {
    now += pause === 'none' ? 0 : pause === 'as told' ? told : pause
    const decision = decideTry(spec, stored, now)
    told = decision.allowed ? 0 : decision.waitMilliseconds
    if (!decision.allowed) continue
    stored = decision.counted
    moments.push(now)
  }
  return { moments, stored, now }
}

test('[asvs 6.3.1] throttle: over any schedule no stretch has more failures than its bound', () => {
  fc.assert(
    fc.property(allowance, schedule, (spec, pauses) => {
      const { moments } = guess(spec, pauses)
      for (let from = 0; from < moments.length; from += 1) {
        for (let to = from; to < moments.length; to += 1) {
          const stretch = (moments[to] ?? 0) - (moments[from] ?? 0)
          const most =
            mostFailures(spec) +
            1 +
            stretch / spec.longestWaitMilliseconds +
            stretch / spec.forgetEveryMilliseconds
          assert.ok(to - from + 1 <= most, `${to - from + 1} in ${stretch} ms`)
        }
      }
    }),
  )
})

test('throttle: whoever waits as long as they are told is let in, and is never told more than the bound', () => {
  fc.assert(
    fc.property(allowance, schedule, (spec, pauses) => {
      const { stored, now } = guess(spec, pauses)
      const decision = decideTry(spec, stored, now)
      if (decision.allowed) return
      const { waitMilliseconds } = decision
      assert.ok(waitMilliseconds > 0 && waitMilliseconds <= spec.longestWaitMilliseconds)
      assert.equal(decideTry(spec, stored, now + waitMilliseconds).allowed, true)
      assert.equal(decideTry(spec, stored, now + waitMilliseconds - 1).allowed, false)
    }),
  )
})

test('throttle: time forgets everything', () => {
  fc.assert(
    fc.property(allowance, schedule, (spec, pauses) => {
      const { stored, now } = guess(spec, pauses)
      const decision = decideTry(spec, stored, now + memoryMilliseconds(spec))
      assert.ok(decision.allowed)
      assert.equal(decision.counted.failures, 1)
    }),
  )
})

for (const [kind, spec] of usual) {
  test(`[asvs 6.3.1] throttle: ${kind}: free tries, then waits that double up to the bound`, () => {
    let stored: Counted | undefined
    let now = start
    const waits: number[] = []
    for (let failed = 0; failed < 60; failed += 1) {
      const decision = decideTry(spec, stored, now)
      if (decision.allowed) waits.push(0)
      else {
        waits.push(decision.waitMilliseconds)
        now += decision.waitMilliseconds
      }
      const after = decideTry(spec, stored, now)
      assert.ok(after.allowed)
      stored = after.counted
    }
    const free = waits.filter((wait) => wait === 0).length
    const paid = waits.slice(free)
    assert.equal(free, spec.freeTries)
    for (const [at, wait] of paid.entries()) {
      const before = paid[at - 1]
      if (before === undefined) assert.equal(wait, spec.firstWaitMilliseconds)
      else assert.ok(wait === before * 2 || wait === spec.longestWaitMilliseconds)
    }
  })
}

/** The most that a patient guesser gets out of a day, by trying the moment that the wait is over. */
function guessesInADay(spec: Allowance): number {
  let stored: Counted | undefined
  let count = 0
  for (let now = start; now < start + day; ) {
    const decision = decideTry(spec, stored, now)
    if (decision.allowed) {
      count += 1
      stored = decision.counted
    } else now += decision.waitMilliseconds
  }
  return count
}

test('[asvs 6.3.1] throttle: what a day of guessing without pause comes to', () => {
  const day = (kind: keyof ReturnType<typeof throttleOptions>) =>
    guessesInADay(throttleOptions()[kind])
  // NIST SP 800-63B-4 section 3.2.2 allows 100 in a row before an account is shut; here it never is.
  assert.ok(day('account') <= 135, String(day('account')))
  assert.ok(day('second-factor') <= 46, String(day('second-factor')))
})

test('throttle: a clock that was set back by more than the longest wait keeps nobody out', () => {
  const spec = throttleOptions().account
  const stored = { failures: mostFailures(spec), lastFailureAt: start }
  const back = start - spec.longestWaitMilliseconds
  assert.equal(decideTry(spec, stored, back - 1).allowed, true)
  // By less than that it tells from a moment ago no more than a wait.
  assert.deepEqual(decideTry(spec, stored, back), {
    allowed: false,
    waitMilliseconds: spec.longestWaitMilliseconds,
  })
})
