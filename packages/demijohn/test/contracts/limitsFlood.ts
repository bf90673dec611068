/**
 * A flood of distinct addresses against the store in memory, and what it costs:
 * `npx node packages/demijohn/test/contracts/limitsFlood.ts`. Prints a table for ten million.
 */
import { manualClock } from '../../src/core/clock.ts'
import type { LimitPlan } from '../../src/defences/limits/plan.ts'
import { memoryLimitStore } from '../../src/defences/limits/store.ts'
import { planOf } from './limitsFixture.ts'

const ipv4 = (number: number): string =>
  [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.')
/** Every address once, spread over all networks (an odd number has an inverse modulo 2^32). */
const spread = (number: number): string => ipv4(Math.imul(number, 0x9e3779b1) >>> 0)
/** As many /64s as there are numbers, of a few owners of a /32. */
const ipv6 = (number: number): string =>
  `2001:${(0xdb8 + (number & 7)).toString(16)}:${(number >>> 19).toString(16)}:${((number >>> 3) & 0xffff).toString(16)}::/64`

export type Flood = {
  readonly bytes: number
  /** What the process holds in array buffers beyond what it held before. */
  readonly arrayBufferBytes: number
  readonly nanosecondsEach: number
  /** Limited before the flood, and after it; the two have to be the same. */
  readonly limitedBefore: number
  readonly limitedAfter: number
  /** Of a hundred newcomers from networks of their own, how many were let in. */
  readonly newcomersAllowed: number
}

export function flood(count: number, addressOf: (number: number) => string, routes: number): Flood {
  const before = process.memoryUsage().arrayBuffers
  const store = memoryLimitStore({ clock: manualClock(Date.UTC(2026, 0, 1)) })
  const plans = Array.from({ length: routes }, () => planOf('2 per day'))
  const limited = Array.from({ length: 100 }, (_, at) => `192.0.2.${at}`)
  const refusals = (plan: LimitPlan): number =>
    limited.filter((key) => !store.take(plan, key).allowed).length
  for (let round = 0; round < 2; round += 1) for (const plan of plans) refusals(plan)
  const limitedBefore = plans.map(refusals).reduce((a, b) => a + b, 0)
  const startedAt = process.cpuUsage()
  for (let number = 0; number < count; number += 1) {
    const plan = plans[number % routes]
    if (plan !== undefined) store.take(plan, addressOf(number))
  }
  const spent = process.cpuUsage(startedAt)
  const quiet = planOf('2 per day')
  const newcomers = Array.from({ length: 100 }, (_, at) => `${at + 100}.251.${at}.7`)
  return {
    bytes: store.bytes(),
    arrayBufferBytes: process.memoryUsage().arrayBuffers - before,
    nanosecondsEach: Math.round(((spent.user + spent.system) * 1_000) / count),
    limitedBefore,
    limitedAfter: plans.map(refusals).reduce((a, b) => a + b, 0),
    newcomersAllowed: newcomers.filter((key) => store.take(quiet, key).allowed).length,
  }
}

export const floods = { spread, ipv6 }

if (import.meta.main) {
  const count = 10_000_000
  const rows = [
    { name: 'IPv4 of all networks, one route', addressOf: spread, routes: 1 },
    { name: 'IPv4 of all networks, 100 routes', addressOf: spread, routes: 100 },
    { name: 'IPv6 /64s of eight /32s, one route', addressOf: ipv6, routes: 1 },
  ]
  const table = rows.map(({ name, addressOf, routes }) => {
    const result = flood(count, addressOf, routes)
    return {
      'ten million addresses': name,
      'MiB of tables': (result.bytes / 1024 ** 2).toFixed(1),
      'ns a request': result.nanosecondsEach,
      'limited before': result.limitedBefore,
      'limited after': result.limitedAfter,
      'newcomers let in of 100': result.newcomersAllowed,
    }
  })
  console.table(table)
}
