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

export type Throttle = {
  /**
   * Counts a try on every one of the keys, or on none: then it says how long to wait. Rejects when
   * the database does: no try passes uncounted.
   */
  readonly takeTry: (keys: readonly ThrottleKey[]) => Promise<TryOutcome>
  /** The secret was right: what is the person's own is forgotten, what is shared is given back. */
  readonly succeeded: (taken: TakenTry) => Promise<void>
  /** The secret was never looked at, for the site was busy: the try is given back. */
  readonly giveBack: (taken: TakenTry) => Promise<void>
  /** Deletes what time has forgotten, and says how many rows. */
  readonly sweep: () => Promise<number>
}

const maxRows = 200_000
/** How long one count of the rows is believed; this process adds its own new ones to it. */
const recountEveryMilliseconds = 60_000
const turnsAtWriting = 5

export function createThrottle(deps: {
  readonly db: Database
  readonly clock: Clock
  readonly options?: ThrottleOptions
  /** From how many rows on new addresses and networks share theirs. */
  readonly maxRows?: number
}): Throttle {
  const { db, clock, options = throttleOptions() } = deps
  const isFull = fullness(db, clock, deps.maxRows ?? maxRows)

  async function takeTry(keys: readonly ThrottleKey[]): Promise<TryOutcome> {
    const now = clock.now()
    const full = await isFull.now()
    for (let turn = 0; turn < turnsAtWriting; turn += 1) {
      // Outside of a transaction first, so that a flood of refused tries does not queue up there.
      const early = judge(options, await rows.readCounts(db, keys, full), now)
      if (!early.allowed) return early
      const done = await count(keys, full, now)
      if (done === undefined) continue
      if (done.allowed) isFull.added(done.counts)
      return done
    }
    // Others were always faster, which takes a database that does not make transactions wait.
    return { allowed: false, waitSeconds: 1 }
  }

  async function count(
    keys: readonly ThrottleKey[],
    full: boolean,
    now: number,
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

  const settle = async (taken: TakenTry, ending: 'succeeded' | 'never tried'): Promise<void> => {
    await db.transaction().execute(async (transaction) => {
      for (const count of taken.counts) {
        const forget = ending === 'succeeded' && options[count.kind].afterSuccess === 'forget'
        await (forget ? rows.forget(transaction, count) : rows.giveBack(transaction, count))
      }
    })
  }

  return Object.freeze({
    takeTry,
    succeeded: (taken) => settle(taken, 'succeeded'),
    giveBack: (taken) => settle(taken, 'never tried'),
    sweep: () => rows.deleteBefore(db, clock.now() - longestMemory(options)),
  } satisfies Throttle)
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

function longestMemory(options: ThrottleOptions): number {
  return Math.max(...Object.values(options).map(memoryMilliseconds))
}

function fullness(db: Database, clock: Clock, most: number) {
  let counted = 0
  let countedAt = Number.NEGATIVE_INFINITY
  return {
    now: async (): Promise<boolean> => {
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
