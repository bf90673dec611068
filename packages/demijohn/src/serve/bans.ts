/**
 * Where bans live: in Redis or Valkey where the project shares its limits there, else in the database,
 * so that they outlive a restart, hold in every process, and can be seen and lifted from outside.
 */
import type { Kysely } from 'kysely'
import type { Clock } from '../core/clock.ts'
import type { Journal } from '../core/journal.ts'
import { databaseJournal } from '../data/journal.ts'
import type { DemijohnTables } from '../data/tables.ts'
import type { SharedLimits } from '../defences/limits/shared.ts'
import { memoryBanStore } from '../defences/sentinel/bans.ts'
import { type GivenSentinelOptions, sentinelOptions } from '../defences/sentinel/options.ts'
import { type SharedBanStore, sharedBanStore } from '../defences/sentinel/sharedBans.ts'
import type { Log } from '../watch/log.ts'

/** Twice in the second within which a ban of another process has to hold here. */
const refreshMilliseconds = 500
/** A start waits for the store at most that long: the site is up without it. */
const startAttempts = 20
const attemptMilliseconds = 100

export const mostBans = 100_000

export type BansPlace = {
  readonly db: Kysely<DemijohnTables>
  readonly clock: Clock
  readonly sharedLimits?: SharedLimits | undefined
  readonly sentinel?: GivenSentinelOptions | undefined
}

export function bansJournal({ db, clock, sharedLimits }: BansPlace): Journal {
  return sharedLimits?.journal?.('bans') ?? databaseJournal({ db, clock }, 'bans')
}

export function openBans(place: BansPlace & { readonly log: Log }): SharedBanStore {
  const { banMemoryMilliseconds: memoryMilliseconds } = sentinelOptions(place.sentinel)
  return sharedBanStore({
    journal: bansJournal(place),
    local: memoryBanStore({ mostBans, memoryMilliseconds }),
    onChange: (change) => {
      if (change.kind === 'failed') place.log.fault('bans', change.error)
      else place.log.info('the shared store of bans answers again')
    },
  })
}

/** Reads what is there, then reads on. Gives the way to stop it. */
export async function followBans(bans: SharedBanStore): Promise<() => void> {
  for (let attempt = 1; !(await answers(bans)); attempt += 1) {
    if (attempt === startAttempts) {
      await bans.refresh()
      break
    }
    await new Promise((resolve) => setTimeout(resolve, attemptMilliseconds))
  }
  let isReading = false
  const done = (): void => {
    isReading = false
  }
  const timer = setInterval(() => {
    if (isReading) return
    isReading = true
    // What goes wrong is told by the store.
    bans.refresh().then(done, done)
  }, refreshMilliseconds).unref()
  return () => clearInterval(timer)
}

/** The connection may be on its way still: that is no failure yet. */
function answers(bans: SharedBanStore): Promise<boolean> {
  return bans.sync().then(
    () => true,
    () => false,
  )
}
