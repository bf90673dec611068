/**
 * Signing in by a passkey: alone, after a password, and to confirm what comes next.
 *
 * Stops a proof by somebody else's passkey (GHSA-f66q-9rf6-8795: a step-up that took anyone's), and
 * a touch alone from counting for two factors: where the passkey is all there is, the device has to
 * have recognised its owner, and to confirm with a touch takes the password as well. Each page works by itself; its form may stand on other pages as well.
 */
import { isRefusal } from '../../../core/refusals.ts'
import { accept, type Field } from '../../../html/field.ts'
import { password } from '../../../html/fields.ts'
import { redirect } from '../../../pipeline/answer.ts'
import { anyone, halfSignedIn, signedIn } from '../../../pipeline/kit.ts'
import { perBrowser } from '../allowance.ts'
import { confirmPassword } from '../confirmPassword.ts'
import { type AccountRoutes, type AccountsContext, show, storeAt } from '../context.ts'
import { arrive, finishSignIn, signInMoved } from '../finish.ts'
import { nextPath, withNext } from '../next.ts'
import { notTaken, requestForm, takeAnswer } from './answer.ts'
import { alone, confirmation, secondFactor } from './asked.ts'
import { requestFields } from './fields.ts'
import { confirmsBesidePassword, noteUserVerification } from './store.ts'

const limit = perBrowser(30, 'minute')

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

/** Needed where the passkey has not recognised its owner, as far as it counts. */
const passwordBeside: Field<string> = optional(
  password({
    label: 'Password',
    purpose: 'current',
    hint: 'Needed with a passkey that asks for a touch alone.',
  }),
)

function optional(asked: Field<string>): Field<string> {
  const parse: Field<string>['parse'] = (raw = '') => (raw === '' ? accept('') : asked.parse(raw))
  return Object.freeze({ ...asked, required: false, parse })
}

function confirmRoute(routes: AccountRoutes, context: AccountsContext): void {
  const { siteName, pages, afterSignIn } = context
  routes.form('/login/confirm/passkey', {
    access: signedIn,
    query: { next: nextPath },
    fields: { ...requestFields, password: passwordBeside },
    limit,
    page: async ({ form, ...facts }) => {
      const { user, query, view } = facts
      const besidePassword = await confirmsBesidePassword(facts, user.id)
      const ask = await requestForm(facts, confirmation(user.id, query.next, { besidePassword }))
      const field = besidePassword ? form.field('password') : undefined
      return show(
        context,
        view,
        pages.passkeyConfirm({ form, view, siteName, ask, password: field }),
      )
    },
    submit: async ({ values, fail, ...facts }) => {
      const { user, query, session, record } = facts
      const besidePassword = await confirmsBesidePassword(facts, user.id)
      const asked = confirmation(user.id, query.next, { besidePassword })
      const taken = await takeAnswer(facts, values, asked)
      if (taken === undefined) return fail({ '': notTaken })
      const wrong = taken.userVerified
        ? undefined
        : await besideTouch(context, facts, values.password)
      if (wrong !== undefined) return isRefusal(wrong) ? wrong : fail(wrong.errors, wrong.wait)
      if (taken.uvInitialized)
        await noteUserVerification(storeAt(facts.db, facts.now), taken.credentialId)
      const method = taken.userVerified ? 'passkey-verified' : 'passkey'
      if ((await session.prove(method)) === null) return redirect('/login')
      record('authn_login_success', { userId: user.id })
      return redirect(query.next ?? afterSignIn)
    },
  })
}

const passwordMissing: Awaited<ReturnType<typeof confirmPassword>> = {
  errors: { password: 'This passkey needs your password as well.' },
}

async function besideTouch(
  context: AccountsContext,
  facts: Parameters<typeof confirmPassword>[1],
  typed: string,
): ReturnType<typeof confirmPassword> {
  return typed === '' ? passwordMissing : confirmPassword(context, facts, typed)
}
