/**
 * Everything about tokens that has a row. What each part stops stands at the head of its file.
 */

import { type Random, systemRandom } from '../../../core/bytes.ts'
import type { Clock } from '../../../core/clock.ts'
import { endAppsOf } from '../../../data/accountRows.ts'
import type { RevisedStore } from '../../../data/revision.ts'
import { verifyAccessToken } from '../accessToken.ts'
import { parseOpaqueToken } from '../opaque.ts'
import type { TokenOptions } from '../options.ts'
import * as apps from './apps.ts'
import * as grants from './grants.ts'
import { createSigningKeys, type Sealing } from './keys.ts'
import type { Cached, Database, TokenParts } from './parts.ts'
import * as personal from './personal.ts'
import type { Proofs } from './proofs.ts'
import { createReader } from './reader.ts'
import * as refreshing from './refreshing.ts'
import type { TokenControl, TokenStore } from './types.ts'

export type TokenStoreDeps = {
  readonly db: Database
  readonly clock: Clock
  readonly random?: Random
  /** Shared with the store of sessions, so that what ends those ends these. */
  readonly revised: RevisedStore
  readonly sealed: Sealing
  readonly codeKeys: readonly Buffer[]
  readonly options: TokenOptions
  readonly issuer: string
  readonly secondFactorRoles?: ReadonlySet<string>
  readonly proofs: Proofs
  readonly alarm?: TokenParts['alarm']
  readonly outside?: TokenParts['outside']
}

export function createTokenStore(deps: TokenStoreDeps): TokenStore {
  const { db, clock, random = systemRandom, revised, sealed, options, issuer, codeKeys } = deps
  const { algorithm } = options
  const parts: TokenParts = {
    ...{ db, clock, random, revised, options, issuer, codeKeys },
    audience: issuer,
    cache: revised.revocations.cache<Cached>(options.cachedTokens),
    keys: createSigningKeys({ db, clock, random, revised, sealed, algorithm }),
    secondFactorRoles: deps.secondFactorRoles ?? new Set(),
    alarm: deps.alarm,
    outside: deps.outside ?? [],
  }
  return Object.freeze({
    read: createReader(parts, deps.proofs),
    ...listing(parts),
    issuer,
    provenKey: deps.proofs.provenKey,
    beginGrant: (facts) => grants.beginGrant(parts, facts),
    claimGrant: (userCode, accountId) => grants.claimGrant(parts, userCode, accountId),
    pendingGrant: (id, accountId) => grants.pendingGrant(parts, id, accountId),
    decideGrant: (facts, alongside) => grants.decideGrant(parts, facts, alongside),
    redeemGrant: (facts) => grants.redeemGrant(parts, facts),
    refresh: (facts) => refreshing.refresh(parts, facts),
    revokeToken: (token, clientId) => revokeToken(parts, token, clientId),
    keySet: async () => ({ keys: await parts.keys.published() }),
    prepare: async () => {
      await parts.keys.signer()
    },
    sweep: () => sweep(parts),
  } satisfies TokenStore)
}

function listing(
  parts: TokenParts,
): Pick<TokenControl, 'listOf' | 'makePersonal' | 'revokePersonal' | 'revokeApp' | 'revokeAllOf'> {
  const { db, clock, cache, revised } = parts
  return {
    listOf: async (accountId) => ({
      apps: await apps.readApps(db, accountId, clock.now()),
      personal: await personal.readPersonal(db, accountId, clock.now()),
    }),
    makePersonal: (start, alongside) => personal.makePersonal(parts, start, alongside),
    revokePersonal: (accountId, id) => personal.revokePersonal(parts, accountId, id),
    revokeApp: (accountId, familyId) =>
      apps.endFamily(parts, { accountId, familyId, because: 'revoked' }),
    revokeAllOf: (accountId) =>
      cache.revokeDuring({ accountId, sort: 'token' }, () =>
        revised.write(async (transaction) => {
          const now = clock.now()
          const families = await endAppsOf(transaction, accountId, { now, because: 'revoked' })
          const result = families + (await personal.revokePersonalOf(transaction, accountId, now))
          return { changed: result > 0, result }
        }),
      ),
  }
}

/** RFC 7009 section 2.1: an access token takes its family along, for one without the other is of no use. */
async function revokeToken(
  parts: TokenParts,
  token: string,
  clientId: string | undefined,
): ReturnType<TokenControl['revokeToken']> {
  const opaque = parseOpaqueToken(token, parts.options.prefix)
  if (opaque?.kind === personal.personalKind) {
    const row = await personal.findPersonal(parts.db, opaque.hash)
    if (row === undefined) return null
    const { accountId, id: tokenId } = row
    return (await personal.revokePersonal(parts, accountId, tokenId))
      ? { accountId, tokenId }
      : null
  }
  const family =
    opaque?.kind === refreshing.refreshKind
      ? await refreshing.familyOfRefresh(parts.db, opaque.hash)
      : await familyOfAccessToken(parts, token)
  if (family === undefined || family.clientId !== clientId) return null
  const { id: familyId, accountId } = family
  const ended = await apps.endFamily(parts, { accountId, familyId, because: 'revoked' })
  return ended ? { accountId, tokenId: familyId } : null
}

async function familyOfAccessToken(parts: TokenParts, token: string) {
  const { issuer, audience, clock, keys, db } = parts
  const keyOf = await keys.verifier()
  const expected = { issuer, audience, now: clock.now(), toleranceSeconds: 0, keyOf }
  const verified = verifyAccessToken(token, expected)
  if (!verified.ok || verified.claims.family === undefined) return undefined
  return apps.findFamily(db, verified.claims.family)
}

/**
 * What was ended is kept for a month: a refresh token that comes again after its family has ended is
 * told from one that never was, and the export of one's own data says what there was.
 */
async function sweep({ db, clock }: TokenParts): Promise<number> {
  const now = clock.now()
  const done = await Promise.all([
    db.deleteFrom('demijohn_device_grants').where('expiresAt', '<=', now).executeTakeFirst(),
    db
      .deleteFrom('demijohn_token_families')
      .where((is) =>
        is.or([is('expiresAt', '<=', now), is('endedAt', '<=', now - keptMilliseconds)]),
      )
      .executeTakeFirst(),
    db
      .deleteFrom('demijohn_personal_tokens')
      .where((is) =>
        is.or([is('expiresAt', '<=', now), is('revokedAt', '<=', now - keptMilliseconds)]),
      )
      .executeTakeFirst(),
    db
      .deleteFrom('demijohn_signing_keys')
      .where('retiredAt', '<=', now - keptMilliseconds)
      .executeTakeFirst(),
  ])
  return done.reduce((sum, { numDeletedRows }) => sum + Number(numDeletedRows), 0)
}

const keptMilliseconds = 30 * 24 * 60 * 60_000
