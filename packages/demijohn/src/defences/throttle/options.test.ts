import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Misconfiguration } from '../../core/misconfiguration.ts'
import { throttleOptions } from './options.ts'

test('throttle options: the table is whole and frozen', () => {
  const options = throttleOptions()
  assert.equal(Object.keys(options).length, 10)
  assert.ok(Object.isFrozen(options))
  for (const allowance of Object.values(options)) assert.ok(Object.isFrozen(allowance))
})

test('throttle options: counts that strangers share are never cleared by a success', () => {
  for (const kind of ['account', 'client', 'second-factor'] as const) {
    assert.equal(throttleOptions()[kind].afterSuccess, 'give back')
  }
})

test('throttle options: one allowance may be replaced', () => {
  const account = { ...throttleOptions().account, freeTries: 3 }
  assert.equal(throttleOptions({ account }).account.freeTries, 3)
  assert.equal(throttleOptions({ account }).device.freeTries, throttleOptions().device.freeTries)
})

const usual = throttleOptions().account
for (const [name, wrong] of Object.entries({
  'no free try at all': { freeTries: 0 },
  'tries without end': { freeTries: Number.POSITIVE_INFINITY },
  'half a try': { freeTries: 1.5 },
  'no wait': { firstWaitMilliseconds: 0 },
  'a longest wait shorter than the first': { longestWaitMilliseconds: 1_000 },
  'a wait of a week': { longestWaitMilliseconds: 7 * 86_400_000 },
  'forgetting at once': { forgetEveryMilliseconds: 0 },
  'forgetting before the wait is over': { forgetEveryMilliseconds: 14 * 60_000 },
  'not a number': { forgetEveryMilliseconds: Number.NaN },
})) {
  test(`throttle options: ${name} stops the start`, () => {
    assert.throws(() => throttleOptions({ account: { ...usual, ...wrong } }), Misconfiguration)
  })
}

test('throttle options: a kind that does not exist stops the start', () => {
  const given = { account: usual, acount: usual }
  assert.throws(() => throttleOptions(given), /throttle\.acount/)
})
