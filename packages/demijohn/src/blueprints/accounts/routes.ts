/**
 * The accounts blueprint: sign in and out, the one-time links, and the changes that only the person
 * may make. An application gives it a layout and mounts it; it writes no code for passwords.
 *
 * Stops: sign-in by a link from elsewhere and sign-out by an image (both are forms with a token),
 * answers that tell whether an account exists (ASVS 6.3.8), a session that outlives a change of
 * password (ASVS 7.4.3), a redirect that leaves the site (`next` has to be a local path).
 */
import { isRefusal } from '../../core/refusals.ts'
import type { StandardSchemaV1 } from '../../core/standardSchema.ts'
import type { DemijohnTables } from '../../data/tables.ts'
import type { Roles } from '../../defences/access/roles.ts'
import { passwordOptions } from '../../defences/passwords/options.ts'
import { checkNewPassword } from '../../defences/passwords/policy.ts'
import { createPasswordHasher } from '../../defences/passwords/verify.ts'
import { email, password, text } from '../../html/fields.ts'
import { html } from '../../html/template.ts'
import { redirect } from '../../pipeline/answer.ts'
import { type AnyBlueprint, kit } from '../../pipeline/kit.ts'
import { type LocalPath, parseLocalPath } from '../../web/localPath.ts'
import { changeEmail, changePassword, chooseFirstPassword, writePassword } from './changes.ts'
import { type AccountStore, authenticate, createAccount } from './data.ts'
import { formPage, type Layout } from './pages.ts'
import { findTicket, redeemTicket } from './tickets.ts'

export type AccountsOptions<Table> = {
  readonly roles: Roles<Table>
  readonly layout: Layout
  /** Words that a password may not mainly consist of: the site's name. */
  readonly siteName: string
  /** The role of whoever uses the setup link. */
  readonly administratorRole: keyof Table & string
  /** Where people go after signing in when they were not on their way elsewhere. */
  readonly afterSignIn?: `/${string}`
}

/** The purposes of the one-time links that lead here. */
export const setupPurpose = 'setup'
export const welcomePurpose = 'welcome'

const wrongCredentials = 'This email address and password do not belong together.'
const passwordMoved = 'Your password was changed elsewhere meanwhile. Start again.'
const linkOver = 'This link has been used already, or is over. Ask for a new one.'

/** A path of this site, or none: what does not parse is dropped, so that it leads nowhere. */
const nextPath: StandardSchemaV1<unknown, LocalPath | undefined> = {
  '~standard': {
    version: 1,
    vendor: 'demijohn',
    validate: (value) => ({ value: typeof value === 'string' ? parseLocalPath(value) : undefined }),
  },
}

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

export function accounts<Table>(options: AccountsOptions<Table>): AnyBlueprint {
  const { layout, siteName, afterSignIn = '/' } = options
  const { anyone, signedIn, blueprint } = kit<DemijohnTables>()({ roles: options.roles })
  const hasher = createPasswordHasher({ options: passwordOptions() })
  const routes = blueprint('')
  // The request's moment, so that links end by the same clock as sessions do.
  const storeOf = (db: AccountStore['db'], now: number): AccountStore => ({
    db,
    clock: { now: () => now },
  })

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
      const account = await authenticate(storeOf(db, now), hasher, values)
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

  const newPassword = password({
    label: 'New password',
    purpose: 'new',
    hint: 'At least 12 characters. A few unrelated words are easy to remember.',
  })

  routes.form('/setup/:secret', {
    access: anyone,
    params: { secret },
    load: ({ params, db, now }) =>
      findTicket(storeOf(db as AccountStore['db'], now), {
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
      const store = storeOf(db, now)
      const problem = checkNewPassword(values.newPassword, {
        context: [siteName, values.email, values.name],
      })
      if (problem !== null) return fail({ newPassword: problem.message })
      const passwordHash = await hasher.hashPassword(values.newPassword)
      if (isRefusal(passwordHash)) return passwordHash
      const role = options.administratorRole
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

  routes.form('/welcome/:secret', {
    access: anyone,
    params: { secret },
    load: ({ params, db, now }) =>
      findTicket(storeOf(db as AccountStore['db'], now), {
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
      const done = await chooseFirstPassword(storeOf(db, now), hasher, {
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
      const done = await changePassword(storeOf(db, now), hasher, {
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
      const done = await changeEmail(storeOf(db, now), hasher, { accountId: user.id, ...values })
      if (isRefusal(done)) return done
      if ('errors' in done) return fail(done.errors)
      await session.accountChanged(user.id)
      record('user_updated', { targetId: user.id, changed: 'email' })
      return redirect('/account/email', { notice: 'Your email address is changed.' })
    },
  })

  return routes
}

function orNull<T>(value: T | undefined): T | null {
  return value ?? null
}
