import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideSession } from './decide.ts'
import { decideStage, formatMethods, type Method, parseMethods, type Stage } from './stage.ts'
import { browser, openStore, start } from './storeFixture.ts'

const first = ['password', 'link', 'remembered'] as const satisfies Method[]
const second = ['totp', 'recovery-code', 'passkey', 'passkey-verified'] as const satisfies Method[]

test('[asvs 6.3.3] stage: with a factor set up, nothing but a factor gets anybody in', () => {
  for (const roleDemandsIt of [false, true]) {
    const at = (methods: readonly Method[]): Stage =>
      decideStage({ methods, hasSecondFactor: true, roleDemandsIt })
    assert.equal(at([]), 'second-factor')
    for (const one of first) {
      for (const other of first) assert.equal(at([one, other]), 'second-factor', `${one} ${other}`)
      for (const factor of second) assert.equal(at([one, factor]), 'full', `${one} ${factor}`)
    }
  }
})

test('[asvs 6.3.3] stage: a role that demands a factor waits for one to be set up', () => {
  for (const method of [...first, ...second]) {
    const facts = { methods: [method], hasSecondFactor: false }
    assert.equal(decideStage({ ...facts, roleDemandsIt: true }), 'enrolment')
    assert.equal(decideStage({ ...facts, roleDemandsIt: false }), 'full')
  }
})

test('stage: the column is read back as it was written, and strange words prove nothing', () => {
  assert.deepEqual(parseMethods(formatMethods(['password', 'totp', 'password'])), [
    'password',
    'totp',
  ])
  assert.deepEqual(parseMethods('password  TOTP totp2 __proto__ passkey,'), ['password'])
  assert.deepEqual(parseMethods(''), [])
})

test('[asvs 7.3.1] stage: a sign-in that stays half done is over after a quarter of an hour', () => {
  const facts = {
    createdAt: start,
    lastSeenAt: start,
    expiresAt: start + 1e9,
    authenticatedAt: start,
  }
  const limits = { idleMilliseconds: 1e9, absoluteMilliseconds: 1e9 }
  const quarter = 15 * 60_000
  const at = (now: number, isHalf: boolean) =>
    decideSession({ ...facts, now, isHalf }, limits).allowed
  assert.equal(at(start + quarter - 1, true), true)
  assert.equal(at(start + quarter, true), false)
  assert.equal(at(start + quarter, false), true)
})

test('[asvs 6.3.3] stage: a factor that is set up binds the sessions that are there', async (t) => {
  const { store, db, clock } = await openStore(t)
  const { token, session } = await store.create({ accountId: 'alice', ...browser })
  assert.equal(session.stage, 'full')
  await store.accountChanged('alice', {
    alongside: (transaction) =>
      transaction
        .insertInto('demijohn_totp')
        .values({
          accountId: 'alice',
          secret: '',
          createdAt: start,
          confirmedAt: start,
          lastStep: null,
        })
        .execute(),
  })
  assert.equal((await store.find(token))?.stage, 'second-factor')
  const proven = await store.rotate(session, { proven: ['totp'] })
  assert.equal(proven?.session.stage, 'full')
  assert.deepEqual(proven?.session.methods, ['password', 'totp'])
  await db.updateTable('demijohn_totp').set({ confirmedAt: null }).execute()
  const { token: again } = await store.create({ accountId: 'alice', ...browser })
  assert.equal((await store.find(again))?.stage, 'full')
  clock.advance(15 * 60_000)
  assert.equal((await store.find(again))?.stage, 'full')
})

test('stage: a half session is gone from the cache and from the database after a quarter of an hour', async (t) => {
  const { store, clock, db } = await openStore(t)
  const factor = { secret: '', createdAt: start, confirmedAt: start, lastStep: null }
  await db
    .insertInto('demijohn_totp')
    .values({ accountId: 'alice', ...factor })
    .execute()
  const { token, session } = await store.create({ accountId: 'alice', ...browser })
  assert.equal(session.stage, 'second-factor')
  clock.advance(15 * 60_000 - 1)
  assert.equal((await store.find(token))?.stage, 'second-factor')
  clock.advance(1)
  assert.equal(await store.find(token), null)
  assert.equal(await store.rotate(session, { proven: ['totp'] }), null)
})

test('[asvs 6.3.3] stage: a role that demands a factor has none of its sessions full without one', async (t) => {
  const { store, db } = await openStore(t)
  await db.updateTable('demijohn_accounts').set({ role: 'admin' }).where('id', '=', 'bob').execute()
  const { session } = await store.create({ accountId: 'bob', ...browser })
  assert.equal(session.stage, 'enrolment')
})

test('a sign-in that was proven before a change of password, factor or address ends there', async (t) => {
  const { store, db } = await openStore(t)
  const raise = { credentialRevision: 1 }
  await db.updateTable('demijohn_accounts').set(raise).where('id', '=', 'alice').execute()
  assert.equal(await store.tryCreate({ accountId: 'alice', ...browser }), null)
  assert.deepEqual(await store.listOf('alice'), [])
  assert.ok(await store.tryCreate({ accountId: 'alice', ...browser, ...raise }))
  assert.equal(await store.tryCreate({ accountId: 'nobody', ...browser }), null)
})

test('stage: sign-ins that stay half done end others of their kind, and none that is done', async (t) => {
  const { store, db, clock } = await openStore(t, { maxSessionsPerAccount: 3 })
  const factor = { secret: '', createdAt: start, confirmedAt: start, lastStep: null }
  await db
    .insertInto('demijohn_totp')
    .values({ accountId: 'alice', ...factor })
    .execute()
  const alice = { accountId: 'alice', ...browser }
  const begin = async (methods: readonly Method[]) => {
    clock.advance(1)
    return store.create({ ...alice, methods })
  }
  const full = [await begin(['password', 'totp']), await begin(['passkey-verified'])]
  const half = []
  for (let at = 0; at < 5; at += 1) half.push(await begin(['password']))
  const alive = (issued: readonly { readonly token: string }[]) =>
    Promise.all(issued.map(async ({ token }) => (await store.find(token)) !== null))
  assert.deepEqual(await alive(full), [true, true])
  assert.deepEqual(await alive(half), [false, false, true, true, true])
  // What becomes full takes a place among those, and theirs are bounded as well.
  for (const { session } of half.slice(2)) {
    clock.advance(1)
    const done = await store.rotate(session, { proven: ['totp'] })
    assert.ok(done)
    full.push(done)
  }
  assert.deepEqual(await alive(full), [false, false, true, true, true])
})
