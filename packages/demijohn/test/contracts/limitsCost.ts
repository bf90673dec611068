/**
 * What counting costs a request, in memory and in Redis:
 * `npx node packages/demijohn/test/contracts/limitsCost.ts`. Processor time of this process, so that
 * what else the machine does counts little; of Redis the time until the answer as well.
 */
import { systemClock } from '../../src/core/clock.ts'
import type { LimitPlan, LimitStore } from '../../src/defences/limits/plan.ts'
import { redisLimits } from '../../src/defences/limits/redisClient.ts'
import { sharedLimitStore } from '../../src/defences/limits/shared.ts'
import { memoryLimitStore } from '../../src/defences/limits/store.ts'
import { connected, startRedis } from '../redis/redisFixture.ts'
import { planOf } from './limitsFixture.ts'

const clients = Array.from({ length: 5_000 }, (_, at) => `10.${at >> 8}.${at & 255}.7`)
const plans = [
  { name: 'one limit', plan: planOf('300000 per minute') },
  { name: 'three limits', plan: planOf('200 per day', '50 per hour', '10 per minute') },
]

function memoryCost(plan: LimitPlan): number {
  const store = memoryLimitStore({ clock: systemClock })
  const round = (count: number): void => {
    for (let at = 0; at < count; at += 1) store.take(plan, clients[at % clients.length] ?? '')
  }
  round(200_000)
  const startedAt = process.cpuUsage()
  round(1_000_000)
  const { user, system } = process.cpuUsage(startedAt)
  return (user + system) / 1_000_000
}

async function redisCost(store: LimitStore, plan: LimitPlan, atOnce: number) {
  const count = 20_000
  const waits: number[] = []
  const worker = async (from: number): Promise<void> => {
    for (let at = from; at < count; at += atOnce) {
      const askedAt = performance.now()
      await store.take(plan, clients[at % clients.length] ?? '')
      waits.push(performance.now() - askedAt)
    }
  }
  const startedAt = process.cpuUsage()
  await Promise.all(Array.from({ length: atOnce }, (_, from) => worker(from)))
  const { user, system } = process.cpuUsage(startedAt)
  waits.sort((a, b) => a - b)
  return { own: (user + system) / count, median: (waits[count / 2] ?? 0) * 1_000 }
}

const rows: Record<string, string>[] = []
for (const { name, plan } of plans) {
  rows.push({ store: 'memory', plan: name, 'µs of this process': memoryCost(plan).toFixed(2) })
}
const server = await startRedis()
const shared = redisLimits({ url: server.url })
await connected(shared)
const local = memoryLimitStore({ clock: systemClock })
const store = sharedLimitStore({ shared, local, clock: systemClock, onChange: () => undefined })
for (const { name, plan } of plans) {
  for (const atOnce of [1, 50]) {
    const { own, median } = await redisCost(store, plan, atOnce)
    rows.push({
      store: `Redis, ${atOnce} at once`,
      plan: name,
      'µs of this process': own.toFixed(1),
      'µs until the answer, median': median.toFixed(0),
    })
  }
}
await shared.close()
await server.close()
console.table(rows)
