/**
 * Signing in by a passkey: alone, after a password, and to confirm what comes next.
 *
 * Stops a proof by somebody else's passkey (GHSA-f66q-9rf6-8795: a step-up that took anyone's), and
 * a touch alone from counting for two factors: where the passkey is all there is, the device has to
 * have recognised its owner. Each page works by itself; its form may stand on other pages as well.
 */
import { redirect } from '../../../pipeline/answer.ts'
import { anyone, halfSignedIn, signedIn } from '../../../pipeline/kit.ts'
import { type AccountRoutes, type AccountsContext, show } from '../context.ts'
import { arrive, finishSignIn, signInMoved } from '../finish.ts'
import { nextPath, withNext } from '../next.ts'
import { notTaken, requestForm, takeAnswer } from './answer.ts'
import { alone, confirmation, secondFactor } from './asked.ts'
import { requestFields } from './fields.ts'

const limit = '30 per minute'

export function passkeySignInRoutes(routes: AccountRoutes, context: AccountsContext): void {
  aloneRoute(routes, context)
  secondFactorRoute(routes, context)
  confirmRoute(routes, context)
}

function aloneRoute(routes: AccountRoutes, context: AccountsContext): void {
  const { siteName, pages } = context
  routes.form('/login/passkey', {
    access: anyone,
    query: { next: nextPath },
    fields: requestFields,
    limit,
    page: async ({ form, ...facts }) => {
      const ask = await requestForm(facts, alone(facts.query.next))
      const { view } = facts
      return show(context, view, pages.passkeySignIn({ form, view, siteName, ask }))
    },
    submit: async ({ values, query, fail, ...facts }) => {
      const taken = await takeAnswer(facts, values, alone(query.next))
      if (taken === undefined) return fail({ '': notTaken })
      const arrival = {
        account: taken.account,
        methods: ['passkey-verified'],
        next: query.next,
      } as const
      return (await finishSignIn(context, facts, arrival)) ?? fail({ '': signInMoved })
    },
  })
}

/**
 * For half sessions alone. One that is full is led on, for a touch would make it fresh, which asks
 * for more: see `confirmation`.
 */
function secondFactorRoute(routes: AccountRoutes, context: AccountsContext): void {
  const { siteName, pages, afterSignIn } = context
  routes.form('/login/second-factor/passkey', {
    access: halfSignedIn,
    query: { next: nextPath },
    fields: requestFields,
    limit,
    page: async ({ form, ...facts }) => {
      const { user, query, view } = facts
      if (view.user !== null) return redirect(query.next ?? afterSignIn)
      const ask = await requestForm(facts, secondFactor(user.id, query.next))
      return show(context, view, pages.passkeySecondFactor({ form, view, siteName, ask }))
    },
    submit: async ({ values, query, user, fail, ...facts }) => {
      if (facts.view.user !== null) return redirect(query.next ?? afterSignIn)
      const taken = await takeAnswer(facts, values, secondFactor(user.id, query.next))
      if (taken === undefined) return fail({ '': notTaken })
      const stage = await facts.session.prove(taken.userVerified ? 'passkey-verified' : 'passkey')
      if (stage === null) return redirect(withNext('/login', query.next))
      return arrive(context, facts, { account: taken.account, stage, next: query.next })
    },
  })
}

function confirmRoute(routes: AccountRoutes, context: AccountsContext): void {
  const { siteName, pages, afterSignIn } = context
  routes.form('/login/confirm/passkey', {
    access: signedIn,
    query: { next: nextPath },
    fields: requestFields,
    limit,
    page: async ({ form, ...facts }) => {
      const { user, query, view } = facts
      const ask = await requestForm(facts, confirmation(user.id, query.next))
      return show(context, view, pages.passkeyConfirm({ form, view, siteName, ask }))
    },
    submit: async ({ values, query, user, fail, ...facts }) => {
      const taken = await takeAnswer(facts, values, confirmation(user.id, query.next))
      if (taken === undefined) return fail({ '': notTaken })
      if ((await facts.session.prove('passkey-verified')) === null) return redirect('/login')
      facts.record('authn_login_success', { userId: user.id })
      return redirect(query.next ?? afterSignIn)
    },
  })
}
