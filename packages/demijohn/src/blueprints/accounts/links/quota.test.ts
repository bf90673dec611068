import assert from 'node:assert/strict'
import test from 'node:test'
import { openAccounts } from '../storeFixture.ts'
import { spendMail } from './quota.ts'

const minute = 60_000
const ada = { kind: 'reset', address: 'ada@press.example', knownDeviceId: null }

test('two mails at once go to an address, however it is spelled, then one in twelve minutes', async (t) => {
  const store = await openAccounts(t)
  const spellings = ['ada@press.example', 'ADA@press.example', 'Ada@Press.Example']
  const went: number[] = []
  for (let at = 0; at < 60; at += 1) {
    if (await spendMail(store, { ...ada, address: spellings[at % 3] ?? '' })) went.push(at)
    store.clock.advance(minute)
  }
  assert.deepEqual(went, [0, 1, 12, 24, 36, 48])
})

test('to the millisecond, and after a quiet time two go at once again', async (t) => {
  const store = await openAccounts(t)
  const two = [await spendMail(store, ada), await spendMail(store, ada)]
  assert.deepEqual([...two, await spendMail(store, ada)], [true, true, false])
  store.clock.advance(12 * minute - 1)
  assert.equal(await spendMail(store, ada), false)
  store.clock.advance(1)
  assert.equal(await spendMail(store, ada), true)
  store.clock.advance(24 * minute)
  const again = []
  for (let at = 0; at < 4; at += 1) again.push(await spendMail(store, ada))
  assert.deepEqual(again, [true, true, false, false])
})

test('whatever somebody does, a mail of the last twelve minutes went out, or one can be had', async (t) => {
  for (const every of [1, 5, 7, 11, 13, 29]) {
    const store = await openAccounts(t)
    let last = Number.NEGATIVE_INFINITY
    for (let at = 0; at < 240; at += 1) {
      const isAsked = at % every === 0 || at - last >= 12
      if (isAsked && (await spendMail(store, ada))) last = at
      assert.ok(at - last <= 12, `${at - last} minutes without one`)
      store.clock.advance(minute)
    }
  }
})

test('a clock that ran ahead and was set back keeps nobody without mail', async (t) => {
  const store = await openAccounts(t)
  store.clock.advance(365 * 24 * 60 * minute)
  for (let at = 0; at < 3; at += 1) await spendMail(store, ada)
  store.clock.advance(-365 * 24 * 60 * minute)
  assert.equal(await spendMail(store, ada), true)
})

test('other addresses, kinds of mail and known browsers have an allowance of their own', async (t) => {
  const store = await openAccounts(t)
  for (let at = 0; at < 6; at += 1) await spendMail(store, ada)
  assert.equal(await spendMail(store, ada), false)
  assert.equal(await spendMail(store, { ...ada, kind: 'registration' }), true)
  assert.equal(await spendMail(store, { ...ada, address: 'eve@press.example' }), true)
  assert.equal(await spendMail(store, { ...ada, knownDeviceId: 'one' }), true)
})

test('of twenty at once two go', async (t) => {
  const store = await openAccounts(t)
  const went = await Promise.all(Array.from({ length: 20 }, () => spendMail(store, ada)))
  assert.equal(went.filter(Boolean).length, 2)
})

test('the address cannot be read from what is counted', async (t) => {
  const store = await openAccounts(t)
  await spendMail(store, ada)
  const rows = await store.db.selectFrom('demijohn_throttles').selectAll().execute()
  assert.equal(rows.length, 1)
  assert.doesNotMatch(JSON.stringify(rows), /ada|press/)
})
