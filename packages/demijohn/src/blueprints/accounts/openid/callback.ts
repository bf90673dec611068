/**
 * Coming back from a provider.
 *
 * Stops an answer that this browser has not asked this provider for, late or for the second time: the
 * note is opened and compared, and its state spent by one insertion, before the provider is asked
 * anything (ASVS 10.1.2, 10.2.1). Changes nothing about an account but by what was proven: linking at
 * will and making an account take a button on a page of this site, with its token.
 */
import { type Refusal, refuse } from '../../../core/refusals.ts'
import type { StandardSchemaV1 } from '../../../core/standardSchema.ts'
import { isProvenSince } from '../../../defences/openid/decide.ts'
import { decideFlow, type Flow, parseFlow } from '../../../defences/openid/flow.ts'
import type { OpenIdProvider, ProviderIdentity } from '../../../defences/openid/types.ts'
import { formView } from '../../../html/form.ts'
import { type Answer, type LibraryAnswer, redirect } from '../../../pipeline/answer.ts'
import { anyone } from '../../../pipeline/kit.ts'
import { type LandingFacts, landing } from '../../../pipeline/landing.ts'
import type { RouteRecord } from '../../../pipeline/route.ts'
import { type LocalPath, parseLocalPath } from '../../../web/localPath.ts'
import { type AccountsContext, show, storeAt } from '../context.ts'
import { callbackAddress, notThere, providerNamed } from './begin.ts'
import { carry, identityField } from './carried.ts'
import { arriveByProvider } from './signIn.ts'
import { findByIdentity, flowPurpose, spendState } from './store.ts'

/** Absent and empty are the same; what is longer was not made by a provider. */
const answerText: StandardSchemaV1<unknown, string> = {
  '~standard': {
    version: 1,
    vendor: 'demijohn',
    validate: (value) => ({ value: typeof value === 'string' ? value : '' }),
  },
}

const query = { code: answerText, state: answerText, iss: answerText, error: answerText }

type Query = Readonly<Record<keyof typeof query, string>>
export type CallbackFacts = LandingFacts<{ readonly provider: OpenIdProvider }, Query>

export function callbackRoute(context: AccountsContext): RouteRecord {
  const params = { provider: providerNamed(context.providers) }
  return landing(
    '/login/with/:provider/callback',
    { access: anyone, params, query, limit: '30 per minute', hasForeignQuery: true },
    (facts) => comeBack(context, facts),
  )
}

async function comeBack(
  context: AccountsContext,
  facts: CallbackFacts,
): Promise<Answer | LibraryAnswer> {
  const { params, query, view } = facts
  const { provider } = params
  const flow = await takeFlow(facts)
  if ('code' in flow) return flow
  const next = flow.next === null ? undefined : parseLocalPath(flow.next)
  // Somebody has signed in meanwhile, in another tab: nobody takes their place.
  if (flow.purpose === 'sign-in' && view.user !== null) {
    return redirect(next ?? context.afterSignIn)
  }
  if (query.error !== '' || query.code === '') {
    return refuse('openid.declined', { detail: query.error.replace(/[^a-z_]/g, '').slice(0, 40) })
  }
  const finished = await provider.finish({
    redirectUri: callbackAddress(view, provider),
    ...{ code: query.code, state: query.state, iss: query.iss === '' ? undefined : query.iss },
    expected: { ...flow, isProofDemanded: flow.purpose === 'confirm' },
    now: facts.now,
  })
  switch (finished.kind) {
    case 'unavailable':
      return notThere(finished)
    case 'busy':
      return refuse('server.busy', { detail: 'provider', headers: { 'Retry-After': '2' } })
    case 'refused':
      return refuse('openid.answer', { detail: finished.problem })
    case 'identity':
      return use(context, facts, { flow, next, identity: finished.identity })
  }
}

/** The flow that this answer belongs to, used up; or why there is none. */
async function takeFlow(facts: CallbackFacts): Promise<Flow | Refusal> {
  const { params, query, flow, sealed, now, sessionId, db } = facts
  const { id, issuer } = params.provider
  const opened = flow.value === undefined ? undefined : sealed.unseal(flowPurpose, id, flow.value)
  const note = opened === undefined ? undefined : parseFlow(opened)
  const verdict = decideFlow({ flow: note, issuer, state: query.state, sessionId, now })
  if (!verdict.allowed || note === undefined) {
    const reason = verdict.allowed ? 'no-flow' : verdict.reason
    // A cookie of another flow stays: a link from elsewhere must not undo what is under way.
    return refuse('openid.flow', { detail: reason })
  }
  flow.forget()
  if (!(await spendState(storeAt(db, now), note))) return refuse('openid.flow', { detail: 'used' })
  return note
}

type Found = {
  readonly flow: Flow
  readonly next: LocalPath | undefined
  readonly identity: ProviderIdentity
}

async function use(
  context: AccountsContext,
  facts: CallbackFacts,
  found: Found,
): Promise<Answer | LibraryAnswer> {
  switch (found.flow.purpose) {
    case 'sign-in':
      return arriveByProvider(context, facts, found)
    case 'link':
      return askToLink(context, facts, found.identity)
    case 'confirm':
      return confirm(context, facts, found)
  }
}

/** The person of the session, by the account elsewhere that is theirs, proven after they were sent. */
async function confirm(
  { afterSignIn }: AccountsContext,
  { params, user, db, session, record }: CallbackFacts,
  { flow, next, identity }: Found,
): Promise<Answer | LibraryAnswer> {
  const owner = await findByIdentity({ db }, params.provider.id, identity)
  if (user === null || owner?.account.id !== user.id) {
    return refuse('openid.answer', { detail: 'confirmation by another person' })
  }
  if (!isProvenSince(identity, flow.startedAt)) {
    return refuse('openid.answer', { detail: 'confirmation by an old proof' })
  }
  if ((await session.prove('provider')) === null) return redirect('/login')
  record('authn_login_success', { userId: user.id, provider: params.provider.id })
  return redirect(next ?? afterSignIn)
}

function askToLink(
  context: AccountsContext,
  facts: CallbackFacts,
  identity: ProviderIdentity,
): Answer | LibraryAnswer {
  const { params, user, view } = facts
  const { provider } = params
  if (user === null) return refuse('openid.flow', { detail: 'other-session' })
  const carried = carry(facts, { provider: provider.id, accountId: user.id, identity })
  const form = formView({ identity: identityField }, { values: { identity: carried } })
  const { siteName, pages } = context
  const { email } = identity
  return show(context, view, pages.linkIdentity({ view, siteName, provider, form, email }))
}
