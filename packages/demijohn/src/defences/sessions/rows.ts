/** The statements of the session store. Every one is conditional: none can re-create a row. */

import type { Kysely } from 'kysely'
import { factorsOf, hasSecondFactor } from '../../data/accountRows.ts'
import type { DemijohnTables } from '../../data/tables.ts'

type Database = Kysely<DemijohnTables>

export type SessionRow = {
  readonly id: string
  readonly accountId: string
  readonly createdAt: number
  readonly authenticatedAt: number
  readonly lastSeenAt: number
  readonly expiresAt: number
  readonly userAgent: string
  readonly clientAddress: string
  readonly notice: string | null
  readonly methods: string
  readonly familyId: string | null
}

export type JoinedRow = SessionRow & {
  readonly hasSecondFactor: boolean
  readonly name: string
  readonly email: string
  readonly role: string
}

/** A session with its account in one read; undefined when either is gone or the account suspended. */
export async function readSession(db: Database, id: string): Promise<JoinedRow | undefined> {
  const row = await db
    .selectFrom('demijohn_sessions as s')
    .innerJoin('demijohn_accounts as a', 'a.id', 's.accountId')
    .select([
      's.id as id',
      's.accountId as accountId',
      's.createdAt as createdAt',
      's.authenticatedAt as authenticatedAt',
      's.lastSeenAt as lastSeenAt',
      's.expiresAt as expiresAt',
      's.userAgent as userAgent',
      's.clientAddress as clientAddress',
      's.notice as notice',
      's.methods as methods',
      's.familyId as familyId',
      'a.name as name',
      'a.email as email',
      'a.role as role',
    ])
    .select((is) => factorsOf(is.ref('s.accountId')))
    .where('s.id', '=', id)
    .where('a.suspendedAt', 'is', null)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const { totpOf, passkeyOf, ...rest } = row
  return { ...rest, hasSecondFactor: hasSecondFactor({ totpOf, passkeyOf }) }
}

/**
 * Has whoever signs in to the account, gives a session a new token or ends all of them wait until this
 * transaction is over: a session that one inserts cannot be seen by the other's deletion before.
 */
export async function holdAccount(db: Database, accountId: string): Promise<void> {
  await db
    .updateTable('demijohn_accounts')
    .set((is) => ({ credentialRevision: is.ref('credentialRevision') }))
    .where('id', '=', accountId)
    .execute()
}

export async function insertSession(db: Database, row: SessionRow): Promise<void> {
  await db.insertInto('demijohn_sessions').values(row).execute()
}

export async function writeAuthenticatedAt(
  db: Database,
  id: string,
  authenticatedAt: number,
): Promise<void> {
  await db.updateTable('demijohn_sessions').set({ authenticatedAt }).where('id', '=', id).execute()
}

/** True when the row was there. */
export async function deleteSession(db: Database, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('demijohn_sessions')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return numDeletedRows > 0n
}

export async function deleteSessionsOf(
  db: Database,
  accountId: string,
  except: string | undefined,
): Promise<number> {
  let statement = db.deleteFrom('demijohn_sessions').where('accountId', '=', accountId)
  if (except !== undefined) statement = statement.where('id', '!=', except)
  const { numDeletedRows } = await statement.executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}

/**
 * Of the sessions of an account that count, ends all but the `most` that were used last; `newest`
 * always stays.
 */
export async function trimSessionsOf(
  db: Database,
  { accountId, id: newest }: Pick<SessionRow, 'accountId' | 'id'>,
  most: number,
  counts: (methods: string) => boolean,
): Promise<number> {
  const rows = await db
    .selectFrom('demijohn_sessions')
    .select(['id', 'methods'])
    .where('accountId', '=', accountId)
    .where('id', '!=', newest)
    .orderBy('lastSeenAt', 'desc')
    .orderBy('id')
    .execute()
  const counted = rows.filter(({ methods }) => counts(methods))
  const surplus = counted.slice(most - 1).map((row) => row.id)
  if (surplus.length === 0) return 0
  await db.deleteFrom('demijohn_sessions').where('id', 'in', surplus).execute()
  return surplus.length
}

/** Notes a use. False when the row is gone, or another process has noted a later one. */
export async function touchSession(db: Database, id: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('demijohn_sessions')
    .set({ lastSeenAt: now })
    .where('id', '=', id)
    .where('lastSeenAt', '<', now)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

export function readSessionsOf(db: Database, accountId: string): Promise<SessionRow[]> {
  return db
    .selectFrom('demijohn_sessions')
    .selectAll()
    .where('accountId', '=', accountId)
    .orderBy('lastSeenAt', 'desc')
    .orderBy('id')
    .execute()
}

export async function writeNotice(db: Database, id: string, text: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('demijohn_sessions')
    .set({ notice: text })
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

/** True for the one caller who found this very text and removed it. */
export async function removeNotice(db: Database, id: string, text: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('demijohn_sessions')
    .set({ notice: null })
    .where('id', '=', id)
    .where('notice', '=', text)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

/** Deletes what ended, was idle, or was created at or before the given moments. */
export async function deleteSessionsBefore(
  db: Database,
  moments: { readonly expiresAt: number; readonly lastSeenAt: number; readonly createdAt: number },
): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('demijohn_sessions')
    .where((is) =>
      is.or([
        is('expiresAt', '<=', moments.expiresAt),
        is('lastSeenAt', '<=', moments.lastSeenAt),
        is('createdAt', '<=', moments.createdAt),
      ]),
    )
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}
