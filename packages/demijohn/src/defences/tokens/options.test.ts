import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Misconfiguration } from '../../core/misconfiguration.ts'
import { type TokenChoices, tokenOptions } from './options.ts'

const client = { name: 'CLI', scopes: ['post:read'] }

test('token options: what is left out is short and asymmetric', () => {
  const options = tokenOptions({ clients: { cli: client } })
  assert.equal(options.algorithm, 'EdDSA')
  assert.equal(options.accessMinutes, 5)
  assert.deepEqual(options.clients.get('cli'), client)
  assert.ok(Object.isFrozen(options))
})

test('token options: HS256 only where it is said that nobody else verifies', () => {
  const options = tokenOptions({ algorithm: 'HS256', verifiedBy: 'this service alone' })
  assert.equal(options.algorithm, 'HS256')
})

/** As callers without types may write them. */
const wrong: Readonly<Record<string, object>> = {
  'HS256 without a word': { algorithm: 'HS256' },
  'HS256 for others as well': { algorithm: 'HS256', verifiedBy: 'everybody' },
  'that word without HS256': { algorithm: 'EdDSA', verifiedBy: 'this service alone' },
  'no algorithm at all': { algorithm: 'none' },
  'tokens of two hours': { accessMinutes: 120 },
  'tokens without an end': { accessMinutes: Number.POSITIVE_INFINITY },
  'half a minute': { accessMinutes: 0.5 },
  'personal tokens without an end': { personalDays: 10_000 },
  'an idle time beyond the end': { refreshIdleDays: 80, refreshDays: 30 },
  'a prefix that is none': { prefix: 'My_Site' },
  'an option that is none': { lifetime: 5 },
  'a client without a name': { clients: { cli: { ...client, name: ' ' } } },
  'a client without scopes': { clients: { cli: { ...client, scopes: [] } } },
  'a scope with a blank': { clients: { cli: { ...client, scopes: ['a b'] } } },
  'a client id with a blank': { clients: { 'a b': client } },
}

for (const [name, given] of Object.entries(wrong)) {
  test(`token options: ${name} stops the start`, () => {
    assert.throws(() => tokenOptions(given as TokenChoices), Misconfiguration)
  })
}
