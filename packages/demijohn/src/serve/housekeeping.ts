/** What has to be cleared away from time to time: what is over, forgotten, or was sent long ago. */
import type { Kysely } from 'kysely'
import { sweepDevices } from '../blueprints/accounts/devices/devices.ts'
import { sweepTickets } from '../blueprints/accounts/tickets.ts'
import type { Clock } from '../core/clock.ts'
import { sweepJournal } from '../data/journal.ts'
import type { DemijohnTables } from '../data/tables.ts'
import { sweepIdempotency } from '../defences/idempotency/store.ts'
import { deleteEnded } from '../defences/sessions/rememberRows.ts'
import type { SessionStore } from '../defences/sessions/types.ts'
import { sweepThrottles } from '../defences/throttle/store.ts'
import type { TokenStore } from '../defences/tokens/store/types.ts'
import type { MailQueue } from '../mail/queue.ts'
import type { Log } from '../watch/log.ts'

const everyMilliseconds = 15 * 60_000

/** Runs every quarter of an hour, beginning now. Gives the way to stop it. */
export function housekeeping(deps: {
  readonly db: Kysely<DemijohnTables>
  readonly sessions: SessionStore
  readonly tokens: Pick<TokenStore, 'sweep'>
  readonly mails: MailQueue | undefined
  readonly clock: Clock
  readonly log: Log
}): () => void {
  const { db, sessions, tokens, mails, clock, log } = deps
  const sweeps: readonly (() => Promise<unknown> | undefined)[] = [
    () => sessions.sweep(),
    () => tokens.sweep(),
    () => deleteEnded(db, clock.now()),
    () => sweepTickets({ db, clock }),
    () => sweepThrottles({ db, clock }),
    () => sweepIdempotency({ db, clock }),
    () => sweepDevices({ db, clock }),
    () => sweepJournal({ db, clock }),
    () => mails?.sweep(),
  ]
  // Nothing depends on it: what is over is refused whether or not its row is still there. One that
  // fails keeps none of the others from their work.
  const sweepAll = async (): Promise<void> => {
    for (const sweep of sweeps) {
      try {
        await sweep()
      } catch (error) {
        log.fault('housekeeping', error)
      }
    }
  }
  const run = (): void => {
    sweepAll().catch((error) => log.fault('housekeeping', error))
  }
  run()
  const timer = setInterval(run, everyMilliseconds).unref()
  return () => clearInterval(timer)
}
