/**
 * Tells this process that another one has changed sessions or tokens.
 *
 * Stops a session or a token that was ended by another process (the command line, a second instance)
 * from living on in this one's cache. Whoever ends or changes one raises a number in the same
 * transaction; nobody believes a cache for more than a second after having last read that number.
 */

import type { Kysely, Transaction } from 'kysely'
import type { Clock } from '../core/clock.ts'
import { createRevocations, type Revocations } from '../core/revocations.ts'
import type { DemijohnTables } from './tables.ts'

type Database = Kysely<DemijohnTables>

/** How long after the number was read the cache still counts. */
const believeMilliseconds = 1_000
/** From when on it is read ahead of need, so that no request has to wait for it. */
const readAheadMilliseconds = 500

/** What the stores of sessions and of tokens of one process share, so that neither misses an ending. */
export type RevisedStore = {
  readonly revocations: Revocations
  readonly watch: RevisionWatch
  /** One transaction, which raises the number when it changed what others may have cached. */
  readonly write: <T>(
    change: (transaction: Transaction<DemijohnTables>) => Promise<{ changed: boolean; result: T }>,
  ) => Promise<T>
}

export function createRevisedStore(deps: {
  readonly db: Database
  readonly clock: Clock
}): RevisedStore {
  const { db, clock } = deps
  const revocations = createRevocations()
  const watch = createRevisionWatch({ db, clock, changed: revocations.forgetAll })
  return Object.freeze({
    revocations,
    watch,
    write: async (change) => {
      const done = await db.transaction().execute(async (transaction) => {
        const { changed, result } = await change(transaction)
        return { result, revision: changed ? await watch.raise(transaction) : undefined }
      })
      if (done.revision !== undefined) watch.raisedHere(done.revision)
      return done.result
    },
  } satisfies RevisedStore)
}

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

/** `changed` is called when another process has changed something, before `confirm` resolves. */
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
