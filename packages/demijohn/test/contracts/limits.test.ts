/** What every store of limits keeps, under one clock: in memory, and in Redis. */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import fc from 'fast-check'
import { type Clock, manualClock } from '../../src/core/clock.ts'
import type { LimitStore } from '../../src/defences/limits/plan.ts'
import { redisLimits } from '../../src/defences/limits/redisClient.ts'
import { memoryLimitStore } from '../../src/defences/limits/store.ts'
import { connected, startRedis, withoutRedis } from '../redis/redisFixture.ts'
import { planOf } from './limitsFixture.ts'

type Opened = { readonly store: LimitStore; readonly close: () => Promise<void> }
const stores: readonly {
  readonly name: string
  readonly skip: string | false
  readonly runs: number
  readonly open: (clock: Clock) => Promise<Opened>
}[] = [
  {
    name: 'memory',
    skip: false,
    runs: 200,
    open: async (clock) => ({ store: memoryLimitStore({ clock }), close: async () => undefined }),
  },
  {
    name: 'memory, its cells taken by noise',
    skip: false,
    runs: 200,
    open: async (clock) => {
      const store = memoryLimitStore({ clock, shrink: 128 })
      // Noise that stays for a year of tests, in the cells of every route and in those they share.
      for (let route = 0; route < 192; route += 1) {
        const noise = planOf('1 per day')
        for (let client = 0; client < 500; client += 1) {
          store.take(noise, `10.${route}.${client >> 8}.${client & 255}`)
        }
      }
      return { store, close: async () => undefined }
    },
  },
  {
    name: 'Redis',
    skip: withoutRedis,
    runs: 60,
    open: async (clock) => {
      const server = await startRedis()
      const shared = redisLimits({ url: server.url, clock })
      await connected(shared)
      return {
        store: shared,
        close: async () => {
          await shared.close()
          await server.close()
        },
      }
    },
  },
]

const limit = fc.record({
  requests: fc.integer({ min: 1, max: 40 }),
  window: fc.constantFrom('second', 'minute', 'hour', 'day'),
})
const windows = { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000 }
const schedule = fc.array(
  fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 100_000 })),
  { minLength: 1, maxLength: 120 },
)

for (const { name, skip, runs, open } of stores) {
  describe(`limit store: ${name}`, { skip }, () => {
    const clock = manualClock(Date.UTC(2026, 0, 1))
    const opened = skip === false ? open(clock) : undefined
    const take = async (...asked: Parameters<LimitStore['take']>) => {
      assert.ok(opened)
      return (await opened).store.take(...asked)
    }
    after(async () => (await opened)?.close())

    test('each key has an allowance of its own', async () => {
      const plan = planOf('2 per minute')
      const allowed: boolean[] = []
      for (const key of ['192.0.2.1', '192.0.2.1', '192.0.2.1', '198.51.100.1']) {
        allowed.push((await take(plan, key)).allowed)
      }
      assert.deepEqual(allowed, [true, true, false, true])
    })

    test('each route has an allowance of its own', async () => {
      const [first, second] = [planOf('1 per minute'), planOf('1 per minute')]
      assert.equal((await take(first, '192.0.2.2')).allowed, true)
      assert.equal((await take(first, '192.0.2.2')).allowed, false)
      assert.equal((await take(second, '192.0.2.2')).allowed, true)
    })

    test('time gives back, to the millisecond', async () => {
      const plan = planOf('2 per minute')
      for (let count = 0; count < 2; count += 1) await take(plan, '192.0.2.3')
      clock.advance(29_999)
      assert.equal((await take(plan, '192.0.2.3')).allowed, false)
      clock.advance(1)
      assert.equal((await take(plan, '192.0.2.3')).allowed, true)
    })

    test('[asvs 2.4.1] several limits: all have to allow, a refusal consumes none of them', async () => {
      const plan = planOf('2 per second', '5 per day')
      const allowed: boolean[] = []
      for (let second = 0; second < 3; second += 1) {
        for (let count = 0; count < 10; count += 1) {
          allowed.push((await take(plan, '192.0.2.4')).allowed)
        }
        clock.advance(1_000)
      }
      // Two a second until the day's five are used up: what the second refused was not counted.
      assert.deepEqual(
        [0, 1, 2].map((at) => allowed.slice(at * 10, at * 10 + 10).filter(Boolean).length),
        [2, 2, 1],
      )
      const { retryAfterMilliseconds } = await take(plan, '192.0.2.4')
      // Five a day are one each 17,280 s; three seconds have gone by since the first.
      assert.equal(retryAfterMilliseconds, 17_280_000 - 3_000)
    })

    test('what remains is told, and when there is more', async () => {
      const plan = planOf('3 per minute')
      const first = await take(plan, '192.0.2.5')
      assert.deepEqual(first.standings, [{ remaining: 2, moreInMilliseconds: 20_000 }])
      clock.advance(5_000)
      const second = await take(plan, '192.0.2.5')
      assert.deepEqual(second.standings, [{ remaining: 1, moreInMilliseconds: 15_000 }])
      await take(plan, '192.0.2.5')
      const refused = await take(plan, '192.0.2.5')
      assert.deepEqual(refused, {
        allowed: false,
        retryAfterMilliseconds: 15_000,
        standings: [{ remaining: 0, moreInMilliseconds: 15_000 }],
      })
    })

    test('a limit with a key of its own is counted by that, whoever asks', async () => {
      const plan = planOf('100 per minute', { allow: '2 per minute', keyedBy: () => 'x' })
      const allowed: boolean[] = []
      for (const client of ['192.0.2.6', '198.51.100.6', '203.0.113.6']) {
        allowed.push((await take(plan, client, [undefined, 'key shared'])).allowed)
      }
      assert.deepEqual(allowed, [true, true, false])
      assert.equal((await take(plan, '203.0.113.6', [undefined, 'key other'])).allowed, true)
    })

    test('of twenty at once as many pass as may', async () => {
      const plan = planOf('7 per day')
      const all = await Promise.all(Array.from({ length: 20 }, () => take(plan, '192.0.2.7')))
      assert.equal(all.filter(({ allowed }) => allowed).length, 7)
    })

    test('[asvs 2.4.1] over any schedule the allowance is never exceeded, and whoever waits is let in', async () => {
      let client = 0
      const property = fc.asyncProperty(limit, schedule, async ({ requests, window }, gaps) => {
        client += 1
        const key = `198.18.${client >> 8}.${client & 255}`
        const plan = planOf(`${requests} per ${window}`)
        const interval = windows[window] / requests
        const admitted: number[] = []
        let wait = 0
        for (const gap of gaps) {
          clock.advance(gap)
          const verdict = await take(plan, key)
          wait = verdict.retryAfterMilliseconds
          if (verdict.allowed) admitted.push(clock.now())
        }
        for (let from = 0; from < admitted.length; from += 1) {
          for (let to = from; to < admitted.length; to += 1) {
            const stretch = (admitted[to] ?? 0) - (admitted[from] ?? 0)
            // A millisecond for the fractions of one that a moment cannot hold.
            assert.ok(to - from + 1 <= requests + (stretch + 1) / interval)
          }
        }
        if (wait === 0) return
        clock.advance(wait)
        assert.equal((await take(plan, key)).allowed, true)
      })
      await fc.assert(property, { numRuns: runs })
    })
  })
}

test('limit stores: Redis says what memory says, word for word', {
  skip: withoutRedis,
}, async () => {
  const clock = manualClock(Date.UTC(2026, 5, 1))
  const memory = memoryLimitStore({ clock })
  const server = await startRedis()
  const shared = redisLimits({ url: server.url, clock })
  await connected(shared)
  let client = 0
  try {
    const property = fc.asyncProperty(
      fc.array(limit, { minLength: 1, maxLength: 4 }),
      schedule,
      async (limits, gaps) => {
        client += 1
        const key = `203.0.113.${client}`
        const plan = planOf(...limits.map(({ requests, window }) => `${requests} per ${window}`))
        for (const gap of gaps) {
          clock.advance(gap)
          assert.deepEqual(await shared.take(plan, key), memory.take(plan, key))
        }
      },
    )
    await fc.assert(property, { numRuns: 60 })
  } finally {
    await shared.close()
    await server.close()
  }
})
