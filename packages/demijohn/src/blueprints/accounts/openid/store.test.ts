import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { ProviderIdentity } from '../../../defences/openid/types.ts'
import { createAccount } from '../data.ts'
import { openAccounts, start } from '../storeFixture.ts'
import { addIdentity, findByIdentity, holdVerified, removeIdentity, spendState } from './store.ts'

const identity: ProviderIdentity = {
  ...{ issuer: 'https://login.example', subject: 'ada', email: 'ada@site.example' },
  ...{ isEmailVerified: true, authenticatedAt: null },
}
const provider = {
  ...{ id: 'example', name: 'Example', issuer: 'https://login.example' },
  begin: () => Promise.reject(new Error('not asked here')),
  finish: () => Promise.reject(new Error('not asked here')),
}

async function withPeople(t: TestContext) {
  const store = await openAccounts(t)
  const about = { name: 'Ada', role: 'member', passwordHash: null, emailVerifiedAt: start }
  const ada = await createAccount(store, { ...about, email: 'ada@site.example' })
  const eve = await createAccount(store, { ...about, email: 'eve@site.example' })
  assert.ok(ada && eve)
  const revision = async (id: string): Promise<number> => {
    const { credentialRevision } = await store.db
      .selectFrom('demijohn_accounts')
      .select('credentialRevision')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    return credentialRevision
  }
  return { store, ada, eve, revision }
}

test('identity: one person elsewhere is one account, and an account has one of each provider', async (t) => {
  const { store, ada, eve, revision } = await withPeople(t)
  const about = { provider: 'example', identity }
  assert.equal(await addIdentity(store, ada.id, about), true)
  assert.equal(await revision(ada.id), 1)
  const refused = [
    [eve.id, about],
    [ada.id, about],
    [ada.id, { ...about, identity: { ...identity, subject: 'another' } }],
  ] as const
  for (const [id, again] of refused) assert.equal(await addIdentity(store, id, again), false)
  assert.deepEqual([await revision(ada.id), await revision(eve.id)], [1, 0])
  assert.equal((await findByIdentity(store, 'example', identity))?.account.id, ada.id)
})

test('identity: of twenty links at once to twenty accounts one is made', async (t) => {
  const { store } = await withPeople(t)
  const people = await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      createAccount(store, {
        ...{ email: `p${at}@site.example`, name: 'P', role: 'member', passwordHash: null },
      }),
    ),
  )
  const made = await Promise.all(
    people.map((one) => addIdentity(store, one?.id ?? '', { provider: 'example', identity })),
  )
  assert.equal(made.filter((one) => one).length, 1)
})

test('identity: an account that has changed since it was looked at is not held', async (t) => {
  const { store, ada, revision } = await withPeople(t)
  const hold = (email = 'ada@site.example') => holdVerified(store, ada.id, email)
  const change = (to: { emailVerifiedAt?: number | null; suspendedAt?: number | null }) =>
    store.db.updateTable('demijohn_accounts').set(to).where('id', '=', ada.id).execute()
  assert.equal((await hold())?.email, 'ada@site.example')
  assert.equal(await hold('eve@site.example'), undefined)
  await change({ emailVerifiedAt: null })
  assert.equal(await hold(), undefined)
  await change({ emailVerifiedAt: start, suspendedAt: start })
  assert.equal(await hold(), undefined)
  assert.equal(await findByIdentity(store, 'example', identity), undefined)
  assert.equal(await revision(ada.id), 0)
})

test('identity: suspended, the account is not found by it', async (t) => {
  const { store, ada } = await withPeople(t)
  await addIdentity(store, ada.id, { provider: 'example', identity })
  await store.db.updateTable('demijohn_accounts').set({ suspendedAt: start }).execute()
  assert.equal(await findByIdentity(store, 'example', identity), undefined)
})

test('identity: the last way in stays; a password, a passkey or another provider lets it go', async (t) => {
  const ways = {
    none: async () => undefined,
    password: async ({ db }: Store) => {
      await db.updateTable('demijohn_accounts').set({ passwordHash: 'a hash' }).execute()
    },
    passkey: async ({ db }: Store, accountId: string) => {
      const row = { id: 'a', accountId, publicKey: 'a', signCount: 0, transports: '', name: 'a' }
      const values = { ...row, createdAt: start, lastUsedAt: null }
      await db.insertInto('demijohn_passkeys').values(values).execute()
    },
    'another provider': async (store: Store, accountId: string) => {
      await addIdentity(store, accountId, { provider: 'second', identity })
    },
    'a provider that is no longer there': async (store: Store, accountId: string) => {
      await addIdentity(store, accountId, { provider: 'gone', identity })
    },
  } as const
  for (const [way, give] of Object.entries(ways)) {
    const { store, ada } = await withPeople(t)
    await addIdentity(store, ada.id, { provider: 'example', identity })
    await give(store, ada.id)
    const id = (await findByIdentity(store, 'example', identity))?.identityId ?? ''
    const providers = [provider, { ...provider, id: 'second' }]
    const isGone = ['password', 'passkey', 'another provider'].includes(way)
    assert.equal(await removeIdentity(store, ada.id, { id, providers }), isGone, way)
    const left = await findByIdentity(store, 'example', identity)
    assert.equal(left === undefined, isGone, way)
  }
})

type Store = Awaited<ReturnType<typeof openAccounts>>

test('state: spent once, of twenty at once as well', async (t) => {
  const { store } = await withPeople(t)
  const flow = { state: 'a'.repeat(43), startedAt: start }
  const all = await Promise.all(Array.from({ length: 20 }, () => spendState(store, flow)))
  assert.equal(all.filter((one) => one).length, 1)
  assert.equal(await spendState(store, { ...flow, state: 'b'.repeat(43) }), true)
})
