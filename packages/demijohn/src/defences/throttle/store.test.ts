import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { manualClock } from '../../core/clock.ts'
import { migrate } from '../../data/migrations.ts'
import { openSqlite } from '../../data/sqlite.ts'
import { demijohnMigrations } from '../../data/tableMigrations.ts'
import type { DemijohnTables } from '../../data/tables.ts'
import { passwordKeys, secondFactorKeys, type ThrottleKey, throttleKey } from './keys.ts'
import { createThrottle, sweepThrottles, type TakenTry, type TryOutcome } from './store.ts'

const start = Date.UTC(2026, 0, 1)
const hour = 3_600_000

type Bound = {
  readonly takeTry: (keys: readonly ThrottleKey[]) => Promise<TryOutcome>
  readonly succeeded: (taken: TakenTry) => Promise<void>
  readonly giveBack: (taken: TakenTry) => Promise<void>
  readonly sweep: () => Promise<number>
}

async function open(t: TestContext, maxRows?: number) {
  const folder = mkdtempSync(join(tmpdir(), 'demijohn-throttle-'))
  const path = join(folder, 'test.sqlite')
  const clock = manualClock(start)
  const closing: (() => Promise<void>)[] = []
  t.after(async () => {
    for (const close of closing) await close()
    rmSync(folder, { recursive: true })
  })
  const connect = () => {
    const { db, close } = openSqlite<DemijohnTables>({ path })
    closing.push(close)
    return db
  }
  const db = connect()
  await migrate(db, [demijohnMigrations], { clock })
  const make = (over = db): Bound => {
    const throttle = createThrottle(maxRows === undefined ? {} : { maxRows })
    const store = { db: over, clock }
    return {
      takeTry: (keys) => throttle.takeTry(store, keys),
      succeeded: (taken) => throttle.succeeded(store, taken),
      giveBack: (taken) => throttle.giveBack(store, taken),
      sweep: () => sweepThrottles(store),
    }
  }
  const rows = () => db.selectFrom('demijohn_throttles').selectAll().execute()
  return { db, clock, throttle: make(), anotherProcess: () => make(connect()), rows }
}

const stranger = (email: string, client = '192.0.2.1') =>
  passwordKeys({ emailKey: email, knownDeviceId: null, clientAddress: client })
const owner = (email: string) =>
  passwordKeys({ emailKey: email, knownDeviceId: 'd'.repeat(64), clientAddress: '192.0.2.1' })

/** A try that has to be let in. */
async function taken(throttle: Bound, keys: readonly ThrottleKey[]) {
  const outcome = await throttle.takeTry(keys)
  assert.ok(outcome.allowed)
  return outcome
}

test('[asvs 6.3.1] throttle store: after the free tries a stranger has to wait, and is then let in', async (t) => {
  const { throttle, clock } = await open(t)
  for (let tries = 0; tries < 5; tries += 1) await taken(throttle, stranger('ann'))
  assert.deepEqual(await throttle.takeTry(stranger('ann')), { allowed: false, waitSeconds: 2 })
  clock.advance(1_999)
  assert.deepEqual(await throttle.takeTry(stranger('ann')), { allowed: false, waitSeconds: 1 })
  clock.advance(1)
  await taken(throttle, stranger('ann'))
  assert.deepEqual(await throttle.takeTry(stranger('ann')), { allowed: false, waitSeconds: 4 })
})

test('throttle store: twenty at once do not pass on one free try, nor on any other number', async (t) => {
  const { throttle, anotherProcess, clock } = await open(t)
  const other = anotherProcess()
  for (let free = 5; free >= 1; free -= 4) {
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        (at % 2 === 0 ? throttle : other).takeTry(stranger(`with ${free}`, `192.0.2.${at}`)),
      ),
    )
    assert.equal(outcomes.filter(({ allowed }) => allowed).length, 5)
    clock.advance(2_000)
    const again = await Promise.all(
      Array.from({ length: 20 }, () => throttle.takeTry(stranger(`with ${free}`))),
    )
    assert.equal(again.filter(({ allowed }) => allowed).length, 1)
  }
})

test('throttle store: a refused try is counted on no key and writes nothing', async (t) => {
  const { throttle, rows } = await open(t)
  for (let tries = 0; tries < 5; tries += 1) await taken(throttle, stranger('ann'))
  const before = await rows()
  for (let tries = 0; tries < 100; tries += 1) {
    assert.equal((await throttle.takeTry(stranger('ann', '198.51.100.7'))).allowed, false)
  }
  assert.deepEqual(await rows(), before)
})

test('throttle store: one network that guesses at many addresses has to wait, others need not', async (t) => {
  const { throttle } = await open(t)
  for (let at = 0; at < 30; at += 1) await taken(throttle, stranger(`person ${at}`))
  assert.equal((await throttle.takeTry(stranger('another'))).allowed, false)
  await taken(throttle, stranger('another', '198.51.100.7'))
})

test('throttle store: an attacker on any other browsers and clients never delays a known device', async (t) => {
  const { throttle, clock } = await open(t)
  const attack = fc.array(
    fc.record({
      email: fc.constantFrom('ann', 'bob'),
      client: fc.integer({ min: 0, max: 3 }).map((n) => `192.0.2.${n}`),
      pause: fc.integer({ min: 0, max: 60_000 }),
    }),
    { minLength: 1, maxLength: 40 },
  )
  await fc.assert(
    fc.asyncProperty(attack, async (tries) => {
      for (const { email, client, pause } of tries) {
        clock.advance(pause)
        await throttle.takeTry(stranger(email, client))
      }
      await throttle.succeeded(await taken(throttle, owner('ann')))
    }),
    { numRuns: 25 },
  )
})

test('throttle store: success gives a try back where strangers share the count', async (t) => {
  const { throttle, rows } = await open(t)
  for (let tries = 0; tries < 4; tries += 1) await taken(throttle, stranger('ann'))
  const before = await rows()
  await throttle.succeeded(await taken(throttle, stranger('ann')))
  assert.deepEqual(await rows(), before)
  // Signing in to an account of one's own in between clears no guesses at another.
  for (let at = 0; at < 25; at += 1) {
    await taken(throttle, stranger(`victim ${at}`))
    await throttle.succeeded(await taken(throttle, stranger('own account')))
  }
  const outcomes = []
  for (let at = 25; at < 30; at += 1)
    outcomes.push(await throttle.takeTry(stranger(`victim ${at}`)))
  assert.equal(outcomes.filter(({ allowed }) => allowed).length, 1)
})

test('throttle store: success forgets the count of a known device', async (t) => {
  const { throttle, rows } = await open(t)
  for (let tries = 0; tries < 9; tries += 1) await taken(throttle, owner('ann'))
  await throttle.succeeded(await taken(throttle, owner('ann')))
  assert.deepEqual(await rows(), [])
  for (let tries = 0; tries < 10; tries += 1) await taken(throttle, owner('ann'))
  assert.equal((await throttle.takeTry(owner('ann'))).allowed, false)
})

test('throttle store: a try that was not made is given back, beside others at the same time', async (t) => {
  const { throttle, rows } = await open(t)
  const first = await taken(throttle, stranger('ann'))
  const second = await taken(throttle, stranger('ann'))
  await throttle.giveBack(first)
  assert.deepEqual(
    (await rows()).map(({ failures }) => failures),
    [1, 1],
  )
  await throttle.giveBack(second)
  for (const { failures } of await rows()) assert.equal(failures, 0)
  await throttle.giveBack(second)
  for (const { failures } of await rows()) assert.equal(failures, 0)
})

test('throttle store: counts outlive a restart, and processes share them', async (t) => {
  const { throttle, anotherProcess } = await open(t)
  for (let tries = 0; tries < 5; tries += 1) await taken(throttle, stranger('ann'))
  assert.equal((await anotherProcess().takeTry(stranger('ann', '198.51.100.7'))).allowed, false)
})

test('[asvs 6.3.8] throttle store: no row tells an address with an account from one without', async (t) => {
  const { throttle, rows } = await open(t)
  await taken(throttle, stranger('ann@site.example'))
  for (const row of await rows()) {
    assert.deepEqual(Object.keys(row).sort(), ['failures', 'key', 'lastFailureAt'])
    assert.match(row.key, /^[0-9a-f]{64}$/)
  }
})

test('throttle store: codes are slowed down for new cookies together, and apart from known ones', async (t) => {
  const { throttle } = await open(t)
  for (let tries = 0; tries < 5; tries += 1) {
    await taken(throttle, secondFactorKeys({ accountId: 'ann', knownDeviceId: null }))
  }
  const another = secondFactorKeys({ accountId: 'ann', knownDeviceId: null })
  assert.deepEqual(await throttle.takeTry(another), { allowed: false, waitSeconds: 4 })
  await taken(throttle, secondFactorKeys({ accountId: 'ann', knownDeviceId: 'known' }))
})

test('throttle store: the sweep deletes what is forgotten, and only that', async (t) => {
  const { throttle, clock, rows } = await open(t)
  await taken(throttle, stranger('early'))
  clock.advance(59 * hour)
  await taken(throttle, stranger('late', '198.51.100.7'))
  assert.equal(await throttle.sweep(), 0)
  clock.advance(hour)
  assert.equal(await throttle.sweep(), 2)
  assert.equal((await rows()).length, 2)
})

test('[asvs 2.4.1] throttle store: any number of addresses and networks is counted in bounded room', async (t) => {
  const { throttle, rows } = await open(t, 50)
  for (let at = 0; at < 300; at += 1) {
    await throttle.takeTry([throttleKey('account', [`address ${at}`])])
  }
  const first = (await rows()).length
  // 250 addresses fall on at most as many of the 4,096 shared rows; the same ones fall there again.
  for (let at = 50; at < 300; at += 1) {
    await throttle.takeTry([throttleKey('account', [`address ${at}`])])
  }
  assert.equal((await rows()).length, first)
})

test('[asvs 2.4.1] throttle store: in a full table limits hold, and known devices have rows of their own', async (t) => {
  const { throttle, rows } = await open(t, 1)
  await taken(throttle, stranger('somebody', '198.51.100.7'))
  for (let tries = 0; tries < 5; tries += 1) await taken(throttle, stranger('ann'))
  assert.equal((await throttle.takeTry(stranger('ann'))).allowed, false)
  const before = (await rows()).length
  await taken(throttle, owner('ann'))
  await taken(throttle, secondFactorKeys({ accountId: 'ann', knownDeviceId: null }))
  assert.equal((await rows()).length, before + 2)
  assert.ok((await rows()).some(({ key }) => key === owner('ann')[0]?.id))
})

test('throttle store: a database that fails lets no try pass', async (t) => {
  const { throttle, db } = await open(t)
  await db.schema.dropTable('demijohn_throttles').execute()
  await assert.rejects(throttle.takeTry(stranger('ann')))
})
