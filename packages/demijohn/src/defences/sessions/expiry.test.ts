import assert from 'node:assert/strict'
import test from 'node:test'
import { browser, openStore, start } from './storeFixture.ts'

const minute = 60_000
const hour = 60 * minute

test('[asvs 7.3.1] idle: alive one millisecond before the limit, over at it', async (t) => {
  for (const cachedFirst of [true, false]) {
    for (const [wait, alive] of [
      [240 * minute - 1, true] as const,
      [240 * minute, false] as const,
    ]) {
      const { store, clock } = await openStore(t)
      const { token } = await store.create({ accountId: 'alice', ...browser })
      if (cachedFirst) assert.notEqual(await store.find(token), null)
      clock.advance(wait)
      assert.equal((await store.find(token)) !== null, alive)
    }
  }
})

test('[asvs 7.3.2] absolute: a session in constant use ends at its hour, never later', async (t) => {
  const { store, clock } = await openStore(t, { absoluteTimeoutHours: 5 })
  const { token } = await store.create({ accountId: 'alice', ...browser })
  let uses = 0
  while (clock.now() < start + 5 * hour - 1) {
    clock.advance(Math.min(30_000, start + 5 * hour - 1 - clock.now()))
    assert.equal((await store.find(token))?.expiresAt, start + 5 * hour)
    uses += 1
  }
  assert.equal(uses, 600)
  clock.advance(1)
  assert.equal(await store.find(token), null)
  clock.advance(-1)
  assert.notEqual(await store.find(token), null)
})

test('the absolute end survives rotation, and a shortened limit binds old sessions', async (t) => {
  const { store, db, clock } = await openStore(t, { absoluteTimeoutHours: 5 })
  const { token, session } = await store.create({ accountId: 'alice', ...browser })
  const later = start + 99 * hour
  await db.updateTable('demijohn_sessions').set({ expiresAt: later, lastSeenAt: later }).execute()
  clock.advance(5 * hour)
  assert.equal(await store.find(token), null)
  assert.equal(await store.rotate(session), null)
})

test('a use is written once a minute, not more, and not less', async (t) => {
  const { store, db, clock } = await openStore(t)
  const { token } = await store.create({ accountId: 'alice', ...browser })
  const seenAt = async () =>
    (await db.selectFrom('demijohn_sessions').select('lastSeenAt').executeTakeFirstOrThrow())
      .lastSeenAt
  clock.advance(59_999)
  await store.find(token)
  assert.equal(await seenAt(), start)
  clock.advance(1)
  const found = await Promise.all([store.find(token), store.find(token), store.find(token)])
  for (const session of found) assert.equal(session?.lastSeenAt, start + minute)
  assert.equal(await seenAt(), start + minute)
  clock.advance(30_000)
  await store.find(token)
  assert.equal(await seenAt(), start + minute)
})

test('sweeping deletes what is over and nothing that lives', async (t) => {
  const { store, db, clock } = await openStore(t)
  await store.create({ accountId: 'alice', ...browser })
  clock.advance(1)
  const { token } = await store.create({ accountId: 'alice', ...browser })
  clock.advance(240 * minute - 1)
  assert.equal(await store.sweep(), 1)
  assert.notEqual(await store.find(token), null)
  const rows = await db.selectFrom('demijohn_sessions').selectAll().execute()
  assert.equal(rows.length, 1)
})
