/** Letting an app in: who may decide, how often, and when it is too late. RFC 8628. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import test from 'node:test'
import { systemRandom } from '../../../core/bytes.ts'
import { createUserCode, normaliseUserCode, showUserCode, userCodeHashes } from '../userCode.ts'
import {
  approved,
  isPrincipal,
  network,
  openTokens,
  read,
  redeeming,
  signIn,
  type TokenFixture,
} from './tokenStoreFixture.ts'

const second = 1_000
const minute = 60 * second

async function begin(site: TokenFixture, boundTo?: string) {
  const begun = await site.tokens.beginGrant({
    ...{ clientId: 'cli', scopes: ['post:read'], boundTo, network },
  })
  assert.ok(begun !== null)
  return begun
}

const errorOf = (answer: { readonly kind: string; readonly error?: string }) =>
  answer.error ?? answer.kind

test('RFC 8628 section 6.1: eight consonants, in any spelling, without bias', () => {
  const counts = new Map<string, number>()
  for (let made = 0; made < 2_000; made += 1) {
    const code = createUserCode(systemRandom)
    assert.match(code, /^[BCDFGHJKLMNPQRSTVWXZ]{8}$/)
    for (const letter of code) counts.set(letter, (counts.get(letter) ?? 0) + 1)
  }
  assert.equal(counts.size, 20)
  // 16,000 letters, 800 of each: seven standard deviations (27.6) to either side.
  for (const [letter, count] of counts) assert.ok(Math.abs(count - 800) < 194, `${letter} ${count}`)
  assert.equal(showUserCode('BCDFGHJK'), 'BCDF-GHJK')
  for (const typed of ['BCDF-GHJK', 'bcdfghjk', ' bcdf ghjk ', 'BCDF–GHJK', 'b.c.d.f.g.h.j.k']) {
    assert.equal(normaliseUserCode(typed), 'BCDFGHJK', typed)
  }
  // Bytes from 240 on would favour the first letters: they are drawn again.
  let byte = 256
  const code = createUserCode(() => {
    byte -= 1
    return Buffer.from([byte])
  })
  assert.equal(code, 'ZXWVTSRQ')
})

test('a user code is stored under a key, so a copy of the table does not give it away', async (t) => {
  const site = await openTokens(t)
  const { userCode } = await begin(site)
  const row = await site.db.selectFrom('demijohn_device_grants').selectAll().executeTakeFirst()
  const code = normaliseUserCode(userCode)
  const wrong = userCodeHashes(code, [Buffer.alloc(32)])
  assert.ok(!JSON.stringify(row).includes(code))
  assert.notEqual(row?.userHash, wrong[0])
})

test('the device waits, is told to slow down, and gets its answer [RFC 8628 section 3.5]', async (t) => {
  const site = await openTokens(t)
  const { deviceCode, userCode, intervalSeconds, expiresInSeconds } = await begin(site)
  assert.deepEqual([intervalSeconds, expiresInSeconds], [5, 600])
  const poll = async (): Promise<string> =>
    errorOf(await site.tokens.redeemGrant(redeeming(deviceCode)))
  assert.equal(await poll(), 'authorization_pending')
  site.clock.advance(5 * second)
  assert.equal(await poll(), 'authorization_pending')
  site.clock.advance(4 * second)
  assert.equal(await poll(), 'slow_down')
  site.clock.advance(9 * second)
  assert.equal(await poll(), 'slow_down')
  site.clock.advance(15 * second)
  assert.equal(await poll(), 'authorization_pending')
  const sessionId = await signIn(site)
  const grant = await site.tokens.claimGrant(userCode, 'alice')
  const facts = { id: grant?.id ?? '', accountId: 'alice', sessionId }
  assert.ok(await site.tokens.decideGrant({ ...facts, decision: 'denied' }))
  assert.equal(await poll(), 'access_denied')
})

test('a code is over after ten minutes, to the millisecond, for person and device', async (t) => {
  const site = await openTokens(t)
  const { deviceCode, userCode } = await begin(site)
  site.clock.advance(10 * minute - 1)
  const grant = await site.tokens.claimGrant(userCode, 'alice')
  assert.notEqual(grant, null)
  const sessionId = await signIn(site)
  site.clock.advance(1)
  assert.equal(await site.tokens.claimGrant(userCode, 'alice'), null)
  assert.equal(await site.tokens.pendingGrant(grant?.id ?? '', 'alice'), null)
  const facts = { id: grant?.id ?? '', accountId: 'alice', sessionId }
  assert.equal(await site.tokens.decideGrant({ ...facts, decision: 'approved' }), false)
  assert.equal(errorOf(await site.tokens.redeemGrant(redeeming(deviceCode))), 'expired_token')
})

test('CVE-2026-45337: nobody decides but who typed the code; without one, nobody', async (t) => {
  const site = await openTokens(t)
  const { userCode, deviceCode } = await begin(site)
  const row = await site.db
    .selectFrom('demijohn_device_grants')
    .select('id')
    .executeTakeFirstOrThrow()
  const decide = async (accountId: string) =>
    site.tokens.decideGrant({
      ...{ id: row.id, accountId, decision: 'approved' },
      sessionId: await signIn(site, accountId),
    })
  assert.equal(await decide('alice'), false, 'nobody has typed it')
  assert.equal(await site.tokens.pendingGrant(row.id, 'alice'), null)
  assert.notEqual(await site.tokens.claimGrant(userCode, 'bob'), null)
  assert.equal(await site.tokens.claimGrant(userCode, 'alice'), null, 'it is another’s')
  assert.equal(await decide('alice'), false)
  assert.equal(
    errorOf(await site.tokens.redeemGrant(redeeming(deviceCode))),
    'authorization_pending',
  )
  assert.equal(await decide('bob'), true)
  const answer = await site.tokens.redeemGrant(redeeming(deviceCode))
  assert.ok(answer.kind === 'issued')
  assert.equal(answer.accountId, 'bob')
})

test('of twenty approvals at once one counts, and none after', async (t) => {
  const site = await openTokens(t)
  const { userCode } = await begin(site)
  const sessionId = await signIn(site)
  const grant = await site.tokens.claimGrant(userCode, 'alice')
  const facts = { id: grant?.id ?? '', accountId: 'alice', sessionId }
  let told = 0
  const decided = await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      site.tokens.decideGrant(
        { ...facts, decision: at % 2 === 0 ? 'approved' : 'denied' },
        async () => {
          told += 1
        },
      ),
    ),
  )
  assert.equal(decided.filter(Boolean).length, 1)
  assert.equal(told, 1)
  assert.equal(await site.tokens.decideGrant({ ...facts, decision: 'approved' }), false)
  assert.equal(await site.tokens.claimGrant(userCode, 'alice'), null, 'a decided code is over')
})

test('of twenty who type one code at once it is one person’s', async (t) => {
  const site = await openTokens(t)
  const { userCode } = await begin(site)
  const people = ['alice', 'bob']
  const claims = await Promise.all(
    Array.from({ length: 20 }, async (_, at) => {
      const accountId = people[at % 2] ?? ''
      return (await site.tokens.claimGrant(userCode, accountId)) === null ? null : accountId
    }),
  )
  const winners = new Set(claims.filter((one) => one !== null))
  assert.equal(winners.size, 1)
})

test('of twenty redemptions at once one gets tokens, which end, for the code was copied [asvs 10.4.2]', async (t) => {
  const site = await openTokens(t)
  const deviceCode = await approved(site)
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => site.tokens.redeemGrant(redeeming(deviceCode))),
  )
  const won = answers.filter((answer) => answer.kind === 'issued')
  assert.equal(won.length, 1)
  const families = await site.db.selectFrom('demijohn_token_families').selectAll().execute()
  assert.equal(families.length, 1)
  assert.equal(families[0]?.endedBecause, 'replayed')
  assert.equal(await read(site, site.clock, won[0]?.accessToken ?? ''), 'invalid')
  assert.deepEqual(site.alarms, ['alice cli'])
})

test('a code belongs to its app and to the key that was shown with it', async (t) => {
  const site = await openTokens(t)
  const jkt = createHash('sha256').update('a key').digest('base64url')
  const deviceCode = await approved(site, { boundTo: jkt })
  const ask = async (how: object) =>
    errorOf(await site.tokens.redeemGrant({ ...redeeming(deviceCode, jkt), ...how }))
  assert.equal(await ask({ clientId: 'other' }), 'invalid_grant')
  assert.equal(await ask({ boundTo: undefined }), 'invalid_dpop_proof')
  assert.equal(await ask({ boundTo: 'x'.repeat(43) }), 'invalid_dpop_proof')
  assert.equal(await ask({ token: `${deviceCode.slice(0, -1)}0` }), 'invalid_grant')
  const answer = await site.tokens.redeemGrant(redeeming(deviceCode, jkt))
  assert.ok(answer.kind === 'issued' && answer.isBound)
  const how = { scheme: 'DPoP', proof: `signed by ${jkt}` }
  assert.ok(isPrincipal(await read(site, site.clock, answer.accessToken, how)))
})
