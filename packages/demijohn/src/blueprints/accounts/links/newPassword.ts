/** The page behind a link by which an account's password is chosen: a forgotten one, or the first. */
import { isRefusal } from '../../../core/refusals.ts'
import type { Method } from '../../../defences/sessions/stage.ts'
import { redirect } from '../../../pipeline/answer.ts'
import { anyone } from '../../../pipeline/kit.ts'
import { perBrowser } from '../allowance.ts'
import { type AccountRoutes, type AccountsContext, newPassword, show, storeAt } from '../context.ts'
import { finishSignIn } from '../finish.ts'
import { choosePassword } from './choosePassword.ts'
import { type AskAgain, linkGone, linkOf, linkSpent, secretText } from './open.ts'
import { welcomePurpose } from './purposes.ts'

export type PasswordLink = {
  readonly path: '/reset/:secret' | '/welcome/:secret'
  readonly purpose: string
  readonly page: AccountsContext['pages']['reset']
  readonly again: AskAgain
  readonly isNewAccount: boolean
  /** The link came by mail to the account's address. */
  readonly isEmailRead: boolean
  readonly methods: readonly Method[]
  readonly notice: string
}

export function newPasswordRoute(
  routes: AccountRoutes,
  context: AccountsContext,
  kind: PasswordLink,
): void {
  const { siteName } = context
  const { path, purpose, page, again, isNewAccount, isEmailRead, methods, notice } = kind
  routes.form(path, {
    access: anyone,
    params: { secret: secretText },
    load: linkOf(purpose),
    fields: { newPassword },
    limit: perBrowser(30, 'hour'),
    page: ({ form, view, resource: { link } }) =>
      link === undefined
        ? linkGone(context, view, again)
        : show(context, view, page({ form, view, siteName })),
    submit: async (facts) => {
      const { values, db, now, record, fail } = facts
      const { link } = facts.resource
      if (link === undefined) return linkSpent(context, facts, { purpose, again })
      const done = await choosePassword(storeAt(db, now), context, facts, {
        ...{ link, newPassword: values.newPassword, isEmailRead },
      })
      if (isRefusal(done)) return done
      if (done.kind === 'gone') return linkSpent(context, facts, { purpose, again })
      if (done.kind === 'weak') return fail({ newPassword: done.message })
      const { account } = done
      record('authn_password_change', { userId: account.id, by: purpose })
      const arrival = { account, methods, notice, isNewAccount }
      return (await finishSignIn(context, facts, arrival)) ?? redirect('/login')
    },
  })
}

/** The link that an administrator makes for an account without a password, and hands over in any way. */
export function welcomeRoute(routes: AccountRoutes, context: AccountsContext): void {
  newPasswordRoute(routes, context, {
    ...{ path: '/welcome/:secret', purpose: welcomePurpose, page: context.pages.welcome },
    ...{ again: null, isNewAccount: true, isEmailRead: false, methods: ['password'] },
    notice: 'Your password is set, and you are signed in.',
  })
}
