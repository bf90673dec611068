/**
 * Setting an authenticator app up, and taking it back.
 *
 * Stops: an app that counts before its owner has read a code off it; other sessions that outlive the
 * change (ASVS 7.4.3); a change that its owner does not hear of (ASVS 6.3.7); a role that demands a
 * factor being left without one (ASVS 6.3.3).
 */
import { text } from '../../../html/fields.ts'
import { type Redirect, redirect } from '../../../pipeline/answer.ts'
import { enrolling, signedIn } from '../../../pipeline/kit.ts'
import { perBrowser } from '../allowance.ts'
import { type AccountRoutes, type AccountsContext, show } from '../context.ts'
import { finishEnrolment } from '../finish.ts'
import { tell } from '../links/mailing.ts'
import { nextPath, withNext } from '../next.ts'
import { changeFactors, factorReaderAt, factorStoreAt } from './context.ts'
import { countRecoveryCodes, makeRecoveryCodes } from './recoveryCodes.ts'
import { checkFirstCode, confirmTotp, findTotp, pendingTotp, removeTotp } from './totp.ts'

const overview = '/account/factors'
const over = 'That took too long, or was begun anew elsewhere. Start again.'
const wrongCode =
  'This is not the code that the app shows now. Check the clock of your telephone, and try the next code.'
const mustKeep =
  'Your role asks for a second factor. Set up another one before you remove this one.'

export function totpRoutes(routes: AccountRoutes, context: AccountsContext): void {
  setUpRoute(routes, context)
  removeRoute(routes, context)
}

function setUpRoute(routes: AccountRoutes, context: AccountsContext): void {
  const { pages, mails, siteName } = context
  routes.form('/account/factors/totp', {
    access: enrolling,
    query: { next: nextPath },
    fields: { code: text({ label: 'Code', max: 20, autocomplete: 'one-time-code' }) },
    limit: perBrowser(60, 'hour'),
    page: async (facts) => {
      const { user, view, form, query } = facts
      const secret = await pendingTotp(factorReaderAt(facts), user.id)
      if (secret === undefined) return redirect(withNext(overview, query.next))
      return show(
        context,
        view,
        pages.setUpApp({ form, view, siteName, secret, account: user.email }),
      )
    },
    submit: async (facts) => {
      const { values, user, query, session, mail, record, fail } = facts
      const store = factorStoreAt(facts)
      const typed = { accountId: user.id, typed: values.code }
      // Looked at first, so that a wrong code touches no session.
      const first = await checkFirstCode(store, typed)
      if (first === 'over') return startAgain(withNext(overview, query.next))
      if (first === 'wrong') return fail({ code: wrongCode })
      const made = await changeFactors(session, async (db) => {
        const inside = { ...store, db }
        if ((await confirmTotp(inside, typed)) !== 'confirmed') return undefined
        await tell(db, mail, { ...mails.appAdded({ siteName }), to: user.email })
        const left = await countRecoveryCodes(inside, user.id)
        return left > 0 ? [] : await makeRecoveryCodes(inside, user.id)
      })
      if (made === undefined) return startAgain(withNext(overview, query.next))
      record('user_updated', { targetId: user.id, changed: 'authenticator app added' })
      return finishEnrolment(context, facts, {
        method: 'totp',
        recoveryCodes: made,
        overview,
        notice: 'Your new app is in use.',
      })
    },
  })
}

function startAgain(path: `/${string}`): Redirect {
  return redirect(path, { notice: over })
}

function removeRoute(routes: AccountRoutes, context: AccountsContext): void {
  const { pages, mails, siteName } = context
  routes.form('/account/factors/totp/remove', {
    access: signedIn.fresh('10 minutes'),
    fields: {},
    limit: perBrowser(20, 'hour'),
    page: async (facts) => {
      const { user, view, form } = facts
      if ((await findTotp(facts, user.id)) === undefined) return redirect(overview)
      return show(context, view, pages.removeApp({ form, view, siteName }))
    },
    submit: async (facts) => {
      const { user, secondFactorRoles, session, mail, record, fail } = facts
      const store = factorStoreAt(facts)
      const keep = secondFactorRoles.has(user.role) ? 'one' : 'none'
      let isLast = false
      const removed = await changeFactors(session, async (db) => {
        const outcome = await removeTotp({ ...store, db }, { accountId: user.id, mustKeep: keep })
        isLast = outcome === 'last'
        if (outcome !== 'removed') return undefined
        await tell(db, mail, { ...mails.appRemoved({ siteName }), to: user.email })
        return outcome
      })
      if (isLast) return fail({ '': mustKeep })
      if (removed === undefined) return redirect(overview)
      record('user_updated', { targetId: user.id, changed: 'authenticator app removed' })
      return redirect(overview, { notice: 'Your app is removed. Other devices are signed out.' })
    },
  })
}
