/** The pages behind the links of a change of address. A GET shows, a POST does. */
import { redirect } from '../../../pipeline/answer.ts'
import { anyone } from '../../../pipeline/kit.ts'
import { perBrowser } from '../allowance.ts'
import { type AccountRoutes, type AccountsContext, show, storeAt } from '../context.ts'
import { confirmEmail, undoEmail } from './emailChange.ts'
import { linkGone, linkOf, linkSpent, refusedPage, secretText } from './open.ts'
import { emailConfirmPurpose, emailUndoPurpose } from './purposes.ts'

const confirming = { purpose: emailConfirmPurpose, again: '/account/email' } as const
const undoing = { purpose: emailUndoPurpose, again: null }

export function emailRoutes(routes: AccountRoutes, context: AccountsContext): void {
  confirmRoute(routes, context)
  undoRoute(routes, context)
}

function confirmRoute(routes: AccountRoutes, context: AccountsContext): void {
  const { pages, siteName } = context
  routes.form('/email/confirm/:secret', {
    access: anyone,
    params: { secret: secretText },
    load: linkOf(emailConfirmPurpose),
    fields: {},
    limit: perBrowser(30, 'hour'),
    page: ({ form, view, resource: { link } }) =>
      link?.ticket.email == null
        ? linkGone(context, view, '/account/email')
        : show(
            context,
            view,
            pages.confirmEmail({ form, view, siteName, email: link.ticket.email }),
          ),
    submit: async (facts) => {
      const { view, db, now, record } = facts
      const { link } = facts.resource
      if (link === undefined) return linkSpent(context, facts, confirming)
      const done = await confirmEmail(storeAt(db, now), context, facts, link)
      if (done.kind === 'gone') return linkSpent(context, facts, confirming)
      if (done.kind === 'taken') {
        return refusedPage(context, view, pages.addressTaken({ view, siteName }))
      }
      record('user_updated', {
        userId: done.account.id,
        targetId: done.account.id,
        changed: 'email',
      })
      return show(context, view, pages.emailConfirmed({ view, siteName, email: done.email }))
    },
  })
}

function undoRoute(routes: AccountRoutes, context: AccountsContext): void {
  const { pages, siteName } = context
  routes.form('/email/undo/:secret', {
    access: anyone,
    params: { secret: secretText },
    load: linkOf(emailUndoPurpose),
    fields: {},
    limit: perBrowser(30, 'hour'),
    page: ({ form, view, resource: { link } }) =>
      link?.ticket.email == null
        ? linkGone(context, view, null)
        : show(context, view, pages.undoEmail({ form, view, siteName, email: link.ticket.email })),
    submit: async (facts) => {
      const { view, db, now, record } = facts
      const { link } = facts.resource
      if (link === undefined) return linkSpent(context, facts, undoing)
      const done = await undoEmail(storeAt(db, now), context, facts, link)
      if (done.kind === 'gone') return linkSpent(context, facts, undoing)
      if (done.kind === 'taken') {
        return refusedPage(context, view, pages.addressTaken({ view, siteName }))
      }
      record('user_updated', {
        ...{ userId: done.account.id, targetId: done.account.id },
        changed: 'email undone',
      })
      // They are here, and the mailbox is proven: no need to send them to it once more.
      return redirect(`/reset/${done.resetSecret}`)
    },
  })
}
