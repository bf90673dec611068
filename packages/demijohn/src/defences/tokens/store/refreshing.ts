/**
 * Refresh tokens: each works once, and is followed by another of its family.
 *
 * Stops: a copied refresh token (whoever comes second shows that there are two, and the family ends,
 * its access tokens with it), one under another key or app than it was made for, one that outlives
 * its family or a change of what proves the account. ASVS 10.4.5, 10.4.8; RFC 9700 section 4.14.2.
 *
 * Does not stop a thief who holds an unbound refresh token that its app never uses again. An answer
 * that is lost on its way looks like a theft, too: the app has to be let in anew.
 */

import { createId } from '../../../core/ids.ts'
import { holdProof } from '../../../data/accountRows.ts'
import { issueAccessToken } from '../accessToken.ts'
import { createOpaqueToken, parseOpaqueToken } from '../opaque.ts'
import { decideRefresh } from '../refresh.ts'
import type { SigningKey } from '../signingKey.ts'
import { isUsable, readAccount } from './accounts.ts'
import { endCopied, type Family, invalidGrant } from './apps.ts'
import { type Database, day, splitScopes, type TokenParts } from './parts.ts'
import type { IssuedTokens, Redeeming, TokenAnswer } from './types.ts'

export const refreshKind = 'rt'

/** The next refresh token of a family, and an access token that ends no later than the family. */
export async function issueTokens(
  parts: TokenParts,
  db: Database,
  key: SigningKey,
  family: Family,
  scopes: readonly string[] = splitScopes(family.scopes),
): Promise<IssuedTokens> {
  const { clock, random, options, issuer, audience } = parts
  const now = clock.now()
  const { text, hash } = createOpaqueToken({ prefix: options.prefix, kind: refreshKind }, random)
  const expiresAt = Math.min(now + options.refreshIdleDays * day, family.expiresAt)
  const row = { id: hash, familyId: family.id, createdAt: now, usedAt: null, expiresAt }
  await db.insertInto('demijohn_refresh_tokens').values(row).execute()
  const left = secondsLeft(family.expiresAt, now)
  const lifetimeSeconds = Math.min(options.accessMinutes * 60, left)
  const accessToken = issueAccessToken(
    {
      ...{ issuer, audience, now, lifetimeSeconds, scopes, family: family.id },
      ...{ subject: family.accountId, clientId: family.clientId },
      ...{ tokenId: createId(now, random), authenticatedAt: family.authenticatedAt },
      ...(family.boundTo === null ? {} : { boundTo: family.boundTo }),
    },
    key,
  )
  return {
    ...{ kind: 'issued', accountId: family.accountId, familyId: family.id, accessToken, scopes },
    ...{ refreshToken: text, expiresInSeconds: lifetimeSeconds, isBound: family.boundTo !== null },
  }
}

/** Whole ones, as the claims of a token count them. */
function secondsLeft(expiresAt: number, now: number): number {
  return Math.floor(expiresAt / 1_000) - Math.floor(now / 1_000)
}

/** Uses a refresh token up. Of any number at once one gets tokens, and the others end the family. */
export async function refresh(
  parts: TokenParts,
  facts: Redeeming & { readonly scopes: readonly string[] | undefined },
): Promise<TokenAnswer> {
  const { clock, options } = parts
  const parsed = parseOpaqueToken(facts.token, options.prefix)
  if (parsed?.kind !== refreshKind) return invalidGrant
  const row = await readRefresh(parts.db, parsed.hash)
  const { clientId, boundTo } = facts
  const decision = decideRefresh(row, { clientId, boundTo, now: clock.now() })
  if (row === undefined) return invalidGrant
  if (!decision.allowed) {
    if (decision.endsFamily) return endCopied(parts, row)
    const isProof = decision.reason === 'wrong-key'
    return isProof ? { kind: 'refused', error: 'invalid_dpop_proof' } : invalidGrant
  }
  const granted = splitScopes(row.scopes)
  const { scopes = granted } = facts
  if (!scopes.every((one) => granted.includes(one))) {
    return { kind: 'refused', error: 'invalid_scope' }
  }
  const used = await use(parts, { row, hash: parsed.hash, scopes, network: facts.network })
  return used === 'used already' ? endCopied(parts, row) : used
}

type RefreshRow = NonNullable<Awaited<ReturnType<typeof readRefresh>>>

function readRefresh(db: Database, hash: string) {
  return db
    .selectFrom('demijohn_refresh_tokens as t')
    .innerJoin('demijohn_token_families as f', 'f.id', 't.familyId')
    .select(['t.expiresAt', 't.usedAt', 'f.id', 'f.accountId', 'f.clientId', 'f.scopes'])
    .select(['f.authenticatedAt', 'f.boundTo', 'f.credentialRevision'])
    .select(['f.endedAt as familyEndedAt', 'f.expiresAt as familyExpiresAt'])
    .where('t.id', '=', hash)
    .executeTakeFirst()
}

/** Old token, new token: both or neither. */
async function use(
  parts: TokenParts,
  facts: {
    readonly row: RefreshRow
    readonly hash: string
    readonly scopes: readonly string[]
    readonly network: string
  },
): Promise<TokenAnswer | 'used already'> {
  const { row, hash, scopes, network } = facts
  const now = parts.clock.now()
  if (secondsLeft(row.familyExpiresAt, now) < 1) return invalidGrant
  if (!isUsable(parts, await readAccount(parts.db, row.accountId), row)) return invalidGrant
  const key = await parts.keys.signer()
  return parts.db.transaction().execute(async (transaction) => {
    if (!(await holdProof(transaction, row.accountId, row.credentialRevision))) {
      return invalidGrant
    }
    if (!(await markUsed(transaction, hash, now))) return 'used already'
    if (!(await touchFamily(transaction, row.id, { now, network }))) return invalidGrant
    await trimUsed(transaction, row.id)
    const { familyExpiresAt: expiresAt, ...family } = row
    return issueTokens(parts, transaction, key, { ...family, expiresAt }, scopes)
  })
}

/** True for the one who used it. */
async function markUsed(db: Database, hash: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('demijohn_refresh_tokens')
    .set({ usedAt: now })
    .where('id', '=', hash)
    .where('usedAt', 'is', null)
    .where('expiresAt', '>', now)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

async function touchFamily(
  db: Database,
  id: string,
  { now, network }: { readonly now: number; readonly network: string },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('demijohn_token_families')
    .set({ lastUsedAt: now, lastNetwork: network })
    .where('id', '=', id)
    .where('endedAt', 'is', null)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/** Used tokens that are kept to tell a copy by; an older one opens nothing either way. */
const maxUsedPerFamily = 200

async function trimUsed(db: Database, familyId: string): Promise<void> {
  const used = await db
    .selectFrom('demijohn_refresh_tokens')
    .select('id')
    .where('familyId', '=', familyId)
    .where('usedAt', 'is not', null)
    .orderBy('usedAt', 'desc')
    .orderBy('id')
    .offset(maxUsedPerFamily)
    .limit(100)
    .execute()
  const surplus = used.map(({ id }) => id)
  if (surplus.length === 0) return
  await db.deleteFrom('demijohn_refresh_tokens').where('id', 'in', surplus).execute()
}

/** The family that a refresh token belongs to, used or not. */
export function familyOfRefresh(db: Database, hash: string) {
  return db
    .selectFrom('demijohn_refresh_tokens as t')
    .innerJoin('demijohn_token_families as f', 'f.id', 't.familyId')
    .select(['f.id', 'f.accountId', 'f.clientId'])
    .where('t.id', '=', hash)
    .executeTakeFirst()
}
