import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from '../core/bytes.ts'
import { delayAfter } from './retry.ts'

const least = (length: number): Buffer => Buffer.alloc(length, 0x00)
const most = (length: number): Buffer => Buffer.alloc(length, 0xff)
const seconds = (milliseconds: number | undefined): number => (milliseconds ?? Number.NaN) / 1000

test('retry: delays double from half a minute to an hour, and the twelfth attempt is the last', () => {
  const longest = Array.from({ length: 12 }, (_, at) =>
    Math.round(seconds(delayAfter(at + 1, most))),
  )
  const doubling = [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600]
  assert.deepEqual(longest, [...doubling, Number.NaN])
  const shortest = Array.from({ length: 11 }, (_, at) => seconds(delayAfter(at + 1, least)))
  assert.deepEqual(
    shortest,
    doubling.map((delay) => delay / 2),
  )
})

test('retry: mails that failed together are not tried together', () => {
  const delays = new Set(Array.from({ length: 200 }, () => delayAfter(5, systemRandom)))
  assert.ok(delays.size > 150)
  for (const delay of delays) assert.ok(seconds(delay) >= 240 && seconds(delay) <= 480)
})
