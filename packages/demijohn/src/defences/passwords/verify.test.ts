import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import test, { type TestContext } from 'node:test'
import { Misconfiguration } from '../../core/misconfiguration.ts'
import { isRefusal } from '../../core/refusals.ts'
import { createGate } from './gate.ts'
import { maxPasswordBytes, normalisePassword } from './normalise.ts'
import { passwordOptions } from './options.ts'
import { createPasswordHasher } from './verify.ts'

const hasher = createPasswordHasher({ options: passwordOptions() })
const right = { ok: true, needsUpgrade: false }
const wrong = { ok: false, needsUpgrade: false }

async function hashOf(password: string, by = hasher): Promise<string> {
  const stored = await by.hashPassword(password)
  assert.ok(typeof stored === 'string')
  return stored
}

test('[asvs 11.4.2] argon2id with at least 19 MiB and two passes, and a salt of its own', async () => {
  const stored = await hashOf('correct horse battery staple')
  assert.match(stored, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  assert.notEqual(await hashOf('correct horse battery staple'), stored)
})

test('[asvs 6.2.8] the password as it was given, and no other', async () => {
  const password = ' Correct horse Battery 1 '
  const stored = await hashOf(password)
  assert.deepEqual(await hasher.verifyPassword(stored, password), right)
  for (const other of [
    password.trim(),
    password.toLowerCase(),
    password.toUpperCase(),
    `${password}\0`,
    `${password} `,
    password.slice(1),
    password.slice(0, -1),
    '',
  ]) {
    assert.deepEqual(await hasher.verifyPassword(stored, other), wrong, JSON.stringify(other))
  }
})

test('gap 32: [asvs 6.2.9] what differs after any byte is another password', async () => {
  for (const same of [64, 72, 255, maxPasswordBytes - 1]) {
    const stored = await hashOf(`${'x'.repeat(same)}a`)
    assert.deepEqual(await hasher.verifyPassword(stored, `${'x'.repeat(same)}a`), right)
    assert.deepEqual(await hasher.verifyPassword(stored, `${'x'.repeat(same)}b`), wrong)
    assert.deepEqual(await hasher.verifyPassword(stored, 'x'.repeat(same)), wrong)
  }
  const afterNul = await hashOf('before\0after one')
  assert.deepEqual(await hasher.verifyPassword(afterNul, 'before\0after two'), wrong)
})

test('a password typed on two keyboards is one password (NFKC)', async () => {
  const stored = await hashOf('Ame\u0301lie et ﬁlles')
  assert.deepEqual(await hasher.verifyPassword(stored, 'Amélie et filles'), right)
})

test('[asvs 6.3.8] nobody’s hash and hashes that cannot be read are wrong for every password', async () => {
  for (const stored of [null, '', 'password', '$2b$12$abcdefghijklmnopqrstuv', '$argon2id$']) {
    for (const password of ['', 'password', stored ?? 'null', 'x'.repeat(5000), '\ud800']) {
      assert.deepEqual(await hasher.verifyPassword(stored, password), wrong)
    }
  }
})

/** What was asked of Argon2 while this ran: its cost is what an answer takes. */
async function hashedIn(
  context: TestContext,
  run: () => Promise<unknown>,
): Promise<readonly unknown[]> {
  const asked: unknown[] = []
  const real = crypto.argon2
  const counted: typeof real = (algorithm, parameters, callback) => {
    const { memory, passes, parallelism, tagLength } = parameters
    asked.push({ algorithm, memory, passes, parallelism, tagLength })
    return real(algorithm, parameters, callback)
  }
  const mocked = context.mock.method(crypto, 'argon2', counted)
  // What was imported by name is bound to the same place.
  syncBuiltinESMExports()
  try {
    await run()
  } finally {
    mocked.mock.restore()
    syncBuiltinESMExports()
  }
  return asked
}

test('[asvs 6.3.8] gap 15: known, unknown, malformed and too long all cost one hash', async (t) => {
  const stored = await hashOf('correct horse battery staple')
  const cases: readonly (readonly [string, string | null, string])[] = [
    ['known and right', stored, 'correct horse battery staple'],
    ['known', stored, 'wrong horse battery staple'],
    ['unknown', null, 'wrong horse battery staple'],
    ['unreadable', 'x', 'wrong horse battery staple'],
    ['too long, known', stored, 'x'.repeat(100_000)],
    ['too long, unknown', null, 'x'.repeat(100_000)],
    ['broken text', stored, '\ud800'],
  ]
  const oneHash = {
    algorithm: 'argon2id',
    memory: 19_456,
    passes: 2,
    parallelism: 1,
    tagLength: 32,
  }
  for (const [name, known, password] of cases) {
    const asked = await hashedIn(t, () => hasher.verifyPassword(known, password))
    assert.deepEqual(asked, [oneHash], name)
  }
})

test('a right password under other parameters asks for an upgrade, a wrong one does not', async () => {
  const dearer = createPasswordHasher({ options: passwordOptions({ passes: 3 }) })
  const stored = await hashOf('correct horse battery staple')
  const verdict = await dearer.verifyPassword(stored, 'correct horse battery staple')
  assert.deepEqual(verdict, { ok: true, needsUpgrade: true })
  assert.deepEqual(await dearer.verifyPassword(stored, 'wrong'), wrong)
  const anew = await hashOf('correct horse battery staple', dearer)
  assert.deepEqual(await dearer.verifyPassword(anew, 'correct horse battery staple'), right)
})

test('too long and malformed passwords are never hashed', async () => {
  for (const password of ['x'.repeat(1025), 'ﷺ'.repeat(60), 'é'.repeat(513), 'abc\udc00']) {
    assert.equal(normalisePassword(password), undefined)
    await assert.rejects(hasher.hashPassword(password), RangeError)
  }
  assert.equal(normalisePassword('x'.repeat(1024))?.length, 1024)
})

test('[asvs 6.3.1] two at once, thirty-two waiting, and the rest is refused without work', async () => {
  const { concurrentHashes, waitingHashes } = passwordOptions({}, { cores: 4 })
  assert.deepEqual([concurrentHashes, waitingHashes], [2, 32])
  const gate = createGate(concurrentHashes, waitingHashes)
  let running = 0
  let most = 0
  let done = 0
  const work = async (): Promise<void> => {
    running += 1
    most = Math.max(most, running)
    await new Promise(setImmediate)
    running -= 1
    done += 1
  }
  const answers = await Promise.all(Array.from({ length: 100 }, () => gate.run(work)))
  const refusals = answers.filter(isRefusal)
  assert.equal(most, 2)
  assert.equal(done, 34)
  assert.equal(refusals.length, 66)
  for (const refusal of refusals) {
    assert.equal(refusal.code, 'server.busy')
    assert.match(refusal.headers['Retry-After'] ?? '', /^[1-9][0-9]*$/)
  }
})

test('[asvs 6.3.1] strangers never fill the queue: its last quarter is for those who are known', async () => {
  const by = createPasswordHasher({ options: passwordOptions({}, { cores: 4 }) })
  const atWork: Promise<unknown>[] = []
  const take = () => atWork.push(by.verifyPassword(null, 'a guess'))
  while (by.busyFor('stranger') === undefined) take()
  // Two at work, and three quarters of the thirty-two that may wait.
  assert.equal(atWork.length, 2 + 24)
  while (by.busyFor('known') === undefined) take()
  assert.equal(atWork.length, 2 + 32)
  assert.equal(by.busyFor('known')?.code, 'server.busy')
  assert.match(by.busyFor('known')?.headers['Retry-After'] ?? '', /^[1-9][0-9]*$/)
  await Promise.all(atWork)
  assert.equal(by.busyFor('stranger'), undefined)
})

test('work that throws gives its place back', async () => {
  const gate = createGate(1, 1)
  for (let round = 0; round < 5; round += 1) {
    const failing = gate.run(() => Promise.reject(new Error('no memory')))
    const next = gate.run(async () => 'done')
    await assert.rejects(failing, /no memory/)
    assert.equal(await next, 'done')
  }
})

test('[asvs 15.2.2] where nothing is said, one core is left to the thread that answers, if there is another', () => {
  const atOnce = (cores: number) => passwordOptions({}, { cores }).concurrentHashes
  assert.deepEqual([1, 2, 3, 4, 64].map(atOnce), [1, 1, 2, 2, 2])
  assert.equal(passwordOptions({ concurrentHashes: 4 }, { cores: 2 }).concurrentHashes, 4)
})

test('parameters below the recommendation, and unknown ones, are refused at start', () => {
  const given = [{ memoryKibibytes: 19_455 }, { passes: 1 }, { parallelism: 0 }, { passes: 2.5 }]
  for (const options of [...given, { memoryKibibytes: 1e9 }, { concurrentHashes: 0 }]) {
    assert.throws(() => passwordOptions(options), Misconfiguration)
  }
  assert.throws(() => passwordOptions(JSON.parse('{"rounds":12}')), /rounds is not an option/)
})

test('[asvs 6.3.1] people who came with bcrypt wait for one another, and keep nobody else waiting', async () => {
  const by = createPasswordHasher({ options: passwordOptions() })
  const own = await hashOf('correct horse battery staple', by)
  // Of bcrypt 3.2.2 (test/vectors/foreign-hashes.json); cost 4 is the least that there is.
  const bcrypt = '$2a$04$OqAttskRv1sBQJ7rooTVdujVilwOqUORF5.rwpgo.Ma9zA.scwHHS'
  const order: string[] = []
  const flood = Array.from({ length: 40 }, async () => {
    const verdict = await by.verifyPassword(bcrypt, 'a guess that is wrong')
    order.push(isRefusal(verdict) ? 'busy' : 'bcrypt')
  })
  const others = Array.from({ length: 10 }, async () => {
    assert.deepEqual(await by.verifyPassword(own, 'correct horse battery staple'), right)
    order.push('own')
  })
  await Promise.all([...flood, ...others])
  assert.equal(order.filter((one) => one === 'own').length, 10)
  // One at work and eight in its queue; the rest is told to come back at once.
  assert.equal(order.filter((one) => one === 'bcrypt').length, 9)
  assert.equal(order.filter((one) => one === 'busy').length, 31)
  assert.deepEqual(order.slice(0, 31), Array(31).fill('busy'))
})
