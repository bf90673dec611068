/**
 * Changing the address: asked for by the person, confirmed at the new one, undone from the old one.
 *
 * Stops an address that nobody reads, or somebody else's, from becoming an account's; a link that
 * confirms another address than the one it was sent to (CVE-2026-32700: the address stands in the
 * ticket); and a takeover that the owner learns of and can do nothing about.
 *
 * What an undo does, and why. It is asked for by somebody who reads the address that the account had
 * before, within a week. Whoever moved the account away had passed the step-up, so they know the
 * password, and may have prepared for days: nobody can tell whose a passkey is, and each opens the
 * door alone, so all of them end, with sessions, remembered devices, the password and open links. An
 * app or recovery codes that were set up in the week before the move, or since, end as well, or an
 * intruder's would keep the owner out. An app of before is a lock more and stays: it is asked for
 * after the new password, so that the old mailbox alone does not get by it. Whoever prepares for
 * longer than that week keeps the owner out until an administrator helps, and is out themselves.
 * Undos of earlier changes stay open, later ones are void, so that an intruder who moves twice can
 * neither kill the owner's link nor undo the undo.
 */
import { isUniqueViolation } from '../../../data/problems.ts'
import type { AccountsContext } from '../context.ts'
import { type Account, type AccountStore, findByEmail } from '../data.ts'
import type { SignInHandling } from '../finish.ts'
import { createTicket } from '../tickets.ts'
import { mailLink, tell } from './mailing.ts'
import { LinkGone, liveAccount, type OpenLink, redeem } from './open.ts'
import { emailConfirmPurpose, emailUndoPurpose, linkMinutes, resetPurpose } from './purposes.ts'
import { linkEvent, spendMail } from './quota.ts'
import { moveEmail, voidCredentials, voidOpenLinks } from './writes.ts'

/** How long before the move an intruder is taken to have prepared it. */
const preparationMilliseconds = 7 * 86_400_000

type Handling = Pick<SignInHandling, 'session' | 'mail'>

/**
 * Sends the link to the new address. Nothing changes yet, and nobody is told who has an account. Gives
 * what to log.
 */
export async function askEmailChange(
  store: AccountStore,
  { mails, siteName }: AccountsContext,
  mail: SignInHandling['mail'],
  { account, email }: { readonly account: Account; readonly email: string },
): Promise<ReturnType<typeof linkEvent>> {
  const mayGo = await spendMail(store, { kind: 'email-change', address: email })
  const owner = await findByEmail(store, email)
  const free = owner === undefined || owner.id === account.id
  const ownersAddress = owner?.suspendedAt === null ? owner.email : null
  const ticket = { purpose: emailConfirmPurpose, ttlMinutes: linkMinutes.emailConfirm }
  await mailLink(store, mail, {
    older: 'void',
    to: mayGo ? (free ? email : ownersAddress) : null,
    ticket: mayGo && free ? { ...ticket, accountId: account.id, email } : null,
    write: (secret) =>
      free
        ? mails.confirmEmail({ siteName, path: `/email/confirm/${secret}` })
        : mails.addressInUse({ siteName, path: '/login' }),
  })
  return linkEvent({ mayGo, isMade: free })
}

export type EmailMove =
  | { readonly kind: 'moved'; readonly account: Account; readonly email: string }
  | { readonly kind: 'taken' }
  | { readonly kind: 'gone' }

/** The new address was read at: it becomes the account's, and the old one gets the undo. */
export function confirmEmail(
  store: AccountStore,
  { mails, siteName }: AccountsContext,
  { session, mail }: Handling,
  link: OpenLink,
): Promise<EmailMove> {
  return moving(link, (accountId) => {
    let moved: { account: Account; email: string } | undefined
    const alongside: Alongside = async (db) => {
      const inside = { ...store, db }
      const email = addressOf(await redeem(inside, link))
      const account = await liveAccount(inside, accountId)
      if (!(await moveEmail(inside, accountId, { from: account.email, to: email }))) {
        throw new LinkGone()
      }
      await voidOpenLinks(inside, accountId)
      const undo = { purpose: emailUndoPurpose, ttlMinutes: linkMinutes.emailUndo }
      const secret = await createTicket(inside, { ...undo, accountId, email: account.email })
      const path = `/email/undo/${secret}`
      await tell(db, mail, { ...mails.emailMoved({ siteName, path }), to: account.email })
      moved = { account, email }
    }
    return session.accountChanged(accountId, { alongside }).then(() => moved)
  })
}

/** The account goes back. Gives the secret of a reset link, by which a new password is chosen. */
export async function undoEmail(
  store: AccountStore,
  { mails, siteName }: AccountsContext,
  { session, mail }: Handling,
  link: OpenLink,
): Promise<EmailMove & { readonly resetSecret?: string }> {
  let resetSecret = ''
  const done = await moving(link, (accountId) => {
    let moved: { account: Account; email: string } | undefined
    const alongside: Alongside = async (db) => {
      const inside = { ...store, db }
      const ticket = await redeem(inside, link)
      const email = addressOf(ticket)
      const account = await liveAccount(inside, accountId)
      if (!(await moveEmail(inside, accountId, { from: account.email, to: email }))) {
        throw new LinkGone()
      }
      await voidCredentials(inside, accountId, {
        factorsSince: ticket.createdAt - preparationMilliseconds,
      })
      await voidOpenLinks(inside, accountId, { undosBefore: ticket.createdAt })
      if (account.email !== email) {
        await tell(db, mail, { ...mails.emailMovedBack({ siteName }), to: account.email })
      }
      const reset = { purpose: resetPurpose, ttlMinutes: linkMinutes.reset }
      resetSecret = await createTicket(inside, { ...reset, accountId, email })
      moved = { account, email }
    }
    return session.endAllOf(accountId, { alongside }).then(() => moved)
  })
  return done.kind === 'moved' ? { ...done, resetSecret } : done
}

type Alongside = NonNullable<
  NonNullable<Parameters<SignInHandling['session']['endAllOf']>[1]>['alongside']
>

async function moving(
  link: OpenLink,
  move: (accountId: string) => Promise<{ account: Account; email: string } | undefined>,
): Promise<EmailMove> {
  if (link.account === undefined) return { kind: 'gone' }
  try {
    const moved = await move(link.account.id)
    return moved === undefined ? { kind: 'gone' } : { kind: 'moved', ...moved }
  } catch (error) {
    if (error instanceof LinkGone) return { kind: 'gone' }
    if (isUniqueViolation(error)) return { kind: 'taken' }
    throw error
  }
}

/** @throws LinkGone for a ticket without an address, which none of ours is. */
function addressOf({ email }: { readonly email: string | null }): string {
  if (email === null) throw new LinkGone()
  return email
}
