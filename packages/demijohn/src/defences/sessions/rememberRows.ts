/** The statements about remember tokens. A token is used by one conditional write. */

import type { Kysely, Selectable } from 'kysely'
import type { DemijohnTables, RememberedTable } from '../../data/tables.ts'

type Database = Kysely<DemijohnTables>
export type RememberedRow = Readonly<Selectable<RememberedTable>>

/** undefined as well where the account is suspended. */
export function readToken(
  db: Database,
  id: string,
): Promise<(RememberedRow & { readonly credentialRevision: number }) | undefined> {
  return db
    .selectFrom('demijohn_remembered as r')
    .innerJoin('demijohn_accounts as a', 'a.id', 'r.accountId')
    .selectAll('r')
    .select('a.credentialRevision as credentialRevision')
    .where('r.id', '=', id)
    .where('a.suspendedAt', 'is', null)
    .executeTakeFirst()
}

export async function insertToken(db: Database, row: RememberedRow): Promise<void> {
  await db.insertInto('demijohn_remembered').values(row).execute()
}

/** True for the one who used it. */
export async function useToken(db: Database, id: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('demijohn_remembered')
    .set({ usedAt: now })
    .where('id', '=', id)
    .where('usedAt', 'is', null)
    .where('expiresAt', '>', now)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/** Deletes all but the `most` tokens of a family that were used last. */
export async function trimUsed(db: Database, familyId: string, most: number): Promise<void> {
  const used = await db
    .selectFrom('demijohn_remembered')
    .select('id')
    .where('familyId', '=', familyId)
    .where('usedAt', 'is not', null)
    .orderBy('usedAt', 'desc')
    .orderBy('id')
    .execute()
  const surplus = used.slice(most).map(({ id }) => id)
  if (surplus.length === 0) return
  await db.deleteFrom('demijohn_remembered').where('id', 'in', surplus).execute()
}

/** A line in a person's list of browsers that stay signed in. */
export type Family = {
  readonly familyId: string
  /** When the person signed in there. */
  readonly authenticatedAt: number
  readonly expiresAt: number
}

/** The families of an account that can still be used, the newest first. */
export function readFamilies(
  db: Database,
  accountId: string,
  now: number,
): Promise<readonly Family[]> {
  return db
    .selectFrom('demijohn_remembered')
    .select(['familyId', 'authenticatedAt', 'expiresAt'])
    .where('accountId', '=', accountId)
    .where('usedAt', 'is', null)
    .where('expiresAt', '>', now)
    .orderBy('authenticatedAt', 'desc')
    .orderBy('familyId')
    .execute()
}

/**
 * Whether a session hangs on the family. A write that changes nothing, because it locks the row in
 * every database until the transaction is over.
 */
export async function holdSessionOf(
  db: Database,
  { accountId, familyId }: OneFamily,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('demijohn_sessions')
    .set({ familyId })
    .where('accountId', '=', accountId)
    .where('familyId', '=', familyId)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

/**
 * Ends the families of an account, less one, and says how many tokens that were. To be called in the
 * transaction that ends the account's sessions: a family left over would bring one back.
 */
export async function endFamiliesOf(
  db: Database,
  accountId: string,
  { except }: { readonly except?: string } = {},
): Promise<number> {
  let statement = db.deleteFrom('demijohn_remembered').where('accountId', '=', accountId)
  if (except !== undefined) statement = statement.where('familyId', '!=', except)
  const { numDeletedRows } = await statement.executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}

export type OneFamily = { readonly accountId: string; readonly familyId: string }

/** Deletes the tokens of one family of an account. True when there were any. */
export async function endTokens(
  db: Database,
  { accountId, familyId }: OneFamily,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('demijohn_remembered')
    .where('accountId', '=', accountId)
    .where('familyId', '=', familyId)
    .executeTakeFirstOrThrow()
  return numDeletedRows > 0n
}

/** Ends one family of an account, with the sessions that hang on it. True when it was there. */
export async function endFamily(db: Database, family: OneFamily): Promise<boolean> {
  const ended = await endTokens(db, family)
  await db
    .deleteFrom('demijohn_sessions')
    .where('accountId', '=', family.accountId)
    .where('familyId', '=', family.familyId)
    .execute()
  return ended
}

export async function deleteEnded(db: Database, now: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('demijohn_remembered')
    .where('expiresAt', '<=', now)
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}
