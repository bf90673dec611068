/** Whole sites that share their limits: two processes' worth on one Redis, and none that answers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Clock, manualClock, systemClock } from '../../src/core/clock.ts'
import { migrate } from '../../src/data/migrations.ts'
import { openSqlite } from '../../src/data/sqlite.ts'
import type { DemijohnTables } from '../../src/data/tables.ts'
import { redisLimits } from '../../src/defences/limits/redisClient.ts'
import type { SharedLimits } from '../../src/defences/limits/shared.ts'
import { html } from '../../src/html/template.ts'
import { kit } from '../../src/pipeline/kit.ts'
import { createApplication, migrationSets, type Project } from '../../src/serve/application.ts'
import { openBans } from '../../src/serve/bans.ts'
import { testClient } from '../../src/testing/client.ts'
import { noteProject, roles } from '../../src/testing/projectFixture.ts'
import { createLog } from '../../src/watch/log.ts'
import { connected, startRedis, withoutRedis } from '../redis/redisFixture.ts'
import { banOf } from '../sentinel/banContract.ts'

const { anyone, blueprint } = kit<DemijohnTables>()({ roles })
const routes = blueprint('/shared')
const view = () => html`<!doctype html><p>x</p>`
routes.get('/local', { access: anyone, limit: '3 per minute' }, view)
routes.get(
  '/strict',
  { access: anyone, limit: { allow: '3 per minute', whenStoreFails: 'refuse' } },
  view,
)
routes.get('/roomy/local', { access: anyone, limit: '900000 per minute' }, view)
routes.get(
  '/roomy/strict',
  { access: anyone, limit: { allow: '900000 per minute', whenStoreFails: 'refuse' } },
  view,
)
const project: Project = { ...noteProject().project, blueprints: [routes] }

const standing = () => manualClock(Date.UTC(2026, 0, 1))

async function site(sharedLimits: SharedLimits, clock: Clock = standing()) {
  const { db, close } = openSqlite<DemijohnTables>({ path: ':memory:' })
  await migrate(db, migrationSets(project), { clock })
  const lines: string[] = []
  const log = createLog({ clock, stream: { write: (line: string) => lines.push(line) } })
  const bans = openBans({ db, clock, sharedLimits, log })
  const app = createApplication(project, {
    ...{ db, clock, sharedLimits, log, sentinel: { bans } },
    origin: 'https://site.example',
    subkeys: () => [Buffer.alloc(32, 7)],
  })
  const client = testClient(app.handle, { origin: 'https://site.example' })
  const statusOf = async (path: string) => (await client.get(path)).status
  return { client, statusOf, lines, bans, close }
}

test('shared limits: two processes give one allowance', { skip: withoutRedis }, async () => {
  const server = await startRedis()
  const stores = [redisLimits({ url: server.url }), redisLimits({ url: server.url })] as const
  const sites = [await site(stores[0]), await site(stores[1])] as const
  try {
    for (const store of stores) await connected(store)
    const found: number[] = []
    for (const at of [0, 1, 0, 1, 0] as const) found.push(await sites[at].statusOf('/shared/local'))
    assert.deepEqual(found, [200, 200, 200, 429, 429])
  } finally {
    for (const one of sites) await one.close()
    for (const store of stores) await store.close()
    await server.close()
  }
})

test('shared limits and bans: Redis stopped and started while a site is under load', {
  skip: withoutRedis,
  timeout: 120_000,
}, async () => {
  const server = await startRedis()
  const shared = redisLimits({ url: server.url })
  await connected(shared)
  const banned = '203.0.113.66'
  const { client, lines, bans, close } = await site(shared, systemClock)
  const from = Date.now()
  await bans.place(banOf(banned, { from, until: from + 6 * 3_600_000 }))
  const seen = new Map<string, Map<number, number>>()
  let phase = 'before'
  let isOver = false
  const worker = async (number: number): Promise<void> => {
    const target = number % 3 === 0 ? '/shared/roomy/strict' : '/shared/roomy/local'
    const peerAddress = number % 3 === 1 ? banned : `198.51.100.${number}`
    const name = number % 3 === 1 ? 'banned' : target.slice(14)
    while (!isOver) {
      const { status } = await client.send({ target, peerAddress })
      const counts = seen.get(`${phase} ${name}`) ?? new Map<number, number>()
      seen.set(`${phase} ${name}`, counts.set(status, (counts.get(status) ?? 0) + 1))
      await sleep(2)
    }
  }
  const statusesOf = (name: string) => [...(seen.get(name)?.keys() ?? [])].sort()
  const until = async (name: string, status: number): Promise<void> => {
    for (let attempt = 0; !seen.get(name)?.has(status); attempt += 1) {
      assert.ok(attempt < 1_000, `${name} is not answered ${status}`)
      await sleep(20)
    }
  }
  const workers = Array.from({ length: 12 }, (_, number) => worker(number))
  try {
    await until('before local', 200)
    await until('before strict', 200)
    phase = 'going away'
    await server.stop()
    phase = 'away'
    await until('away strict', 503)
    await until('away local', 200)
    await bans.refresh()
    await until('away banned', 403)
    phase = 'coming back'
    await server.start()
    await until('coming back strict', 200)
    phase = 'after'
    await until('after strict', 200)
    await until('after banned', 403)
  } finally {
    isOver = true
    await Promise.all(workers)
    await close()
    await shared.close()
    await server.close()
  }
  for (const one of ['before', 'going away', 'away', 'coming back', 'after']) {
    // Of a moment that was over before anybody asked there is nothing to say.
    assert.ok(
      statusesOf(`${one} local`).every((status) => status === 200),
      one,
    )
    assert.ok(
      statusesOf(`${one} banned`).every((status) => status === 403),
      one,
    )
  }
  assert.deepEqual(statusesOf('before strict'), [200])
  assert.deepEqual(statusesOf('after strict'), [200])
  assert.ok(!lines.some((line) => line.includes('"status":500')))
})

test('shared limits: without an answer the site stays up, but for what declared otherwise', async () => {
  let isAway = true
  const answer = async () => {
    if (isAway) throw new Error('connection refused')
    return { allowed: true, retryAfterMilliseconds: 0, standings: [] }
  }
  const clock = standing()
  const shared: SharedLimits = {
    take: answer,
    ping: async () => {
      await answer()
    },
    close: async () => undefined,
  }
  const { client, statusOf, lines, close } = await site(shared, clock)
  try {
    const found: number[] = []
    for (let count = 0; count < 4; count += 1) found.push(await statusOf('/shared/local'))
    assert.deepEqual(found, [200, 200, 200, 429], 'this process counts')
    const refused = await client.get('/shared/strict')
    assert.equal(refused.status, 503)
    assert.equal(refused.header('retry-after'), '5')
    assert.equal(await statusOf('/shared/nowhere'), 404)
    const said = () => lines.filter((line) => line.includes('connection refused')).length
    assert.equal(said(), 1, 'a failure is said once')
    isAway = false
    clock.advance(1_000)
    await statusOf('/shared/nowhere')
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(await statusOf('/shared/strict'), 200)
    const back = lines.find((line) => line.includes('answers again'))
    assert.match(back ?? '', /"local":6,"refused":1,"failures":1/)
  } finally {
    await close()
  }
})
