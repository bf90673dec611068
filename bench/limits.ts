/**
 * `npm run bench:limits`: what limit and screen cost a request, in memory and in Redis. Processor time
 * of this process, so that what else the machine does counts little; of Redis the time until the answer
 * as well. Prints; asserts nothing.
 */
import { systemClock } from '../packages/demijohn/src/core/clock.ts'
import type { LimitPlan, LimitStore } from '../packages/demijohn/src/defences/limits/plan.ts'
import { redisLimits } from '../packages/demijohn/src/defences/limits/redisClient.ts'
import { sharedLimitStore } from '../packages/demijohn/src/defences/limits/shared.ts'
import { memoryLimitStore } from '../packages/demijohn/src/defences/limits/store.ts'
import { decideLoad } from '../packages/demijohn/src/defences/load/decide.ts'
import { memoryBanStore } from '../packages/demijohn/src/defences/sentinel/bans.ts'
import { sentinelOptions } from '../packages/demijohn/src/defences/sentinel/options.ts'
import { createSentinel } from '../packages/demijohn/src/defences/sentinel/sentinel.ts'
import { clientKey } from '../packages/demijohn/src/web/client.ts'
import { planOf } from '../packages/demijohn/test/contracts/limitsFixture.ts'
import {
  connected,
  startRedis,
  withoutRedis,
} from '../packages/demijohn/test/redis/redisFixture.ts'

const clients = Array.from({ length: 5_000 }, (_, at) => `10.${at >> 8}.${at & 255}.7`)
const clientOf = (at: number): string => clients[at % clients.length] ?? ''
const plans = [
  { name: 'one limit', plan: planOf('300000 per minute') },
  { name: 'three limits', plan: planOf('200 per day', '50 per hour', '10 per minute') },
]
const load = { stopping: false, inFlight: 1, strained: false, isHealthCheck: false }
const isStranger = (): boolean => true

/** What the steps screen and sentinel do for a client that nothing is held against. */
function screens(): (address: string) => void {
  const options = sentinelOptions()
  const bans = memoryBanStore({ mostBans: 100_000, memoryMilliseconds: 1 })
  const from = Date.now()
  for (let at = 0; at < 10_000; at += 1) {
    const evidence = { detector: 'operator', threat: '', counts: {} }
    const client = `100.64.${at >> 8}.${at & 255}`
    bans.place({ client, from, until: from + 3_600_000, earlier: 0, evidence })
  }
  const nothing = { isAllowListed: () => false, report: () => undefined }
  const sentinel = createSentinel({ options, bans, keys: [Buffer.alloc(32, 7)], ...nothing })
  return (address) => {
    decideLoad({ ...load, isStranger })
    const facts = { isSignIn: false, isCheap: false, answer: undefined }
    sentinel.meet({ address, now: systemClock.now(), ...facts })
    sentinel.hear({ kind: 'page.read', address, at: systemClock.now(), target: address.length })
  }
}

/** Microseconds of processor time for each of a million calls. */
function costOf(call: (at: number) => void): number {
  for (let at = 0; at < 200_000; at += 1) call(at)
  const startedAt = process.cpuUsage()
  for (let at = 0; at < 1_000_000; at += 1) call(at)
  const { user, system } = process.cpuUsage(startedAt)
  return (user + system) / 1_000_000
}

async function redisCost(store: LimitStore, plan: LimitPlan, atOnce: number) {
  const count = 20_000
  const waits: number[] = []
  const worker = async (from: number): Promise<void> => {
    for (let at = from; at < count; at += atOnce) {
      const askedAt = performance.now()
      await store.take(plan, clientOf(at))
      waits.push(performance.now() - askedAt)
    }
  }
  const startedAt = process.cpuUsage()
  await Promise.all(Array.from({ length: atOnce }, (_, from) => worker(from)))
  const { user, system } = process.cpuUsage(startedAt)
  waits.sort((a, b) => a - b)
  return { own: (user + system) / count, median: (waits[count / 2] ?? 0) * 1_000 }
}

const own = 'µs of this process'
const rows: Record<string, string>[] = []
const screen = screens()
const screenCost = costOf((at) => screen(clientOf(at)))
rows.push({ what: 'screen and sentinel', store: 'memory', [own]: screenCost.toFixed(2) })
for (const { name, plan } of plans) {
  const store = memoryLimitStore({ clock: systemClock })
  const cost = costOf((at) => store.take(plan, clientKey(clientOf(at))))
  rows.push({ what: name, store: 'memory', [own]: cost.toFixed(2) })
  const both = (cost + screenCost).toFixed(2)
  rows.push({ what: `${name}, screen and sentinel`, store: 'memory', [own]: both })
}

if (withoutRedis === false) {
  const server = await startRedis()
  const shared = redisLimits({ url: server.url })
  await connected(shared)
  const local = memoryLimitStore({ clock: systemClock })
  const store = sharedLimitStore({ shared, local, clock: systemClock, onChange: () => undefined })
  for (const { name, plan } of plans) {
    for (const atOnce of [1, 50]) {
      const { own: cost, median } = await redisCost(store, plan, atOnce)
      rows.push({
        ...{ what: `${name}, screen and sentinel`, store: `Redis, ${atOnce} at once` },
        [own]: (cost + screenCost).toFixed(1),
        'µs until the answer, median': median.toFixed(0),
      })
    }
  }
  await shared.close()
  await server.close()
} else console.log(withoutRedis)
console.table(rows)
