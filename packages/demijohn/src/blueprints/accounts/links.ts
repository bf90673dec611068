/**
 * The pages behind one-time links: becoming the first administrator, choosing a first password.
 *
 * Looking at the page uses nothing up, so that a mail scanner does not spend the link; sending the
 * form does, in the same transaction as what it was for.
 */
import { isRefusal } from '../../core/refusals.ts'
import type { StandardSchemaV1 } from '../../core/standardSchema.ts'
import { checkNewPassword } from '../../defences/passwords/policy.ts'
import { email, text } from '../../html/fields.ts'
import { html } from '../../html/template.ts'
import { redirect } from '../../pipeline/answer.ts'
import { anyone } from '../../pipeline/kit.ts'
import { chooseFirstPassword } from './changes.ts'
import { type AccountRoutes, type AccountsContext, newPassword, storeAt } from './context.ts'
import { type AccountStore, createAccount } from './data.ts'
import { formPage } from './pages.ts'
import { findTicket, redeemTicket } from './tickets.ts'

/** The purposes of the one-time links that lead here. */
export const setupPurpose = 'setup'
export const welcomePurpose = 'welcome'

const linkOver = 'This link has been used already, or is over. Ask for a new one.'

/** 43 characters of base64url; the table of tickets decides whether it is one. */
const secret: StandardSchemaV1<unknown, string> = {
  '~standard': {
    version: 1,
    vendor: 'demijohn',
    validate: (value) =>
      typeof value === 'string' && /^[A-Za-z0-9_-]{43}$/.test(value)
        ? { value }
        : { issues: [{ message: 'not a link of ours' }] },
  },
}

export function linkRoutes(routes: AccountRoutes, context: AccountsContext): void {
  setupRoute(routes, context)
  welcomeRoute(routes, context)
}

function setupRoute(
  routes: AccountRoutes,
  { layout, hasher, siteName, administratorRole }: AccountsContext,
): void {
  routes.form('/setup/:secret', {
    access: anyone,
    params: { secret },
    load: ({ params, db, now }) =>
      findTicket(storeAt(db as AccountStore['db'], now), {
        secret: params.secret,
        purpose: setupPurpose,
      }).then(orNull),
    fields: {
      name: text({ label: 'Your name', max: 80, autocomplete: 'name' }),
      email: email({ label: 'Email address' }),
      newPassword,
    },
    limit: '30 per hour',
    page: ({ form, view }) =>
      formPage(layout, view, {
        title: `Set up ${siteName}`,
        intro: html`<p>You become its first administrator. This link works once.</p>`,
        form,
        button: 'Create the account',
      }),
    submit: async ({ values, params, db, now, session, record, fail }) => {
      const store = storeAt(db, now)
      const problem = checkNewPassword(values.newPassword, {
        context: [siteName, values.email, values.name],
      })
      if (problem !== null) return fail({ newPassword: problem.message })
      const passwordHash = await hasher.hashPassword(values.newPassword)
      if (isRefusal(passwordHash)) return passwordHash
      const role = administratorRole
      const made = await db.transaction().execute(async (transaction) => {
        const inside = { ...store, db: transaction }
        const ticket = await redeemTicket(inside, { secret: params.secret, purpose: setupPurpose })
        if (ticket === undefined) return linkOver
        const account = await createAccount(inside, { ...values, role, passwordHash })
        if (account === undefined)
          throw new Error('the address of the first administrator is taken')
        return account
      })
      if (typeof made === 'string') return fail({ '': made })
      record('user_created', { targetId: made.id, role })
      await session.signIn(made.id)
      return redirect('/', { notice: `Welcome to ${siteName}. You are its administrator.` })
    },
  })
}

function welcomeRoute(
  routes: AccountRoutes,
  { layout, hasher, siteName, afterSignIn }: AccountsContext,
): void {
  routes.form('/welcome/:secret', {
    access: anyone,
    params: { secret },
    load: ({ params, db, now }) =>
      findTicket(storeAt(db as AccountStore['db'], now), {
        secret: params.secret,
        purpose: welcomePurpose,
      }).then(orNull),
    fields: { newPassword },
    limit: '30 per hour',
    page: ({ form, view }) =>
      formPage(layout, view, {
        title: `Welcome to ${siteName}`,
        intro: html`<p>Choose the password of your account. This link works once.</p>`,
        form,
        button: 'Choose this password',
      }),
    submit: async ({ values, params, db, now, session, record, fail }) => {
      const done = await chooseFirstPassword(storeAt(db, now), hasher, {
        secret: params.secret,
        purpose: welcomePurpose,
        newPassword: values.newPassword,
        siteName,
      })
      if (isRefusal(done)) return done
      if ('problem' in done)
        return fail(done.problem === undefined ? { '': linkOver } : { newPassword: done.problem })
      await session.endAllOf(done.accountId)
      await session.signIn(done.accountId)
      record('authn_password_change', { userId: done.accountId })
      return redirect(afterSignIn, { notice: 'Your password is set, and you are signed in.' })
    },
  })
}

function orNull<T>(value: T | undefined): T | null {
  return value ?? null
}
