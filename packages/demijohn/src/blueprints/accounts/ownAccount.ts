/**
 * What people change about their own account: password and address.
 *
 * Stops a session that outlives a change of password (ASVS 7.4.3), and a change by whoever sits
 * down at an open session: the sign-in has to be fresh, and the present password is asked for where
 * there is one (ASVS 6.2.3, 7.5.1). Tells the owner by mail (ASVS 6.3.7).
 */
import { isRefusal } from '../../core/refusals.ts'
import { accept, type Field } from '../../html/field.ts'
import { email, password } from '../../html/fields.ts'
import { redirect } from '../../pipeline/answer.ts'
import { signedIn } from '../../pipeline/kit.ts'
import { sendsMail } from '../../pipeline/mailControl.ts'
import { perBrowser } from './allowance.ts'
import { changePassword, hasPassword, provePresent, writePassword } from './changes.ts'
import { type AccountRoutes, type AccountsContext, newPassword, show, storeAt } from './context.ts'
import type { AccountStore } from './data.ts'
import { askEmailChange } from './links/emailChange.ts'
import { noMail, tell } from './links/mailing.ts'

const passwordMoved = 'Your password was changed elsewhere meanwhile. Start again.'

export function ownAccountRoutes(routes: AccountRoutes, context: AccountsContext): void {
  passwordRoute(routes, context)
  emailRoute(routes, context)
}

/** Not asked for, and so not sent, where the account has none. */
function presentPassword(label: string): Field<string> {
  const asked = password({ label, purpose: 'current' })
  const parse: Field<string>['parse'] = (raw = '') => (raw === '' ? accept('') : asked.parse(raw))
  return Object.freeze({ ...asked, parse })
}

type OwnFacts = {
  readonly db: unknown
  readonly now: number
  readonly user: { readonly id: string } | null
}

async function loadOwn({ db, now, user }: OwnFacts): Promise<{ readonly hasPassword: boolean }> {
  // A reader of the same tables: what is called here only selects.
  const store = storeAt(db as AccountStore['db'], now)
  return { hasPassword: user !== null && (await hasPassword(store, user.id)) }
}

function passwordRoute(routes: AccountRoutes, context: AccountsContext): void {
  const { siteName, pages, mails } = context
  routes.form('/account/password', {
    access: signedIn.fresh('10 minutes'),
    load: loadOwn,
    fields: { currentPassword: presentPassword('Present password'), newPassword },
    limit: perBrowser(20, 'hour'),
    page: ({ form, view, resource }) => {
      const fields = resource.hasPassword ? form.fields : form.field('newPassword')
      const shown = { summary: form.summary, hasErrors: form.hasErrors, fields }
      return show(context, view, pages.changePassword({ form: shown, view, siteName }))
    },
    submit: async ({ values, user, db, now, session, device, mail, record, fail }) => {
      const done = await changePassword(storeAt(db, now), context, {
        ...{ accountId: user.id, deviceId: device.id, ...values },
        tell: (transaction, account) =>
          tell(transaction, mail, {
            ...mails.passwordChanged({ siteName, path: '/reset' }),
            to: account.email,
          }),
      })
      if (isRefusal(done)) return done
      if ('errors' in done) {
        if (!done.wasProven) record('authn_password_change_fail', {})
        return fail(done.errors, done.wait)
      }
      if (!(await writePassword(done, session))) return fail({ '': passwordMoved })
      record('authn_password_change', {})
      return redirect('/account/password', {
        notice: 'Your password is changed. Other devices are signed out.',
      })
    },
  })
}

function emailRoute(routes: AccountRoutes, context: AccountsContext): void {
  const { siteName, pages } = context
  routes.form('/account/email', {
    access: signedIn.fresh('10 minutes'),
    load: loadOwn,
    fields: {
      email: email({ label: 'New email address' }),
      currentPassword: presentPassword('Password'),
    },
    limit: perBrowser(20, 'hour'),
    page: ({ form, view, resource }) => {
      const fields = resource.hasPassword ? form.fields : form.field('email')
      const shown = { summary: form.summary, hasErrors: form.hasErrors, fields }
      return show(context, view, pages.changeEmail({ form: shown, view, siteName }))
    },
    submit: async ({ values, user, view, db, now, device, mail, record, fail }) => {
      if (!sendsMail(mail)) return fail({ '': noMail })
      const store = storeAt(db, now)
      const by = { accountId: user.id, deviceId: device.id }
      const proven = await provePresent(store, context, by, values.currentPassword)
      if (isRefusal(proven)) return proven
      if ('errors' in proven) {
        // The vocabulary's word for a proof that failed, whatever it was given for.
        record('authn_login_fail', { userId: user.id, at: 'change of address' })
        return fail(proven.errors, proven.wait)
      }
      const { account } = proven
      if (account.email === values.email) return fail({ email: 'This is your address already.' })
      const event = await askEmailChange(store, context, mail, { account, email: values.email })
      record(event, { userId: user.id, purpose: 'email-confirm' })
      return show(context, view, pages.mailSent({ view, siteName, email: values.email }))
    },
  })
}
