import assert from 'node:assert/strict'
import test from 'node:test'
import { encodeBase32 } from '../../../defences/factors/base32.ts'
import { totp } from '../../../defences/factors/oneTimeCodes.ts'
import { addPasskey, openFactors, person, revisionOf, setUpApp, twenty } from './factorFixture.ts'
import { countRecoveryCodes, makeRecoveryCodes } from './recoveryCodes.ts'
import { hasSecondFactor } from './store.ts'
import { beginTotp, confirmTotp, findTotp, pendingTotp, removeTotp, useTotp } from './totp.ts'

const step = 30_000

test('an app counts for nothing before its first right code', async (t) => {
  const { store, accountId, clock } = await openFactors(t)
  assert.equal(await pendingTotp(store, accountId), undefined)
  await beginTotp(store, accountId)
  const secret = await pendingTotp(store, accountId)
  assert.ok(secret)
  const typed = totp(secret, clock.now())
  assert.equal(await useTotp(store, { accountId, typed }), 'wrong')
  assert.equal(await hasSecondFactor(store, accountId), false)
  assert.equal(await findTotp(store, accountId), undefined)
  assert.equal(await confirmTotp(store, { accountId, typed: '000000' }), 'wrong')
  assert.equal(await revisionOf(store, accountId), 0)
  assert.equal(await confirmTotp(store, { accountId, typed }), 'confirmed')
  assert.equal(await hasSecondFactor(store, accountId), true)
  assert.deepEqual(await findTotp(store, accountId), { since: clock.now() })
  assert.equal(await pendingTotp(store, accountId), undefined)
  assert.equal(await revisionOf(store, accountId), 1)
})

test('[asvs 6.5.1] the code that set an app up does not sign in; the next does, once', async (t) => {
  const { store, accountId, clock } = await openFactors(t)
  const secret = await setUpApp(store, accountId)
  const first = totp(secret, clock.now())
  assert.equal(await useTotp(store, { accountId, typed: first }), 'used')
  clock.advance(step)
  const next = totp(secret, clock.now())
  assert.equal(await useTotp(store, { accountId, typed: first }), 'used')
  assert.equal(await useTotp(store, { accountId, typed: next }), 'taken')
  assert.equal(await useTotp(store, { accountId, typed: next }), 'used')
  clock.advance(2 * step)
  assert.equal(await useTotp(store, { accountId, typed: next }), 'wrong')
})

test('[asvs 6.5.1] of twenty uses of one code at once, one succeeds', async (t) => {
  const { store, accountId, clock } = await openFactors(t)
  const secret = await setUpApp(store, accountId)
  for (let round = 0; round < 5; round += 1) {
    clock.advance(step)
    const typed = totp(secret, clock.now())
    const outcomes = await twenty(() => useTotp(store, { accountId, typed }))
    assert.deepEqual(outcomes, ['taken', ...Array.from({ length: 19 }, () => 'used')])
  }
})

test('of twenty confirmations by one code at once, one succeeds', async (t) => {
  const { store, accountId, clock } = await openFactors(t)
  await beginTotp(store, accountId)
  const secret = await pendingTotp(store, accountId)
  assert.ok(secret)
  const typed = totp(secret, clock.now())
  const outcomes = await twenty(() => confirmTotp(store, { accountId, typed }))
  assert.deepEqual(outcomes, ['confirmed', ...Array.from({ length: 19 }, () => 'over')])
  assert.equal(await revisionOf(store, accountId), 1)
})

test('a secret waits half an hour for its first code, and gives way to a newer one', async (t) => {
  const { store, accountId, clock } = await openFactors(t)
  await beginTotp(store, accountId)
  const first = await pendingTotp(store, accountId)
  await beginTotp(store, accountId)
  const second = await pendingTotp(store, accountId)
  assert.ok(first && second)
  assert.notDeepEqual(first, second)
  const now = clock.now()
  assert.equal(await confirmTotp(store, { accountId, typed: totp(first, now) }), 'wrong')
  clock.advance(30 * 60_000)
  assert.equal(await pendingTotp(store, accountId), undefined)
  const late = totp(second, clock.now())
  assert.equal(await confirmTotp(store, { accountId, typed: late }), 'over')
})

test('a new telephone: the app in use stays in use until the new one shows its first code', async (t) => {
  const { store, accountId, clock } = await openFactors(t)
  const old = await setUpApp(store, accountId)
  clock.advance(step)
  await beginTotp(store, accountId)
  const fresh = await pendingTotp(store, accountId)
  assert.ok(fresh)
  const both = () => [totp(old, clock.now()), totp(fresh, clock.now())] as const
  const [oldCode, freshCode] = both()
  assert.equal(await useTotp(store, { accountId, typed: freshCode }), 'wrong')
  assert.equal(await useTotp(store, { accountId, typed: oldCode }), 'taken')
  assert.equal(await confirmTotp(store, { accountId, typed: oldCode }), 'wrong')
  assert.equal(await confirmTotp(store, { accountId, typed: freshCode }), 'confirmed')
  assert.equal(await revisionOf(store, accountId), 2)
  clock.advance(step)
  const [dead, live] = both()
  assert.equal(await useTotp(store, { accountId, typed: dead }), 'wrong')
  assert.equal(await useTotp(store, { accountId, typed: live }), 'taken')
})

test('the table holds no secret that can be read, and a row moved to another account is no use', async (t) => {
  const { store, accountId, clock, db } = await openFactors(t)
  const secret = await setUpApp(store, accountId)
  const rows = JSON.stringify(await db.selectFrom('demijohn_totp').selectAll().execute())
  assert.equal(rows.includes(encodeBase32(secret)), false)
  const other = await person(store, 'bob')
  await db.updateTable('demijohn_totp').set({ accountId: other }).execute()
  clock.advance(step)
  const typed = totp(secret, clock.now())
  await assert.rejects(useTotp(store, { accountId: other, typed }), /KEYS/)
  assert.equal(await useTotp(store, { accountId, typed }), 'wrong')
})

test('a secret that no key opens takes no code, and gives way to another app', async (t) => {
  const { store, accountId, clock, db } = await openFactors(t)
  await setUpApp(store, accountId)
  for (const secret of ['', store.sealed.seal('another', accountId, 'MZXW6YTB.')]) {
    await db.updateTable('demijohn_totp').set({ secret, lastStep: null }).execute()
    for (const typed of ['', '000000', totp(Buffer.alloc(0), clock.now())]) {
      await assert.rejects(useTotp(store, { accountId, typed }), /KEYS/)
    }
    assert.equal(await hasSecondFactor(store, accountId), true)
    await beginTotp(store, accountId)
    for (const typed of ['000000', totp(Buffer.alloc(0), clock.now())]) {
      await assert.rejects(useTotp(store, { accountId, typed }), /KEYS/)
    }
  }
  const fresh = await pendingTotp(store, accountId)
  assert.ok(fresh)
  const typed = totp(fresh, clock.now())
  assert.equal(await confirmTotp(store, { accountId, typed }), 'confirmed')
})

test('one person’s code is not another’s', async (t) => {
  const { store, accountId, clock } = await openFactors(t)
  const secret = await setUpApp(store, accountId)
  const other = await person(store, 'bob')
  const mine = await setUpApp(store, other)
  clock.advance(step)
  const theirs = totp(secret, clock.now())
  assert.equal(await useTotp(store, { accountId: other, typed: theirs }), 'wrong')
  assert.equal(await useTotp(store, { accountId: other, typed: totp(mine, clock.now()) }), 'taken')
})

test('[asvs 6.5.6] an app is taken back, its recovery codes with it', async (t) => {
  const { store, accountId, clock } = await openFactors(t)
  const remove = () => removeTotp(store, { accountId, mustKeep: 'none' })
  assert.equal(await remove(), 'none')
  const secret = await setUpApp(store, accountId)
  await makeRecoveryCodes(store, accountId)
  assert.deepEqual(await twenty(remove), [...Array.from({ length: 19 }, () => 'none'), 'removed'])
  assert.equal(await revisionOf(store, accountId), 3)
  assert.equal(await hasSecondFactor(store, accountId), false)
  assert.equal(await countRecoveryCodes(store, accountId), 0)
  clock.advance(step)
  const typed = totp(secret, clock.now())
  assert.equal(await useTotp(store, { accountId, typed }), 'wrong')
})

test('the last factor of somebody whose role demands one stays; beside a passkey it goes', async (t) => {
  const { store, accountId } = await openFactors(t)
  const remove = () => removeTotp(store, { accountId, mustKeep: 'one' })
  await setUpApp(store, accountId)
  await makeRecoveryCodes(store, accountId)
  assert.equal(await remove(), 'last')
  assert.equal(await hasSecondFactor(store, accountId), true)
  await addPasskey(store, await person(store, 'bob'))
  assert.equal(await remove(), 'last')
  await addPasskey(store, accountId)
  assert.equal(await remove(), 'removed')
  assert.equal(await hasSecondFactor(store, accountId), true)
  assert.equal(await countRecoveryCodes(store, accountId), 10)
})

test('a write that is rolled back changes nothing', async (t) => {
  const { store, accountId, clock, db } = await openFactors(t)
  await beginTotp(store, accountId)
  const secret = await pendingTotp(store, accountId)
  assert.ok(secret)
  const typed = totp(secret, clock.now())
  const failing = db.transaction().execute(async (transaction) => {
    const outcome = await confirmTotp({ ...store, db: transaction }, { accountId, typed })
    throw new Error(outcome)
  })
  await assert.rejects(failing, /confirmed/)
  assert.equal(await hasSecondFactor(store, accountId), false)
  assert.equal(await revisionOf(store, accountId), 0)
  assert.equal(await confirmTotp(store, { accountId, typed }), 'confirmed')
})

test('totp: a secret that waits is shown to the session that began it, and confirmed by it, alone', async (t) => {
  const { store, accountId, clock } = await openFactors(t)
  await beginTotp(store, accountId)
  const secret = await pendingTotp(store, accountId)
  assert.ok(secret)
  const typed = totp(secret, clock.now())
  for (const sessionId of ['another', '', null]) {
    const elsewhere = { ...store, sessionId }
    assert.equal(await pendingTotp(elsewhere, accountId), undefined)
    assert.equal(await confirmTotp(elsewhere, { accountId, typed }), 'over')
  }
  // Whoever begins it anew elsewhere sees another secret, and takes the first one's place.
  const elsewhere = { ...store, sessionId: 'another' }
  await beginTotp(elsewhere, accountId)
  assert.notDeepEqual(await pendingTotp(elsewhere, accountId), secret)
  assert.equal(await confirmTotp(store, { accountId, typed }), 'over')
})
