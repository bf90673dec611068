/**
 * Signing in and out.
 *
 * Stops: sign-in by a link from elsewhere and sign-out by an image (both are forms with a token),
 * answers that tell whether an account exists (ASVS 6.3.8), a redirect that leaves the site.
 */
import { isRefusal } from '../../core/refusals.ts'
import { email, password } from '../../html/fields.ts'
import { html } from '../../html/template.ts'
import { redirect } from '../../pipeline/answer.ts'
import { anyone, signedIn } from '../../pipeline/kit.ts'
import { provePassword } from './changes.ts'
import { type AccountRoutes, type AccountsContext, show, storeAt } from './context.ts'
import { authenticate } from './data.ts'
import { finishSignIn, signInMoved } from './finish.ts'
import { nextPath } from './next.ts'

const wrongCredentials = 'This email address and password do not belong together.'

export function signInRoutes(routes: AccountRoutes, context: AccountsContext): void {
  signInRoute(routes, context)
  confirmRoute(routes, context)
  routes.action('/logout', {
    access: anyone,
    submit: async ({ session }) => {
      await session.signOut()
      return redirect('/')
    },
  })
}

function signInRoute(routes: AccountRoutes, context: AccountsContext): void {
  const { hasher, pages, siteName } = context
  routes.form('/login', {
    access: anyone,
    query: { next: nextPath },
    fields: {
      email: email({ label: 'Email address' }),
      password: password({ label: 'Password', purpose: 'current' }),
    },
    limit: '30 per minute',
    page: ({ form, view }) => show(context, view, pages.signIn({ form, view, siteName })),
    submit: async (facts) => {
      const { values, query, db, now, record, fail } = facts
      const account = await authenticate(storeAt(db, now), hasher, values)
      if (isRefusal(account)) return account
      if (account === null) {
        record('authn_login_fail', {})
        return fail({ '': wrongCredentials })
      }
      const { next } = query
      const done = await finishSignIn(context, facts, { account, methods: ['password'], next })
      return done ?? fail({ '': signInMoved })
    },
  })
}

/** Step-up (ASVS 7.5.3): a session alone does not change what the account is proven by. */
function confirmRoute(routes: AccountRoutes, context: AccountsContext): void {
  const { hasher, pages, siteName, afterSignIn } = context
  routes.form('/login/confirm', {
    access: signedIn,
    query: { next: nextPath },
    fields: { password: password({ label: 'Password', purpose: 'current' }) },
    limit: '30 per minute',
    page: ({ form, view }) =>
      show(context, view, pages.confirm({ form, view, siteName, other: html`` })),
    submit: async ({ values, query, user, db, now, session, record, fail }) => {
      const proven = await provePassword(storeAt(db, now), hasher, user.id, values.password)
      if (isRefusal(proven)) return proven
      if ('errors' in proven) {
        record('authn_login_fail', { userId: user.id })
        return fail({ password: 'This is not your password.' })
      }
      if ((await session.prove('password')) === null) return redirect('/login')
      record('authn_login_success', { userId: user.id })
      return redirect(query.next ?? afterSignIn)
    },
  })
}
