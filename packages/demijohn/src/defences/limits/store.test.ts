import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { manualClock } from '../../core/clock.ts'
import { type LimitPlan, planRoute } from './plan.ts'
import { memoryLimitStore } from './store.ts'

function fresh(shrink = 1) {
  const clock = manualClock(Date.UTC(2026, 0, 1))
  // The same hashes each time: how many cells are taken is a matter of chance otherwise.
  let drawn = 0
  const random = (length: number) => {
    drawn += 1
    return hash('sha256', `draw ${drawn}`, 'buffer').subarray(0, length)
  }
  return { clock, store: memoryLimitStore({ clock, random, shrink }) }
}

function planOf(id: string, ...limits: readonly string[]): LimitPlan {
  const { client } = planRoute(id, limits, [])
  assert.ok(client)
  return client
}

const ipv4 = (number: number) => [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.')

test('limit store: answers at once, without a promise', () => {
  const { store } = fresh()
  assert.equal(store.take(planOf('a', '1 per day'), '192.0.2.1') instanceof Promise, false)
})

test('limit store: a small site uses little', () => {
  const { store } = fresh()
  for (let client = 0; client < 100; client += 1) store.take(planOf('a', '9 per day'), ipv4(client))
  assert.ok(store.bytes() < 256 * 1024, String(store.bytes()))
})

test('[asvs 2.4.1] limit store: a limited address stays limited through any noise', () => {
  const { store } = fresh(64)
  const plan = planOf('a', '2 per day')
  const limited = Array.from({ length: 50 }, (_, at) => `192.0.2.${at}`)
  for (const key of limited) {
    store.take(plan, key)
    store.take(plan, key)
  }
  for (let noise = 0; noise < 300_000; noise += 1) store.take(plan, ipv4(0x0a000000 + noise))
  for (const key of limited) assert.equal(store.take(plan, key).allowed, false, key)
})

test('[asvs 2.4.1] limit store: any number of addresses is remembered in bounded room', () => {
  const { store } = fresh(64)
  const plan = planOf('a', '2 per day', '1000 per day')
  for (let noise = 0; noise < 100_000; noise += 1) store.take(plan, ipv4(0x0a000000 + noise))
  const before = store.bytes()
  for (let noise = 0; noise < 200_000; noise += 1) store.take(plan, ipv4(0x14000000 + noise))
  // A 64th of what a whole store may have: ten times as many addresses change nothing.
  assert.ok(before <= 1024 * 1024 && store.bytes() <= 1024 * 1024, String(store.bytes()))
})

test('limit store: a full table refuses nobody for being new', () => {
  const { store } = fresh(64)
  const plan = planOf('a', '2 per day')
  // One owner of an IPv6 /32 takes every cell that there is.
  for (let noise = 0; noise < 200_000; noise += 1) {
    store.take(plan, `2001:db8:${(noise >>> 4).toString(16)}:${(noise & 15).toString(16)}::/64`)
  }
  for (let other = 0; other < 200; other += 1) {
    const key = `198.${other}.7.9`
    assert.equal(store.take(plan, key).allowed, true, key)
  }
})

test('limit store: under pressure neighbours share an allowance, and it is never exceeded', () => {
  const { store, clock } = fresh(64)
  const plan = planOf('a', '2 per day')
  for (let noise = 0; noise < 200_000; noise += 1) store.take(plan, ipv4(0x0a000000 + noise))
  const neighbours = Array.from({ length: 200 }, (_, at) => `203.0.113.${at}`)
  const admitted = [1, 2, 3].flatMap(() =>
    neighbours.filter((key) => store.take(plan, key).allowed),
  )
  // Two together, and two more for each that a cell was left for.
  assert.ok(admitted.length >= 2 && admitted.length < 20, String(admitted.length))
  for (const key of neighbours) assert.ok(admitted.filter((one) => one === key).length <= 2, key)
  // Once cells are free again, whoever used the network's allowance does not begin anew.
  clock.advance(43_200_000)
  const again = neighbours.filter((key) => store.take(plan, key).allowed)
  assert.ok(again.length >= 1)
  clock.advance(86_400_000)
  assert.equal(
    neighbours.every((key) => store.take(plan, key).allowed),
    true,
  )
})

test('limit store: a flood of one route does not take the room of another', () => {
  const { store } = fresh(64)
  const [flooded, quiet] = [planOf('a', '2 per day'), planOf('b', '2 per day')]
  store.take(quiet, '192.0.2.1')
  for (let noise = 0; noise < 200_000; noise += 1) store.take(flooded, ipv4(0x0a000000 + noise))
  const neighbours = Array.from({ length: 50 }, (_, at) => `203.0.113.${at}`)
  assert.equal(
    neighbours.every((key) => store.take(quiet, key).allowed),
    true,
  )
})

test('limit store: keys that a client makes up are counted by the client when there is no room', () => {
  const { store } = fresh(128)
  const { client: plan } = planRoute('a', [{ allow: '2 per day', keyedBy: () => '' }], [])
  assert.ok(plan)
  const take = (client: string, key: string) => store.take(plan, client, [`key ${key}`]).allowed
  for (let noise = 0; noise < 50_000; noise += 1) take('192.0.2.1', String(noise))
  assert.equal(take('192.0.2.1', 'another'), false)
  assert.equal(take('198.51.100.1', 'somebody'), true)
})

test('limit store: what has refilled makes room without being swept', () => {
  const { store, clock } = fresh(64)
  const plan = planOf('a', '2 per minute')
  for (let round = 0; round < 5; round += 1) {
    for (let client = 0; client < 400; client += 1) {
      assert.equal(store.take(plan, ipv4(round * 1_000_000 + client)).allowed, true)
    }
    clock.advance(60_000)
  }
  const { store: once } = fresh(64)
  for (let client = 0; client < 400; client += 1) once.take(plan, ipv4(client))
  assert.ok(store.bytes() <= once.bytes() * 2)
})
