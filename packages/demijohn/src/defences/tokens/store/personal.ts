/**
 * Personal access tokens, for scripts: made under a fresh session, shown once, over after a year.
 *
 * Stops: a stolen database (it holds SHA-256 of 256 random bits), a token without an end, one that
 * outlives a change of what proves the account (the revision is compared at each read), one that is
 * made by a session that has ended meanwhile. ASVS 7.2.3, 10.4.9.
 */

import { createId } from '../../../core/ids.ts'
import { createOpaqueToken } from '../opaque.ts'
import { proofOf } from './accounts.ts'
import { type Database, day, hour, splitScopes, type TokenParts } from './parts.ts'
import type { Alongside, MadePersonal, PersonalStart, PersonalSummary } from './types.ts'

export const personalKind = 'pat'

export async function makePersonal(
  parts: TokenParts,
  start: PersonalStart,
  alongside: Alongside | undefined,
): Promise<MadePersonal> {
  const { clock, random, options } = parts
  if (!Number.isSafeInteger(start.days) || start.days < 1 || start.days > options.personalDays) {
    throw new RangeError(`a personal token lives 1 to ${options.personalDays} days`)
  }
  const now = clock.now()
  const { text, hash } = createOpaqueToken({ prefix: options.prefix, kind: personalKind }, random)
  const id = createId(now, random)
  const expiresAt = now + start.days * day
  return parts.db.transaction().execute(async (transaction): Promise<MadePersonal> => {
    const proof = await proofOf(transaction, start)
    if (proof === undefined) return { kind: 'gone' }
    const { accountId, name } = start
    const live = await readPersonal(transaction, accountId, now)
    if (live.length >= options.personalTokensPerAccount) return { kind: 'full' }
    if (live.some((token) => token.name === name)) return { kind: 'taken' }
    const { credentialRevision, authenticatedAt } = proof
    await transaction
      .insertInto('demijohn_personal_tokens')
      .values({
        ...{ id, tokenHash: hash, accountId, name, credentialRevision, authenticatedAt, expiresAt },
        ...{ scopes: start.scopes.join(' '), createdAt: now, lastUsedAt: null, revokedAt: null },
      })
      .execute()
    await alongside?.(transaction)
    return { kind: 'made', id, text, expiresAt }
  })
}

/** The account's tokens that still open something, the newest first. */
export async function readPersonal(
  db: Database,
  accountId: string,
  now: number,
): Promise<readonly PersonalSummary[]> {
  const rows = await db
    .selectFrom('demijohn_personal_tokens as t')
    .innerJoin('demijohn_accounts as a', 'a.id', 't.accountId')
    .select(['t.id', 't.name', 't.scopes', 't.createdAt', 't.lastUsedAt', 't.expiresAt'])
    .where('t.accountId', '=', accountId)
    .where('t.revokedAt', 'is', null)
    .where('t.expiresAt', '>', now)
    .whereRef('t.credentialRevision', '=', 'a.credentialRevision')
    .orderBy('t.createdAt', 'desc')
    .orderBy('t.id')
    .execute()
  return rows.map((row) => Object.freeze({ ...row, scopes: splitScopes(row.scopes) }))
}

/** The row of a token's hash, whatever state it is in. */
export function findPersonal(db: Database, tokenHash: string) {
  return db
    .selectFrom('demijohn_personal_tokens')
    .select(['id', 'accountId', 'scopes', 'credentialRevision', 'authenticatedAt'])
    .select(['expiresAt', 'lastUsedAt', 'revokedAt'])
    .where('tokenHash', '=', tokenHash)
    .executeTakeFirst()
}

/** Notes a use, to the hour, so that reading stays cheap. Another process may have been first. */
export async function touchPersonal(db: Database, id: string, usedAt: number): Promise<void> {
  await db
    .updateTable('demijohn_personal_tokens')
    .set({ lastUsedAt: usedAt })
    .where('id', '=', id)
    .where((is) => is.or([is('lastUsedAt', 'is', null), is('lastUsedAt', '<', usedAt)]))
    .execute()
}

export function hourOf(milliseconds: number): number {
  return Math.floor(milliseconds / hour) * hour
}

export async function revokePersonal(
  parts: TokenParts,
  accountId: string,
  id: string,
): Promise<boolean> {
  const row = await parts.db
    .selectFrom('demijohn_personal_tokens')
    .select('tokenHash')
    .where('id', '=', id)
    .where('accountId', '=', accountId)
    .executeTakeFirst()
  if (row === undefined) return false
  return parts.cache.revokeDuring({ id: row.tokenHash }, () =>
    parts.revised.write(async (transaction) => {
      const { numUpdatedRows } = await transaction
        .updateTable('demijohn_personal_tokens')
        .set({ revokedAt: parts.clock.now() })
        .where('id', '=', id)
        .where('accountId', '=', accountId)
        .where('revokedAt', 'is', null)
        .executeTakeFirstOrThrow()
      return { changed: numUpdatedRows > 0n, result: numUpdatedRows > 0n }
    }),
  )
}

/** In a transaction of `revised`. Says how many. */
export async function revokePersonalOf(
  db: Database,
  accountId: string,
  now: number,
): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('demijohn_personal_tokens')
    .set({ revokedAt: now })
    .where('accountId', '=', accountId)
    .where('revokedAt', 'is', null)
    .where('expiresAt', '>', now)
    .executeTakeFirstOrThrow()
  return Number(numUpdatedRows)
}
