import assert from 'node:assert/strict'
import test from 'node:test'
import { openFactors, person, revisionOf, twenty } from './factorFixture.ts'
import { countRecoveryCodes, makeRecoveryCodes, useRecoveryCode } from './recoveryCodes.ts'

test('[asvs 6.5.1] a recovery code works once; of twenty uses at once, one succeeds', async (t) => {
  const { store, accountId } = await openFactors(t)
  const codes = await makeRecoveryCodes(store, accountId)
  assert.equal(codes.length, 10)
  for (const [at, typed] of codes.entries()) {
    const used = await twenty(() => useRecoveryCode(store, { accountId, typed }))
    const left = used.flatMap((one) => (one === undefined ? [] : [one.left]))
    assert.deepEqual(left, [9 - at])
    assert.equal(await useRecoveryCode(store, { accountId, typed }), undefined)
  }
  assert.equal(await countRecoveryCodes(store, accountId), 0)
})

test('new codes void the old ones, used or not', async (t) => {
  const { store, accountId } = await openFactors(t)
  const old = await makeRecoveryCodes(store, accountId)
  await useRecoveryCode(store, { accountId, typed: old[0] ?? '' })
  const fresh = await makeRecoveryCodes(store, accountId)
  assert.equal(await countRecoveryCodes(store, accountId), 10)
  assert.equal(await revisionOf(store, accountId), 2)
  for (const typed of old) {
    assert.equal(await useRecoveryCode(store, { accountId, typed }), undefined)
  }
  const typed = fresh[0]?.toLowerCase().replaceAll('-', ' ') ?? ''
  assert.deepEqual(await useRecoveryCode(store, { accountId, typed }), { left: 9 })
})

test('two that are made at once leave one set of ten', async (t) => {
  const { store, accountId } = await openFactors(t)
  await twenty(() => makeRecoveryCodes(store, accountId))
  assert.equal(await countRecoveryCodes(store, accountId), 10)
})

test('one person’s recovery code is not another’s, and what is no code is nobody’s', async (t) => {
  const { store, accountId } = await openFactors(t)
  const other = await person(store, 'bob')
  const [mine = ''] = await makeRecoveryCodes(store, accountId)
  const [theirs = ''] = await makeRecoveryCodes(store, other)
  for (const typed of [theirs, '', 'x', '123456', `${mine}A`, mine.slice(1)]) {
    assert.equal(await useRecoveryCode(store, { accountId, typed }), undefined)
  }
  assert.deepEqual(await useRecoveryCode(store, { accountId, typed: mine }), { left: 9 })
  assert.equal(await countRecoveryCodes(store, other), 10)
})

test('[asvs 6.5.2] the table holds no code', async (t) => {
  const { store, accountId, db } = await openFactors(t)
  const codes = await makeRecoveryCodes(store, accountId)
  const rows = await db.selectFrom('demijohn_recovery_codes').selectAll().execute()
  assert.equal(rows.length, 10)
  const text = JSON.stringify(rows).toUpperCase().replaceAll('-', '')
  for (const code of codes) assert.equal(text.includes(code.replaceAll('-', '')), false)
})
