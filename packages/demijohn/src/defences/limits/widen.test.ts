import assert from 'node:assert/strict'
import { test } from 'node:test'
import { widerNetworks } from './widen.ts'

const cases = {
  '203.0.113.77': ['203.0.113.0/24', '203.0.0.0/16'],
  '255.255.255.255': ['255.255.255.0/24', '255.255.0.0/16'],
  '2001:db8:1:2::/64': ['2001:db8:1::/48', '2001:db8::/32'],
  '::/64': ['::/48', '::/32'],
  'account 0190a': [],
  unknown: [],
  '': [],
} as const
for (const [key, want] of Object.entries(cases)) {
  test(`limits: the networks of ${JSON.stringify(key)}`, () => {
    assert.deepEqual(widerNetworks(key), want)
  })
}
