/**
 * What a sign-in by a provider ends in: a session of whom it is known to be, a link to an account that
 * both sides have seen the address of, a page to make an account on, or one refusal.
 *
 * Stops a takeover by an address that was only typed, there or here (GHSA-g38m-r43w-p2q7), and a
 * refusal that tells whether there is an account (ASVS 6.3.8): it is one page, whatever the reason.
 * Second factors, suspension and new devices are for `finish.ts` to see to, as for every way in.
 */
import { refuse } from '../../../core/refusals.ts'
import { decideStranger, provenAt } from '../../../defences/openid/decide.ts'
import type { OpenIdProvider, ProviderIdentity } from '../../../defences/openid/types.ts'
import { parseEmail } from '../../../html/email.ts'
import { formView } from '../../../html/form.ts'
import type { Answer, LibraryAnswer } from '../../../pipeline/answer.ts'
import type { LocalPath } from '../../../web/localPath.ts'
import { type AccountsContext, show, storeAt } from '../context.ts'
import { emailKeyOf, findAccount, findByEmail } from '../data.ts'
import { finishSignIn, type Proven, type SignInHandling } from '../finish.ts'
import { tell } from '../links/mailing.ts'
import { refusedPage } from '../links/open.ts'
import type { CallbackFacts } from './callback.ts'
import { carry } from './carried.ts'
import { registrationFields } from './register.ts'
import {
  addIdentity,
  findByIdentity,
  holdVerified,
  isKnownIdentity,
  noteIdentityUse,
} from './store.ts'

type Arriving = {
  readonly identity: ProviderIdentity
  readonly next: LocalPath | undefined
}

export async function arriveByProvider(
  context: AccountsContext,
  facts: CallbackFacts,
  arriving: Arriving,
): Promise<Answer | LibraryAnswer> {
  const { db, now, params } = facts
  const known = await findByIdentity({ db }, params.provider.id, arriving.identity)
  if (known === undefined) return meetStranger(context, facts, arriving)
  await noteIdentityUse(storeAt(db, now), known.identityId)
  return signIn(context, facts, { ...arriving, account: known.account })
}

async function signIn(
  context: AccountsContext,
  facts: SignInHandling,
  { identity, next, account }: Arriving & { readonly account: Proven },
): Promise<Answer | LibraryAnswer> {
  const authenticatedAt = provenAt(identity, facts.now)
  const arrival = { account, methods: ['provider'], authenticatedAt, next } as const
  const arrived = await finishSignIn(context, facts, arrival)
  return arrived ?? refuse('openid.answer', { detail: 'the account has changed meanwhile' })
}

async function meetStranger(
  context: AccountsContext,
  facts: CallbackFacts,
  arriving: Arriving,
): Promise<Answer | LibraryAnswer> {
  const { db, now, params } = facts
  const { provider } = params
  const { identity } = arriving
  const store = storeAt(db, now)
  const email = identity.email === null ? undefined : parseEmail(identity.email)
  const account = email === undefined ? undefined : await findByEmail(store, email)
  // Somebody's already, or it would have been found: theirs is suspended.
  const isTaken = await isKnownIdentity(store, provider.id, identity)
  const verdict = decideStranger({
    identity,
    emailKey: email === undefined ? null : emailKeyOf(email),
    account: account && { ...account, emailKey: emailKeyOf(account.email) },
    isOpen: context.registration === 'open' && !isTaken,
  })
  if (verdict === 'register' && email !== undefined) {
    return askToRegister(context, facts, { ...identity, email })
  }
  const linked =
    verdict === 'link' && account !== undefined && email !== undefined
      ? await linkVerified(context, facts, { provider, identity, email, accountId: account.id })
      : undefined
  if (linked === undefined) return refuseStranger(context, facts)
  return signIn(context, facts, { ...arriving, account: linked })
}

/** The account as it is after the link; undefined where nothing was written. */
async function linkVerified(
  { siteName, mails }: AccountsContext,
  { db, now, mail, record }: CallbackFacts,
  about: {
    readonly provider: OpenIdProvider
    readonly identity: ProviderIdentity
    readonly email: string
    readonly accountId: string
  },
): Promise<Proven | undefined> {
  const { provider, identity, email, accountId } = about
  const linked = await db.transaction().execute(async (transaction) => {
    const inside = storeAt(transaction, now)
    const held = await holdVerified(inside, accountId, email)
    if (held === undefined) return undefined
    if (!(await addIdentity(inside, accountId, { provider: provider.id, identity }))) {
      return undefined
    }
    const parts = mails.identityLinked({ siteName, provider: provider.name, path: '/account' })
    await tell(transaction, mail, { ...parts, to: held.email })
    return findAccount(inside, accountId)
  })
  if (linked === undefined) return undefined
  record('user_updated', { targetId: accountId, changed: 'identity linked', provider: provider.id })
  return linked
}

function askToRegister(
  context: AccountsContext,
  facts: CallbackFacts,
  identity: ProviderIdentity & { readonly email: string },
): Answer {
  const { params, view } = facts
  const { provider } = params
  const carried = carry(facts, { provider: provider.id, accountId: null, identity })
  const form = formView(registrationFields, { values: { identity: carried } })
  const { siteName, pages } = context
  const { email } = identity
  return show(context, view, pages.providerRegister({ view, siteName, provider, form, email }))
}

/** The same page for whoever has no account, one that is suspended, or one that may not be linked. */
function refuseStranger(context: AccountsContext, { params, view, record }: CallbackFacts): Answer {
  const { provider } = params
  const { siteName, pages } = context
  record('authn_login_fail', { provider: provider.id, problem: 'not linked' })
  return refusedPage(context, view, pages.providerNotLinked({ view, siteName, provider }))
}
