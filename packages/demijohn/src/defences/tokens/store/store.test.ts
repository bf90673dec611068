import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import test from 'node:test'
import {
  approved,
  isPrincipal,
  letIn,
  openTokens,
  read,
  redeeming,
  requireIssued,
  scripted,
  signIn,
  start,
} from './tokenStoreFixture.ts'

const minute = 60_000
/** As RFC 7638 has it: a SHA-256 in base64url. */
const thumbprint = (of: string) => createHash('sha256').update(of).digest('base64url')
const day = 86_400_000

test('an app that was let in acts for its person, within what it was given', async (t) => {
  const site = await openTokens(t)
  const issued = await letIn(site)
  const answer = await read(site, site.clock, issued.accessToken)
  assert.ok(isPrincipal(answer))
  const { person, ...principal } = answer
  assert.equal(principal.kind, 'app')
  assert.equal(principal.clientId, 'cli')
  assert.equal(principal.accountId, 'alice')
  assert.equal(principal.authenticatedAt, start)
  assert.equal(principal.expiresAt, start + 5 * minute)
  assert.deepEqual([...person.scopes], ['post:read', 'post:write'])
  assert.deepEqual(
    { ...person, scopes: undefined },
    {
      ...{ id: 'alice', name: 'alice', email: 'alice@press.example', role: 'editor' },
      scopes: undefined,
    },
  )
})

test('a token that was read is answered at once and without a statement', async (t) => {
  const site = await openTokens(t)
  const { accessToken } = await letIn(site)
  const { text } = await scripted(site)
  for (const token of [accessToken, text]) {
    const first = await read(site, site.clock, token)
    const before = site.statements()
    for (let use = 0; use < 50; use += 1) {
      site.clock.advance(4)
      assert.equal(read(site, site.clock, token), first)
    }
    assert.equal(site.statements(), before)
  }
})

test('tokens end at their time and not a millisecond later, cached or not', async (t) => {
  const site = await openTokens(t)
  const { accessToken } = await letIn(site)
  const { text } = await scripted(site, { days: 1 })
  for (const [token, milliseconds] of [
    [accessToken, 5 * minute],
    [text, day],
  ] as const) {
    site.clock.advance(start + milliseconds - 1 - site.clock.now())
    assert.ok(isPrincipal(await read(site, site.clock, token)))
    site.clock.advance(1)
    assert.equal(await read(site, site.clock, token), 'invalid')
  }
})

test('a personal token has an end, of a year at most', async (t) => {
  const site = await openTokens(t)
  for (const days of [0, 366, Number.POSITIVE_INFINITY, Number.NaN]) {
    await assert.rejects(scripted(site, { days }), RangeError)
  }
  await scripted(site, { days: 365 })
})

test('the last use of a personal token is written down once an hour', async (t) => {
  const site = await openTokens(t)
  const { text, id } = await scripted(site)
  const lastUsed = async () => (await site.tokens.listOf('alice')).personal[0]?.lastUsedAt
  assert.equal(await lastUsed(), null)
  site.clock.advance(90 * minute)
  await read(site, site.clock, text)
  assert.equal(await lastUsed(), start + 60 * minute)
  site.clock.advance(29 * minute)
  await read(site, site.clock, text)
  assert.equal(await lastUsed(), start + 60 * minute)
  site.clock.advance(minute)
  await read(site, site.clock, text)
  assert.equal(await lastUsed(), start + 120 * minute)
  assert.equal((await site.tokens.listOf('alice')).personal[0]?.id, id)
})

test('a bound token opens nothing without its proof, a plain one nothing where one is asked for', async (t) => {
  const site = await openTokens(t)
  const jkt = thumbprint('a')
  const { accessToken } = await letIn(site, { boundTo: jkt })
  const plain = await letIn(site)
  const proof = `signed by ${jkt}`
  for (const isCached of [false, true]) {
    const say = `cached ${isCached}`
    const ask = (how: Parameters<typeof read>[3]) => read(site, site.clock, accessToken, how)
    assert.equal(await ask({}), 'proof-missing', say)
    assert.equal(await ask({ scheme: 'DPoP' }), 'proof-missing', say)
    assert.equal(await ask({ scheme: 'Bearer', proof }), 'proof-missing', say)
    assert.equal(await ask({ scheme: 'DPoP', proof: 'forged' }), 'proof-invalid', say)
    assert.ok(isPrincipal(await ask({ scheme: 'DPoP', proof, requiresProof: true })), say)
    const other = (how: Parameters<typeof read>[3]) =>
      read(site, site.clock, plain.accessToken, how)
    assert.equal(await other({ requiresProof: true }), 'proof-missing', say)
    assert.equal(await other({ scheme: 'DPoP', proof }), 'invalid', say)
    assert.ok(isPrincipal(await other({})), say)
  }
})

test('what is no access token opens nothing', async (t) => {
  const site = await openTokens(t)
  const { accessToken, refreshToken } = await letIn(site)
  const code = await approved(site)
  const [head = '', payload = '', signature = ''] = accessToken.split('.')
  const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')
  const { text } = await scripted(site)
  for (const token of [
    refreshToken,
    code,
    `${none}.${payload}.`,
    `${none}.${payload}.${signature}`,
    `${head}.${payload}.${signature.slice(0, -4)}AAAA`,
    `${text.slice(0, -1)}${text.endsWith('a') ? 'b' : 'a'}`,
    'x',
  ]) {
    assert.equal(await read(site, site.clock, token), 'invalid', token)
  }
})

test('refresh: a token works once and is followed by another [asvs 10.4.5]', async (t) => {
  const site = await openTokens(t)
  let { refreshToken } = await letIn(site)
  for (let round = 0; round < 5; round += 1) {
    site.clock.advance(day)
    const answer = requireIssued(
      await site.tokens.refresh({ ...redeeming(refreshToken), scopes: undefined }),
    )
    assert.notEqual(answer.refreshToken, refreshToken)
    assert.ok(isPrincipal(await read(site, site.clock, answer.accessToken)))
    refreshToken = answer.refreshToken
  }
})

test('refresh: of twenty at once one wins, then the family ends and its owner is told [asvs 10.4.5]', async (t) => {
  const site = await openTokens(t)
  const { refreshToken, accessToken } = await letIn(site)
  const other = await letIn(site)
  const facts = { ...redeeming(refreshToken), scopes: undefined }
  const answers = await Promise.all(Array.from({ length: 20 }, () => site.tokens.refresh(facts)))
  const won = answers.filter(({ kind }) => kind === 'issued')
  assert.equal(won.length, 1)
  assert.equal(answers.filter(({ kind }) => kind === 'replayed').length, 1)
  const [winner] = won
  assert.ok(winner?.kind === 'issued')
  for (const token of [accessToken, winner.accessToken]) {
    assert.equal(await read(site, site.clock, token), 'invalid')
  }
  const again = { ...redeeming(winner.refreshToken), scopes: undefined }
  assert.deepEqual(await site.tokens.refresh(again), { kind: 'refused', error: 'invalid_grant' })
  assert.deepEqual(site.alarms, ['alice cli'])
  assert.ok(isPrincipal(await read(site, site.clock, other.accessToken)), 'another app stays')
})

test('refresh: two processes at once give one answer', async (t) => {
  const site = await openTokens(t)
  const { refreshToken } = await letIn(site)
  const both = [site, site.anotherProcess()]
  const facts = { ...redeeming(refreshToken), scopes: undefined }
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, at) => both[at % 2]?.tokens.refresh(facts)),
  )
  assert.equal(answers.filter((answer) => answer?.kind === 'issued').length, 1)
})

test('refresh: not for another app, under another key, for more than was given, or too late [asvs 10.4.8]', async (t) => {
  const site = await openTokens(t)
  const jkt = thumbprint('b')
  const { refreshToken } = await letIn(site, { boundTo: jkt })
  const asked = { ...redeeming(refreshToken, jkt), scopes: undefined }
  const refused = async (how: Partial<Parameters<typeof site.tokens.refresh>[0]>) => {
    const answer = await site.tokens.refresh({ ...asked, ...how })
    return answer.kind === 'refused' ? answer.error : answer.kind
  }
  assert.equal(await refused({ clientId: 'other' }), 'invalid_grant')
  assert.equal(await refused({ boundTo: undefined }), 'invalid_dpop_proof')
  assert.equal(await refused({ boundTo: thumbprint('c') }), 'invalid_dpop_proof')
  assert.equal(await refused({ scopes: ['post:read', 'user:manage'] }), 'invalid_scope')
  const narrow = requireIssued(await site.tokens.refresh({ ...asked, scopes: ['post:read'] }))
  assert.deepEqual(narrow.scopes, ['post:read'])
  const principal = await read(site, site.clock, narrow.accessToken, {
    ...{ scheme: 'DPoP', proof: `signed by ${jkt}` },
  })
  assert.ok(isPrincipal(principal))
  assert.deepEqual([...principal.person.scopes], ['post:read'])
  // 30 days without a use, at the very millisecond.
  site.clock.advance(30 * day - 1)
  const kept = requireIssued(
    await site.tokens.refresh({ ...asked, token: narrow.refreshToken, scopes: undefined }),
  )
  site.clock.advance(30 * day)
  assert.equal(await refused({ token: kept.refreshToken }), 'invalid_grant')
})

test('refresh: a family ends after 90 days, however busy, and no access token outlives it [asvs 10.4.8]', async (t) => {
  const site = await openTokens(t)
  let { refreshToken, accessToken } = await letIn(site)
  const next = async () => {
    const answer = await site.tokens.refresh({ ...redeeming(refreshToken), scopes: undefined })
    if (answer.kind === 'issued') ({ refreshToken, accessToken } = answer)
    return answer.kind
  }
  for (let days = 0; days < 89; days += 1) {
    site.clock.advance(day)
    assert.equal(await next(), 'issued')
  }
  site.clock.advance(day - minute)
  assert.equal(await next(), 'issued')
  site.clock.advance(minute - 1)
  assert.equal(await next(), 'issued')
  assert.ok(isPrincipal(await read(site, site.clock, accessToken)))
  site.clock.advance(1)
  assert.equal(await next(), 'refused')
  assert.equal(await read(site, site.clock, accessToken), 'invalid')
})

test('RFC 7009: whichever token is revoked takes its family along, and nobody else’s', async (t) => {
  const site = await openTokens(t)
  for (const which of ['accessToken', 'refreshToken'] as const) {
    const issued = await letIn(site)
    const other = await letIn(site)
    await read(site, site.clock, issued.accessToken)
    assert.equal(await site.tokens.revokeToken(issued[which], 'other'), null)
    assert.ok(isPrincipal(await read(site, site.clock, issued.accessToken)))
    assert.notEqual(await site.tokens.revokeToken(issued[which], 'cli'), null)
    assert.equal(await read(site, site.clock, issued.accessToken), 'invalid')
    assert.equal(
      (await site.tokens.refresh({ ...redeeming(issued.refreshToken), scopes: undefined })).kind,
      'refused',
    )
    assert.ok(isPrincipal(await read(site, site.clock, other.accessToken)))
  }
  const { text } = await scripted(site)
  assert.notEqual(await site.tokens.revokeToken(text, undefined), null)
  assert.equal(await read(site, site.clock, text), 'invalid')
  assert.equal(await site.tokens.revokeToken('nonsense', 'cli'), null)
})

test('an account has so many apps and personal tokens, and no more', async (t) => {
  const site = await openTokens(t, { appsPerAccount: 3, personalTokensPerAccount: 2 })
  const apps: string[] = []
  for (let made = 0; made < 5; made += 1) {
    site.clock.advance(1_000)
    const { accessToken } = await letIn(site)
    await read(site, site.clock, accessToken)
    apps.push(accessToken)
  }
  const living = await Promise.all(apps.map((token) => read(site, site.clock, token)))
  assert.deepEqual(living.map(isPrincipal), [false, false, true, true, true])
  await scripted(site)
  await scripted(site)
  await assert.rejects(scripted(site), /full/)
})

test('a session that has ended makes no token and approves nothing', async (t) => {
  const site = await openTokens(t)
  const sessionId = await signIn(site)
  const begun = await site.tokens.beginGrant({
    ...{ clientId: 'cli', scopes: ['post:read'], boundTo: undefined, network: '' },
  })
  const grant = await site.tokens.claimGrant(begun?.userCode ?? '', 'alice')
  await site.sessions.end(sessionId)
  const start = { accountId: 'alice', sessionId, name: 'x', scopes: ['post:read'], days: 1 }
  assert.deepEqual(await site.tokens.makePersonal(start), { kind: 'gone' })
  const decision = { accountId: 'alice', sessionId, id: grant?.id ?? '', decision: 'approved' }
  assert.equal(await site.tokens.decideGrant(decision as never), false)
  // Nor does a session of somebody else.
  const bobs = await signIn(site, 'bob')
  assert.deepEqual(await site.tokens.makePersonal({ ...start, sessionId: bobs }), { kind: 'gone' })
})

test('sweeping deletes what is over and nothing else', async (t) => {
  const site = await openTokens(t)
  const { accessToken } = await letIn(site)
  const { text } = await scripted(site, { days: 1 })
  assert.equal(await site.tokens.sweep(), 0)
  site.clock.advance(11 * minute)
  assert.equal(await site.tokens.sweep(), 1, 'the grant')
  site.clock.advance(day)
  assert.equal(await site.tokens.sweep(), 1, 'the personal token')
  assert.equal(await read(site, site.clock, text), 'invalid')
  site.clock.advance(89 * day)
  assert.equal(await site.tokens.sweep(), 1, 'the family')
  const left = await site.db.selectFrom('demijohn_refresh_tokens').selectAll().execute()
  assert.deepEqual(left, [])
  assert.equal(await read(site, site.clock, accessToken), 'invalid')
})
