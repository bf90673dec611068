/**
 * Looking at a one-time link, and using it up.
 *
 * Stops a mail scanner from spending a link (a GET uses nothing up), a link from telling whether it
 * was ever one (unknown, used, over, and of a suspended person are one and the same page), and a link
 * from working twice: `redeem` is one conditional write inside the caller's transaction, which is
 * rolled back as a whole where it throws.
 */
import type { StandardSchemaV1 } from '../../../core/standardSchema.ts'
import type { Document } from '../../../pipeline/answer.ts'
import type { View } from '../../../pipeline/route.ts'
import { type AccountsContext, show, storeAt } from '../context.ts'
import { type Account, type AccountStore, findAccount } from '../data.ts'
import type { SignInHandling } from '../finish.ts'
import { findTicket, redeemTicket, type Ticket, wasRedeemed } from '../tickets.ts'

/** Whatever stands in the path; the table of tickets decides whether it is one of ours. */
export const secretText: StandardSchemaV1<unknown, string> = {
  '~standard': { version: 1, vendor: 'demijohn', validate: (value) => ({ value: String(value) }) },
}

export type OpenLink = {
  readonly secret: string
  readonly purpose: string
  readonly ticket: Ticket
  /** Whose link it is; undefined where the account is yet to be made. */
  readonly account: Account | undefined
}

/** What a route loads: a link that works now, or none. */
export type FoundLink = { readonly link: OpenLink | undefined }

type LookFacts = {
  readonly params: { readonly secret: string }
  readonly db: unknown
  readonly now: number
}

/** A `load` for routes of one purpose. */
export function linkOf(purpose: string): (facts: LookFacts) => Promise<FoundLink> {
  return async ({ params: { secret }, db, now }) => {
    // A reader of the same tables: what is called here only selects.
    const store = storeAt(db as AccountStore['db'], now)
    const ticket = await findTicket(store, { secret, purpose })
    if (ticket === undefined) return { link: undefined }
    if (ticket.accountId === null) return { link: { secret, purpose, ticket, account: undefined } }
    const account = await findAccount(store, ticket.accountId)
    const usable = account !== undefined && account.suspendedAt === null
    return { link: usable ? { secret, purpose, ticket, account } : undefined }
  }
}

/** Thrown inside a transaction: the link was used, or its account changed, at this very moment. */
export class LinkGone extends Error {
  override readonly name = 'LinkGone'
}

/** Uses the link up. @throws LinkGone where another was faster. */
export async function redeem(
  inside: AccountStore,
  { secret, purpose }: Pick<OpenLink, 'secret' | 'purpose'>,
): Promise<Ticket> {
  const ticket = await redeemTicket(inside, { secret, purpose })
  if (ticket === undefined) throw new LinkGone()
  return ticket
}

/** The account as it is inside of the transaction. @throws LinkGone where it may not be used. */
export async function liveAccount(inside: AccountStore, accountId: string): Promise<Account> {
  const account = await findAccount(inside, accountId)
  if (account === undefined || account.suspendedAt !== null) throw new LinkGone()
  return account
}

/** Where somebody gets another link of the kind by themselves; null: from whoever sent it. */
export type AskAgain = '/reset' | '/register' | '/account/email' | null

/** The one page for every link that does not work, with the status of a page that is not there. */
export function linkGone(context: AccountsContext, view: View, again: AskAgain): Document {
  const { siteName } = context
  const markup = show(context, view, context.pages.linkGone({ view, siteName, again }))
  return { kind: 'document', status: 404, type: 'page', markup }
}

type Submitted = Pick<SignInHandling, 'db' | 'view' | 'signals'> & {
  readonly params: { readonly secret: string }
}

/** The same for a form that was sent. Where the link was used before, the sentinel is told. */
export async function linkSpent(
  context: AccountsContext,
  { db, view, signals, params: { secret } }: Submitted,
  { purpose, again }: { readonly purpose: string; readonly again: AskAgain },
): Promise<Document> {
  if (await wasRedeemed({ db }, { secret, purpose })) signals.tokenReplayed()
  return linkGone(context, view, again)
}

/** A page that explains why nothing was done. */
export function refusedPage(
  context: AccountsContext,
  view: View,
  parts: Parameters<typeof show>[2],
): Document {
  return { kind: 'document', status: 403, type: 'page', markup: show(context, view, parts) }
}
