/** What the operations of the session store share. */

import type { Kysely } from 'kysely'
import type { Random } from '../../core/bytes.ts'
import type { Clock } from '../../core/clock.ts'
import type { RevocableCache } from '../../core/revocations.ts'
import type { RevisedStore, RevisionWatch } from '../../data/revision.ts'
import type { DemijohnTables } from '../../data/tables.ts'
import { decideSession, type SessionLimits } from './decide.ts'
import type { SessionOptions } from './options.ts'
import type { JoinedRow, SessionRow } from './rows.ts'
import { decideStage, parseMethods } from './stage.ts'
import type { FormKeys, SessionRecord } from './types.ts'

export type Parts = {
  readonly db: Kysely<DemijohnTables>
  readonly clock: Clock
  readonly random: Random
  readonly limits: SessionLimits
  readonly cache: RevocableCache<SessionRecord>
  readonly watch: RevisionWatch
  readonly write: RevisedStore['write']
  readonly options: SessionOptions
  readonly toRecord: (row: JoinedRow) => SessionRecord
}

export function toRecord(
  row: JoinedRow,
  formKeys: FormKeys,
  roleDemandsIt: boolean,
): SessionRecord {
  const { id, accountId, createdAt, authenticatedAt, lastSeenAt, expiresAt, notice, familyId } = row
  const { name, email, role } = row
  const claimant = Object.freeze({ id: accountId, name, email, role })
  const times = { createdAt, authenticatedAt, lastSeenAt, expiresAt }
  const methods = parseMethods(row.methods)
  const stage = decideStage({ methods, hasSecondFactor: row.hasSecondFactor, roleDemandsIt })
  const proof = { claimant, stage, methods, familyId }
  return Object.freeze({ id, accountId, ...proof, ...times, notice, formKeys })
}

/** A bare row is taken for a finished sign-in: how far it has come is not written in it. */
export function isLive(parts: Parts, session: SessionRow | SessionRecord): boolean {
  const { createdAt, lastSeenAt, expiresAt, authenticatedAt } = session
  const now = parts.clock.now()
  const isHalf = 'stage' in session && session.stage !== 'full'
  const facts = { now, createdAt, lastSeenAt, expiresAt, authenticatedAt, isHalf }
  return decideSession(facts, parts.limits).allowed
}
