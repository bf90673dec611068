/**
 * Registering: an address, a mail, and behind its link a name and a password.
 *
 * Stops squatting on somebody else's address (the account exists once mail at the address was read),
 * words of a stranger in a mail from us (nothing but the address is asked for before), and the form
 * from telling who has an account: same page and same work for a known and an unknown address, and a
 * known one gets a mail that says so to its owner alone (ASVS 6.3.8).
 *
 * Where registration is not open these routes do not exist. A calm page would say that there are
 * accounts to be had in another way; a path that is not there says nothing and is one door less.
 */
import { isRefusal } from '../../../core/refusals.ts'
import { decoy } from '../../../html/decoy.ts'
import { email } from '../../../html/fields.ts'
import { personName } from '../../../html/personName.ts'
import { redirect } from '../../../pipeline/answer.ts'
import { anyone } from '../../../pipeline/kit.ts'
import { sendsMail } from '../../../pipeline/mailControl.ts'
import { type AccountRoutes, type AccountsContext, newPassword, show, storeAt } from '../context.ts'
import { findByEmail } from '../data.ts'
import { finishSignIn } from '../finish.ts'
import { mailLink, noMail } from './mailing.ts'
import { makeAccount } from './newAccount.ts'
import { type AskAgain, linkGone, linkOf, linkSpent, refusedPage, secretText } from './open.ts'
import { linkMinutes, registrationPurpose } from './purposes.ts'
import { linkEvent, spendMail } from './quota.ts'

export function registrationRoutes(routes: AccountRoutes, context: AccountsContext): void {
  if (context.registration !== 'open') return
  registerRoute(routes, context)
  const { memberRole } = context
  newAccountRoute(routes, context, {
    ...{ path: '/verify/:secret', purpose: registrationPurpose, again: '/register' },
    roleOf: () => memberRole,
  })
}

function registerRoute(routes: AccountRoutes, context: AccountsContext): void {
  const { pages, mails, siteName } = context
  routes.form('/register', {
    access: anyone,
    fields: { email: email({ label: 'Email address' }), website: decoy() },
    limit: '20 per hour',
    page: ({ form, view }) => show(context, view, pages.register({ form, view, siteName })),
    submit: async ({ values, view, db, now, mail, record, fail }) => {
      if (!sendsMail(mail)) return fail({ '': noMail })
      const store = storeAt(db, now)
      const address = values.email
      const mayGo = await spendMail(store, { kind: 'registration', address })
      const owner = await findByEmail(store, address)
      const ownersAddress = owner?.suspendedAt === null ? owner.email : null
      const ticket = { purpose: registrationPurpose, ttlMinutes: linkMinutes.registration }
      await mailLink(store, mail, {
        older: 'stay',
        to: mayGo ? (owner === undefined ? address : ownersAddress) : null,
        ticket:
          mayGo && owner === undefined ? { ...ticket, accountId: null, email: address } : null,
        write: (secret) =>
          owner === undefined
            ? mails.verify({ siteName, path: `/verify/${secret}` })
            : mails.addressInUse({ siteName, path: '/login' }),
      })
      const event = linkEvent({ mayGo, isMade: owner === undefined })
      record(event, { userId: owner?.id, purpose: registrationPurpose })
      return show(context, view, pages.mailSent({ view, siteName, email: address }))
    },
  })
}

/** What stands behind a link that was sent to an address without an account. */
export function newAccountRoute(
  routes: AccountRoutes,
  context: AccountsContext,
  kind: {
    readonly path: '/verify/:secret' | '/invitation/:secret'
    readonly purpose: string
    readonly again: AskAgain
    readonly roleOf: (ticket: { readonly role: string | null }) => string | null
  },
): void {
  const { pages, siteName } = context
  const { path, purpose, again, roleOf } = kind
  routes.form(path, {
    access: anyone,
    params: { secret: secretText },
    load: linkOf(purpose),
    fields: { name: personName({ label: 'Your name', max: 80 }), newPassword },
    limit: '30 per hour',
    page: ({ form, view, resource: { link } }) => {
      const email = link?.ticket.email
      if (email == null) return linkGone(context, view, again)
      // The link is for an account of its own, whoever's browser it was opened in.
      if (view.user !== null) {
        return refusedPage(context, view, pages.signedInAlready({ view, siteName }))
      }
      return show(context, view, pages.newAccount({ form, view, siteName, email }))
    },
    submit: async (facts) => {
      const { values, view, db, now, record, fail } = facts
      const { link } = facts.resource
      const email = link?.ticket.email
      const role = link === undefined ? null : roleOf(link.ticket)
      if (link === undefined || email == null || role === null) {
        return linkSpent(context, facts, { purpose, again })
      }
      if (view.user !== null) {
        return refusedPage(context, view, pages.signedInAlready({ view, siteName }))
      }
      const made = await makeAccount(storeAt(db, now), context, {
        ...{ link, newPassword: values.newPassword, isEmailRead: true },
        person: { name: values.name, email, role },
      })
      if (isRefusal(made)) return made
      if (made.kind === 'gone') return linkSpent(context, facts, { purpose, again })
      if (made.kind === 'weak') return fail({ newPassword: made.message })
      if (made.kind === 'taken') {
        return refusedPage(context, view, pages.addressTaken({ view, siteName }))
      }
      const { account } = made
      record('user_created', { targetId: account.id, role, by: purpose })
      const arrived = await finishSignIn(context, facts, {
        ...{ account, methods: ['link', 'password'] as const, isNewAccount: true },
        notice: `Welcome to ${siteName}.`,
      })
      return arrived ?? redirect('/login')
    },
  })
}
