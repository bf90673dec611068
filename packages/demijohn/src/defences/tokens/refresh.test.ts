import assert from 'node:assert/strict'
import { test } from 'node:test'
import { now } from './keysFixture.ts'
import { decideRefresh, type Presented, type RefreshRow } from './refresh.ts'

const fresh: RefreshRow = {
  clientId: 'reader',
  expiresAt: now + 1,
  usedAt: null,
  familyEndedAt: null,
  familyExpiresAt: now + 1,
  boundTo: null,
}
const presented: Presented = { clientId: 'reader', boundTo: undefined, now }

function verdictOf(row: Partial<RefreshRow> | undefined, by: Partial<Presented> = {}): string {
  const decision = decideRefresh(row === undefined ? undefined : { ...fresh, ...row }, {
    ...presented,
    ...by,
  })
  if (decision.allowed) return 'allowed'
  return decision.endsFamily ? `${decision.reason}, family ends` : decision.reason
}

test('[asvs 10.4.5] refresh: once, and shown again it ends its family, whoever shows it and when', () => {
  assert.equal(verdictOf({}), 'allowed')
  assert.equal(verdictOf({ usedAt: now }), 'reused, family ends')
  assert.equal(verdictOf({ usedAt: 0 }), 'reused, family ends')
  assert.equal(verdictOf({ usedAt: now - 9, expiresAt: now - 5 }), 'reused, family ends')
  assert.equal(verdictOf({ usedAt: now }, { clientId: 'other' }), 'reused, family ends')
  assert.equal(verdictOf({ usedAt: now, boundTo: 'a' }, { boundTo: 'b' }), 'reused, family ends')
  assert.equal(verdictOf({ usedAt: now, familyEndedAt: now }), 'family-ended')
  assert.equal(verdictOf({ familyEndedAt: 0 }), 'family-ended')
  assert.equal(verdictOf(undefined), 'unknown')
})

test('[asvs 10.4.8] refresh: until it expires, and until its family does', () => {
  assert.equal(verdictOf({ expiresAt: now }), 'expired')
  assert.equal(verdictOf({ familyExpiresAt: now }), 'expired')
  assert.equal(verdictOf({ expiresAt: Number.NaN }), 'expired')
  assert.equal(verdictOf({}, { now: Number.NaN }), 'expired')
  assert.equal(verdictOf({}, { now: now + 1 }), 'expired')
})

test('[asvs 10.3.5] refresh: for its client, and its key where it has one', () => {
  assert.equal(verdictOf({}, { clientId: 'other' }), 'wrong-client')
  assert.equal(verdictOf({ boundTo: 'a' }, { boundTo: 'a' }), 'allowed')
  assert.equal(verdictOf({ boundTo: 'a' }, { boundTo: 'b' }), 'wrong-key')
  assert.equal(verdictOf({ boundTo: 'a' }), 'wrong-key')
  assert.equal(verdictOf({}, { boundTo: 'a' }), 'allowed')
})
