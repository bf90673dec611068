/**
 * What every way to sign in ends in: password, passkey, link. One place decides whether somebody is
 * in, owes a second factor, or has to set one up first, so that no way leads around it (ASVS 6.3.4).
 */
import type { DemijohnTables } from '../../data/tables.ts'
import type { Method, Stage } from '../../defences/sessions/stage.ts'
import type { Html } from '../../html/template.ts'
import { type Redirect, redirect } from '../../pipeline/answer.ts'
import type { Person, View } from '../../pipeline/route.ts'
import type { Writing } from '../../pipeline/writing.ts'
import type { LocalPath } from '../../web/localPath.ts'
import { type AccountsContext, show, storeAt } from './context.ts'
import { findAccount } from './data.ts'
import { meetDevice, welcomeDevice } from './devices/arrival.ts'
import { withNext } from './next.ts'

/** Said when the password, a factor or the address was changed while it was being checked. */
export const signInMoved = 'Your account was changed at this very moment. Please try again.'

/** What handlers pass on. */
export type SignInHandling = Writing<DemijohnTables> & { readonly now: number; readonly view: View }

/** Whose proof it was, as the account was when it was checked. */
export type Proven = {
  readonly id: string
  readonly email: string
  readonly credentialRevision: number
}

export type Arrival = {
  readonly account: Proven
  readonly methods: readonly Method[]
  /** When that was proven, in UTC milliseconds, where it is not now. */
  readonly authenticatedAt?: number
  readonly next?: LocalPath | undefined
  /** Whether the browser stays signed in. */
  readonly remember?: boolean
  /** Shown at the end, once everything is given. */
  readonly notice?: string
  /** The account was made just now, or has just got its first password, by a link. */
  readonly isNewAccount?: boolean
}

/** Null: the account is gone, suspended or changed meanwhile, and nobody is signed in. */
export async function finishSignIn(
  context: AccountsContext,
  facts: SignInHandling,
  arrival: Arrival,
): Promise<Redirect | null> {
  const { account, methods, authenticatedAt, remember = false } = arrival
  const { id: accountId, credentialRevision } = account
  const since = authenticatedAt === undefined ? {} : { authenticatedAt }
  const start = { accountId, credentialRevision, methods, remember, ...since }
  const stage = await facts.session.signIn(start)
  if (stage === null) return null
  // Whoever has to set up a second factor first arrives later, as one who was here already.
  if (arrival.isNewAccount === true && stage === 'enrolment') await meetDevice(facts, account)
  return arrive(context, facts, { ...arrival, stage })
}

/** Leads on from a session that has come as far as `stage`: after a second factor, too. */
export async function arrive(
  context: AccountsContext,
  facts: SignInHandling,
  {
    account,
    stage,
    next,
    notice,
    isNewAccount = false,
  }: Omit<Arrival, 'methods' | 'authenticatedAt'> & { readonly stage: Stage },
): Promise<Redirect> {
  if (stage === 'second-factor') return redirect(withNext('/login/second-factor', next))
  if (stage === 'enrolment') return redirect(withNext('/account/factors', next))
  if (isNewAccount) await meetDevice(facts, account)
  else await welcomeDevice(context, facts, account)
  facts.record('authn_login_success', { userId: account.id })
  return redirect(next ?? context.afterSignIn, notice === undefined ? {} : { notice })
}

type Enrolling = SignInHandling & {
  readonly user: Person
  readonly query: { readonly next?: LocalPath | undefined }
}

export type Enrolment = {
  /** The factor that was just set up, and used for it. */
  readonly method: Method
  /** New recovery codes, to be shown now and never again; none where some were left. */
  readonly recoveryCodes: readonly string[]
  /** Where somebody goes who was signed in already. */
  readonly overview: `/${string}`
  /** Said where there are no codes to show. */
  readonly notice: string
}

/** What setting up a factor ends in. For whoever had to do it to get in, the sign-in is complete. */
export async function finishEnrolment(
  context: AccountsContext,
  facts: Enrolling,
  { method, recoveryCodes: codes, overview, notice }: Enrolment,
): Promise<Redirect | Html> {
  const { session, view, user, query, db, now } = facts
  const stage = await session.prove(method)
  const account = await findAccount(storeAt(db, now), user.id)
  if (stage === null || account === undefined) return redirect('/login')
  const wasSignedIn = view.user !== null
  const arrived = wasSignedIn ? null : await arrive(context, facts, { account, stage, ...query })
  const onward = arrived?.to ?? overview
  if (codes.length === 0) return redirect(onward, { notice })
  const { pages, siteName } = context
  return show(context, view, pages.newRecoveryCodes({ view, siteName, codes, onward }))
}
