import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  passwordKeys,
  presentPasswordKeys,
  secondFactorKeys,
  throttleKey,
  userCodeKeys,
} from './keys.ts'

const stranger = { emailKey: 'ann@site.example', knownDeviceId: null, clientAddress: '192.0.2.1' }

test('throttle keys: a stranger draws on the account and on the network', () => {
  assert.deepEqual(
    passwordKeys(stranger).map(({ kind }) => kind),
    ['account', 'client'],
  )
})

test('throttle keys: a known device draws on its own count alone', () => {
  const keys = passwordKeys({ ...stranger, knownDeviceId: 'd'.repeat(64) })
  assert.deepEqual(
    keys.map(({ kind }) => kind),
    ['device'],
  )
  const elsewhere = passwordKeys({
    ...stranger,
    knownDeviceId: 'd'.repeat(64),
    clientAddress: '203.0.113.9',
  })
  assert.deepEqual(keys, elsewhere)
})

test('throttle keys: an owner of an IPv6 /64 is one client', () => {
  const of = (clientAddress: string) => passwordKeys({ ...stranger, clientAddress })[1]?.id
  assert.equal(of('2001:db8:0:1::1'), of('2001:db8:0:1:ffff:ffff:ffff:ffff'))
  assert.notEqual(of('2001:db8:0:1::1'), of('2001:db8:0:2::1'))
  assert.notEqual(of('192.0.2.1'), of('192.0.2.2'))
})

test('throttle keys: codes of every unknown browser share a count', () => {
  const accountId = 'ann'
  assert.deepEqual(
    secondFactorKeys({ accountId, knownDeviceId: null }),
    secondFactorKeys({ accountId, knownDeviceId: null }),
  )
  const own = secondFactorKeys({ accountId, knownDeviceId: 'one' })[0]?.id
  assert.notEqual(own, secondFactorKeys({ accountId, knownDeviceId: 'two' })[0]?.id)
  assert.notEqual(own, secondFactorKeys({ accountId: 'bob', knownDeviceId: 'one' })[0]?.id)
})

test('throttle keys: the present password is counted by known browser, and by account above all', () => {
  const of = (knownDeviceId: string | null) =>
    presentPasswordKeys({ accountId: 'ann', knownDeviceId })
  const [one, two, none] = [of('one'), of('two'), of(null)]
  assert.equal(new Set([one[0]?.id, two[0]?.id, none[0]?.id]).size, 3)
  for (const keys of [one, two, none]) {
    assert.equal(keys.length, 2)
    assert.deepEqual(keys[1], one[1])
  }
  assert.notDeepEqual(one[1], presentPasswordKeys({ accountId: 'bob', knownDeviceId: 'one' })[1])
})

test('throttle keys: no two things that are counted share an id by their spelling', () => {
  const ids = [
    throttleKey('account', ['a', 'b']),
    throttleKey('account', ['ab']),
    throttleKey('account', ['a b']),
    throttleKey('account', ['a","b']),
    throttleKey('account', ['a\nb']),
    throttleKey('device', ['a', 'b']),
    throttleKey('client', ['ab']),
    ...presentPasswordKeys({ accountId: 'ab', knownDeviceId: null }),
    ...presentPasswordKeys({ accountId: 'a', knownDeviceId: 'b' }),
  ].map(({ id }) => id)
  assert.equal(new Set(ids).size, ids.length)
  for (const id of ids) assert.match(id, /^[0-9a-f]{64}$/)
})

test('throttle keys: codes of devices are counted by account and by network', () => {
  const of = (accountId: string, clientAddress: string) =>
    userCodeKeys({ accountId, clientAddress }).map(({ id }) => id)
  const [account, network] = of('ann', '2001:db8:0:1::1')
  assert.deepEqual(of('ann', '2001:db8:0:2::1')[0], account)
  assert.deepEqual(of('ben', '2001:db8:0:1::9')[1], network)
  assert.notDeepEqual(of('ben', '2001:db8:0:1::1')[0], account)
  assert.notDeepEqual(of('ann', '2001:db8:0:2::1')[1], network)
})
