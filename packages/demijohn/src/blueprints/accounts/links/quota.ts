/**
 * How many mails of a kind go to an address.
 *
 * Stops the forms that send mail from filling somebody's mailbox. Counted by the address that was
 * typed, whether it belongs to anybody or not, in one statement, so that neither the answer nor the
 * time tells. The rows stand beside those of the throttle and outside of its bound: each costs its
 * maker a request of a route that lets 20 an hour pass, a client, and is swept like theirs.
 * Does not stop somebody from using up an address's mails of the hour: the last link
 * that went out still works, and the next hour is new.
 */
import { sql } from 'kysely'
import { sha256Hex } from '../../../core/bytes.ts'
import { type AccountStore, emailKeyOf } from '../data.ts'
import { mailsAnHour } from './purposes.ts'

const hourMilliseconds = 3_600_000

/** Counts one more and says whether it may go. `lastFailureAt` is the hour's beginning here. */
export async function spendMail(
  { db, clock }: AccountStore,
  { kind, address }: { readonly kind: string; readonly address: string },
): Promise<boolean> {
  const now = clock.now()
  const before = now - hourMilliseconds
  const key = sha256Hex(`mail ${kind} ${emailKeyOf(address)}`)
  const row = await db
    .insertInto('demijohn_throttles')
    .values({ key, failures: 1, lastFailureAt: now })
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet({
        failures: sql<number>`case when demijohn_throttles."lastFailureAt" <= ${before} then 1 else demijohn_throttles.failures + 1 end`,
        lastFailureAt: sql<number>`case when demijohn_throttles."lastFailureAt" <= ${before} then ${now} else demijohn_throttles."lastFailureAt" end`,
      }),
    )
    .returning('failures')
    .executeTakeFirstOrThrow()
  return row.failures <= mailsAnHour
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
