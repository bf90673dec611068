import assert from 'node:assert/strict'
import test from 'node:test'
import { createAccount } from './data.ts'
import { openAccounts } from './storeFixture.ts'
import { createTicket, findTicket, redeemTicket, sweepTickets, voidTickets } from './tickets.ts'

const ada = { email: 'Ada@Press.Example', name: 'Ada', role: 'member' }

test('[asvs 6.6.2] a ticket works once, of twenty at once too, and for its purpose alone', async (t) => {
  const store = await openAccounts(t)
  const account = await createAccount(store, { ...ada, passwordHash: null })
  const accountId = account?.id ?? null
  const secret = await createTicket(store, { purpose: 'reset', accountId, ttlMinutes: 15 })
  assert.equal(await redeemTicket(store, { secret, purpose: 'setup' }), undefined)
  assert.equal((await findTicket(store, { secret, purpose: 'reset' }))?.accountId, accountId)
  const redeemed = await Promise.all(
    Array.from({ length: 20 }, () => redeemTicket(store, { secret, purpose: 'reset' })),
  )
  assert.deepEqual(
    redeemed.flatMap((ticket) => (ticket === undefined ? [] : [ticket.accountId])),
    [accountId],
  )
  assert.equal(await findTicket(store, { secret, purpose: 'reset' }), undefined)
  for (const wrong of ['', 'x', secret.slice(1), `${secret}A`, 'A'.repeat(43)]) {
    assert.equal(await redeemTicket(store, { secret: wrong, purpose: 'reset' }), undefined)
  }
})

test('a ticket works up to the millisecond before its end', async (t) => {
  const store = await openAccounts(t)
  const input = { purpose: 'setup', accountId: null, ttlMinutes: 15 }
  const [early, late] = [await createTicket(store, input), await createTicket(store, input)]
  store.clock.advance(15 * 60_000 - 1)
  assert.ok(await redeemTicket(store, { secret: early, purpose: 'setup' }))
  store.clock.advance(1)
  assert.equal(await redeemTicket(store, { secret: late, purpose: 'setup' }), undefined)
  assert.equal(await sweepTickets(store), 2)
  await assert.rejects(createTicket(store, { ...input, ttlMinutes: 0 }), RangeError)
})

test('the database holds no secret of a ticket, and voided tickets are dead', async (t) => {
  const store = await openAccounts(t)
  const account = await createAccount(store, { ...ada, passwordHash: null })
  assert.ok(account)
  const ticket = { purpose: 'reset', accountId: account.id }
  const secret = await createTicket(store, { ...ticket, ttlMinutes: 15 })
  const rows = await store.db.selectFrom('demijohn_tickets').selectAll().execute()
  assert.equal(rows.length, 1)
  assert.equal(JSON.stringify(rows).includes(secret), false)
  await voidTickets(store, ticket)
  assert.equal(await redeemTicket(store, { secret, purpose: 'reset' }), undefined)
})

test('voiding without a purpose takes every link of the account, and no other account’s', async (t) => {
  const store = await openAccounts(t)
  const account = await createAccount(store, { ...ada, passwordHash: null })
  const other = await createAccount(store, { ...ada, email: 'other@a.example', passwordHash: null })
  assert.ok(account && other)
  const made = async (accountId: string, purpose: string) =>
    createTicket(store, { purpose, accountId, ttlMinutes: 15 })
  const [reset, welcome] = [await made(account.id, 'reset'), await made(account.id, 'welcome')]
  const kept = await made(other.id, 'welcome')
  await voidTickets(store, { accountId: account.id })
  assert.equal(await redeemTicket(store, { secret: reset, purpose: 'reset' }), undefined)
  assert.equal(await redeemTicket(store, { secret: welcome, purpose: 'welcome' }), undefined)
  assert.ok(await redeemTicket(store, { secret: kept, purpose: 'welcome' }))
})
