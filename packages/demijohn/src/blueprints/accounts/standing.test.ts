import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { type AccountStore, createAccount, findAccount } from './data.ts'
import { eraseAccount } from './ownData/erase.ts'
import { changeRole, isLastAdministrator, restoreAccount, suspendAccount } from './standing.ts'
import { openAccounts, start } from './storeFixture.ts'
import { createTicket, findTicket } from './tickets.ts'

async function add(store: AccountStore, name: string, passwordHash: string | null = 'x') {
  const email = `${name}@Press.example`
  const account = await createAccount(store, { name, email, role: 'admin', passwordHash })
  assert.ok(account)
  return account.id
}

const changes: Record<string, (store: AccountStore, id: string) => Promise<boolean>> = {
  suspended: suspendAccount,
  restored: async (store, id) => {
    await store.db.updateTable('demijohn_accounts').set({ suspendedAt: start }).execute()
    return restoreAccount(store, id)
  },
  'another role': (store, id) => changeRole(store, id, 'member'),
}

for (const [name, change] of Object.entries(changes)) {
  test(`[asvs 7.4.2] standing: ${name}: no link of before works, and no sign-in that had begun`, async (t) => {
    const store = await openAccounts(t)
    const id = await add(store, 'ada')
    const eve = await add(store, 'eve')
    const minutes = { ttlMinutes: 60 }
    const made = []
    for (const purpose of ['reset', 'welcome', 'email-confirm']) {
      const secret = await createTicket(store, { ...minutes, purpose, accountId: id })
      made.push({ purpose, secret })
    }
    const invited = { purpose: 'invitation', accountId: null, email: 'Ada@press.example' }
    made.push({ ...invited, secret: await createTicket(store, { ...minutes, ...invited }) })
    const kept = [
      { purpose: 'email-undo', accountId: id },
      { purpose: 'reset', accountId: eve },
      { ...invited, email: 'eve@press.example' },
    ]
    const keeping = []
    for (const ticket of kept) {
      keeping.push({ ...ticket, secret: await createTicket(store, { ...minutes, ...ticket }) })
    }
    assert.equal(await change(store, id), true)
    assert.equal((await findAccount(store, id))?.credentialRevision, 1)
    assert.equal((await findAccount(store, eve))?.credentialRevision, 0)
    store.clock.advance(1)
    for (const ticket of made) assert.equal(await findTicket(store, ticket), undefined)
    for (const ticket of keeping) assert.ok(await findTicket(store, ticket), ticket.purpose)
  })
}

const ends: typeof changes = {
  ...changes,
  erased: async ({ db }, id) => {
    await db.transaction().execute((transaction) => eraseAccount(transaction, id))
    return true
  },
}

for (const name of ['suspended', 'another role', 'erased']) {
  test(`[asvs 8.3.2] standing: ${name}: who made links for others has none of them left`, async (t) => {
    const store = await openAccounts(t)
    const [id, eve] = [await add(store, 'ada'), await add(store, 'eve')]
    const ticket = { ttlMinutes: 60, accountId: eve, createdBy: id }
    const invited = { ...ticket, purpose: 'invitation', accountId: null, email: 'x@press.example' }
    const all = [
      { ...ticket, purpose: 'welcome', lasts: false },
      { ...invited, lasts: false },
      { ...ticket, purpose: 'welcome', createdBy: eve, lasts: true },
      { ...invited, createdBy: eve, lasts: true },
      { ...ticket, purpose: 'welcome', createdBy: null, lasts: true },
    ]
    const made: { secret: string; purpose: string; lasts: boolean }[] = []
    for (const { lasts, ...one } of all) {
      made.push({ lasts, purpose: one.purpose, secret: await createTicket(store, one) })
    }
    assert.equal(await ends[name]?.(store, id), true)
    for (const { lasts, ...one } of made) {
      assert.equal((await findTicket(store, one)) !== undefined, lasts, one.purpose)
    }
  })
}

test('standing: what is so already is not written again', async (t) => {
  const store = await openAccounts(t)
  const id = await add(store, 'ada')
  assert.equal(await changeRole(store, id, 'admin'), false)
  assert.equal(await restoreAccount(store, id), false)
  assert.equal(await suspendAccount(store, id), true)
  assert.equal(await suspendAccount(store, id), false)
  assert.equal(await suspendAccount(store, 'nobody'), false)
  const account = await findAccount(store, id)
  assert.deepEqual([account?.suspendedAt, account?.credentialRevision], [start, 1])
})

async function two(t: TestContext, other: Parameters<typeof add>[2] = 'x') {
  const store = await openAccounts(t)
  const accountId = await add(store, 'ada')
  const otherId = await add(store, 'bob', other)
  const isLast = (id = accountId) =>
    isLastAdministrator(store, { accountId: id, administratorRole: 'admin' })
  return { store, accountId, otherId, isLast }
}

test('last administrator: another who can sign in is one, by password or by passkey', async (t) => {
  const { isLast } = await two(t)
  assert.equal(await isLast(), false)
  const keyed = await two(t, null)
  assert.equal(await keyed.isLast(), true)
  const blank = { publicKey: '', signCount: 0, transports: '', name: 'x', lastUsedAt: null }
  const passkey = { id: 'key', accountId: keyed.otherId, createdAt: start, ...blank }
  await keyed.store.db.insertInto('demijohn_passkeys').values(passkey).execute()
  assert.equal(await keyed.isLast(), false)
})

test('last administrator: who is suspended or has another role is none, and is not the last', async (t) => {
  for (const change of [suspendAccount, changes['another role']]) {
    const { store, otherId, isLast } = await two(t)
    assert.ok(change)
    await change(store, otherId)
    assert.equal(await isLast(), true)
    assert.equal(await isLast(otherId), false)
  }
})
