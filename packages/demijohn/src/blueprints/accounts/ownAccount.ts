/**
 * What people change about their own account: password and address.
 *
 * Stops: a session that outlives a change of password (ASVS 7.4.3), and a change by whoever sits
 * down at an open session (ASVS 6.2.3).
 */
import { isRefusal } from '../../core/refusals.ts'
import { email, password } from '../../html/fields.ts'
import { html } from '../../html/template.ts'
import { redirect } from '../../pipeline/answer.ts'
import { signedIn } from '../../pipeline/kit.ts'
import { changeEmail, changePassword, writePassword } from './changes.ts'
import { type AccountRoutes, type AccountsContext, newPassword, storeAt } from './context.ts'
import { formPage } from './pages.ts'

const passwordMoved = 'Your password was changed elsewhere meanwhile. Start again.'

export function ownAccountRoutes(routes: AccountRoutes, context: AccountsContext): void {
  passwordRoute(routes, context)
  emailRoute(routes, context)
}

function passwordRoute(routes: AccountRoutes, { layout, hasher, siteName }: AccountsContext): void {
  routes.form('/account/password', {
    access: signedIn,
    fields: {
      currentPassword: password({ label: 'Present password', purpose: 'current' }),
      newPassword,
    },
    limit: '20 per hour',
    page: ({ form, view }) =>
      formPage(layout, view, {
        title: 'Change your password',
        intro: html`<p>Every other device that is signed in with it will be signed out.</p>`,
        form,
        button: 'Change the password',
      }),
    submit: async ({ values, user, db, now, session, record, fail }) => {
      const done = await changePassword(storeAt(db, now), hasher, {
        accountId: user.id,
        ...values,
        siteName,
      })
      if (isRefusal(done)) return done
      if ('errors' in done) {
        record('authn_password_change_fail', {})
        return fail(done.errors)
      }
      if (!(await writePassword(done, session))) return fail({ '': passwordMoved })
      record('authn_password_change', {})
      return redirect('/account/password', {
        notice: 'Your password is changed. Other devices are signed out.',
      })
    },
  })
}

function emailRoute(routes: AccountRoutes, { layout, hasher }: AccountsContext): void {
  routes.form('/account/email', {
    access: signedIn,
    fields: {
      email: email({ label: 'New email address' }),
      currentPassword: password({ label: 'Password', purpose: 'current' }),
    },
    limit: '20 per hour',
    initial: ({ user }) => ({ email: user.email }),
    page: ({ form, view }) =>
      formPage(layout, view, {
        title: 'Change your email address',
        intro: html`<p>It is what you sign in with.</p>`,
        form,
        button: 'Change the address',
      }),
    submit: async ({ values, user, db, now, session, record, fail }) => {
      const done = await changeEmail(storeAt(db, now), hasher, { accountId: user.id, ...values })
      if (isRefusal(done)) return done
      if ('errors' in done) return fail(done.errors)
      await session.accountChanged(user.id)
      record('user_updated', { targetId: user.id, changed: 'email' })
      return redirect('/account/email', { notice: 'Your email address is changed.' })
    },
  })
}
