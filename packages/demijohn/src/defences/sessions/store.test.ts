import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import test from 'node:test'
import { browser, openStore, start, suspend } from './storeFixture.ts'

const minute = 60_000
const hour = 60 * minute

test('[asvs 7.2.1] a session is found by the token it was issued with', async (t) => {
  const { store } = await openStore(t)
  const { token, session } = await store.create({ accountId: 'alice', ...browser })
  const found = await store.find(token)
  assert.deepEqual(found, session)
  assert.deepEqual(found?.claimant, {
    id: 'alice',
    name: 'alice',
    email: 'alice@press.example',
    role: 'member',
  })
  assert.equal(found?.expiresAt, start + 24 * hour)
})

test('[asvs 7.2.3] a token has 256 bits, and the database holds only its SHA-256', async (t) => {
  const { store, db } = await openStore(t)
  const { token } = await store.create({ accountId: 'alice', ...browser })
  assert.equal(Buffer.from(token, 'base64url').length, 32)
  const stored = JSON.stringify(await db.selectFrom('demijohn_sessions').selectAll().execute())
  assert.ok(!stored.includes(token))
  assert.ok(stored.includes(createHash('sha256').update(token).digest('hex')))
})

test('a form key is derived for the session and carried with it', async (t) => {
  const { store } = await openStore(t)
  const { token, session } = await store.create({ accountId: 'alice', ...browser })
  assert.equal(session.formKeys[0].toString('hex'), session.id)
  assert.equal((await store.find(token))?.formKeys[0], (await store.find(token))?.formKeys[0])
})

test('fixation: a token that was never issued is not found and never adopted', async (t) => {
  const { store } = await openStore(t)
  const planted = 'A'.repeat(43)
  assert.equal(await store.find(planted), null)
  const { token } = await store.create({ accountId: 'alice', ...browser })
  assert.notEqual(token, planted)
  assert.equal(await store.find(planted), null)
  for (const wrong of ['', token.slice(1), `${token}A`, token.toLowerCase(), `${token}\0`]) {
    assert.equal(await store.find(wrong), null)
  }
})

test('the stored id of a session opens nothing', async (t) => {
  const { store } = await openStore(t)
  const { session } = await store.create({ accountId: 'alice', ...browser })
  assert.equal(await store.find(session.id), null)
})

test('[asvs 7.2.4] signing in makes a new token and ends the session it replaces', async (t) => {
  const { store } = await openStore(t)
  const before = await store.create({ accountId: 'alice', ...browser })
  await store.find(before.token)
  const after = await store.create({
    accountId: 'alice',
    ...browser,
    replaces: before.session.id,
  })
  assert.notEqual(after.token, before.token)
  assert.equal(await store.find(before.token), null)
  assert.equal((await store.find(after.token))?.accountId, 'alice')
})

test('[asvs 7.4.1] gap 1: a copied cookie is worth nothing after logout', async (t) => {
  const { store } = await openStore(t)
  const { token, session } = await store.create({ accountId: 'alice', ...browser })
  assert.notEqual(await store.find(token), null)
  await store.end(session.id)
  assert.equal(await store.find(token), null)
  await store.end(session.id)
})

test('rotation ends the old token in the same write and keeps the absolute end', async (t) => {
  const { store, clock } = await openStore(t)
  const old = await store.create({ accountId: 'alice', ...browser })
  clock.advance(hour)
  const next = await store.rotate(old.session)
  assert.ok(next)
  assert.equal(await store.find(old.token), null)
  const found = await store.find(next.token)
  assert.notEqual(found?.id, old.session.id)
  assert.equal(found?.createdAt, start)
  assert.equal(found?.authenticatedAt, start)
  assert.equal(found?.expiresAt, start + 24 * hour)
})

test('rotation after re-authentication notes when it was', async (t) => {
  const { store, clock } = await openStore(t)
  const old = await store.create({ accountId: 'alice', ...browser })
  clock.advance(hour)
  const next = await store.rotate(old.session, { proven: ['password'] })
  assert.equal(next?.session.authenticatedAt, start + hour)
  assert.equal(next?.session.expiresAt, start + 24 * hour)
})

test('a save after destroy fails: an ended session is not rotated back to life', async (t) => {
  const { store, db } = await openStore(t)
  const { session } = await store.create({ accountId: 'alice', ...browser })
  await store.end(session.id)
  assert.equal(await store.rotate(session), null)
  await store.setNotice(session.id, 'Saved.')
  const rows = await db.selectFrom('demijohn_sessions').selectAll().execute()
  assert.deepEqual(rows, [])
})

test('[asvs 7.4.3] gap 2: a password change ends every other session', async (t) => {
  const { store } = await openStore(t)
  const mine = await store.create({ accountId: 'alice', ...browser })
  const others = [
    await store.create({ accountId: 'alice', ...browser }),
    await store.create({ accountId: 'alice', ...browser }),
  ]
  const bob = await store.create({ accountId: 'bob', ...browser })
  for (const { token } of [mine, bob, ...others]) assert.notEqual(await store.find(token), null)
  assert.equal(await store.endAllOf('alice', { except: mine.session.id }), 2)
  for (const { token } of others) assert.equal(await store.find(token), null)
  assert.notEqual(await store.find(mine.token), null)
  assert.notEqual(await store.find(bob.token), null)
})

test('what is written alongside stands or falls with the sessions', async (t) => {
  const { store, db } = await openStore(t)
  const { token } = await store.create({ accountId: 'alice', ...browser })
  const broken = store.endAllOf('alice', {
    alongside: async (transaction) => {
      await transaction.updateTable('demijohn_accounts').set({ name: 'x' }).execute()
      throw new Error('changed my mind')
    },
  })
  await assert.rejects(broken, /changed my mind/)
  assert.equal((await store.find(token))?.claimant.name, 'alice')
  await store.endAllOf('alice', { alongside: (transaction) => suspend(transaction, 'alice') })
  assert.equal(await store.find(token), null)
  const alice = await db.selectFrom('demijohn_accounts').selectAll().execute()
  assert.deepEqual(
    alice.map((account) => account.suspendedAt),
    [start, null],
  )
})

test('[asvs 7.4.2] suspension and deletion end what an account has', async (t) => {
  const { store, db } = await openStore(t)
  const alice = await store.create({ accountId: 'alice', ...browser })
  const bob = await store.create({ accountId: 'bob', ...browser })
  for (const { token } of [alice, bob]) assert.notEqual(await store.find(token), null)
  await suspend(db, 'alice')
  await store.accountChanged('alice')
  assert.equal(await store.find(alice.token), null)
  assert.equal(await store.rotate(alice.session), null)
  await assert.rejects(store.create({ accountId: 'alice', ...browser }), /gone or suspended/)
  await store.accountChanged('bob', {
    alongside: (transaction) =>
      transaction.deleteFrom('demijohn_accounts').where('id', '=', 'bob').execute(),
  })
  assert.equal(await store.find(bob.token), null)
})

test('a change of role is seen by the very next request', async (t) => {
  const { store, db } = await openStore(t)
  const { token } = await store.create({ accountId: 'alice', ...browser })
  assert.equal((await store.find(token))?.claimant.role, 'member')
  await db.updateTable('demijohn_accounts').set({ role: 'viewer' }).execute()
  await store.accountChanged('alice')
  assert.equal((await store.find(token))?.claimant.role, 'viewer')
})

test('one account has a bounded number of sessions', async (t) => {
  const { store, clock } = await openStore(t, { maxSessionsPerAccount: 3 })
  const tokens: string[] = []
  for (let signIn = 0; signIn < 5; signIn += 1) {
    clock.advance(1)
    const { token } = await store.create({ accountId: 'alice', ...browser })
    assert.notEqual(await store.find(token), null)
    tokens.push(token)
  }
  const alive = await Promise.all(tokens.map(async (token) => (await store.find(token)) !== null))
  assert.deepEqual(alive, [false, false, true, true, true])
})

test('[asvs 7.5.2] a person sees their live sessions, the latest first', async (t) => {
  const { store, clock } = await openStore(t)
  const first = await store.create({ accountId: 'alice', ...browser })
  clock.advance(230 * minute)
  const second = await store.create({ accountId: 'alice', ...browser, userAgent: 'x'.repeat(9999) })
  await store.create({ accountId: 'bob', ...browser })
  const list = await store.listOf('alice')
  assert.deepEqual(
    list.map(({ id }) => id),
    [second.session.id, first.session.id],
  )
  assert.ok((list[0]?.userAgent.length ?? 0) <= 300)
  assert.equal(list[1]?.clientAddress, '192.0.2.1')
  clock.advance(20 * minute)
  assert.deepEqual((await store.listOf('alice')).length, 1)
})

test('a notice is shown once, also to twenty takers at once', async (t) => {
  const { store } = await openStore(t)
  const { token, session } = await store.create({ accountId: 'alice', ...browser })
  assert.equal(await store.takeNotice(session), null)
  await store.setNotice(session.id, 'Saved.')
  const found = await store.find(token)
  assert.equal(found?.notice, 'Saved.')
  const taken = await Promise.all(Array.from({ length: 20 }, () => store.takeNotice(found)))
  assert.deepEqual(
    taken.filter((text) => text !== null),
    ['Saved.'],
  )
  assert.equal((await store.find(token))?.notice, null)
  await assert.rejects(store.setNotice(session.id, 'x'.repeat(1001)), RangeError)
})
