/**
 * What an administrator decides about somebody: suspended or not, and in which role.
 *
 * Stops a link, a remembered browser or a sign-in of before from outliving the decision (ASVS 7.4.2,
 * 8.3.2): the column, `credentialRevision` and the open links change together, those that the
 * account made for others with its own: an administrator keeps the links they made at hand. Call each
 * as `session.endAllOf(accountId, { alongside })`, in that transaction, so that the sessions end
 * with it. Does not ask whether the actor may; and undos of a change of address stay, for they are
 * the owner's way back from an intruder, and work for nobody who is suspended.
 */
import { sql } from 'kysely'
import { type AccountStore, raised } from './data.ts'
import { invitationPurpose } from './links/purposes.ts'
import { voidOpenLinks } from './links/writes.ts'
import { voidTicketsMadeBy } from './tickets.ts'

/** Suspends an account. False, and nothing is written: it is gone, or suspended already. */
export function suspendAccount(inside: AccountStore, accountId: string): Promise<boolean> {
  return stand(inside, accountId, { suspendedAt: inside.clock.now() })
}

/** Lets an account sign in again, by nothing that was sent before. False: gone, or not suspended. */
export function restoreAccount(inside: AccountStore, accountId: string): Promise<boolean> {
  return stand(inside, accountId, { suspendedAt: null })
}

/** Gives an account another role. False: it is gone, or has that role. */
export function changeRole(
  inside: AccountStore,
  accountId: string,
  role: string,
): Promise<boolean> {
  return stand(inside, accountId, { role })
}

type Standing =
  | { readonly suspendedAt: number | null }
  | { readonly role: string; readonly suspendedAt?: never }

async function stand(inside: AccountStore, accountId: string, to: Standing): Promise<boolean> {
  let one = inside.db
    .updateTable('demijohn_accounts')
    .set((column) => ({ ...to, credentialRevision: raised(column) }))
    .where('id', '=', accountId)
  if ('role' in to) one = one.where('role', '!=', to.role)
  else one = one.where('suspendedAt', to.suspendedAt === null ? 'is not' : 'is', null)
  const row = await one.returning('emailKey').executeTakeFirst()
  if (row === undefined) return false
  await voidOpenLinks(inside, accountId)
  await voidTicketsMadeBy(inside, accountId)
  // An invitation belongs to an address: it would make an account of it once this one has moved.
  await inside.db
    .deleteFrom('demijohn_tickets')
    .where('purpose', '=', invitationPurpose)
    .where(sql`lower(email)`, '=', row.emailKey)
    .execute()
  return true
}

/**
 * Whether nobody else could administrate the site without this account: active, and with a password
 * or a passkey to sign in by. False for who is no active administrator. Locks the administrators, so
 * that of two who leave at once one stays; call it in the transaction of what it decides.
 */
export async function isLastAdministrator(
  { db }: Pick<AccountStore, 'db'>,
  {
    accountId,
    administratorRole,
  }: { readonly accountId: string; readonly administratorRole: string },
): Promise<boolean> {
  // A write that changes nothing, because it locks the rows in every database.
  await db
    .updateTable('demijohn_accounts')
    .set({ role: administratorRole })
    .where('role', '=', administratorRole)
    .execute()
  const active = db
    .selectFrom('demijohn_accounts as account')
    .select('account.id')
    .where('account.role', '=', administratorRole)
    .where('account.suspendedAt', 'is', null)
  const own = await active.where('account.id', '=', accountId).executeTakeFirst()
  if (own === undefined) return false
  const other = await active
    .where('account.id', '!=', accountId)
    .where((where) =>
      where.or([
        where('account.passwordHash', 'is not', null),
        where.exists(
          where
            .selectFrom('demijohn_passkeys')
            .select('demijohn_passkeys.id')
            .whereRef('demijohn_passkeys.accountId', '=', 'account.id'),
        ),
      ]),
    )
    .limit(1)
    .executeTakeFirst()
  return other === undefined
}
