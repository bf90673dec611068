/** The link that an administrator makes for an account without a password, and hands over. */
import { isRefusal } from '../../../core/refusals.ts'
import { redirect } from '../../../pipeline/answer.ts'
import { anyone } from '../../../pipeline/kit.ts'
import { type AccountRoutes, type AccountsContext, newPassword, show, storeAt } from '../context.ts'
import { finishSignIn } from '../finish.ts'
import { choosePassword } from './choosePassword.ts'
import { linkGone, linkOf, secretText } from './open.ts'
import { welcomePurpose } from './purposes.ts'

export function welcomeRoute(routes: AccountRoutes, context: AccountsContext): void {
  const { pages, siteName } = context
  routes.form('/welcome/:secret', {
    access: anyone,
    params: { secret: secretText },
    load: linkOf(welcomePurpose),
    fields: { newPassword },
    limit: '30 per hour',
    page: ({ form, view, resource: { link } }) =>
      link === undefined
        ? linkGone(context, view, null)
        : show(context, view, pages.welcome({ form, view, siteName })),
    submit: async (facts) => {
      const { values, view, db, now, record, fail } = facts
      const { link } = facts.resource
      if (link === undefined) return linkGone(context, view, null)
      const done = await choosePassword(storeAt(db, now), context, facts, {
        ...{ link, newPassword: values.newPassword },
        // It may have been handed over in any way.
        isEmailRead: false,
      })
      if (isRefusal(done)) return done
      if (done.kind === 'gone') return linkGone(context, view, null)
      if (done.kind === 'weak') return fail({ newPassword: done.message })
      const { account } = done
      record('authn_password_change', { userId: account.id })
      const notice = 'Your password is set, and you are signed in.'
      const arrived = await finishSignIn(context, facts, { account, methods: ['password'], notice })
      return arrived ?? redirect('/login')
    },
  })
}
