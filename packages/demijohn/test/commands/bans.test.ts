/** `npx demijohn bans` as a process of its own, beside a site that bans. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { bansHelp, helpOf, helpOfAll } from '../../src/commands/bans/help.ts'
import { systemClock } from '../../src/core/clock.ts'
import { openSqlite } from '../../src/data/sqlite.ts'
import type { DemijohnTables } from '../../src/data/tables.ts'
import { createApplication } from '../../src/serve/application.ts'
import { followBans, openBans } from '../../src/serve/bans.ts'
import { testClient } from '../../src/testing/client.ts'
import { createLog } from '../../src/watch/log.ts'
import { type Place, place } from './processFixture.ts'
import { project } from './projectFixture.ts'
import { origin } from './siteFixture.ts'

const attacker = '203.0.113.66'

/** A site as `start` puts it together, but for sockets. */
async function openSite(t: TestContext, { database }: Place) {
  const { db, close } = openSqlite<DemijohnTables>({ path: database })
  const log = createLog({ clock: systemClock, stream: { write: () => undefined } })
  const bans = openBans({ db, clock: systemClock, log })
  const stop = await followBans(bans)
  t.after(async () => {
    stop()
    await close()
  })
  const surroundings = { db, clock: systemClock, log, origin, sentinel: { bans } }
  const subkeys = () => [Buffer.alloc(32, 7)]
  const app = createApplication(project, { ...surroundings, subkeys })
  return async (target: string, peerAddress = attacker): Promise<number> =>
    (await testClient(app.handle, { origin }).send({ target, peerAddress })).status
}

async function withBan(t: TestContext) {
  const at = place(t)
  await at.run('migrate')
  const ask = await openSite(t, at)
  for (let count = 0; count < 100; count += 1) await ask(`/wp-admin/${count}`)
  assert.equal(await ask('/'), 403)
  return { at, ask }
}

const eventsOf = (at: Place): readonly Record<string, unknown>[] =>
  readFileSync(at.log, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): Record<string, unknown> => JSON.parse(line))
    .map(({ level: _, time: __, uid: ___, msg: ____, until: _____, ...rest }) => rest)

/** Within a second, as a running site promises. */
async function until(reached: () => Promise<boolean>): Promise<void> {
  const startedAt = performance.now()
  while (!(await reached())) {
    assert.ok(performance.now() - startedAt < 5_000, 'it did not come to that')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

test('[asvs 16.3.3] bans: they are seen with their evidence, lifted, and the lifting is logged', async (t) => {
  const { at, ask } = await withBan(t)
  const { code, stdout } = await at.run('bans', 'list')
  assert.equal(code, 0)
  const [client, end, before, reason] = stdout.trimEnd().split('\t')
  assert.deepEqual([client, before], [attacker, '0'])
  assert.match(end ?? '', /^\d{4}-\d\d-\d\d \d\d:\d\d$/)
  // It went on past the challenge, or scanned on; both are counted.
  assert.match(reason ?? '', /^(scanning \(OAT-014\)|persistence), .*scannerPaths \d/)
  const json: Record<string, unknown>[] = JSON.parse(
    (await at.run('bans', 'list', '--json')).stdout,
  )
  assert.equal(json.length, 1)
  assert.equal(json[0]?.client, attacker)
  const lifted = await at.run('bans', 'lift', attacker)
  assert.deepEqual([lifted.code, lifted.stdout], [0, `${attacker} is let in again.\n`])
  await until(async () => (await ask('/')) === 200)
  assert.equal((await at.run('bans', 'list')).stdout, '')
  assert.equal((await at.run('bans', 'list', '--json')).stdout, '[]\n')
  const again = await at.run('bans', 'lift', attacker)
  assert.equal(again.code, 1)
  assert.match(again.stderr, /is not banned/)
  assert.deepEqual(eventsOf(at)[0], {
    ...{ actor: 'command line', event: 'authz_change', ban: 'lifted', client: attacker },
  })
})

test('bans: a ban outlives the process that made it, and holds in the next one', async (t) => {
  const { at } = await withBan(t)
  const restarted = await openSite(t, at)
  assert.equal(await restarted('/'), 403)
  assert.equal(await restarted('/', '203.0.113.67'), 200)
})

test('bans: an operator keeps a network out, for as long as they said', async (t) => {
  const at = place(t)
  await at.run('migrate')
  const ask = await openSite(t, at)
  const added = await at.run('bans', 'add', '2001:db8::7', '--hours', '2')
  assert.equal(added.code, 0, added.stderr)
  await until(async () => (await ask('/', '2001:db8::ffff')) === 403)
  assert.equal(await ask('/', '2001:db8:0:1::7'), 200)
  assert.match((await at.run('bans', 'list')).stdout, /^2001:db8::\/64\t.*\toperator\n$/)
  assert.equal((await at.run('bans', 'lift', '2001:db8::/64')).code, 0)
  await until(async () => (await ask('/', '2001:db8::ffff')) === 200)
})

test('bans: what is not understood is said, and help stands behind each', async (t) => {
  const at = place(t)
  await at.run('migrate')
  const cases: readonly (readonly [string, number, RegExp])[] = [
    ['', 0, /npx demijohn bans lift/],
    ['frobnicate', 2, /there is no "frobnicate"/],
    ['list 192.0.2.1', 2, /takes no names/],
    ['list --csv', 2, /Unknown option/],
    ['lift', 2, /name one address/],
    ['lift everybody', 2, /name one address/],
    ['lift 192.0.2.0/24', 2, /name one address/],
    ['lift 192.0.2.1 192.0.2.2', 2, /name one address/],
    ['lift 192.0.2.1', 1, /is not banned/],
    ['add 192.0.2.1', 2, /--hours/],
    ['add 192.0.2.1 --hours 0', 2, /--hours/],
    ['add 192.0.2.1 --hours 169', 2, /--hours/],
    ['add 192.0.2.1 --hours 1e1', 2, /--hours/],
    ['add --hours 1', 2, /name one address/],
    ['add 127.0.0.1 --hours 1', 2, /this machine/],
    ['add ::1 --hours 1', 2, /this machine/],
    ['add 127.9.9.9 --hours 1', 2, /this machine/],
  ]
  for (const [words, want, text] of cases) {
    const ran = await at.run('bans', ...words.split(' ').filter((word) => word !== ''))
    assert.equal(ran.code, want, words)
    assert.match(ran.stdout + ran.stderr, text, words)
  }
  assert.equal((await at.run('bans', 'list')).stdout, '', 'and nobody was banned by any of it')
  for (const name of Object.keys(bansHelp)) {
    assert.match((await at.run('bans', name, '--help')).stdout, new RegExp(`bans ${name}`))
  }
})

test('bans: every help fits a terminal of 80 columns', () => {
  const names = ['list', 'lift', 'add'] as const
  assert.deepEqual(Object.keys(bansHelp), names)
  for (const text of [helpOfAll(), ...names.map(helpOf)].map(stripVTControlCharacters)) {
    for (const line of text.split('\n')) assert.ok(line.length <= 80, line)
  }
})

test('bans: without a database nothing is made', async (t) => {
  const at = place(t)
  const { code, stderr } = await at.run('bans', 'list')
  assert.equal(code, 1)
  assert.match(stderr, /no database at .*npx demijohn migrate/)
  assert.ok(!existsSync(at.database))
})
