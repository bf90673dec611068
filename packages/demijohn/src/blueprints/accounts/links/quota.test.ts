import assert from 'node:assert/strict'
import test from 'node:test'
import { openAccounts } from '../storeFixture.ts'
import { spendMail } from './quota.ts'

const ada = { kind: 'reset', address: 'ada@press.example' }

test('five mails an hour go to an address, however it is spelled, and the next hour is new', async (t) => {
  const store = await openAccounts(t)
  const spellings = ['ada@press.example', 'ADA@press.example', 'Ada@Press.Example']
  const went: boolean[] = []
  for (let at = 0; at < 9; at += 1) {
    went.push(await spendMail(store, { kind: 'reset', address: spellings[at % 3] ?? '' }))
    store.clock.advance(60_000)
  }
  assert.deepEqual(went, [true, true, true, true, true, false, false, false, false])
  store.clock.advance(51 * 60_000 - 1)
  assert.equal(await spendMail(store, ada), false)
  store.clock.advance(1)
  assert.equal(await spendMail(store, ada), true)
})

test('asking again and again does not put the next hour off', async (t) => {
  const store = await openAccounts(t)
  let went = 0
  for (let minute = 0; minute < 180; minute += 1) {
    if (await spendMail(store, ada)) went += 1
    store.clock.advance(60_000)
  }
  assert.equal(went, 15)
})

test('other addresses and other kinds of mail have an allowance of their own', async (t) => {
  const store = await openAccounts(t)
  for (let at = 0; at < 6; at += 1) await spendMail(store, ada)
  assert.equal(await spendMail(store, ada), false)
  assert.equal(await spendMail(store, { ...ada, kind: 'registration' }), true)
  assert.equal(await spendMail(store, { ...ada, address: 'eve@press.example' }), true)
})

test('of twenty at once five go', async (t) => {
  const store = await openAccounts(t)
  const went = await Promise.all(Array.from({ length: 20 }, () => spendMail(store, ada)))
  assert.equal(went.filter(Boolean).length, 5)
})

test('the address cannot be read from what is counted', async (t) => {
  const store = await openAccounts(t)
  await spendMail(store, ada)
  const rows = await store.db.selectFrom('demijohn_throttles').selectAll().execute()
  assert.equal(rows.length, 1)
  assert.doesNotMatch(JSON.stringify(rows), /ada|press/)
})
