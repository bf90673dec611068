import assert from 'node:assert/strict'
import test from 'node:test'
import { createRevocations, type Revocable } from './revocations.ts'

const session = (id: string, accountId = 'alice') => ({ id, accountId })
const cacheOf = (capacity: number) => createRevocations().cache<Revocable>(capacity)

test('the cache never holds more than its capacity', () => {
  for (const capacity of [2, 3, 10, 101]) {
    const cache = cacheOf(capacity)
    for (let n = 0; n < capacity * 5; n += 1) {
      cache.put(session(String(n)), cache.epoch())
      cache.get(String(n >> 1))
      assert.ok(cache.size() <= capacity, `${cache.size()} of ${capacity}`)
      assert.notEqual(cache.get(String(n)), undefined)
    }
  }
})

test('what is in use stays while others pass through', () => {
  const cache = cacheOf(10)
  cache.put(session('mine'), cache.epoch())
  for (let n = 0; n < 1000; n += 1) {
    cache.put(session(String(n)), cache.epoch())
    assert.notEqual(cache.get('mine'), undefined)
  }
})

test('a row read before or during a revocation is not kept after it', async () => {
  const cache = cacheOf(10)
  const before = cache.epoch()
  let finish = (): void => assert.fail('the write has not begun')
  const written = cache.revokeDuring(
    { id: 'a' },
    () =>
      new Promise<void>((resolve) => {
        finish = resolve
      }),
  )
  const during = cache.epoch()
  cache.put(session('a'), before)
  cache.put(session('a'), during)
  assert.equal(cache.get('a'), undefined)
  assert.equal(cache.isRevoked(session('a')), true)
  assert.equal(cache.isRevoked(session('b')), false)
  finish()
  await written
  cache.put(session('a'), during)
  assert.equal(cache.get('a'), undefined)
  assert.equal(cache.isRevoked(session('a')), false)
  cache.put(session('a'), cache.epoch())
  assert.notEqual(cache.get('a'), undefined)
})

test('a write that fails leaves nothing refused and nothing cached', async () => {
  const cache = cacheOf(10)
  cache.put(session('a'), cache.epoch())
  const failing = cache.revokeDuring({ id: 'a' }, () => Promise.reject(new Error('full')))
  await assert.rejects(failing, /full/)
  assert.equal(cache.isRevoked(session('a')), false)
  assert.equal(cache.get('a'), undefined)
})

test('an account’s sessions go together, but for the one excepted, in both generations', () => {
  const cache = cacheOf(8)
  for (const id of ['a', 'b', 'c']) cache.put(session(id), cache.epoch())
  cache.put(session('d', 'bob'), cache.epoch())
  const held = ['a', 'b', 'c', 'd'].filter((id) => cache.get(id) !== undefined)
  cache.forget({ accountId: 'alice', except: 'c' })
  const left = ['a', 'b', 'c', 'd'].filter((id) => cache.get(id) !== undefined)
  assert.deepEqual(held, ['a', 'b', 'c', 'd'])
  assert.deepEqual(left, ['c', 'd'])
})

test('caches of the same revocations hear the same ones', async () => {
  const revocations = createRevocations()
  const sessions = revocations.cache<Revocable>(8)
  const tokens = revocations.cache<Revocable>(8)
  sessions.put(session('kept'), sessions.epoch())
  sessions.put(session('other'), sessions.epoch())
  tokens.put({ ...session('t1'), familyId: 'f1' }, tokens.epoch())
  tokens.put({ ...session('t2'), familyId: 'f2' }, tokens.epoch())
  tokens.put({ ...session('t3', 'bob'), familyId: 'f3' }, tokens.epoch())
  const held = (): readonly string[] => [
    ...['kept', 'other'].filter((id) => sessions.get(id) !== undefined),
    ...['t1', 't2', 't3'].filter((id) => tokens.get(id) !== undefined),
  ]
  assert.deepEqual(held(), ['kept', 'other', 't1', 't2', 't3'])
  await tokens.revokeDuring({ familyId: 'f1' }, async () => {
    assert.equal(tokens.isRevoked({ ...session('new'), familyId: 'f1' }), true)
    assert.equal(tokens.isRevoked(session('new')), false)
  })
  assert.deepEqual(held(), ['kept', 'other', 't2', 't3'])
  await sessions.revokeDuring({ accountId: 'alice', except: 'kept' }, async () => {
    assert.equal(tokens.isRevoked({ ...session('t2'), familyId: 'f2' }), true)
  })
  assert.deepEqual(held(), ['kept', 't3'])
  revocations.forgetAll()
  assert.deepEqual(held(), [])
})

test('what ends an account’s tokens alone refuses no session meanwhile', async () => {
  const revocations = createRevocations()
  const sessions = revocations.cache<Revocable>(8)
  const tokens = revocations.cache<Revocable>(8)
  const token = { ...session('t'), sort: 'token' } as const
  sessions.put(session('s'), sessions.epoch())
  tokens.put(token, tokens.epoch())
  await tokens.revokeDuring({ accountId: 'alice', sort: 'token' }, async () => {
    assert.equal(tokens.isRevoked(token), true)
    assert.equal(sessions.isRevoked(session('s')), false)
  })
  assert.equal(tokens.get('t'), undefined)
  assert.notEqual(sessions.get('s'), undefined)
})
