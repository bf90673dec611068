/**
 * The second step of a sign-in: a code of the app, or a recovery code.
 *
 * Stops a session that has given the password alone from reaching anything but this page (its access
 * is `halfSignedIn`; ASVS 6.3.3, 6.3.4). Guessing is stopped in codes.ts.
 */
import { isRefusal } from '../../../core/refusals.ts'
import { redirect } from '../../../pipeline/answer.ts'
import { halfSignedIn } from '../../../pipeline/kit.ts'
import { perBrowser } from '../allowance.ts'
import { type AccountRoutes, type AccountsContext, show, storeAt } from '../context.ts'
import { findAccount } from '../data.ts'
import { arrive } from '../finish.ts'
import { nextPath } from '../next.ts'
import { passkeySecondFactorSection } from '../passkeys/sections.ts'
import { codeField, proveCode } from './codes.ts'

export function secondFactorRoute(routes: AccountRoutes, context: AccountsContext): void {
  const { pages, siteName, afterSignIn } = context
  routes.form('/login/second-factor', {
    access: halfSignedIn,
    query: { next: nextPath },
    fields: { code: codeField },
    limit: perBrowser(30, 'minute'),
    page: async (facts) => {
      const { view, form, query } = facts
      const { next } = query
      if (view.user !== null) return redirect(next ?? afterSignIn)
      const passkey = await passkeySecondFactorSection({ ...facts, next })
      return show(context, view, pages.secondFactor({ form, view, siteName, passkey }))
    },
    submit: async (facts) => {
      const { values, user, view, query, db, now, session, fail } = facts
      const { next } = query
      if (view.user !== null) return redirect(next ?? afterSignIn)
      const method = await proveCode(context, facts, values.code)
      if (isRefusal(method)) return method
      if (typeof method !== 'string') return fail(method.errors, method.wait)
      const stage = await session.prove(method)
      const account = await findAccount(storeAt(db, now), user.id)
      if (stage === null || account === undefined) return redirect('/login')
      return arrive(context, facts, { account, stage, next })
    },
  })
}
