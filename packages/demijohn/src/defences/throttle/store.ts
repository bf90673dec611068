/**
 * Counts tries in the database, before they cost anything.
 *
 * Stops guesses that run beside each other: a try is counted as failed before the secret is looked
 * at, so of twenty at once on one free try one passes (CWE-362). A refused try writes nothing and
 * costs one read. A restart forgets nothing, and processes on one database share the counts.
 *
 * Bounded (ASVS 2.4.1): a row costs its maker a try that passed; time forgets it and `sweep` deletes
 * it; and past `maxRows` addresses and networks that have no row yet share 4,096 rows of each kind.
 * A flood can so make new browsers wait, for `longestWait` at most, but grows no table and reaches
 * no browser that is known to its account: such have rows of their own however full it is.
 */

import type { Kysely } from 'kysely'
import type { Clock } from '../../core/clock.ts'
import type { DemijohnTables } from '../../data/tables.ts'
import { decideTry, memoryMilliseconds } from './decide.ts'
import type { ThrottleKey } from './keys.ts'
import { type ThrottleOptions, throttleOptions } from './options.ts'
import * as rows from './rows.ts'

type Database = Kysely<DemijohnTables>

/** A try that was let in, to be told how it went. Never told: it stays a failure. */
export type TakenTry = {
  readonly allowed: true
  readonly counts: readonly rows.Count[]
}

export type TryOutcome =
  | TakenTry
  | {
      readonly allowed: false
      /** For Retry-After: whole seconds, rounded up, at least one. */
      readonly waitSeconds: number
    }

/** Pass what the request has: its database and its moment. */
export type ThrottleStore = { readonly db: Database; readonly clock: Clock }

export type Throttle = {
  /**
   * Counts a try on every one of the keys, or on none: then it says how long to wait. Rejects when
   * the database does: no try passes uncounted. Not to be called inside of a transaction.
   */
  readonly takeTry: (store: ThrottleStore, keys: readonly ThrottleKey[]) => Promise<TryOutcome>
  /** The secret was right: what is the person's own is forgotten, what is shared is given back. */
  readonly succeeded: (store: ThrottleStore, taken: TakenTry) => Promise<void>
  /** The secret was never looked at, for the site was busy: the try is given back. */
  readonly giveBack: (store: ThrottleStore, taken: TakenTry) => Promise<void>
}

const maxRows = 200_000
/** How long one count of the rows is believed; this process adds its own new ones to it. */
const recountEveryMilliseconds = 60_000
const turnsAtWriting = 5

export function createThrottle(
  given: {
    readonly options?: ThrottleOptions
    /** From how many rows on new addresses and networks share theirs. */
    readonly maxRows?: number
  } = {},
): Throttle {
  const { options = throttleOptions() } = given
  const fullness = watchFullness(given.maxRows ?? maxRows)

  async function takeTry(store: ThrottleStore, keys: readonly ThrottleKey[]): Promise<TryOutcome> {
    const now = store.clock.now()
    const full = await fullness.isFull(store)
    for (let turn = 0; turn < turnsAtWriting; turn += 1) {
      // Outside of a transaction first, so that a flood of refused tries does not queue up there.
      const early = judge(options, await rows.readCounts(store.db, keys, full), now)
      if (!early.allowed) return early
      const done = await count(store.db, { keys, full, now, options })
      if (done === undefined) continue
      if (done.allowed) fullness.added(done.counts)
      return done
    }
    // Others were always faster, which takes a database that does not make transactions wait.
    return { allowed: false, waitSeconds: 1 }
  }

  const settle = async (
    { db }: ThrottleStore,
    taken: TakenTry,
    ending: 'succeeded' | 'never tried',
  ): Promise<void> => {
    await db.transaction().execute(async (transaction) => {
      for (const one of taken.counts) {
        const forget = ending === 'succeeded' && options[one.kind].afterSuccess === 'forget'
        await (forget ? rows.forget(transaction, one) : rows.giveBack(transaction, one))
      }
    })
  }

  return Object.freeze({
    takeTry,
    succeeded: (store, taken) => settle(store, taken, 'succeeded'),
    giveBack: (store, taken) => settle(store, taken, 'never tried'),
  } satisfies Throttle)
}

/** Deletes what time has forgotten, and says how many rows. */
export function sweepThrottles(
  { db, clock }: ThrottleStore,
  options: ThrottleOptions = throttleOptions(),
): Promise<number> {
  const longestMemory = Math.max(...Object.values(options).map(memoryMilliseconds))
  return rows.deleteBefore(db, clock.now() - longestMemory)
}

type Counting = {
  readonly keys: readonly ThrottleKey[]
  readonly full: boolean
  readonly now: number
  readonly options: ThrottleOptions
}

async function count(
  db: Database,
  { keys, full, now, options }: Counting,
): Promise<TryOutcome | undefined> {
  try {
    return await db.transaction().execute(async (transaction) => {
      const outcome = judge(options, await rows.readCounts(transaction, keys, full), now)
      if (outcome.allowed) await rows.writeCounts(transaction, outcome.counts)
      return outcome
    })
  } catch (error) {
    if (error instanceof rows.CountsMoved) return undefined
    throw error
  }
}

/** All keys together: one that has to wait keeps the try out, and none is counted. */
function judge(options: ThrottleOptions, found: readonly rows.Found[], now: number): TryOutcome {
  const counts: rows.Count[] = []
  let waitMilliseconds = 0
  for (const { kind, key, stored } of found) {
    const decision = decideTry(options[kind], stored, now)
    if (decision.allowed) counts.push({ kind, key, before: stored, after: decision.counted })
    else waitMilliseconds = Math.max(waitMilliseconds, decision.waitMilliseconds)
  }
  if (waitMilliseconds === 0) return { allowed: true, counts }
  return { allowed: false, waitSeconds: Math.ceil(waitMilliseconds / 1_000) }
}

function watchFullness(most: number) {
  let counted = 0
  let countedAt = Number.NEGATIVE_INFINITY
  return {
    isFull: async ({ db, clock }: ThrottleStore): Promise<boolean> => {
      const age = clock.now() - countedAt
      if (age < 0 || age >= recountEveryMilliseconds) {
        countedAt = clock.now()
        counted = await rows.countAll(db)
      }
      return counted >= most
    },
    added: (counts: readonly rows.Count[]): void => {
      counted += counts.filter(({ before }) => before === undefined).length
    },
  }
}
