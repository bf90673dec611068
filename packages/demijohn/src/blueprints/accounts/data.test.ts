import assert from 'node:assert/strict'
import test from 'node:test'
import { parseId } from '../../core/ids.ts'
import { isRefusal } from '../../core/refusals.ts'
import { passwordOptions } from '../../defences/passwords/options.ts'
import { createPasswordHasher, type PasswordHasher } from '../../defences/passwords/verify.ts'
import {
  authenticate,
  createAccount,
  findAccount,
  findByEmail,
  findPasswordHash,
  setPasswordHash,
} from './data.ts'
import { openAccounts, start } from './storeFixture.ts'

const hasher = createPasswordHasher({ options: passwordOptions() })
const password = 'correct horse battery staple'
const ada = { email: 'Ada@Press.Example', name: 'Ada', role: 'member' }

/** Rows come without a prototype; only what they hold is compared. */
function plain<T extends object>(row: T | null | undefined): T | null | undefined {
  return row && { ...row }
}

async function withPassword(by: PasswordHasher = hasher) {
  const passwordHash = await by.hashPassword(password)
  assert.ok(typeof passwordHash === 'string')
  return { ...ada, passwordHash }
}

test('an account is made once for an address, in whatever spelling', async (t) => {
  const store = await openAccounts(t)
  const made = await createAccount(store, { ...ada, passwordHash: null })
  assert.ok(made && parseId(made.id))
  for (const email of ['ada@press.example', 'ADA@PRESS.EXAMPLE', 'ａｄａ@press.example']) {
    assert.equal(await createAccount(store, { ...ada, email, passwordHash: null }), undefined)
    assert.deepEqual(plain(await findByEmail(store, email)), made)
  }
  assert.deepEqual(plain(await findAccount(store, made.id)), made)
  assert.equal(await findByEmail(store, 'eve@press.example'), undefined)
  assert.equal(await findByEmail(store, `${'a'.repeat(300)}@press.example`), undefined)
  assert.equal(JSON.stringify(made).includes('passwordHash'), false)
})

test('of twenty parallel sign-ups for an address one makes an account', async (t) => {
  const store = await openAccounts(t)
  const made = await Promise.all(
    Array.from({ length: 20 }, () => createAccount(store, { ...ada, passwordHash: null })),
  )
  assert.equal(made.filter((account) => account !== undefined).length, 1)
})

test('a password is changed from what it was, or not at all', async (t) => {
  const store = await openAccounts(t)
  const account = await createAccount(store, { ...ada, passwordHash: null })
  assert.ok(account)
  store.clock.advance(5)
  const swaps = Array.from({ length: 20 }, (_, n) =>
    setPasswordHash(store, account.id, { from: null, to: `hash ${n}` }),
  )
  assert.equal((await Promise.all(swaps)).filter(Boolean).length, 1)
  assert.equal(await setPasswordHash(store, account.id, { from: 'stale', to: 'new' }), false)
  const { passwordHash } = (await findPasswordHash(store, account.id)) ?? {}
  assert.equal(passwordHash, 'hash 0')
  assert.equal(await setPasswordHash(store, account.id, { from: 'hash 0', to: 'new' }), true)
  assert.equal((await findAccount(store, account.id))?.passwordChangedAt, start + 5)
})

test('the right address and password sign in, and nothing else does', async (t) => {
  const store = await openAccounts(t)
  const account = await createAccount(store, await withPassword())
  await createAccount(store, { ...ada, email: 'open@press.example', passwordHash: null })
  const sign = async (email: string, word: string) => {
    const answer = await authenticate(store, hasher, { email, password: word })
    assert.ok(!isRefusal(answer))
    return plain(answer)
  }
  assert.deepEqual(await sign('ADA@press.example', password), account)
  assert.equal(await sign('ada@press.example', `${password} `), null)
  assert.equal(await sign('eve@press.example', password), null)
  assert.equal(await sign('open@press.example', ''), null)
  assert.equal(await sign(`${'a'.repeat(100_000)}@press.example`, password), null)
  await store.db.updateTable('demijohn_accounts').set({ suspendedAt: start }).execute()
  assert.equal(await sign('ada@press.example', password), null)
})

test('[asvs 6.3.8] every failed sign-in asks for exactly one hash', async (t) => {
  const store = await openAccounts(t)
  const asked: (string | null)[] = []
  const counting: PasswordHasher = {
    hashPassword: async () => assert.fail('a failed sign-in makes no hash'),
    verifyPassword: async (stored) => {
      asked.push(stored)
      return { ok: false, needsUpgrade: false }
    },
    busyFor: () => undefined,
  }
  await createAccount(store, { ...ada, passwordHash: 'hash' })
  await createAccount(store, { ...ada, email: 'open@press.example', passwordHash: null })
  await createAccount(store, { ...ada, email: 'gone@press.example', passwordHash: 'hash' })
  await store.db
    .updateTable('demijohn_accounts')
    .set({ suspendedAt: start })
    .where('emailKey', '=', 'gone@press.example')
    .execute()
  for (const who of ['ada', 'open', 'gone', 'eve', 'x'.repeat(300)]) {
    const email = `${who}@press.example`
    assert.equal(await authenticate(store, counting, { email, password: 'wrong' }), null)
  }
  assert.deepEqual(asked, ['hash', null, null, null, null])
})

test('an outdated hash is made anew at sign-in; the password counts as unchanged', async (t) => {
  const store = await openAccounts(t)
  const today = createPasswordHasher({ options: passwordOptions({ passes: 3 }) })
  const account = await createAccount(store, await withPassword())
  assert.ok(account)
  store.clock.advance(60_000)
  const credentials = { email: ada.email, password }
  const signedIn = await authenticate(store, today, credentials)
  assert.ok(!isRefusal(signedIn))
  assert.deepEqual(plain(signedIn), account)
  const { passwordHash } = (await findPasswordHash(store, account.id)) ?? {}
  assert.match(passwordHash ?? '', /t=3/)
  assert.equal((await findAccount(store, account.id))?.passwordChangedAt, start)
})

test('a password that was changed while it was being checked signs nobody in', async (t) => {
  const store = await openAccounts(t)
  for (const needsUpgrade of [false, true]) {
    const email = `${needsUpgrade}@press.example`
    const account = await createAccount(store, { ...ada, email, passwordHash: 'old' })
    assert.ok(account)
    const slow: PasswordHasher = {
      hashPassword: async () => 'old, made anew',
      verifyPassword: async (stored) => {
        await setPasswordHash(store, account.id, { from: 'old', to: 'new' })
        return { ok: stored === 'old', needsUpgrade }
      },
      busyFor: () => undefined,
    }
    assert.equal(await authenticate(store, slow, { email, password }), null)
    assert.equal((await findPasswordHash(store, account.id))?.passwordHash, 'new')
  }
})

test('too many at once are refused, not failed', async (t) => {
  const store = await openAccounts(t)
  const narrow = createPasswordHasher({
    options: passwordOptions({ concurrentHashes: 1, waitingHashes: 1 }),
  })
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => authenticate(store, narrow, { email: ada.email, password })),
  )
  assert.equal(answers.filter(isRefusal).length, 3)
  assert.equal(answers.filter((answer) => answer === null).length, 2)
})
