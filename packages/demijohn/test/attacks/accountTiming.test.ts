/**
 * Whether somebody has an account cannot be told from how long an answer takes, at any of the doors:
 * signing in, a forgotten password, registration (CVE-2025-13473, CVE-2025-22234; the gap of 0.3 ms
 * for an unknown name against 56 ms for a known one).
 *
 * Method. In process, the whole pipeline, over a SQLite file on disk as in production, so that what a
 * commit costs is in it. Known and unknown are tried in turns, in an order that chance decides for each
 * pair, and each try's time goes into one of two samples. They are compared by the statistic of Mann
 * and Whitney (1947) divided by the number of pairs: the chance that a known one takes longer than an
 * unknown one. 0.5 says that time tells nothing, 0 or 1 that a single try tells. It looks at ranks
 * alone, so a busy machine, which delays both alike, moves nothing but the spread; no time is compared
 * with a number of ours. For two samples of 200 from one distribution its standard deviation is
 * sqrt((200 + 200 + 1) / (12 * 200 * 200)) = 0.029, for 400 it is 0.020: the bound of 0.15 is five of
 * them and more. That it sees a leak is shown each time, by the same samples with a leak put in.
 */
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { type TestContext, test } from 'node:test'
import { manualClock } from '../../src/core/clock.ts'
import { migrate } from '../../src/data/migrations.ts'
import { openSqlite } from '../../src/data/sqlite.ts'
import type { DemijohnTables } from '../../src/data/tables.ts'
import { createApplication, migrationSets } from '../../src/serve/application.ts'
import { testClient } from '../../src/testing/client.ts'
import { createLog } from '../../src/watch/log.ts'
import { register, tokenOf } from './fixture.ts'
import { linkProject } from './linksFixture.ts'

const bound = 0.15
/** So many accounts share the tries that no limit of an address is reached. */
const people = 50

async function openOnDisk(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'demijohn-timing-'))
  const { db, close } = openSqlite<DemijohnTables>({ path: join(folder, 'site.db') })
  t.after(async () => {
    await close()
    rmSync(folder, { recursive: true })
  })
  const project = linkProject()
  const clock = manualClock(Date.UTC(2026, 0, 1))
  await migrate(db, migrationSets(project), { clock })
  const origin = 'https://site.example'
  const key = Buffer.alloc(32, 5)
  const log = createLog({ clock, stream: { write: () => undefined } })
  const app = createApplication(project, { db, clock, log, origin, subkeys: () => [key] })
  for (let at = 0; at < people; at += 1) await register({ db, clock }, { email: known(at) })
  return { db, clock, app, client: testClient(app.handle, { origin }) }
}

// Of one length, so that nothing but the account is different.
const known = (at: number): string => `known-${String(at % people).padStart(4, '0')}@site.example`
const unknown = (at: number): string => `other-${String(at % people).padStart(4, '0')}@site.example`

/** The chance that one of `a` is more than one of `b`: Mann and Whitney's U over the pairs. */
function chanceOfMore(a: readonly number[], b: readonly number[]): number {
  let u = 0
  for (const x of a) for (const y of b) u += x > y ? 1 : x === y ? 0.5 : 0
  return u / (a.length * b.length)
}

const doors = [
  { path: '/login', tries: 400, values: { password: 'a wrong guess at it' }, status: 422 },
  { path: '/reset', tries: 800, values: {}, status: 200 },
  { path: '/register', tries: 800, values: {}, status: 200 },
]

for (const { path, tries, values, status } of doors) {
  test(`[asvs 6.3.8] timing: ${path} takes as long for a known as for an unknown address`, async (t) => {
    const { clock, client } = await openOnDisk(t)
    const formToken = await tokenOf(client, path)
    const once = async (email: string, at: number): Promise<number> => {
      // Past every limit: of the route, of the client, of the address.
      clock.advance(900_000)
      const request = {
        method: 'POST',
        target: path,
        peerAddress: `198.51.${100 + (at % 100)}.${at % 250}`,
        headers: {
          origin: 'https://site.example',
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: new URLSearchParams({ formToken, email, ...values }).toString(),
      }
      const began = performance.now()
      const reply = await client.send(request)
      const took = performance.now() - began
      assert.equal(reply.status, status, reply.text)
      return took
    }
    for (let at = 0; at < 20; at += 1) await once(at % 2 === 0 ? known(at) : unknown(at), at)
    const samples = { known: [] as number[], unknown: [] as number[] }
    for (let at = 0; at < tries / 2; at += 1) {
      const pair = [
        async () => samples.known.push(await once(known(at), at)),
        async () => samples.unknown.push(await once(unknown(at), at)),
      ]
      if (randomInt(2) === 1) pair.reverse()
      for (const go of pair) await go()
    }
    const chance = chanceOfMore(samples.known, samples.unknown)
    t.diagnostic(`chance that known takes longer: ${chance.toFixed(3)}`)
    assert.ok(Math.abs(chance - 0.5) < bound, `${path} tells: ${chance}`)

    // What it is there to see: an unknown one that is answered without the work that it costs.
    const sorted = [...samples.unknown].sort((a, b) => a - b)
    const [fastest = 0] = sorted
    const median = sorted[sorted.length >> 1] ?? 0
    const leaking = samples.unknown.map((took) => took - (median - fastest / 2))
    assert.ok(chanceOfMore(samples.known, leaking) > 0.5 + bound)
  })
}

test('timing: the statistic is that of the textbook', () => {
  // Mann and Whitney: U counts the pairs; ties count half.
  assert.equal(chanceOfMore([1, 2, 3], [4, 5, 6]), 0)
  assert.equal(chanceOfMore([4, 5, 6], [1, 2, 3]), 1)
  assert.equal(chanceOfMore([1, 4], [2, 3]), 0.5)
  assert.equal(chanceOfMore([1, 1], [1, 1]), 0.5)
})
