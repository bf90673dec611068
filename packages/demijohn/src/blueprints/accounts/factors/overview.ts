/**
 * What stands between somebody's password and their account, and the way to change it.
 *
 * Stops a change by whoever sits down at an open session: a recent proof is asked for, or the session
 * is one that has to set up a factor before it reaches anything else (ASVS 6.3.3, 7.5.1).
 */
import { redirect } from '../../../pipeline/answer.ts'
import { enrolling } from '../../../pipeline/kit.ts'
import { perBrowser } from '../allowance.ts'
import { type AccountRoutes, type AccountsContext, show } from '../context.ts'
import { nextPath, withNext } from '../next.ts'
import { passkeyOverviewSection } from '../passkeys/sections.ts'
import { factorReaderAt, factorStoreAt } from './context.ts'
import { countRecoveryCodes } from './recoveryCodes.ts'
import { hasSecondFactor } from './store.ts'
import { beginTotp, findTotp } from './totp.ts'

export function overviewRoutes(routes: AccountRoutes, context: AccountsContext): void {
  const { pages, siteName } = context
  routes.get(
    '/account/factors',
    { access: enrolling, query: { next: nextPath } },
    async (facts) => {
      const { user, view, query } = facts
      const { next } = query
      const store = factorReaderAt(facts)
      const hasFactor = await hasSecondFactor(store, user.id)
      const parts = pages.factors({
        view,
        siteName,
        appSince: (await findTotp(store, user.id))?.since,
        recoveryCodesLeft: await countRecoveryCodes(store, user.id),
        hasFactor,
        isDemanded: view.user === null,
        passkeys: await passkeyOverviewSection({ ...facts, next }),
        next,
      })
      return show(context, view, parts)
    },
  )

  routes.action('/account/factors/totp/new', {
    access: enrolling,
    query: { next: nextPath },
    limit: perBrowser(20, 'hour'),
    submit: async (facts) => {
      await beginTotp(factorStoreAt(facts), facts.user.id)
      return redirect(withNext('/account/factors/totp', facts.query.next))
    },
  })
}
