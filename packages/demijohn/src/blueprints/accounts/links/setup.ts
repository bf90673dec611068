/**
 * The link that a start prints while there is no administrator: whoever has it becomes one.
 *
 * Stops a link that was left in a log from making a second one (ASVS 6.3.2): it is void as soon as an
 * account has the role, in whatever way it got it, and the next start deletes it. One who cannot sign
 * in counts, too: the command line gives that one a new link, and asks for more than a look at a log.
 */
import { isRefusal } from '../../../core/refusals.ts'
import { email } from '../../../html/fields.ts'
import { personName } from '../../../html/personName.ts'
import { redirect } from '../../../pipeline/answer.ts'
import { anyone } from '../../../pipeline/kit.ts'
import { type AccountRoutes, type AccountsContext, newPassword, show, storeAt } from '../context.ts'
import type { AccountStore } from '../data.ts'
import { finishSignIn } from '../finish.ts'
import { hasAnybody, makeAccount } from './newAccount.ts'
import { linkGone, linkOf, linkSpent, secretText } from './open.ts'
import { setupPurpose } from './purposes.ts'

const spent = { purpose: setupPurpose, again: null }

export function setupRoute(routes: AccountRoutes, context: AccountsContext): void {
  const { pages, siteName, administratorRole: role } = context
  const find = linkOf(setupPurpose)
  routes.form('/setup/:secret', {
    access: anyone,
    params: { secret: secretText },
    load: async (facts) => {
      // A reader of the same tables: what is called here only selects.
      const store = { db: facts.db as unknown as AccountStore['db'] }
      return (await hasAnybody(store, role)) ? { link: undefined } : find(facts)
    },
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
      const { values, db, now, record, fail } = facts
      const { link } = facts.resource
      if (link === undefined) return linkSpent(context, facts, spent)
      const { newPassword, ...who } = values
      const made = await makeAccount(storeAt(db, now), context, {
        ...{ link, newPassword, person: { ...who, role } },
        // It was typed just now, and no mail has gone there.
        isEmailRead: false,
        isFirst: true,
      })
      if (isRefusal(made)) return made
      if (made.kind === 'gone') return linkSpent(context, facts, spent)
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
