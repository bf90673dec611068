/** What the operations of the session store share. */

import type { Kysely, Transaction } from 'kysely'
import type { Random } from '../../core/bytes.ts'
import type { Clock } from '../../core/clock.ts'
import type { DemijohnTables } from '../../data/tables.ts'
import type { SessionCache } from './cache.ts'
import { decideSession, type SessionLimits } from './decide.ts'
import type { SessionOptions } from './options.ts'
import type { RevisionWatch } from './revision.ts'
import type { JoinedRow, SessionRow } from './rows.ts'
import type { FormKeys, SessionRecord } from './types.ts'

export type Parts = {
  readonly db: Kysely<DemijohnTables>
  readonly clock: Clock
  readonly random: Random
  readonly limits: SessionLimits
  readonly cache: SessionCache<SessionRecord>
  readonly watch: RevisionWatch
  readonly options: SessionOptions
  readonly toRecord: (row: JoinedRow) => SessionRecord
}

export function toRecord(row: JoinedRow, formKeys: FormKeys): SessionRecord {
  const { id, accountId, createdAt, authenticatedAt, lastSeenAt, expiresAt, notice } = row
  const { name, email, role } = row
  const user = Object.freeze({ id: accountId, name, email, role })
  const times = { createdAt, authenticatedAt, lastSeenAt, expiresAt }
  return Object.freeze({ id, accountId, user, ...times, notice, formKey: formKeys[0], formKeys })
}

export function isLive(parts: Parts, session: SessionRow | SessionRecord): boolean {
  const { createdAt, lastSeenAt, expiresAt } = session
  const now = parts.clock.now()
  return decideSession({ now, createdAt, lastSeenAt, expiresAt }, parts.limits).allowed
}

/** One transaction, which raises the revision when it changed what others may have cached. */
export async function write<T>(
  { db, watch }: Parts,
  change: (transaction: Transaction<DemijohnTables>) => Promise<{ changed: boolean; result: T }>,
): Promise<T> {
  const done = await db.transaction().execute(async (transaction) => {
    const { changed, result } = await change(transaction)
    return { result, revision: changed ? await watch.raise(transaction) : undefined }
  })
  if (done.revision !== undefined) watch.raisedHere(done.revision)
  return done.result
}
