/** Limits that processes share, and what becomes of them while the server is away. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { manualClock, systemClock } from '../../src/core/clock.ts'
import type { LimitVerdict } from '../../src/defences/limits/plan.ts'
import { type RedisCommand, redisLimitStore } from '../../src/defences/limits/redis.ts'
import { redisLimits } from '../../src/defences/limits/redisClient.ts'
import {
  type SharedLimits,
  type SharedLimitsChange,
  sharedLimitStore,
} from '../../src/defences/limits/shared.ts'
import { memoryLimitStore } from '../../src/defences/limits/store.ts'
import { connected, type RedisServer, startRedis, withoutRedis } from '../redis/redisFixture.ts'
import { planOf } from './limitsFixture.ts'

const skip = withoutRedis

async function withRedis(run: (server: RedisServer) => Promise<void>): Promise<void> {
  const server = await startRedis()
  try {
    await run(server)
  } finally {
    await server.close()
  }
}

/** Every command that was sent, and its reply. */
async function recorded(
  server: RedisServer,
): Promise<{ commands: string[][]; send: RedisCommand; close: () => Promise<void> }> {
  const { createClient } = await import('@redis/client')
  const client = createClient({ url: server.url })
  client.on('error', () => undefined)
  await client.connect()
  const commands: string[][] = []
  return {
    commands,
    send: (args) => {
      commands.push([...args])
      return client.sendCommand([...args])
    },
    close: async () => client.destroy(),
  }
}

test('shared limits: one round trip however many limits; the script is sent in full once', {
  skip,
}, async () => {
  await withRedis(async (server) => {
    const { commands, send, close } = await recorded(server)
    const store = redisLimitStore({ command: send })
    const plan = planOf('200 per day', '50 per hour', '10 per minute', '3 per second')
    for (let count = 0; count < 3; count += 1) assert.ok((await store.take(plan, 'x')).allowed)
    assert.deepEqual(
      commands.map(([name]) => name),
      ['EVALSHA', 'EVAL', 'EVALSHA', 'EVALSHA'],
    )
    // A server that was restarted, or told to forget, gets it again.
    await send(['SCRIPT', 'FLUSH'])
    assert.equal((await store.take(plan, 'x')).allowed, false)
    assert.equal(commands.at(-1)?.[0], 'EVAL')
    await close()
  })
})

test('shared limits: no key stays for ever, and none says whose it is', { skip }, async () => {
  await withRedis(async (server) => {
    const { send, close } = await recorded(server)
    const store = redisLimitStore({ command: send })
    const plan = planOf('5 per day', '7 per hour', { allow: '2 per second', keyedBy: () => 'x' })
    await store.take(plan, '192.0.2.1', [undefined, undefined, `key ${'long '.repeat(1_000)}`])
    const keys = await send(['KEYS', '*'])
    assert.ok(Array.isArray(keys) && keys.length === 3)
    const lives: number[] = []
    for (const key of keys) {
      assert.match(String(key), /^demijohn:limit:[A-Za-z0-9_-]{43}$/)
      lives.push(Number(await send(['PTTL', String(key)])))
    }
    // One request of 5 a day takes 17,280 s to be forgotten, of 7 an hour 515 s, of 2 a second half one.
    const [second = 0, hour = 0, day = 0] = lives.sort((a, b) => a - b)
    assert.ok(second > 0 && second <= 502, String(second))
    assert.ok(hour > 500_000 && hour <= 514_300, String(hour))
    assert.ok(day > 17_270_000 && day <= 17_280_002, String(day))
    await close()
  })
})

test('shared limits: without a clock of ours it is the time of the server', { skip }, async () => {
  await withRedis(async (server) => {
    const stores = [redisLimits({ url: server.url }), redisLimits({ url: server.url })]
    for (const store of stores) await connected(store)
    const plan = planOf('2 per second')
    const verdicts: LimitVerdict[] = []
    for (const store of [...stores, ...stores]) verdicts.push(await store.take(plan, '192.0.2.1'))
    assert.deepEqual(
      verdicts.map(({ allowed }) => allowed),
      [true, true, false, false],
      'two processes count together',
    )
    await sleep(500)
    assert.equal((await stores[0]?.take(plan, '192.0.2.1'))?.allowed, true)
    for (const store of stores) await store.close()
  })
})

test('shared limits: an answer that is none is a failure, not an allowance', async () => {
  const plan = planOf('2 per second')
  for (const reply of [null, 'OK', [], ['1'], ['1', '5'], ['1', 'x', '0'], ['0', '1024', '0']]) {
    const store = redisLimitStore({ command: async () => reply })
    await assert.rejects(store.take(plan, 'x'), TypeError, JSON.stringify(reply))
  }
})

test('shared limits: the address is checked, and what is wrong is said without it', () => {
  for (const url of ['', 'localhost:6379', 'http://localhost', 'redis://[::', 'redis:secret']) {
    assert.throws(
      () => redisLimits({ url }),
      (error) => error instanceof Error && !error.message.includes('secret'),
    )
  }
})

/** A shared store that fails when told to. */
function brittle() {
  const clock = manualClock(Date.UTC(2026, 0, 1))
  const inner = memoryLimitStore({ clock })
  const state = { failing: false, silent: false, takes: 0, pings: 0 }
  const answer = async <T>(value: () => T): Promise<T> => {
    if (state.silent) await sleep(60_000, undefined, { ref: false })
    if (state.failing) throw new Error('connection refused')
    return value()
  }
  const shared: SharedLimits = {
    take: (...asked) => {
      state.takes += 1
      return answer(() => inner.take(...asked))
    },
    ping: () => {
      state.pings += 1
      return answer(() => undefined)
    },
    close: async () => undefined,
  }
  const changes: SharedLimitsChange['kind'][] = []
  const store = sharedLimitStore({
    ...{ shared, clock, local: memoryLimitStore({ clock }), timeoutMilliseconds: 50 },
    onChange: ({ kind }) => changes.push(kind),
  })
  return { clock, state, store, changes }
}

test('shared limits: a store that fails is asked once, then left alone for a second', async () => {
  const { state, store, changes } = brittle()
  const plan = planOf('1000 per second')
  assert.ok((await store.take(plan, '192.0.2.1')).allowed)
  state.failing = true
  for (let count = 0; count < 100; count += 1) assert.ok((await store.take(plan, 'x')).allowed)
  assert.equal(state.takes, 2)
  assert.equal(state.pings, 0)
  assert.deepEqual(changes, ['failed'])
  assert.deepEqual(store.counts(), { shared: 1, local: 100, refused: 0, failures: 1 })
  assert.equal(store.isBroken(), true)
  assert.equal(store.take(plan, 'x') instanceof Promise, false, 'nobody waits while it is away')
})

test('shared limits: one that does not answer costs one wait, not one a request', async () => {
  const { state, store } = brittle()
  const plan = planOf('1000 per second')
  state.silent = true
  for (let count = 0; count < 100; count += 1) await store.take(plan, 'x')
  // Whoever is not asked is not waited for.
  assert.equal(state.takes, 1)
})

test('shared limits: recovery is noticed beside the requests, and told once', async () => {
  const { clock, state, store, changes } = brittle()
  const plan = planOf('1000 per second')
  state.failing = true
  await store.take(plan, 'x')
  for (let second = 0; second < 3; second += 1) {
    clock.advance(1_000)
    for (let count = 0; count < 10; count += 1) await store.take(plan, 'x')
    await sleep(1)
  }
  assert.equal(state.pings, 3)
  assert.equal(store.isBroken(), true)
  state.failing = false
  clock.advance(1_000)
  await store.take(plan, 'x')
  await sleep(1)
  assert.equal(store.isBroken(), false)
  const takes = state.takes
  await store.take(plan, 'x')
  assert.equal(state.takes, takes + 1)
  assert.deepEqual(changes, ['failed', 'recovered'])
})

test('[asvs 16.5.2] shared limits: each limit does what it declared when the store fails', async () => {
  const { state, store } = brittle()
  const local = planOf('2 per day')
  const refuse = planOf('5 per minute', { allow: '2 per day', whenStoreFails: 'refuse' })
  assert.ok((await store.take(local, '192.0.2.1')).allowed)
  assert.ok((await store.take(refuse, '192.0.2.1')).allowed)
  state.failing = true
  const refused = await store.take(refuse, '192.0.2.1')
  assert.equal(refused.allowed, false)
  assert.equal(refused.unavailable, true)
  // The failure gives no fresh allowance: one of the two was counted here as well.
  assert.ok((await store.take(local, '192.0.2.1')).allowed)
  assert.equal((await store.take(local, '192.0.2.1')).allowed, false)
  assert.equal(store.counts().refused, 1)
})

test('shared limits: Redis stopped and started during load', {
  skip,
  timeout: 60_000,
}, async () => {
  await withRedis(async (server) => {
    const shared = redisLimits({ url: server.url })
    await connected(shared)
    const changes: string[] = []
    const store = sharedLimitStore({
      ...{ shared, clock: systemClock, local: memoryLimitStore({ clock: systemClock }) },
      onChange: ({ kind }) => changes.push(kind),
    })
    const [open, strict] = [
      planOf('100000 per second'),
      planOf({ allow: '100000 per second', whenStoreFails: 'refuse' }),
    ]
    const seen = { open: 0, strict: 0, refused: 0, faults: 0, slowest: 0 }
    let loading = true
    const worker = async (number: number): Promise<void> => {
      while (loading) {
        const startedAt = performance.now()
        const plan = number % 2 === 0 ? open : strict
        try {
          const verdict = await store.take(plan, `192.0.2.${number}`)
          if (verdict.allowed) seen[plan === open ? 'open' : 'strict'] += 1
          else seen.refused += plan === strict ? 1 : 1_000_000
        } catch {
          seen.faults += 1
        }
        seen.slowest = Math.max(seen.slowest, performance.now() - startedAt)
        await sleep(1)
      }
    }
    const workers = Array.from({ length: 20 }, (_, number) => worker(number))
    await sleep(300)
    await server.stop()
    await until(() => store.isBroken())
    await sleep(700)
    const during = { ...seen, counts: store.counts() }
    await server.start()
    await until(() => !store.isBroken())
    const sharedBefore = store.counts().shared
    await sleep(300)
    loading = false
    await Promise.all(workers)
    await shared.close()
    assert.equal(seen.faults, 0)
    assert.ok(during.refused > 0 && during.refused < 1_000_000, 'only those that declared it')
    assert.ok(during.counts.local > 100, 'the others went on')
    assert.ok(store.counts().shared > sharedBefore, 'and are counted together again')
    assert.equal(changes.at(0), 'failed')
    assert.equal(changes.at(-1), 'recovered')
    // A wait for an answer, and what a loaded machine adds.
    assert.ok(seen.slowest < 2_000, String(seen.slowest))
  })
})

test('shared limits: a server that stands still is left out, and taken back', {
  skip,
  timeout: 60_000,
}, async () => {
  await withRedis(async (server) => {
    const shared = redisLimits({ url: server.url })
    await connected(shared)
    const store = sharedLimitStore({
      ...{ shared, clock: systemClock, local: memoryLimitStore({ clock: systemClock }) },
      onChange: () => undefined,
    })
    const plan = planOf('1000 per minute')
    assert.ok((await store.take(plan, '192.0.2.1')).allowed)
    server.freeze()
    assert.ok((await store.take(plan, '192.0.2.1')).allowed)
    assert.equal(store.isBroken(), true)
    server.thaw()
    await until(async () => {
      await store.take(plan, '192.0.2.1')
      return !store.isBroken()
    })
    await shared.close()
  })
})

async function until(reached: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; !(await reached()); attempt += 1) {
    if (attempt > 400) throw new Error('it did not come to that')
    await sleep(25)
  }
}
