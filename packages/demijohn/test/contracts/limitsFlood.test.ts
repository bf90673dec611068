/** The room that limits take under a flood, counted in bytes and not in time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { flood, floods } from './limitsFlood.ts'

const mostBytes = 64 * 1024 * 1024

test('[asvs 15.2.2] limit store: ten million addresses on 192 routes stay within 64 MiB, and whoever is limited stays limited', () => {
  const result = flood(10_000_000, floods.spread, 192)
  assert.ok(result.bytes <= mostBytes, String(result.bytes))
  // Not by our own count alone: what the engine says that it holds, before it collects.
  assert.ok(result.arrayBufferBytes >= result.bytes, String(result.arrayBufferBytes))
  // All but what the networks' tables may still grow by is in use: more would change little.
  assert.ok(result.bytes > 40 * 1024 * 1024, String(result.bytes))
  assert.equal(result.limitedBefore, 19_200)
  assert.equal(result.limitedAfter, 19_200)
})

test('limit store: a flood of a hundred routes shuts no newcomer out of another', () => {
  const result = flood(2_500_000, floods.spread, 100)
  assert.equal(result.newcomersAllowed, 100)
})

test('[asvs 2.4.1] limit store: an owner of many IPv6 networks shuts no newcomer out', () => {
  const result = flood(1_800_000, floods.ipv6, 1)
  assert.ok(result.bytes <= mostBytes, String(result.bytes))
  assert.equal(result.limitedAfter, 100)
  assert.equal(result.newcomersAllowed, 100)
})
