import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { sha256Hex } from '../../core/bytes.ts'
import { expireCookie, serialiseCookie } from '../../web/cookies.ts'
import { createRemembering, type Redemption } from './remember.ts'
import { rememberCookie } from './rememberCookie.ts'
import { decideRemembered } from './rememberDecide.ts'
import { endFamiliesOf } from './rememberRows.ts'
import type { Method } from './stage.ts'
import { openStore, start, suspend } from './storeFixture.ts'

const day = 86_400_000

async function open(t: TestContext) {
  const fixture = await openStore(t)
  const { db, clock } = fixture
  const alarms: string[] = []
  const alarm = async (_: unknown, accountId: string) => {
    alarms.push(accountId)
  }
  const makeOver = (sessions = fixture.store) => {
    const made = createRemembering({ db, clock, sessions, alarm })
    /** As a sign-in does it, in a session that has ended since. */
    const begin = async (facts: { accountId: string; methods: readonly Method[] }) => {
      const familyId = made.plan()
      await addSession(familyId, facts.accountId, familyId)
      const begun = await made.begin({ ...facts, familyId, authenticatedAt: clock.now() })
      await db.deleteFrom('demijohn_sessions').where('id', '=', familyId).execute()
      assert.ok(begun)
      return begun
    }
    return { ...made, begin, beginIn: made.begin }
  }
  const tokens = () => db.selectFrom('demijohn_remembered').selectAll().execute()
  /** A session of a family, as the way in writes it. */
  const addSession = async (id: string, accountId: string, familyId: string | null) => {
    const times = { createdAt: start, authenticatedAt: start, lastSeenAt: clock.now() }
    const rest = { expiresAt: clock.now() + day, userAgent: '', clientAddress: '', notice: null }
    const row = { id, accountId, familyId, methods: 'password', ...times, ...rest }
    await db.insertInto('demijohn_sessions').values(row).execute()
  }
  const sessions = async () =>
    (await db.selectFrom('demijohn_sessions').select('id').orderBy('id').execute()).map(
      ({ id }) => id,
    )
  return { ...fixture, alarms, remembering: makeOver(), makeOver, tokens, addSession, sessions }
}

const alice = { accountId: 'alice', methods: ['password', 'totp'] } as const

function good(redemption: Redemption) {
  assert.equal(redemption.kind, 'good')
  assert.ok(redemption.kind === 'good')
  return redemption
}

test('[asvs 7.2.3] remember: a token is 256 random bits, and the database has only its SHA-256', async (t) => {
  const { remembering, tokens } = await open(t)
  const { token, maxAgeSeconds } = await remembering.begin(alice)
  assert.equal(Buffer.from(token, 'base64url').length, 32)
  assert.notEqual((await remembering.begin(alice)).token, token)
  assert.equal(maxAgeSeconds, 2_592_000)
  const stored = await tokens()
  assert.ok(stored.some(({ id }) => id === sha256Hex(token)))
  assert.ok(!JSON.stringify(stored).includes(token))
})

test('[asvs 7.2.2] remember: a token works once and is followed by another of its family', async (t) => {
  const { remembering, clock } = await open(t)
  let { token } = await remembering.begin(alice)
  const seen = new Set([token])
  for (let round = 1; round <= 10; round += 1) {
    clock.advance(day)
    const redeemed = good(await remembering.redeem(token))
    assert.deepEqual(redeemed.methods, ['password', 'totp', 'remembered'])
    assert.equal(redeemed.accountId, 'alice')
    assert.equal(redeemed.authenticatedAt, start)
    assert.equal(redeemed.issued.maxAgeSeconds, (30 - round) * 86_400)
    token = redeemed.issued.token
    seen.add(token)
  }
  assert.equal(seen.size, 11)
})

test('[asvs 7.3.2] remember: 30 days after the sign-in it is over, however often it was used', async (t) => {
  const { remembering, clock } = await open(t)
  const first = await remembering.begin(alice)
  const idle = await remembering.begin(alice)
  clock.advance(30 * day - 1)
  const { issued } = good(await remembering.redeem(first.token))
  assert.equal(issued.maxAgeSeconds, 0)
  clock.advance(1)
  for (const { token } of [issued, idle]) {
    assert.deepEqual(await remembering.redeem(token), { kind: 'unknown' })
  }
})

test('remember: a token that comes again is a theft: family and sessions end, one is told, others stay', async (t) => {
  const { remembering, clock, store, addSession, sessions } = await open(t)
  const family = await remembering.begin(alice)
  const other = await remembering.begin(alice)
  const bobs = await remembering.begin({ accountId: 'bob', methods: ['password'] })
  const thief = good(await remembering.redeem(family.token))
  await addSession('1 of the family', 'alice', family.familyId)
  await addSession('2 of the other', 'alice', other.familyId)
  await addSession('3 of none', 'alice', null)
  clock.advance(30_000)
  assert.deepEqual(await remembering.redeem(family.token), { kind: 'stolen', accountId: 'alice' })
  assert.deepEqual(await sessions(), ['2 of the other', '3 of none'])
  // Neither the copy nor the newest token opens anything, and nobody is told twice.
  for (const token of [family.token, thief.issued.token]) {
    assert.deepEqual(await remembering.redeem(token), { kind: 'unknown' })
  }
  good(await remembering.redeem(other.token))
  good(await remembering.redeem(bobs.token))
  assert.ok((await store.listOf('alice')).length === 2)
})

test('remember: twenty copies at once of a stolen token raise one alarm', async (t) => {
  const { remembering, clock, alarms } = await open(t)
  const { token } = await remembering.begin(alice)
  good(await remembering.redeem(token))
  clock.advance(30_000)
  assert.deepEqual(alarms, [])
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => remembering.redeem(token)))
  assert.equal(outcomes.filter(({ kind }) => kind === 'stolen').length, 1)
  assert.equal(outcomes.filter(({ kind }) => kind === 'unknown').length, 19)
  assert.deepEqual(alarms, ['alice'])
})

test('remember: a theft of which its owner cannot be told ends nothing, and is found out again', async (t) => {
  const { db, clock, store, remembering: usual } = await open(t)
  let isDown = true
  const alarm = async () => {
    if (isDown) throw new Error('the queue of mails is down')
  }
  const remembering = createRemembering({ db, clock, sessions: store, alarm })
  const { token } = await usual.begin(alice)
  good(await remembering.redeem(token))
  clock.advance(30_000)
  await assert.rejects(remembering.redeem(token), /queue/)
  isDown = false
  assert.equal((await remembering.redeem(token)).kind, 'stolen')
})

test('remember: a browser that gives its token up ends the family, used or not', async (t) => {
  const { remembering, alarms } = await open(t)
  const first = await remembering.begin(alice)
  await remembering.drop(first.token)
  const second = await remembering.begin(alice)
  const { issued } = good(await remembering.redeem(second.token))
  await remembering.drop(second.token)
  await remembering.drop('nothing of ours')
  for (const { token } of [first, issued]) {
    assert.deepEqual(await remembering.redeem(token), { kind: 'unknown' })
  }
  assert.deepEqual(alarms, [])
})

test('remember: of twenty redemptions at once one has a successor, and none raises an alarm', async (t) => {
  const { remembering, makeOver, anotherProcess, tokens } = await open(t)
  const other = makeOver(anotherProcess())
  const { token, familyId } = await remembering.begin(alice)
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? remembering : other).redeem(token)),
  )
  assert.equal(outcomes.filter(({ kind }) => kind === 'good').length, 1)
  assert.equal(outcomes.filter(({ kind }) => kind === 'just-used').length, 19)
  const live = (await tokens()).filter((row) => row.familyId === familyId && row.usedAt === null)
  assert.equal(live.length, 1)
})

test('remember: within the grace a used token is nobody, and no theft', async (t) => {
  const { remembering, clock, addSession, sessions } = await open(t)
  const { token, familyId } = await remembering.begin(alice)
  const { issued } = good(await remembering.redeem(token))
  await addSession('1', 'alice', familyId)
  for (const wait of [0, 1, 29_998]) {
    clock.advance(wait)
    assert.deepEqual(await remembering.redeem(token), { kind: 'just-used' })
  }
  assert.deepEqual(await sessions(), ['1'])
  good(await remembering.redeem(issued.token))
})

test('remember: what a token is worth, at each edge', () => {
  const usedAt = 1_000_000
  const expiresAt = 9_000_000
  const cases = [
    { now: 0, usedAt: null, want: 'good' },
    { now: expiresAt - 1, usedAt: null, want: 'good' },
    { now: expiresAt, usedAt: null, want: 'over' },
    { now: expiresAt, usedAt, want: 'over' },
    { now: usedAt, usedAt, want: 'just-used' },
    { now: usedAt + 29_999, usedAt, want: 'just-used' },
    { now: usedAt + 30_000, usedAt, want: 'stolen' },
    // A clock that was set back opens nothing either.
    { now: usedAt - 1, usedAt, want: 'just-used' },
  ] as const
  for (const { want, ...facts } of cases) {
    assert.equal(decideRemembered({ ...facts, expiresAt }), want, JSON.stringify(facts))
  }
})

for (const [name, token] of Object.entries({
  empty: '',
  'of another shape': 'a',
  'too long': 'a'.repeat(44),
  SQL: `${'a'.repeat(40)}' --`,
  'the shape alone': 'a'.repeat(43),
})) {
  test(`remember: a token that is nobody's: ${name}`, async (t) => {
    const { remembering } = await open(t)
    await remembering.begin(alice)
    assert.deepEqual(await remembering.redeem(token), { kind: 'unknown' })
  })
}

test('remember: the hash that a stolen database holds is no token', async (t) => {
  const { remembering, tokens } = await open(t)
  await remembering.begin(alice)
  for (const { id, familyId } of await tokens()) {
    for (const text of [id, familyId, Buffer.from(id, 'hex').toString('base64url')]) {
      assert.deepEqual(await remembering.redeem(text), { kind: 'unknown' })
    }
  }
})

test('[asvs 7.4.2] remember: a suspended account is remembered nowhere', async (t) => {
  const { remembering, db, tokens } = await open(t)
  const { token } = await remembering.begin(alice)
  await suspend(db, 'alice')
  assert.deepEqual(await remembering.redeem(token), { kind: 'unknown' })
  assert.equal((await tokens()).length, 1)
  await db.deleteFrom('demijohn_accounts').where('id', '=', 'alice').execute()
  assert.deepEqual(await tokens(), [])
})

test('[asvs 7.4.3] remember: all families of an account end in the transaction that ends its sessions', async (t) => {
  const { remembering, db } = await open(t)
  const first = await remembering.begin(alice)
  const second = await remembering.begin(alice)
  const bobs = await remembering.begin({ accountId: 'bob', methods: ['password'] })
  const ended = await db
    .transaction()
    .execute((transaction) => endFamiliesOf(transaction, 'alice', { except: second.familyId }))
  assert.equal(ended, 1)
  assert.deepEqual(await remembering.redeem(first.token), { kind: 'unknown' })
  assert.equal(await remembering.endAllOf('alice'), 1)
  assert.deepEqual(await remembering.redeem(second.token), { kind: 'unknown' })
  good(await remembering.redeem(bobs.token))
})

test('[asvs 7.4.3] remember: where the store ends all sessions of an account, its families end, but for the one that is named', async (t) => {
  const { remembering, store } = await open(t)
  const first = await remembering.begin(alice)
  const second = await remembering.begin(alice)
  const bobs = await remembering.begin({ accountId: 'bob', methods: ['password'] })
  await store.endAllOf('alice', { exceptFamily: second.familyId })
  assert.deepEqual(await remembering.redeem(first.token), { kind: 'unknown' })
  const { issued } = good(await remembering.redeem(second.token))
  await store.endAllOf('alice')
  assert.deepEqual(await remembering.redeem(issued.token), { kind: 'unknown' })
  good(await remembering.redeem(bobs.token))
})

test('remember: a family is ended by its owner, never by another', async (t) => {
  const { remembering, addSession, sessions } = await open(t)
  const { token, familyId } = await remembering.begin(alice)
  await addSession('1', 'alice', familyId)
  assert.equal(await remembering.endFamily('bob', familyId), false)
  assert.deepEqual(await sessions(), ['1'])
  assert.equal(await remembering.isLive('bob', familyId), false)
  assert.equal(await remembering.isLive('alice', familyId), true)
  assert.equal(await remembering.endFamily('alice', familyId), true)
  assert.deepEqual(await sessions(), [])
  assert.equal(await remembering.isLive('alice', familyId), false)
  assert.deepEqual(await remembering.redeem(token), { kind: 'unknown' })
})

test('remember: a session of the family that is cached ends with it at once', async (t) => {
  const { remembering, db, store, addSession } = await open(t)
  const { familyId } = await remembering.begin({ accountId: 'alice', methods: ['password'] })
  const token = 'session-token'
  await addSession(sha256Hex(token), 'alice', familyId)
  assert.notEqual(await store.find(token), null)
  await remembering.endFamily('alice', familyId)
  assert.equal(await store.find(token), null)
  assert.deepEqual(await db.selectFrom('demijohn_sessions').selectAll().execute(), [])
})

test('remember: a family begins in a session that lives, once, and within its 30 days', async (t) => {
  const { remembering, addSession, store, tokens } = await open(t)
  const familyId = remembering.plan()
  const facts = { ...alice, familyId, authenticatedAt: start }
  assert.equal(await remembering.beginIn(facts), null)
  await addSession('one', 'alice', familyId)
  assert.equal(await remembering.beginIn({ ...facts, accountId: 'bob' }), null)
  const over = { ...facts, authenticatedAt: start - 30 * day }
  assert.equal(await remembering.beginIn(over), null)
  assert.ok(await remembering.beginIn(facts))
  assert.equal(await remembering.beginIn(facts), null)
  assert.equal((await tokens()).length, 1)
  await store.endAllOf('alice')
  assert.equal(await remembering.beginIn(facts), null)
  assert.deepEqual(await tokens(), [])
})

test('remember: what was proven since belongs to a family that begins later', async (t) => {
  const { remembering } = await open(t)
  const methods = ['password', 'remembered', 'recovery-code'] as const
  const { token } = await remembering.begin({ accountId: 'alice', methods })
  const redeemed = good(await remembering.redeem(token))
  assert.deepEqual(redeemed.methods, ['password', 'recovery-code', 'remembered'])
})

test('remember: families and used tokens are bounded, the oldest go first', async (t) => {
  const { remembering, clock, tokens } = await open(t)
  const first = await remembering.begin(alice)
  for (let at = 0; at < 50; at += 1) {
    clock.advance(1)
    await remembering.begin(alice)
  }
  assert.equal((await remembering.listOf('alice')).length, 50)
  assert.deepEqual(await remembering.redeem(first.token), { kind: 'unknown' })
  let { token, familyId } = await remembering.begin(alice)
  for (let round = 0; round < 130; round += 1) {
    clock.advance(1_000)
    token = good(await remembering.redeem(token)).issued.token
  }
  const ofFamily = (await tokens()).filter((row) => row.familyId === familyId)
  assert.equal(ofFamily.length, 101)
})

test('remember: the sweep deletes what is over, and used tokens not before', async (t) => {
  const { remembering, clock, tokens } = await open(t)
  const { token } = await remembering.begin(alice)
  good(await remembering.redeem(token))
  clock.advance(30 * day - 1)
  assert.equal(await remembering.sweep(), 0)
  clock.advance(1)
  assert.equal(await remembering.sweep(), 2)
  assert.deepEqual(await tokens(), [])
})

test('[asvs 3.3.1] [asvs 3.3.2] [asvs 3.3.4] remember: the cookie', () => {
  const overHttps = rememberCookie('https')
  assert.equal(
    serialiseCookie({ ...overHttps, value: 'x', maxAgeSeconds: 2_592_000 }),
    '__Host-remember=x; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=2592000',
  )
  assert.equal(
    expireCookie(rememberCookie('http')),
    'remember=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0',
  )
})
