/**
 * Setting out for a provider.
 *
 * Stops a sign-in that another site begins in this browser (it is asked about first), and one that
 * ends here after it began elsewhere: see `defences/openid/flow.ts`. A GET, for the policy lets no form
 * lead away (`form-action 'self'`), and it changes nothing but this browser's own note.
 */
import { refuse } from '../../../core/refusals.ts'
import type { StandardSchemaV1 } from '../../../core/standardSchema.ts'
import { isOwnStart } from '../../../defences/openid/decide.ts'
import {
  beginFlow,
  challengeOf,
  flowMinutes,
  formatFlow,
  type Purpose,
} from '../../../defences/openid/flow.ts'
import type { OpenIdProvider, Unavailable } from '../../../defences/openid/types.ts'
import { type LibraryAnswer, redirect } from '../../../pipeline/answer.ts'
import { anyone, signedIn } from '../../../pipeline/kit.ts'
import { type LandingFacts, landing } from '../../../pipeline/landing.ts'
import type { RouteRecord, View } from '../../../pipeline/route.ts'
import type { LocalPath } from '../../../web/localPath.ts'
import { type AccountsContext, show } from '../context.ts'
import { nextPath, withNext } from '../next.ts'
import { flowPurpose } from './store.ts'

export const identitiesPath = '/account/identities'
const limit = '30 per minute'
const maxNextCharacters = 1_000

/** Of the path: the provider itself. Any other is a page that is not there. */
export function providerNamed(
  providers: readonly OpenIdProvider[],
): StandardSchemaV1<unknown, OpenIdProvider> {
  return {
    '~standard': {
      version: 1,
      vendor: 'demijohn',
      validate: (id) => {
        const value = providers.find((one) => one.id === id)
        return value === undefined ? { issues: [{ message: 'not a provider' }] } : { value }
      },
    },
  }
}

export function callbackAddress({ origin }: View, provider: OpenIdProvider): string {
  return `${origin}/login/with/${provider.id}/callback`
}

export function beginRoutes(context: AccountsContext): readonly RouteRecord[] {
  const params = { provider: providerNamed(context.providers) }
  const query = { next: nextPath }
  return [
    landing('/login/with/:provider', { access: anyone, params, query, limit }, (facts) =>
      beginSignIn(context, facts),
    ),
    landing('/login/confirm/with/:provider', { access: signedIn, params, query, limit }, (facts) =>
      setOut(facts, {
        provider: facts.params.provider,
        purpose: 'confirm',
        next: facts.query.next,
      }),
    ),
    landing(
      `${identitiesPath}/:provider/link`,
      { access: signedIn.fresh('10 minutes'), params, query: {}, limit },
      (facts) =>
        setOut(facts, { provider: facts.params.provider, purpose: 'link', next: undefined }),
    ),
  ]
}

type SignInFacts = LandingFacts<
  { readonly provider: OpenIdProvider },
  { readonly next: LocalPath | undefined }
>

function beginSignIn(context: AccountsContext, facts: SignInFacts) {
  const { view, query, params } = facts
  const { provider } = params
  const { next } = query
  if (view.user !== null) return redirect(next ?? context.afterSignIn)
  if (!isOwnStart(facts)) {
    const path = withNext(`/login/with/${provider.id}`, next)
    const { siteName, pages } = context
    return show(context, view, pages.providerStart({ view, siteName, provider, path }))
  }
  return setOut(facts, { provider, purpose: 'sign-in', next })
}

async function setOut(
  { view, sealed, now, sessionId, flow }: LandingFacts,
  about: {
    readonly provider: OpenIdProvider
    readonly purpose: Purpose
    readonly next: LocalPath | undefined
  },
): Promise<LibraryAnswer> {
  const { provider, purpose, next = '' } = about
  const note = beginFlow({
    ...{ issuer: provider.issuer, purpose, startedAt: now },
    // Longer, the note would be no cookie any more; `/login` forgets it as well.
    next: next === '' || next.length > maxNextCharacters ? null : next,
    sessionId: purpose === 'sign-in' ? null : sessionId,
  })
  const begun = await provider.begin({
    ...{ state: note.state, nonce: note.nonce, codeChallenge: challengeOf(note.verifier), now },
    redirectUri: callbackAddress(view, provider),
    isProofDemanded: purpose === 'confirm',
  })
  if (begun.kind === 'unavailable') return notThere(begun)
  flow.keep(sealed.seal(flowPurpose, provider.id, formatFlow(note)), flowMinutes * 60)
  return { kind: 'elsewhere', to: begun.to }
}

export function notThere({ problem, retryAfterSeconds }: Unavailable) {
  const headers = { 'Retry-After': String(retryAfterSeconds) }
  return refuse('openid.unavailable', { detail: problem, headers })
}
