/** Signing keys: made once, published first, retired last, sealed always. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { systemRandom } from '../../../core/bytes.ts'
import { createRevisedStore } from '../../../data/revision.ts'
import type { SigningAlgorithm } from '../options.ts'
import { type KeyDeps, type Rotation, rotateSigningKey } from './keys.ts'
import {
  isPrincipal,
  letIn,
  openTokens,
  type Process,
  read,
  redeeming,
  requireIssued,
  scripted,
  type TokenFixture,
} from './tokenStoreFixture.ts'

const minute = 60_000
const algorithms: readonly SigningAlgorithm[] = ['EdDSA', 'ES256', 'RS256', 'HS256']
const choice = (algorithm: SigningAlgorithm) =>
  algorithm === 'HS256' ? ({ algorithm, verifiedBy: 'this service alone' } as const) : { algorithm }

/** What `npx demijohn keys rotate` does, in a process of its own. */
async function rotate(site: TokenFixture, how: Rotation): Promise<void> {
  const { db } = site.anotherProcess()
  const deps: KeyDeps = {
    ...{ db, clock: site.clock, random: systemRandom, algorithm: 'EdDSA' },
    ...{ revised: createRevisedStore({ db, clock: site.clock }), sealed: site.sealed },
  }
  await rotateSigningKey(deps, how, async () => undefined)
}

const kidOf = (token: string): string =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid

async function kids(on: Process): Promise<readonly unknown[]> {
  return (await on.tokens.keySet()).keys.map(({ kid }) => kid)
}

for (const algorithm of algorithms) {
  test(`${algorithm}: the key set holds no private and no symmetric part [asvs 9.1.3]`, async (t) => {
    const site = await openTokens(t, choice(algorithm))
    const { accessToken } = await letIn(site)
    assert.ok(isPrincipal(await read(site, site.clock, accessToken)))
    const { keys } = await site.tokens.keySet()
    assert.equal(keys.length, algorithm === 'HS256' ? 0 : 1)
    // RFC 7518 section 6: what of a JWK is private.
    for (const key of keys) {
      for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']) assert.ok(!(name in key))
      assert.notEqual(key.kty, 'oct')
      assert.equal(key.kid, kidOf(accessToken))
    }
  })
}

test('two processes that start at once make one key', async (t) => {
  const site = await openTokens(t)
  const processes = [site, site.anotherProcess(), site.anotherProcess()]
  await Promise.all(processes.map(({ tokens }) => tokens.prepare()))
  const rows = await site.db.selectFrom('demijohn_signing_keys').selectAll().execute()
  assert.equal(rows.length, 1)
  for (const process of processes) {
    assert.ok(isPrincipal(await read(site, site.clock, (await letIn(process)).accessToken)))
  }
})

test('a new key is published before it signs, and the old one verifies until its last token is over', async (t) => {
  const site = await openTokens(t, { accessMinutes: 60 })
  const other = site.anotherProcess()
  const { accessToken, refreshToken } = await letIn(site)
  const old = kidOf(accessToken)
  await rotate(site, { publishMilliseconds: 10 * minute, old: 'verifies for an hour' })
  site.clock.advance(1_001)
  assert.equal((await kids(site)).length, 2, 'published within a second')
  site.clock.advance(10 * minute - 1_002)
  const last = requireIssued(
    await site.tokens.refresh({ ...redeeming(refreshToken), scopes: undefined }),
  )
  assert.equal(kidOf(last.accessToken), old)
  site.clock.advance(1)
  const next = requireIssued(
    await other.tokens.refresh({ ...redeeming(last.refreshToken), scopes: undefined }),
  )
  assert.notEqual(kidOf(next.accessToken), old)
  for (const process of [site, other]) {
    for (const token of [accessToken, last.accessToken, next.accessToken]) {
      assert.ok(isPrincipal(await read(process, site.clock, token)))
    }
  }
  site.clock.advance(60 * minute - 1_001)
  assert.ok(isPrincipal(await read(site, site.clock, last.accessToken)))
  site.clock.advance(10 * minute)
  assert.deepEqual((await kids(site)).includes(old), false)
})

test('at once: another process knows the new key when it first sees it', async (t) => {
  const site = await openTokens(t)
  const other = site.anotherProcess()
  const before = await letIn(site)
  await read(other, site.clock, before.accessToken)
  await rotate(site, { publishMilliseconds: 0, old: 'verifies for an hour' })
  // Not a millisecond has passed, so the other process has not asked for the revision again.
  const fresh = await letIn(site.anotherProcess())
  assert.notEqual(kidOf(fresh.accessToken), kidOf(before.accessToken))
  assert.ok(isPrincipal(await read(other, site.clock, fresh.accessToken)))
})

test('[asvs 15.2.2] keys that nobody knows: however many there are, no key is opened for them', async (t) => {
  const site = await openTokens(t)
  const { accessToken } = await letIn(site)
  assert.ok(isPrincipal(await read(site, site.clock, accessToken)))
  const [, payload, signature] = accessToken.split('.')
  const forge = (at: number): string => {
    const header = { alg: 'EdDSA', typ: 'at+jwt', kid: `made up ${at}` }
    return `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${payload}.${signature}`
  }
  // The first one hears of what was written so far.
  assert.equal(await read(site, site.clock, forge(0)), 'invalid')
  const before = site.opened()
  assert.ok(before > 0)
  for (let at = 1; at <= 20; at += 1) {
    assert.equal(await read(site, site.clock, forge(at)), 'invalid')
  }
  assert.equal(site.opened(), before)
})

test('a key in other hands: what it has signed opens nothing within a second, and apps come back', async (t) => {
  const site = await openTokens(t)
  const { accessToken, refreshToken } = await letIn(site)
  const { text } = await scripted(site)
  await read(site, site.clock, accessToken)
  await rotate(site, { publishMilliseconds: 10 * minute, old: 'is distrusted at once' })
  site.clock.advance(1_001)
  assert.equal(await read(site, site.clock, accessToken), 'invalid')
  assert.deepEqual((await kids(site)).includes(kidOf(accessToken)), false)
  const next = requireIssued(
    await site.tokens.refresh({ ...redeeming(refreshToken), scopes: undefined }),
  )
  assert.ok(isPrincipal(await read(site, site.clock, next.accessToken)))
  assert.ok(isPrincipal(await read(site, site.clock, text)), 'no key signs personal tokens')
})

test('two rotations in a row: the one that has signed nothing never does', async (t) => {
  const site = await openTokens(t)
  await letIn(site)
  await rotate(site, { publishMilliseconds: 10 * minute, old: 'verifies for an hour' })
  site.clock.advance(minute)
  const [skipped] = await kids(site)
  await rotate(site, { publishMilliseconds: 0, old: 'verifies for an hour' })
  for (const minutes of [0, 10, 50]) {
    site.clock.advance(minutes * minute + 1_001)
    assert.notEqual(kidOf((await letIn(site)).accessToken), skipped)
  }
})

test('another algorithm: tokens of the old one count until they are over', async (t) => {
  const site = await openTokens(t)
  const { accessToken } = await letIn(site)
  const changed = site.anotherProcess({ algorithm: 'ES256' })
  const next = await letIn(changed)
  for (const token of [accessToken, next.accessToken]) {
    assert.ok(isPrincipal(await read(changed, site.clock, token)))
  }
})

test('a keyring that opens no seal makes a new key, and the old tokens count', async (t) => {
  const site = await openTokens(t)
  const { accessToken } = await letIn(site)
  const changed = site.anotherProcess({}, 'another keyring')
  assert.ok(isPrincipal(await read(changed, site.clock, accessToken)))
  const next = await letIn(changed)
  assert.notEqual(kidOf(next.accessToken), kidOf(accessToken))
  assert.ok(isPrincipal(await read(changed, site.clock, next.accessToken)))
})

test('a stolen database holds nothing that opens anything', async (t) => {
  const site = await openTokens(t)
  const { accessToken, refreshToken } = await letIn(site)
  const { text } = await scripted(site)
  const stolen: string[] = []
  const tables = [
    ...(['demijohn_signing_keys', 'demijohn_token_families', 'demijohn_refresh_tokens'] as const),
    ...(['demijohn_personal_tokens', 'demijohn_device_grants'] as const),
  ]
  for (const table of tables) {
    const rows = await site.db.selectFrom(table).selectAll().execute()
    assert.ok(rows.length > 0, table)
    for (const row of rows) {
      for (const value of Object.values(row)) if (typeof value === 'string') stolen.push(value)
    }
  }
  for (const secret of [accessToken, refreshToken, text]) {
    assert.ok(!stolen.some((value) => value.includes(secret)))
  }
  for (const value of stolen.filter((one) => !/[\s"]/.test(one))) {
    const forged = [value, `demijohn_pat_${value}`, `demijohn_rt_${value}`]
    for (const token of forged) {
      assert.notEqual(typeof (await read(site, site.clock, token)), 'object')
      const facts = { ...redeeming(token), scopes: undefined }
      assert.equal((await site.tokens.refresh(facts)).kind, 'refused')
      assert.equal((await site.tokens.redeemGrant(redeeming(token))).kind, 'refused')
    }
  }
  assert.ok(!stolen.some((value) => /"d"|PRIVATE/.test(value)), 'no private key in plain')
})
