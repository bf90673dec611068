/**
 * Signing in and out.
 *
 * Stops: sign-in by a link from elsewhere and sign-out by an image (both are forms with a token),
 * answers that tell whether an account exists (ASVS 6.3.8), a redirect that leaves the site.
 */
import { isRefusal } from '../../core/refusals.ts'
import { type Attempt, attemptSecret, waitInWords } from '../../defences/throttle/attempt.ts'
import { passwordKeys } from '../../defences/throttle/keys.ts'
import { checkbox, email, password } from '../../html/fields.ts'
import { html } from '../../html/template.ts'
import { redirect } from '../../pipeline/answer.ts'
import { anyone } from '../../pipeline/kit.ts'
import { perBrowser } from './allowance.ts'
import { confirmRoute } from './confirm.ts'
import { type AccountRoutes, type AccountsContext, show, storeAt } from './context.ts'
import { type Account, type AccountStore, authenticate, emailKeyOf } from './data.ts'
import { findKnownDevice } from './devices/devices.ts'
import { finishSignIn, type SignInHandling, signInMoved } from './finish.ts'
import { nextPath } from './next.ts'
import { providerSignInSection } from './openid/sections.ts'
import { passkeySignInSection } from './passkeys/sections.ts'

const wrongCredentials = 'This email address and password do not belong together.'

export function signInRoutes(routes: AccountRoutes, context: AccountsContext): void {
  signInRoute(routes, context)
  confirmRoute(routes, context)
  routes.action('/logout', {
    access: anyone,
    submit: async ({ session }) => {
      await session.signOut()
      return redirect('/')
    },
  })
}

function signInRoute(routes: AccountRoutes, context: AccountsContext): void {
  const { pages, siteName, registration, afterSignIn } = context
  routes.form('/login', {
    access: anyone,
    query: { next: nextPath },
    fields: {
      email: email({ label: 'Email address' }),
      password: password({ label: 'Password', purpose: 'current' }),
      remember: checkbox({ label: 'Stay signed in on this device for 30 days' }),
    },
    limit: perBrowser(30, 'minute'),
    page: async (facts) => {
      const { form, view, query } = facts
      if (view.user !== null) return redirect(query.next ?? afterSignIn)
      const { next } = query
      const passkey = await passkeySignInSection({ ...facts, next })
      const other = html`${passkey}${providerSignInSection(context, next)}`
      return show(context, view, pages.signIn({ form, view, siteName, registration, other }))
    },
    submit: async (facts) => {
      const { values, query, record, fail } = facts
      const attempt = await tryPassword(context, facts, values)
      if (attempt.kind === 'wait') {
        const { waitSeconds } = attempt
        record('authn_login_fail_max', { waitSeconds })
        return fail({ '': tooManyTries(waitSeconds) }, { retryAfterSeconds: waitSeconds })
      }
      const { result: account } = attempt
      if (isRefusal(account)) return account
      if (account === null) {
        record('authn_login_fail', {})
        return fail({ '': wrongCredentials })
      }
      const { next } = query
      const { remember } = values
      const arrival = { account, methods: ['password'], next, remember } as const
      return (await finishSignIn(context, facts, arrival)) ?? fail({ '': signInMoved })
    },
  })
}

/** The same words for every address, with an account or without. */
function tooManyTries(waitSeconds: number): string {
  return `There were too many tries. Try again ${waitInWords(waitSeconds)}, or ask for a link by mail to choose a new password.`
}

type Moment = { readonly db: AccountStore['db']; readonly now: number }

/**
 * Counts the try first; a browser that has signed in to the account before has its own count, and a
 * place in the queue that strangers cannot take. Where there is none, nothing is counted.
 */
async function tryPassword(
  { hasher, throttle }: AccountsContext,
  facts: Moment & Pick<SignInHandling, 'device' | 'clientAddress' | 'signals'>,
  values: { readonly email: string; readonly password: string },
): Promise<Attempt<Account>> {
  const store = storeAt(facts.db, facts.now)
  const emailKey = emailKeyOf(values.email)
  const knownDeviceId = await findKnownDevice(store, { emailKey, deviceId: facts.device.id })
  const busy = hasher.busyFor(knownDeviceId === null ? 'stranger' : 'known')
  if (busy !== undefined) return { kind: 'tried', result: busy }
  const { clientAddress } = facts
  const keys = passwordKeys({ emailKey, knownDeviceId, clientAddress })
  const attempt = await attemptSecret(throttle, store, keys, () =>
    authenticate(store, hasher, values),
  )
  tellOf(facts, attempt, { emailKey, password: values.password })
  return attempt
}

/** A try that was not looked at counts as one at the account, and its password is left alone. */
function tellOf(
  { signals }: Pick<SignInHandling, 'signals'>,
  attempt: Attempt<Account>,
  { emailKey, password }: { readonly emailKey: string; readonly password: string },
): void {
  if (attempt.kind === 'wait') signals.signInFailed({ emailKey, password: undefined })
  else if (attempt.result === null) signals.signInFailed({ emailKey, password })
  else if (!isRefusal(attempt.result)) signals.signInSucceeded({ emailKey })
}
