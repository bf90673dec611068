/**
 * Deleting an account and everything the library keeps of it.
 *
 * Stops rows that outlive their person (ASVS 14.2.7): links that name the address and no account,
 * mails of the past, and what hangs on the account by a foreign key. Does not ask whether a site
 * keeps an administrator: see `isLastAdministrator` in `standing.ts`.
 *
 * What stays: log lines, which have the account's id and no address; counters under SHA-256, for as
 * long as the throttle keeps any; the last mail, whose row is deleted a week after it was written;
 * and what was copied elsewhere, as backups are.
 */
import { sql, type Transaction } from 'kysely'
import type { DemijohnTables } from '../../../data/tables.ts'
import { voidTicketsMadeBy } from '../tickets.ts'

type Inside = Transaction<DemijohnTables>

/**
 * Deletes an account with everything of the library's that names its id or its address. End its
 * sessions by `endAllOf(accountId, { alongside })`, of which this is the write: a deleted row alone
 * does not reach the sessions that are cached.
 */
export async function eraseAccount(transaction: Inside, accountId: string): Promise<void> {
  const account = await transaction
    .selectFrom('demijohn_accounts')
    .select('emailKey')
    .where('id', '=', accountId)
    .executeTakeFirst()
  if (account === undefined) return
  const { emailKey } = account
  await transaction.deleteFrom('demijohn_tickets').where(sql`lower(email)`, '=', emailKey).execute()
  await voidTicketsMadeBy({ db: transaction }, accountId)
  await transaction
    .deleteFrom('demijohn_mails')
    .where(sql`lower(recipient)`, '=', emailKey)
    .execute()
  // Sessions, links, devices, remembered browsers, factors, providers, apps and tokens hang on it, and go
  // with it.
  await transaction.deleteFrom('demijohn_accounts').where('id', '=', accountId).execute()
}
