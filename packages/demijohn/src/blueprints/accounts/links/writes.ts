/**
 * What one-time links change about an account. Primitives, as in data.ts: whoever calls them holds
 * the link, and calls them in the transaction that redeems it.
 */
import { type AccountStore, emailKeyOf, raised } from '../data.ts'
import { voidTickets } from '../tickets.ts'
import { emailUndoPurpose } from './purposes.ts'

/** The person has read mail at this address of theirs; the first time counts. */
export async function markEmailVerified(
  { db, clock }: AccountStore,
  { accountId, email }: { readonly accountId: string; readonly email: string | null },
): Promise<void> {
  if (email === null) return
  await db
    .updateTable('demijohn_accounts')
    .set({ emailVerifiedAt: clock.now() })
    .where('id', '=', accountId)
    .where('emailKey', '=', emailKeyOf(email))
    .where('emailVerifiedAt', 'is', null)
    .execute()
}

/**
 * Gives an account another address, which mail was read at, and raises `credentialRevision`. False
 * when the account is gone, suspended or has left `from` meanwhile.
 * @throws a unique violation when the address is taken.
 */
export async function moveEmail(
  { db, clock }: AccountStore,
  accountId: string,
  move: { readonly from: string; readonly to: string },
): Promise<boolean> {
  const email = move.to.normalize('NFKC')
  const { numUpdatedRows } = await db
    .updateTable('demijohn_accounts')
    .set((column) => ({
      email,
      emailKey: emailKeyOf(email),
      emailVerifiedAt: clock.now(),
      credentialRevision: raised(column),
    }))
    .where('id', '=', accountId)
    .where('email', '=', move.from)
    .where('suspendedAt', 'is', null)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/**
 * Takes away the password and raises `credentialRevision`; forgets the passkeys and the providers, each
 * of which opens the door alone, and the app and recovery codes that were set up since a moment (UTC milliseconds),
 * which may be somebody else's and would keep the owner out.
 */
export async function voidCredentials(
  { db }: AccountStore,
  accountId: string,
  { factorsSince }: { readonly factorsSince: number },
): Promise<void> {
  await db
    .updateTable('demijohn_accounts')
    .set((column) => ({ passwordHash: null, credentialRevision: raised(column) }))
    .where('id', '=', accountId)
    .execute()
  await db.deleteFrom('demijohn_passkeys').where('accountId', '=', accountId).execute()
  await db.deleteFrom('demijohn_identities').where('accountId', '=', accountId).execute()
  await db
    .deleteFrom('demijohn_totp')
    .where('accountId', '=', accountId)
    .where((is) => is.or([is('confirmedAt', 'is', null), is('confirmedAt', '>=', factorsSince)]))
    .execute()
  await db
    .deleteFrom('demijohn_recovery_codes')
    .where('accountId', '=', accountId)
    .where('createdAt', '>=', factorsSince)
    .execute()
}

/**
 * Voids the account's links, apart from undos of an earlier change of address: older than
 * `undosBefore` (UTC milliseconds), or all of them.
 */
export function voidOpenLinks(
  store: AccountStore,
  accountId: string,
  { undosBefore = Number.MAX_SAFE_INTEGER }: { readonly undosBefore?: number } = {},
): Promise<void> {
  const except = { purpose: emailUndoPurpose, olderThan: undosBefore }
  return voidTickets(store, { accountId, except })
}
