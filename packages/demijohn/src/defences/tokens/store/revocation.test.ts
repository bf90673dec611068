/** Every way in which a token ends × every kind of token: at once here, within a second elsewhere. */
import assert from 'node:assert/strict'
import test from 'node:test'
import type { Transaction } from 'kysely'
import type { DemijohnTables } from '../../../data/tables.ts'
import {
  approved,
  isPrincipal,
  letIn,
  openTokens,
  type Process,
  read,
  redeeming,
  scripted,
  type TokenFixture,
} from './tokenStoreFixture.ts'

type Made = {
  readonly app: string
  readonly appId: string
  readonly personal: string
  readonly personalId: string
  readonly refresh: string
}

async function make(site: Process): Promise<Made> {
  const { accessToken: app, familyId: appId, refreshToken: refresh } = await letIn(site)
  const { text: personal, id: personalId } = await scripted(site)
  return { app, appId, refresh, personal, personalId }
}

function setOn(column: Partial<Record<'role' | 'suspendedAt' | 'credentialRevision', unknown>>) {
  return (transaction: Transaction<DemijohnTables>) =>
    transaction
      .updateTable('demijohn_accounts')
      .set(column as never)
      .where('id', '=', 'alice')
      .execute()
}

type Way = {
  readonly name: string
  readonly ends: readonly ('app' | 'personal')[]
  readonly run: (on: Process, made: Made, clock: TokenFixture['clock']) => Promise<unknown>
}

const both = ['app', 'personal'] as const
const ways: readonly Way[] = [
  {
    name: 'the app is revoked',
    ends: ['app'],
    run: ({ tokens }, { appId }) => tokens.revokeApp('alice', appId),
  },
  {
    name: 'the personal token is revoked',
    ends: ['personal'],
    run: ({ tokens }, { personalId }) => tokens.revokePersonal('alice', personalId),
  },
  { name: 'all are revoked', ends: both, run: ({ tokens }) => tokens.revokeAllOf('alice') },
  {
    name: 'the access token is given back (RFC 7009)',
    ends: ['app'],
    run: ({ tokens }, { app }) => tokens.revokeToken(app, 'cli'),
  },
  {
    name: 'the refresh token is given back (RFC 7009)',
    ends: ['app'],
    run: ({ tokens }, { refresh }) => tokens.revokeToken(refresh, 'cli'),
  },
  {
    name: 'the personal token is given back (RFC 7009)',
    ends: ['personal'],
    run: ({ tokens }, { personal }) => tokens.revokeToken(personal, undefined),
  },
  {
    name: 'a refresh token comes twice',
    ends: ['app'],
    run: async ({ tokens }, { refresh }) => {
      for (const _ of [1, 2]) await tokens.refresh({ ...redeeming(refresh), scopes: undefined })
    },
  },
  {
    name: 'signed out everywhere',
    ends: ['app'],
    run: ({ sessions }) => sessions.endAllOf('alice'),
  },
  {
    name: 'what proves the account changed',
    ends: both,
    run: ({ sessions }) =>
      sessions.endAllOf('alice', { alongside: setOn({ credentialRevision: 7 }) }),
  },
  {
    name: 'suspended, by a change that ends no session',
    ends: both,
    run: ({ sessions }) =>
      sessions.accountChanged('alice', { alongside: setOn({ suspendedAt: 1 }) }),
  },
  {
    name: 'another role that demands a second factor, and there is none',
    ends: both,
    run: ({ sessions }) =>
      sessions.accountChanged('alice', { alongside: setOn({ role: 'admin' }) }),
  },
  {
    name: 'deleted',
    ends: both,
    run: ({ sessions }) =>
      sessions.endAllOf('alice', {
        alongside: (transaction) =>
          transaction.deleteFrom('demijohn_accounts').where('id', '=', 'alice').execute(),
      }),
  },
]

for (const { name, ends, run } of ways) {
  for (const isCached of [true, false]) {
    test(`${name}: ${ends.join(' and ')} refused at once, cached ${isCached} [asvs 7.4.1, 10.4.9]`, async (t) => {
      const site = await openTokens(t)
      const made = await make(site)
      const bystander = await letIn(site, { accountId: 'bob' })
      const tokens = [made.app, made.personal, bystander.accessToken]
      if (isCached) for (const token of tokens) await read(site, site.clock, token)
      await run(site, made, site.clock)
      for (const kind of both) {
        const answer = await read(site, site.clock, made[kind])
        assert.equal(isPrincipal(answer), !ends.includes(kind), kind)
      }
      assert.ok(isPrincipal(await read(site, site.clock, bystander.accessToken)))
      if (ends.includes('app')) {
        const answer = await site.tokens.refresh({ ...redeeming(made.refresh), scopes: undefined })
        assert.notEqual(answer.kind, 'issued')
      }
    })
  }

  test(`${name}: another process knows within a second [asvs 7.4.1]`, async (t) => {
    const site = await openTokens(t)
    const other = site.anotherProcess()
    const made = await make(site)
    for (const kind of both) assert.ok(isPrincipal(await read(other, site.clock, made[kind])))
    await run(site, made, site.clock)
    site.clock.advance(1_001)
    for (const kind of both) {
      const answer = await read(other, site.clock, made[kind])
      assert.equal(isPrincipal(answer), !ends.includes(kind), kind)
    }
  })
}

test('an account is another’s token’s business in nothing', async (t) => {
  const site = await openTokens(t)
  const made = await make(site)
  assert.equal(await site.tokens.revokeApp('bob', made.appId), false)
  assert.equal(await site.tokens.revokePersonal('bob', made.personalId), false)
  assert.equal(await site.tokens.revokeAllOf('bob'), 0)
  for (const kind of both) assert.ok(isPrincipal(await read(site, site.clock, made[kind])))
})

test('no interleaving of a read with a revocation brings the token back', async (t) => {
  const site = await openTokens(t)
  for (const kind of both) {
    for (let turns = 0; turns < 12; turns += 1) {
      for (const readFirst of [true, false]) {
        const made = await make(site)
        const revoke = async (): Promise<unknown> =>
          kind === 'app'
            ? site.tokens.revokeApp('alice', made.appId)
            : site.tokens.revokePersonal('alice', made.personalId)
        const look = async () => read(site, site.clock, made[kind])
        const first = readFirst ? look() : revoke()
        for (let turn = 0; turn < turns; turn += 1) await Promise.resolve()
        await Promise.all([first, readFirst ? revoke() : look()])
        assert.equal(await read(site, site.clock, made[kind]), 'invalid', `${kind} ${turns}`)
        await site.tokens.revokeAllOf('alice')
      }
    }
  }
})

test('while all tokens are being revoked nobody is signed out', async (t) => {
  const site = await openTokens(t)
  const issued = await site.sessions.create({
    ...{ accountId: 'alice', credentialRevision: 0, methods: ['password'] },
    ...{ userAgent: 'Firefox', clientAddress: '192.0.2.1' },
  })
  await site.sessions.find(issued?.token ?? '')
  const revoking = site.tokens.revokeAllOf('alice')
  assert.notEqual(await site.sessions.find(issued?.token ?? ''), null)
  await revoking
})

test('an app that was let in and has fetched nothing gets nothing after a sign-out everywhere', async (t) => {
  const site = await openTokens(t)
  const other = await approved(site, { accountId: 'bob' })
  for (const end of [
    () => site.sessions.endAllOf('alice'),
    () => site.tokens.revokeAllOf('alice'),
  ]) {
    const code = await approved(site)
    await end()
    const answer = await site.tokens.redeemGrant(redeeming(code))
    assert.deepEqual(answer, { kind: 'refused', error: 'access_denied' })
  }
  assert.equal((await site.tokens.redeemGrant(redeeming(other))).kind, 'issued')
})

test('an approval is void once what proves the account has changed', async (t) => {
  const site = await openTokens(t)
  const code = await approved(site)
  await site.sessions.accountChanged('alice', { alongside: setOn({ credentialRevision: 3 }) })
  const answer = await site.tokens.redeemGrant(redeeming(code))
  assert.deepEqual(answer, { kind: 'refused', error: 'invalid_grant' })
})
