/**
 * Choosing a password by a link: a forgotten one, or an account's first.
 *
 * Stops a reset that leaves somebody in (ASVS 7.4.3): the link is redeemed, the password written,
 * `credentialRevision` raised, every other link of the account voided and every session ended in one
 * transaction, so that a fault in between leaves all as it was. It signs in by `finishSignIn` alone,
 * which asks for the second factor where there is one: a mailbox never takes its place (ASVS 6.4.3).
 *
 * The undo of a change of address stays open: whoever took an account over, and has its mail by now,
 * must not be able to kill that link by choosing a password.
 */
import type { Transaction } from 'kysely'
import { isRefusal, type Refusal } from '../../../core/refusals.ts'
import type { DemijohnTables } from '../../../data/tables.ts'
import { checkNewPassword } from '../../../defences/passwords/policy.ts'
import type { AccountsContext } from '../context.ts'
import { type Account, type AccountStore, findPasswordHash, setPasswordHash } from '../data.ts'
import { forgetDevices } from '../devices/devices.ts'
import type { SignInHandling } from '../finish.ts'
import { tell } from './mailing.ts'
import { LinkGone, liveAccount, type OpenLink, redeem } from './open.ts'
import { markEmailVerified, voidOpenLinks } from './writes.ts'

export type Chosen =
  | { readonly kind: 'chosen'; readonly account: Account }
  | { readonly kind: 'weak'; readonly message: string }
  | { readonly kind: 'gone' }

/** Says `gone` where the link was used, or the password changed, at this very moment. */
export async function choosePassword(
  store: AccountStore,
  context: AccountsContext,
  { session, mail }: Pick<SignInHandling, 'session' | 'mail'>,
  input: {
    readonly link: OpenLink
    readonly newPassword: string
    /** The link came by mail to the account's address. */
    readonly isEmailRead: boolean
  },
): Promise<Chosen | Refusal> {
  const { hasher, siteName, mails } = context
  const { link, newPassword, isEmailRead } = input
  const known = link.account
  if (known === undefined) return { kind: 'gone' }
  const words = [siteName, known.email, known.name]
  const problem = checkNewPassword(newPassword, { context: words })
  if (problem !== null) return { kind: 'weak', message: problem.message }
  const to = await hasher.hashPassword(newPassword)
  if (isRefusal(to)) return to
  let account = known
  const alongside = async (db: Transaction<DemijohnTables>): Promise<void> => {
    const inside = { ...store, db }
    const { email } = await redeem(inside, link)
    await swapPassword(inside, known.id, to)
    await voidOpenLinks(inside, known.id)
    // Whoever knew the old password may have signed in with it: their browser is a stranger again.
    await forgetDevices({ db }, { accountId: known.id })
    if (isEmailRead) await markEmailVerified(inside, { accountId: known.id, email })
    account = await liveAccount(inside, known.id)
    await tell(db, mail, {
      ...mails.passwordChanged({ siteName, path: '/reset' }),
      to: account.email,
    })
  }
  try {
    await session.endAllOf(known.id, { alongside })
    return { kind: 'chosen', account }
  } catch (error) {
    if (error instanceof LinkGone) return { kind: 'gone' }
    throw error
  }
}

/** @throws LinkGone where the account is gone or another change came first. */
async function swapPassword(inside: AccountStore, accountId: string, to: string): Promise<void> {
  const from = (await findPasswordHash(inside, accountId))?.passwordHash
  const done = from !== undefined && (await setPasswordHash(inside, accountId, { from, to }))
  if (!done) throw new LinkGone()
}
