/**
 * New recovery codes. Shown once, in the answer to the very request that made them, which no cache
 * keeps; where they are lost, new ones are made.
 */
import { redirect } from '../../../pipeline/answer.ts'
import { signedIn } from '../../../pipeline/kit.ts'
import { perBrowser } from '../allowance.ts'
import { type AccountRoutes, type AccountsContext, show } from '../context.ts'
import { tell } from '../links/mailing.ts'
import { changeFactors, factorStoreAt } from './context.ts'
import { countRecoveryCodes, makeRecoveryCodes } from './recoveryCodes.ts'
import { hasSecondFactor } from './store.ts'

const overview = '/account/factors'
const noFactor = 'Set up an app or a passkey first: recovery codes stand in for them.'

export function recoveryRoutes(routes: AccountRoutes, context: AccountsContext): void {
  const { pages, mails, siteName } = context
  routes.form('/account/factors/recovery-codes', {
    access: signedIn.fresh('10 minutes'),
    fields: {},
    limit: perBrowser(20, 'hour'),
    page: async (facts) => {
      const { user, view, form } = facts
      if (!(await hasSecondFactor(facts, user.id))) return redirect(overview)
      const left = await countRecoveryCodes(facts, user.id)
      return show(context, view, pages.recoveryCodes({ form, view, siteName, left }))
    },
    submit: async (facts) => {
      const { user, view, session, mail, record } = facts
      const store = factorStoreAt(facts)
      const codes = await changeFactors(session, async (db) => {
        const inside = { ...store, db }
        if (!(await hasSecondFactor(inside, user.id))) return undefined
        await tell(db, mail, { ...mails.recoveryCodesMade({ siteName }), to: user.email })
        return makeRecoveryCodes(inside, user.id)
      })
      if (codes === undefined) return redirect(overview, { notice: noFactor })
      record('user_updated', { targetId: user.id, changed: 'recovery codes' })
      const shown = pages.newRecoveryCodes({ view, siteName, codes, onward: overview })
      return show(context, view, shown)
    },
  })
}
