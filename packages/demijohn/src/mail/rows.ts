/** Reading and writing the rows of mails: each a statement, with the condition that makes it safe. */
import type { Kysely } from 'kysely'
import type { DemijohnTables } from '../data/tables.ts'
import { retryLimits } from './retry.ts'

/** A database, or the transaction that the mail belongs to. */
export type MailDatabase = Kysely<DemijohnTables>
export type Row = DemijohnTables['demijohn_mails']

/** Of any number of workers at once, one gets the mail: the number of attempts is the condition. */
export async function claimRow(db: MailDatabase, now: number): Promise<Row | undefined> {
  for (;;) {
    const row = await db
      .selectFrom('demijohn_mails')
      .selectAll()
      .where('dueAt', '<=', now)
      .orderBy('dueAt')
      .orderBy('id')
      .limit(1)
      .executeTakeFirst()
    if (row === undefined) return undefined
    const attempts = row.attempts + 1
    const { numUpdatedRows } = await db
      .updateTable('demijohn_mails')
      .set({ attempts, dueAt: now + retryLimits.leaseMilliseconds })
      .where('id', '=', row.id)
      .where('attempts', '=', row.attempts)
      .where('dueAt', '<=', now)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 1n) return { ...row, attempts }
  }
}

export async function nextDueAt(db: MailDatabase): Promise<number | undefined> {
  const row = await db
    .selectFrom('demijohn_mails')
    .select('dueAt')
    .where('dueAt', 'is not', null)
    .orderBy('dueAt')
    .limit(1)
    .executeTakeFirst()
  return row?.dueAt ?? undefined
}

/** Whoever holds the mail by now: the server has it. */
export async function markSent(db: MailDatabase, id: string, now: number): Promise<void> {
  await db
    .updateTable('demijohn_mails')
    .set({ sentAt: now, dueAt: null, body: null, givenUpAt: null, problem: null })
    .where('id', '=', id)
    .where('sentAt', 'is', null)
    .execute()
}

/** Only the present holder may say that it failed: a lease that ran out says nothing any more. */
export async function settle(
  db: MailDatabase,
  { id, attempt }: { readonly id: string; readonly attempt: number },
  values: Partial<Pick<Row, 'dueAt' | 'body' | 'givenUpAt' | 'problem'>>,
): Promise<void> {
  await db
    .updateTable('demijohn_mails')
    .set(values)
    .where('id', '=', id)
    .where('attempts', '=', attempt)
    .where('sentAt', 'is', null)
    .execute()
}

export function newestRows(db: MailDatabase, limit: number): Promise<readonly Row[]> {
  return db
    .selectFrom('demijohn_mails')
    .selectAll()
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}

export function findRow(db: MailDatabase, id: string): Promise<Row | undefined> {
  return db.selectFrom('demijohn_mails').selectAll().where('id', '=', id).executeTakeFirst()
}

/** Deletes what was queued before a moment, sent or not, and says how many. */
export async function deleteOlder(db: MailDatabase, than: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('demijohn_mails')
    .where('createdAt', '<', than)
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}
