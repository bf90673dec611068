/** The link that a start prints while there is no administrator: whoever has it becomes one. */
import { isRefusal } from '../../../core/refusals.ts'
import { email } from '../../../html/fields.ts'
import { personName } from '../../../html/personName.ts'
import { redirect } from '../../../pipeline/answer.ts'
import { anyone } from '../../../pipeline/kit.ts'
import { type AccountRoutes, type AccountsContext, newPassword, show, storeAt } from '../context.ts'
import { finishSignIn } from '../finish.ts'
import { makeAccount } from './newAccount.ts'
import { linkGone, linkOf, secretText } from './open.ts'
import { setupPurpose } from './purposes.ts'

export function setupRoute(routes: AccountRoutes, context: AccountsContext): void {
  const { pages, siteName, administratorRole: role } = context
  routes.form('/setup/:secret', {
    access: anyone,
    params: { secret: secretText },
    load: linkOf(setupPurpose),
    fields: {
      name: personName({ label: 'Your name', max: 80 }),
      email: email({ label: 'Email address' }),
      newPassword,
    },
    limit: '30 per hour',
    page: ({ form, view, resource: { link } }) =>
      link === undefined
        ? linkGone(context, view, null)
        : show(context, view, pages.setup({ form, view, siteName })),
    submit: async (facts) => {
      const { values, view, db, now, record, fail } = facts
      const { link } = facts.resource
      if (link === undefined) return linkGone(context, view, null)
      const { newPassword, ...who } = values
      const made = await makeAccount(storeAt(db, now), context, {
        ...{ link, newPassword, person: { ...who, role } },
        // It was typed just now, and no mail has gone there.
        isEmailRead: false,
      })
      if (isRefusal(made)) return made
      if (made.kind === 'gone') return linkGone(context, view, null)
      if (made.kind === 'weak') return fail({ newPassword: made.message })
      if (made.kind === 'taken') return fail({ email: 'This address has an account already.' })
      const { account } = made
      record('user_created', { targetId: account.id, role })
      const notice = `Welcome to ${siteName}. You are its administrator.`
      const arrival = { account, methods: ['password'] as const, notice, isNewAccount: true }
      const done = await finishSignIn(context, facts, arrival)
      return done ?? redirect('/login')
    },
  })
}
