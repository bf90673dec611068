/**
 * What apps hold: families of tokens, each from one approval.
 *
 * Stops a family without an end, and one that outlives a change of what proves the account or its
 * suspension: ASVS 10.4.8, 10.4.9. Its refresh tokens are in `refreshing.ts`.
 */

import { createId } from '../../../core/ids.ts'
import type { Proof } from './accounts.ts'
import { type Database, day, splitScopes, type TokenParts } from './parts.ts'
import type { AppSummary, Refused, TokenAnswer } from './types.ts'

export type Family = {
  readonly id: string
  readonly accountId: string
  readonly clientId: string
  readonly scopes: string
  readonly authenticatedAt: number
  readonly boundTo: string | null
  readonly expiresAt: number
}

export type FamilyStart = {
  readonly accountId: string
  readonly clientId: string
  readonly scopes: string
  readonly proof: Proof
  readonly boundTo: string | null
  readonly network: string
}

/** Begins a family, in the transaction that redeems what it comes of. Says how many others ended. */
export async function beginFamily(
  { clock, random, options }: TokenParts,
  db: Database,
  { proof, network, ...start }: FamilyStart,
): Promise<{ readonly family: Family; readonly trimmed: number }> {
  const now = clock.now()
  const { accountId, clientId, scopes, boundTo } = start
  const trimmed = await trimFamilies(db, accountId, { most: options.appsPerAccount, now })
  const family = {
    ...{ id: createId(now, random), accountId, clientId, scopes, boundTo },
    authenticatedAt: proof.authenticatedAt,
    expiresAt: now + options.refreshDays * day,
  }
  const { credentialRevision, methods } = proof
  await db
    .insertInto('demijohn_token_families')
    .values({
      ...{ ...family, credentialRevision, methods, createdAt: now, lastUsedAt: now },
      ...{ lastNetwork: network, endedAt: null, endedBecause: null },
    })
    .execute()
  return { family, trimmed }
}

/** Of the live families of an account, ends those used longest ago, so that one more has room. */
async function trimFamilies(
  db: Database,
  accountId: string,
  { most, now }: { readonly most: number; readonly now: number },
): Promise<number> {
  const live = await db
    .selectFrom('demijohn_token_families')
    .select('id')
    .where('accountId', '=', accountId)
    .where('endedAt', 'is', null)
    .where('expiresAt', '>', now)
    .orderBy('lastUsedAt', 'desc')
    .orderBy('id')
    .execute()
  const surplus = live.slice(most - 1).map(({ id }) => id)
  if (surplus.length === 0) return 0
  await db
    .updateTable('demijohn_token_families')
    .set({ endedAt: now, endedBecause: 'too-many' })
    .where('id', 'in', surplus)
    .execute()
  return surplus.length
}

export const invalidGrant: Refused = Object.freeze({ kind: 'refused', error: 'invalid_grant' })

/** Ends a family of which a one-time token came twice. The first to see it tells the owner. */
export async function endCopied(
  parts: TokenParts,
  family: Pick<Family, 'id' | 'accountId' | 'clientId'>,
): Promise<TokenAnswer> {
  const { id: familyId, accountId, clientId } = family
  const ended = await endFamily(parts, { accountId, familyId, because: 'replayed' }, (inside) =>
    Promise.resolve(parts.alarm?.(inside, { accountId, clientId })),
  )
  return ended ? { kind: 'replayed', accountId, familyId } : invalidGrant
}

/** Ends one live family of an account. True for the one who did. */
export function endFamily(
  { clock, cache, revised }: TokenParts,
  facts: {
    readonly accountId: string
    readonly familyId: string
    readonly because: 'revoked' | 'replayed'
  },
  alongside?: (db: Parameters<NonNullable<TokenParts['alarm']>>[0]) => Promise<unknown>,
): Promise<boolean> {
  const { accountId, familyId, because } = facts
  return cache.revokeDuring({ familyId }, () =>
    revised.write(async (transaction) => {
      const { numUpdatedRows } = await transaction
        .updateTable('demijohn_token_families')
        .set({ endedAt: clock.now(), endedBecause: because })
        .where('id', '=', familyId)
        .where('accountId', '=', accountId)
        .where('endedAt', 'is', null)
        .executeTakeFirstOrThrow()
      const ended = numUpdatedRows > 0n
      if (ended) await alongside?.(transaction)
      return { changed: ended, result: ended }
    }),
  )
}

/** The apps that still act for an account, the one used last first. */
export async function readApps(
  db: Database,
  accountId: string,
  now: number,
): Promise<readonly AppSummary[]> {
  const rows = await db
    .selectFrom('demijohn_token_families as f')
    .innerJoin('demijohn_accounts as a', 'a.id', 'f.accountId')
    .select(['f.id', 'f.clientId', 'f.scopes', 'f.createdAt', 'f.lastUsedAt', 'f.lastNetwork'])
    .select(['f.expiresAt', 'f.boundTo'])
    .where('f.accountId', '=', accountId)
    .where('f.endedAt', 'is', null)
    .where('f.expiresAt', '>', now)
    .whereRef('f.credentialRevision', '=', 'a.credentialRevision')
    .orderBy('f.lastUsedAt', 'desc')
    .orderBy('f.id')
    .execute()
  return rows.map(({ boundTo, scopes, ...row }) =>
    Object.freeze({ ...row, scopes: splitScopes(scopes), isBound: boundTo !== null }),
  )
}

/** What an access token's family says now; undefined: there is none that lives. */
export function findFamily(db: Database, familyId: string) {
  return db
    .selectFrom('demijohn_token_families')
    .select(['id', 'accountId', 'clientId', 'scopes', 'credentialRevision', 'authenticatedAt'])
    .select(['boundTo', 'expiresAt'])
    .where('id', '=', familyId)
    .where('endedAt', 'is', null)
    .executeTakeFirst()
}
