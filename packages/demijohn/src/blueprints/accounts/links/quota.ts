/**
 * How many mails of a kind go to an address.
 *
 * Stops the forms that send mail from filling somebody's mailbox. Counted by the address that was
 * typed, whether it belongs to anybody or not, in one statement, so that neither the answer nor the
 * time tells. The rows stand beside those of the throttle and outside of its bound: each costs its
 * maker a request of a route that lets 20 an hour pass, a client (100 where browsers that were used
 * before are among it), and is swept like theirs.
 *
 * Nor does it stop a reset from being had: mails are spaced more closely than a reset link lasts, a
 * new link leaves the older ones open, so whoever uses up an address's mails has put a link that
 * works into its mailbox; and a browser that is known to the account has an allowance of its own.
 */
import { sql } from 'kysely'
import { sha256Hex } from '../../../core/bytes.ts'
import { type AccountStore, emailKeyOf } from '../data.ts'
import { mailsAtOnce, minutesBetweenMails } from './purposes.ts'

const intervalMilliseconds = minutesBetweenMails * 60_000
const toleranceMilliseconds = (mailsAtOnce - 1) * intervalMilliseconds
const latestMilliseconds = intervalMilliseconds + toleranceMilliseconds

/**
 * Counts one more and says whether it may go, by the generic cell rate algorithm (ITU-T I.371 annex
 * A.1): `lastFailureAt` is the theoretical arrival time here, and `failures` is 1 where the mail went
 * and 2 where it did not. A refused one moves nothing. A time later than any that is written belongs
 * to a clock that was set back, and counts as none.
 */
export async function spendMail(
  { db, clock }: AccountStore,
  {
    kind,
    address,
    knownDeviceId = null,
  }: {
    readonly kind: string
    readonly address: string
    /** A browser that has signed in to the account of that address; null: any other. */
    readonly knownDeviceId?: string | null
  },
): Promise<boolean> {
  const now = clock.now()
  const due = sql.ref('demijohn_throttles.lastFailureAt')
  const isQuiet = sql<boolean>`${due} <= ${now} or ${due} > ${now + latestMilliseconds}`
  const isNear = sql<boolean>`${due} <= ${now + toleranceMilliseconds}`
  const parts = [
    'mail',
    kind,
    emailKeyOf(address),
    ...(knownDeviceId === null ? [] : [knownDeviceId]),
  ]
  const key = sha256Hex(JSON.stringify(parts))
  const row = await db
    .insertInto('demijohn_throttles')
    .values({ key, failures: 1, lastFailureAt: now + intervalMilliseconds })
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet({
        failures: sql<number>`case when ${isQuiet} or ${isNear} then 1 else 2 end`,
        lastFailureAt: sql<number>`case when ${isQuiet} then ${now + intervalMilliseconds} when ${isNear} then ${due} + ${intervalMilliseconds} else ${due} end`,
      }),
    )
    .returning('failures')
    .executeTakeFirstOrThrow()
  return row.failures === 1
}

/**
 * What a form that sends links writes to the log: a link only where one was made, and one line in any
 * case, so that nothing differs for whoever measures.
 */
export function linkEvent(outcome: {
  readonly mayGo: boolean
  readonly isMade: boolean
}): 'authn_token_created' | 'authn_login_fail' | 'excess_rate_limit_exceeded' {
  if (!outcome.mayGo) return 'excess_rate_limit_exceeded'
  return outcome.isMade ? 'authn_token_created' : 'authn_login_fail'
}
