/**
 * Signing in and out.
 *
 * Stops: sign-in by a link from elsewhere and sign-out by an image (both are forms with a token),
 * answers that tell whether an account exists (ASVS 6.3.8), a redirect that leaves the site.
 */
import { isRefusal } from '../../core/refusals.ts'
import type { StandardSchemaV1 } from '../../core/standardSchema.ts'
import { email, password } from '../../html/fields.ts'
import { html } from '../../html/template.ts'
import { redirect } from '../../pipeline/answer.ts'
import { anyone } from '../../pipeline/kit.ts'
import { type LocalPath, parseLocalPath } from '../../web/localPath.ts'
import { type AccountRoutes, type AccountsContext, storeAt } from './context.ts'
import { authenticate } from './data.ts'
import { formPage } from './pages.ts'

const wrongCredentials = 'This email address and password do not belong together.'

/** A path of this site, or none: what does not parse is dropped, so that it leads nowhere. */
const nextPath: StandardSchemaV1<unknown, LocalPath | undefined> = {
  '~standard': {
    version: 1,
    vendor: 'demijohn',
    validate: (value) => ({ value: typeof value === 'string' ? parseLocalPath(value) : undefined }),
  },
}

export function signInRoutes(
  routes: AccountRoutes,
  { layout, hasher, afterSignIn }: AccountsContext,
): void {
  routes.form('/login', {
    access: anyone,
    query: { next: nextPath },
    fields: {
      email: email({ label: 'Email address' }),
      password: password({ label: 'Password', purpose: 'current' }),
    },
    limit: '30 per minute',
    page: ({ form, view }) =>
      formPage(layout, view, { title: 'Sign in', intro: html``, form, button: 'Sign in' }),
    submit: async ({ values, query, db, now, session, record, fail }) => {
      const account = await authenticate(storeAt(db, now), hasher, values)
      if (isRefusal(account)) return account
      if (account === null) {
        record('authn_login_fail', {})
        return fail({ '': wrongCredentials })
      }
      await session.signIn(account.id)
      record('authn_login_success', { userId: account.id })
      return redirect(query.next ?? afterSignIn)
    },
  })

  routes.action('/logout', {
    access: anyone,
    submit: async ({ session }) => {
      await session.signOut()
      return redirect('/')
    },
  })
}
