import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createAccount } from '../data.ts'
import { openAccounts } from '../storeFixture.ts'
import {
  findKnownDevice,
  forgetDevices,
  isKnownDevice,
  noteDevice as note,
  sweepDevices,
} from './devices.ts'

const one = '1'.repeat(64)
const two = '2'.repeat(64)

const noteDevice: typeof note = (store, device) =>
  store.db.transaction().execute((db) => note({ ...store, db }, device))

async function open(t: TestContext) {
  const store = await openAccounts(t)
  const add = async (email: string) => {
    const account = await createAccount(store, {
      email,
      name: 'x',
      role: 'member',
      passwordHash: null,
    })
    assert.ok(account)
    return account.id
  }
  return { ...store, ann: await add('Ann@site.example'), bob: await add('bob@site.example') }
}

test('devices: a sign-in in a new browser is told from one in a known one, the first of the account included', async (t) => {
  const store = await open(t)
  const { ann, bob } = store
  assert.equal(await noteDevice(store, { accountId: ann, deviceId: one }), 'new')
  assert.equal(await noteDevice(store, { accountId: ann, deviceId: one }), 'known')
  assert.equal(await noteDevice(store, { accountId: ann, deviceId: two }), 'new')
  assert.equal(await noteDevice(store, { accountId: bob, deviceId: two }), 'new')
})

test('devices: a device is known to the account that was signed in to, and to no other', async (t) => {
  const store = await open(t)
  const { ann, bob } = store
  await noteDevice(store, { accountId: ann, deviceId: one })
  const cases = [
    { accountId: ann, emailKey: 'ann@site.example', deviceId: one, want: true },
    { accountId: ann, emailKey: 'ann@site.example', deviceId: two, want: false },
    { accountId: ann, emailKey: 'ann@site.example', deviceId: null, want: false },
    { accountId: ann, emailKey: 'ann@site.example', deviceId: '', want: false },
    { accountId: bob, emailKey: 'bob@site.example', deviceId: one, want: false },
    { accountId: bob, emailKey: 'bob@site.example', deviceId: null, want: false },
    { accountId: 'nobody', emailKey: 'nobody@site.example', deviceId: one, want: false },
  ]
  for (const { accountId, emailKey, deviceId, want } of cases) {
    assert.equal(await isKnownDevice(store, { accountId, deviceId }), want)
    assert.equal(await findKnownDevice(store, { emailKey, deviceId }), want ? deviceId : null)
  }
})

test('devices: twenty sign-ins at once in one new browser are one piece of news', async (t) => {
  const store = await open(t)
  const signIn = (deviceId: string) => noteDevice(store, { accountId: store.ann, deviceId })
  const first = await Promise.all(Array.from({ length: 20 }, () => signIn(one)))
  assert.equal(first.filter((was) => was === 'new').length, 1)
  assert.equal(first.filter((was) => was === 'known').length, 19)
  const second = await Promise.all(Array.from({ length: 20 }, () => signIn(two)))
  assert.equal(second.filter((was) => was === 'new').length, 1)
})

test('devices: after all are forgotten the next sign-in is news', async (t) => {
  const store = await open(t)
  const { ann } = store
  await noteDevice(store, { accountId: ann, deviceId: one })
  await noteDevice(store, { accountId: ann, deviceId: two })
  assert.equal(await forgetDevices(store, { accountId: ann, except: two }), 1)
  assert.equal(await isKnownDevice(store, { accountId: ann, deviceId: one }), false)
  assert.equal(await isKnownDevice(store, { accountId: ann, deviceId: two }), true)
  assert.equal(await forgetDevices(store, { accountId: ann, except: null }), 1)
  assert.equal(await noteDevice(store, { accountId: ann, deviceId: two }), 'new')
})

test('devices: the sweep deletes what no browser can still be', async (t) => {
  const store = await open(t)
  const { ann, clock } = store
  await noteDevice(store, { accountId: ann, deviceId: one })
  clock.advance(400 * 86_400_000 - 1)
  assert.equal(await sweepDevices(store), 0)
  clock.advance(1)
  assert.equal(await sweepDevices(store), 1)
  assert.equal(await noteDevice(store, { accountId: ann, deviceId: one }), 'new')
})

test('devices: they are bounded, the least recently used go first, and all go with the account', async (t) => {
  const store = await open(t)
  const { ann, db, clock } = store
  for (let at = 0; at < 105; at += 1) {
    clock.advance(1)
    await noteDevice(store, { accountId: ann, deviceId: at.toString(16).padStart(64, '0') })
  }
  const rows = await db.selectFrom('demijohn_devices').select('deviceId').execute()
  assert.equal(rows.length, 100)
  assert.equal(await isKnownDevice(store, { accountId: ann, deviceId: '0'.repeat(64) }), false)
  await db.deleteFrom('demijohn_accounts').where('id', '=', ann).execute()
  assert.deepEqual(await db.selectFrom('demijohn_devices').selectAll().execute(), [])
})
