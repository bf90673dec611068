/**
 * Tells this process that another one has changed sessions.
 *
 * Stops a session that was ended by another process (the command line, a second instance) from
 * living on in this one's cache. Whoever ends or changes a session raises a number in the same
 * transaction; nobody believes a cache for more than a second after having last read that number.
 */

import type { Kysely } from 'kysely'
import type { Clock } from '../../core/clock.ts'
import type { DemijohnTables } from '../../data/tables.ts'

type Database = Kysely<DemijohnTables>

/** How long after the number was read the cache still counts. */
const believeMilliseconds = 1_000
/** From when on it is read ahead of need, so that no request has to wait for it. */
const readAheadMilliseconds = 500

export type RevisionWatch = {
  /** Whether the cache counts at this moment. Asks ahead in the background when time runs out. */
  readonly isFresh: () => boolean
  /** Reads the number. Rejects when the database does: without an answer nothing counts. */
  readonly confirm: () => Promise<void>
  /** Raises the number inside of a transaction, and says what it became. */
  readonly raise: (transaction: Database) => Promise<number>
  /** Takes note of a number that this process raised itself and has committed. */
  readonly raisedHere: (revision: number) => void
}

async function readRevision(db: Database): Promise<number> {
  const row = await db
    .selectFrom('demijohn_revisions')
    .select('revision')
    .where('name', '=', 'sessions')
    .executeTakeFirst()
  if (row === undefined) throw new Error('demijohn_revisions has no row for sessions')
  return Number(row.revision)
}

/** `changed` is called when another process has changed sessions, before `confirm` resolves. */
export function createRevisionWatch(deps: {
  readonly db: Database
  readonly clock: Clock
  readonly changed: () => void
}): RevisionWatch {
  const { db, clock, changed } = deps
  let known = Number.NaN
  let confirmedAt = Number.NEGATIVE_INFINITY
  let asking: { readonly startedAt: number; readonly answer: Promise<void> } | undefined

  // A clock that was set back makes the age negative: that counts as stale, too.
  const isWithin = (startedAt: number, milliseconds: number): boolean => {
    const age = clock.now() - startedAt
    return age >= 0 && age <= milliseconds
  }

  const ask = async (startedAt: number): Promise<void> => {
    const revision = await readRevision(db)
    if (revision !== known) changed()
    known = revision
    confirmedAt = startedAt
  }

  const confirm = (): Promise<void> => {
    if (asking !== undefined && isWithin(asking.startedAt, believeMilliseconds)) {
      return asking.answer
    }
    const startedAt = clock.now()
    const answer = ask(startedAt).finally(() => {
      if (asking?.answer === answer) asking = undefined
    })
    asking = { startedAt, answer }
    return answer
  }

  return Object.freeze({
    isFresh: () => {
      if (isWithin(confirmedAt, readAheadMilliseconds)) return true
      if (!isWithin(confirmedAt, believeMilliseconds)) return false
      // A failure here moves nothing: the next request to need the answer asks again, and fails.
      if (asking === undefined) confirm().catch(() => undefined)
      return true
    },
    confirm,
    raise: async (transaction: Database) => {
      await transaction
        .updateTable('demijohn_revisions')
        .set((is) => ({ revision: is('revision', '+', 1) }))
        .where('name', '=', 'sessions')
        .execute()
      return readRevision(transaction)
    },
    raisedHere: (revision: number) => {
      // One step is ours alone. More means that somebody else's came between: left to `ask`.
      if (revision === known + 1) known = revision
    },
  })
}
