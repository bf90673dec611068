import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock } from '../../core/clock.ts'
import { refuse } from '../../core/refusals.ts'
import { migrate } from '../../data/migrations.ts'
import { openSqlite } from '../../data/sqlite.ts'
import { demijohnMigrations } from '../../data/tableMigrations.ts'
import type { DemijohnTables } from '../../data/tables.ts'
import { attemptSecret, waitInWords } from './attempt.ts'
import { presentPasswordKeys, throttleKey } from './keys.ts'
import { createThrottle } from './store.ts'

async function open(t: { after: (end: () => Promise<void>) => void }) {
  const { db, close } = openSqlite<DemijohnTables>({ path: ':memory:' })
  t.after(close)
  const clock = manualClock(Date.UTC(2026, 0, 1))
  await migrate(db, [demijohnMigrations], { clock })
  const store = { db, clock }
  const throttle = createThrottle()
  const counted = async () =>
    (await db.selectFrom('demijohn_throttles').select('failures').execute()).map(
      ({ failures }) => failures,
    )
  return { store, throttle, counted, clock }
}

test('attempt: a wrong secret is counted, a right one is not, and a busy site takes nobody a try', async (t) => {
  const { store, throttle, counted } = await open(t)
  const keys = [throttleKey('account', ['ann'])]
  const tried = (result: string | null | ReturnType<typeof refuse>) =>
    attemptSecret(throttle, store, keys, async () => result)
  assert.deepEqual(await tried(null), { kind: 'tried', result: null })
  assert.deepEqual(await counted(), [1])
  assert.deepEqual(await tried('ann'), { kind: 'tried', result: 'ann' })
  assert.deepEqual(await counted(), [1])
  const busy = refuse('server.busy')
  assert.deepEqual(await tried(busy), { kind: 'tried', result: busy })
  assert.deepEqual(await counted(), [1])
})

test('attempt: whoever has to wait has nothing looked at', async (t) => {
  const { store, throttle, clock } = await open(t)
  let looked = 0
  const wrong = () =>
    attemptSecret(
      throttle,
      store,
      presentPasswordKeys({ accountId: 'ann', knownDeviceId: null }),
      async () => {
        looked += 1
        return null
      },
    )
  for (let tries = 0; tries < 10; tries += 1) await wrong()
  assert.equal(looked, 10)
  assert.deepEqual(await wrong(), { kind: 'wait', waitSeconds: 2 })
  assert.equal(looked, 10)
  clock.advance(2_000)
  await wrong()
  assert.equal(looked, 11)
})

test('attempt: a check that throws leaves the try counted', async (t) => {
  const { store, throttle, counted } = await open(t)
  const broken = attemptSecret(
    throttle,
    store,
    presentPasswordKeys({ accountId: 'ann', knownDeviceId: null }),
    async () => {
      throw new TypeError('the check broke')
    },
  )
  await assert.rejects(broken, TypeError)
  assert.deepEqual(await counted(), [1, 1])
})

test('attempt: a wait in words', () => {
  assert.equal(waitInWords(1), 'in 1 second')
  assert.equal(waitInWords(89), 'in 89 seconds')
  assert.equal(waitInWords(90), 'in about 2 minutes')
  assert.equal(waitInWords(900), 'in about 15 minutes')
})
