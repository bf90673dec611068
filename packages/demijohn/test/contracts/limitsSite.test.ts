/** Whole sites that share their limits: two processes' worth on one Redis, and none that answers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock } from '../../src/core/clock.ts'
import { migrate } from '../../src/data/migrations.ts'
import { openSqlite } from '../../src/data/sqlite.ts'
import type { DemijohnTables } from '../../src/data/tables.ts'
import { redisLimits } from '../../src/defences/limits/redisClient.ts'
import type { SharedLimits } from '../../src/defences/limits/shared.ts'
import { html } from '../../src/html/template.ts'
import { kit } from '../../src/pipeline/kit.ts'
import { createApplication, migrationSets, type Project } from '../../src/serve/application.ts'
import { testClient } from '../../src/testing/client.ts'
import { noteProject, roles } from '../../src/testing/projectFixture.ts'
import { createLog } from '../../src/watch/log.ts'
import { connected, startRedis, withoutRedis } from '../redis/redisFixture.ts'

const { anyone, blueprint } = kit<DemijohnTables>()({ roles })
const routes = blueprint('/shared')
const view = () => html`<!doctype html><p>x</p>`
routes.get('/local', { access: anyone, limit: '3 per minute' }, view)
routes.get(
  '/strict',
  { access: anyone, limit: { allow: '3 per minute', whenStoreFails: 'refuse' } },
  view,
)
const project: Project = { ...noteProject().project, blueprints: [routes] }

async function site(sharedLimits: SharedLimits) {
  const clock = manualClock(Date.UTC(2026, 0, 1))
  const { db, close } = openSqlite<DemijohnTables>({ path: ':memory:' })
  await migrate(db, migrationSets(project), { clock })
  const lines: string[] = []
  const app = createApplication(project, {
    ...{ db, clock, sharedLimits },
    log: createLog({ clock, stream: { write: (line: string) => lines.push(line) } }),
    origin: 'https://site.example',
    subkeys: () => [Buffer.alloc(32, 7)],
  })
  const client = testClient(app.handle, { origin: 'https://site.example' })
  const statusOf = async (path: string) => (await client.get(path)).status
  return { client, statusOf, lines, clock, close }
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

test('shared limits: without an answer the site stays up, but for what declared otherwise', async () => {
  let isAway = true
  const answer = async () => {
    if (isAway) throw new Error('connection refused')
    return { allowed: true, retryAfterMilliseconds: 0, standings: [] }
  }
  const { client, statusOf, lines, clock, close } = await site({
    take: answer,
    ping: async () => {
      await answer()
    },
    close: async () => undefined,
  })
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
