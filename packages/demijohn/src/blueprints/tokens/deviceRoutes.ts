/**
 * Where a person types the code that a device shows, and decides (RFC 8628 section 3.3).
 *
 * Stops guesses (counted by account and network), a decision about a grant whose code somebody else
 * typed or nobody did (it is looked up by the person: CVE-2026-45337), one at an open session (a
 * recent proof, so every second factor counts; ASVS 7.5.3), one without saying who asks for what and
 * from where (10.7.1, 10.7.2). An unknown, a decided and an expired code get the same answer.
 */

import { isRefusal } from '../../core/refusals.ts'
import { id } from '../../defences/input/schemas.ts'
import { attemptSecret, waitInWords } from '../../defences/throttle/attempt.ts'
import { userCodeKeys } from '../../defences/throttle/keys.ts'
import type { PendingGrant } from '../../defences/tokens/store/types.ts'
import { text } from '../../html/fields.ts'
import { notFound, redirect } from '../../pipeline/answer.ts'
import { signedIn } from '../../pipeline/kit.ts'
import { clientKey } from '../../web/client.ts'
import { tell } from '../accounts/links/mailing.ts'
import { appName, show, type TokenRoutes, type TokensContext, within } from './context.ts'
import { appConnected } from './mails.ts'
import { codeExample, tokenPages } from './pages.ts'

const fresh = signedIn.fresh('10 minutes')
const unknown =
  'This code is not known. It may be over, for it works for ten minutes: ask the app for another.'

export function deviceRoutes(routes: TokenRoutes, context: TokensContext): void {
  enterRoute(routes, context)
  consentRoute(routes, context)
  decideRoutes(routes, context)
}

function enterRoute(routes: TokenRoutes, context: TokensContext): void {
  const { throttle } = context
  routes.form('/device', {
    access: signedIn,
    fields: {
      code: text({
        label: 'Code',
        max: 32,
        hint: `Eight letters, such as ${codeExample}`,
        autocomplete: 'off',
      }),
    },
    limit: '60 per hour',
    page: ({ form, view }) => show(context, view, tokenPages.enterCode({ form })),
    submit: async ({ values, user, db, now, tokens, clientAddress, record, fail }) => {
      const store = { db, clock: { now: () => now } }
      const keys = userCodeKeys({ accountId: user.id, clientAddress })
      const tried = await attemptSecret(throttle, store, keys, () =>
        tokens.claimGrant(values.code, user.id),
      )
      if (tried.kind === 'wait') {
        const { waitSeconds } = tried
        record('authn_login_fail_max', { userId: user.id, at: 'user code', waitSeconds })
        const words = `Too many tries. Try again ${waitInWords(waitSeconds)}.`
        return fail({ code: words }, { retryAfterSeconds: waitSeconds })
      }
      const { result } = tried
      if (isRefusal(result)) return result
      if (result !== null) return redirect(`/device/${result.id}`)
      record('authn_login_fail', { userId: user.id, at: 'user code' })
      return fail({ code: unknown })
    },
  })
}

function consentRoute(routes: TokenRoutes, context: TokensContext): void {
  const { siteName } = context
  const spec = { params: { grantId: id }, access: fresh }
  routes.get('/device/:grantId', spec, async (facts) => {
    const { params, user, view, tokens, sessions, sessionId } = facts
    const grant = await tokens.pendingGrant(params.grantId, user.id)
    if (grant === null) return redirect('/device', { notice: unknown })
    const given = within(context, user.role, grant.scopes)
    const beyond = grant.scopes
      .filter((scope) => !given.some(([name]) => name === scope))
      .map((scope) => [scope, context.scopes.get(scope) ?? scope] as const)
    const app = appName(context, grant.clientId)
    const session = (await sessions.listOf(user.id)).find((one) => one.id === sessionId)
    const ownNetwork = session === undefined ? null : clientKey(session.clientAddress)
    const shown = { grant, app, given, beyond, ownNetwork, siteName }
    return show(context, view, tokenPages.consent(shown))
  })
}

function decideRoutes(routes: TokenRoutes, context: TokensContext): void {
  const { siteName } = context
  for (const decision of ['approve', 'deny'] as const) {
    routes.action(`/device/:grantId/${decision}`, {
      params: { grantId: id },
      access: fresh,
      limit: '30 per hour',
      submit: async ({
        params,
        user,
        view,
        now,
        sessionId,
        tokens,
        mail,
        clientAddress,
        record,
      }) => {
        const grant = await tokens.pendingGrant(params.grantId, user.id)
        if (grant === null) return notFound()
        const app = appName(context, grant.clientId)
        const isApproved = decision === 'approve'
        const scopes = scopesGiven(context, grant, user.role)
        if (isApproved && scopes.length === 0) return notFound()
        const facts = { id: grant.id, accountId: user.id, sessionId, scopes }
        const counted = await tokens.decideGrant(
          { ...facts, decision: isApproved ? 'approved' : 'denied' },
          async (db) => {
            if (!isApproved) return
            const about = { siteName, at: now, clientAddress, app }
            await tell(db, mail, { ...appConnected(about), to: user.email })
          },
        )
        if (!counted) return notFound()
        const { clientId } = grant
        record('authz_change', { grantId: grant.id, clientId, decision })
        return show(context, view, tokenPages.decided({ app, isApproved }))
      },
    })
  }
}

function scopesGiven(context: TokensContext, grant: PendingGrant, role: string): readonly string[] {
  return within(context, role, grant.scopes).map(([scope]) => scope)
}
