/**
 * A person's own data: looked at, taken along, deleted.
 *
 * Stops an export and a deletion by whoever sits down at an open session (a fresh proof is asked for,
 * ASVS 7.5.3), a deletion by a click that went astray (the address is typed), sessions that survive
 * the account (ASVS 7.4.2: they end in the same transaction), and a site that nobody can administrate
 * any more. The owner is told by a last mail to the stored address.
 *
 * Does not reach what has left the database: logs, backups, mails in mailboxes.
 */
import { email } from '../../../html/fields.ts'
import { download, redirect } from '../../../pipeline/answer.ts'
import { signedIn } from '../../../pipeline/kit.ts'
import { perBrowser } from '../allowance.ts'
import { type AccountRoutes, type AccountsContext, show } from '../context.ts'
import { emailKeyOf } from '../data.ts'
import type { SignInHandling } from '../finish.ts'
import { tell } from '../links/mailing.ts'
import { isLastAdministrator } from '../standing.ts'
import { collectAccount } from './collect.ts'
import { eraseAccount } from './erase.ts'
import type { OwnData } from './hooks.ts'
import { readOverview } from './overview.ts'

const lastAdministrator =
  'You are the only administrator here. Make somebody else one, and then delete your account.'
const otherAddress = 'This is not the address of your account.'

export function ownDataRoutes(
  routes: AccountRoutes,
  context: AccountsContext,
  ownData: OwnData = {},
): void {
  overviewRoute(routes, context)
  exportRoute(routes, context, ownData)
  deleteRoute(routes, context, ownData)
}

function overviewRoute(routes: AccountRoutes, context: AccountsContext): void {
  const { pages, siteName } = context
  const has = (path: string): boolean => routes.routes.some((route) => route.path === path)
  routes.get('/account', { access: signedIn }, async ({ user, db, now, view }) => {
    const overview = await readOverview(db, { accountId: user.id, now })
    if (overview === undefined) return redirect('/')
    return show(context, view, pages.account({ view, siteName, overview, has }))
  })
}

function exportRoute(routes: AccountRoutes, context: AccountsContext, ownData: OwnData): void {
  const { pages, siteName } = context
  routes.form('/account/export', {
    access: signedIn.fresh('10 minutes'),
    fields: {},
    limit: perBrowser(10, 'hour'),
    page: ({ form, view }) => show(context, view, pages.exportData({ form, view, siteName })),
    submit: async ({ user, db, now }) => {
      const data = await db.transaction().execute(async (transaction) => {
        const known = await collectAccount(transaction, user.id)
        if (known === null) return null
        const facts = { transaction, accountId: user.id }
        return { ...known, application: (await ownData.export?.(facts)) ?? {} }
      })
      if (data === null) return redirect('/')
      const about = { site: siteName, exportedAt: new Date(now).toISOString() }
      return download({ name: 'my-data.json', data: { ...about, ...data } })
    },
  })
}

function deleteRoute(routes: AccountRoutes, context: AccountsContext, ownData: OwnData): void {
  const { pages, siteName } = context
  const words = wordsOf(ownData)
  routes.form('/account/delete', {
    access: signedIn.fresh('10 minutes'),
    fields: { email: email({ label: 'Your email address' }) },
    limit: perBrowser(10, 'hour'),
    page: ({ form, view, user }) =>
      show(
        context,
        view,
        pages.deleteAccount({ form, view, siteName, email: user.email, ...words }),
      ),
    submit: async (facts) => {
      const { user, values, view, record, fail } = facts
      const person = { accountId: user.id, typed: values.email }
      const done = await deleteAccount(context, ownData, facts, person)
      if (done === 'last administrator') return fail({ '': lastAdministrator })
      if (done === 'other address') return fail({ email: otherAddress })
      if (done === 'gone') return redirect('/')
      record('user_deleted', { userId: user.id, targetId: user.id, role: user.role })
      const nobody = { ...view, user: null }
      return show(context, nobody, pages.accountDeleted({ view: nobody, siteName }))
    },
  })
}

function wordsOf({ deleted = [], kept = [] }: OwnData) {
  return {
    deleted: [
      'Your account: name, address, password, second factors, recovery codes, and links to accounts elsewhere.',
      'Every session, remembered browser, app and personal token. You are signed out everywhere.',
      ...deleted,
    ],
    kept: [
      ...kept,
      'The record of a last mail that tells you of this, for a week.',
      'Lines in the technical log, which have a number in place of your name, and copies in backups, for as long as those are kept.',
    ],
  }
}

type KeptBecause = 'last administrator' | 'other address' | 'gone'

/** Thrown in the transaction to take it back, the end of the sessions included. */
class Kept extends Error {
  readonly because: KeptBecause
  constructor(because: KeptBecause) {
    super(because)
    this.because = because
  }
}

async function deleteAccount(
  context: AccountsContext,
  ownData: OwnData,
  { session, mail }: Pick<SignInHandling, 'session' | 'mail'>,
  { accountId, typed }: { readonly accountId: string; readonly typed: string },
): Promise<'deleted' | KeptBecause> {
  const { mails, siteName, administratorRole } = context
  try {
    await session.endAllOf(accountId, {
      alongside: async (transaction) => {
        const account = await transaction
          .selectFrom('demijohn_accounts')
          .select(['email', 'emailKey'])
          .where('id', '=', accountId)
          .executeTakeFirst()
        if (account === undefined) throw new Kept('gone')
        if (emailKeyOf(typed) !== account.emailKey) throw new Kept('other address')
        if (await isLastAdministrator({ db: transaction }, { accountId, administratorRole })) {
          throw new Kept('last administrator')
        }
        await ownData.erase?.({ transaction, accountId })
        await eraseAccount(transaction, accountId)
        // After the erasure, which takes the mails to this address along.
        await tell(transaction, mail, { ...mails.accountDeleted({ siteName }), to: account.email })
      },
    })
    return 'deleted'
  } catch (error) {
    if (error instanceof Kept) return error.because
    throw error
  }
}
