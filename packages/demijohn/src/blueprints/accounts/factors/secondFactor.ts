/**
 * The second step of a sign-in: a code of the app, or a recovery code.
 *
 * Stops: a session that has given the password alone from reaching anything but this page (its access
 * is `halfSignedIn`; ASVS 6.3.3, 6.3.4); guessing, by waits that grow with each wrong code and that
 * know the owner's browser from others (ASVS 6.3.1); a code that is taken twice (ASVS 6.5.1).
 * A recovery code that is used is told of by mail (ASVS 6.3.7).
 */
import { isRefusal, type Refusal, refuse } from '../../../core/refusals.ts'
import { type Attempt, attemptSecret } from '../../../defences/throttle/attempt.ts'
import { secondFactorKeys } from '../../../defences/throttle/keys.ts'
import { text } from '../../../html/fields.ts'
import { redirect } from '../../../pipeline/answer.ts'
import { halfSignedIn } from '../../../pipeline/kit.ts'
import type { Person } from '../../../pipeline/route.ts'
import { type AccountRoutes, type AccountsContext, show } from '../context.ts'
import { findAccount } from '../data.ts'
import { isKnownDevice } from '../devices/devices.ts'
import { arrive, type SignInHandling } from '../finish.ts'
import { tell } from '../links/mailing.ts'
import { nextPath } from '../next.ts'
import { passkeySecondFactorSection } from '../passkeys/sections.ts'
import { factorStoreAt } from './context.ts'
import { useRecoveryCode } from './recoveryCodes.ts'
import type { FactorStore } from './store.ts'
import { useTotp } from './totp.ts'

const wrongCode =
  'This code is not right, or was used before. Type the one that your app shows now, or another recovery code.'

/** Longer than a recovery code with every blank that somebody may put in. */
const maxCodeCharacters = 60

export function secondFactorRoute(routes: AccountRoutes, context: AccountsContext): void {
  const { pages, siteName, afterSignIn } = context
  routes.form('/login/second-factor', {
    access: halfSignedIn,
    query: { next: nextPath },
    fields: {
      code: text({
        label: 'Code',
        max: maxCodeCharacters,
        autocomplete: 'one-time-code',
        hint: 'The six digits that your authenticator app shows, or one of your recovery codes.',
      }),
    },
    limit: '30 per minute',
    page: async (facts) => {
      const { view, form, query } = facts
      const { next } = query
      if (view.user !== null) return redirect(next ?? afterSignIn)
      const passkey = await passkeySecondFactorSection({ ...facts, next })
      return show(context, view, pages.secondFactor({ form, view, siteName, passkey }))
    },
    submit: async (facts) => {
      const { values, user, view, query, db, now, session, record, fail } = facts
      const { next } = query
      if (view.user !== null) return redirect(next ?? afterSignIn)
      const attempt = await tryCode(context, facts, user, values.code)
      if (attempt.kind === 'wait') return waitFirst(attempt.waitSeconds)
      const { result: method } = attempt
      if (isRefusal(method)) return method
      if (method === null) {
        record('authn_login_fail', { userId: user.id, at: 'second factor' })
        return fail({ code: wrongCode })
      }
      const stage = await session.prove(method)
      const account = await findAccount({ db, clock: { now: () => now } }, user.id)
      if (stage === null || account === undefined) return redirect('/login')
      return arrive(context, facts, { account, stage, next })
    },
  })
}

function waitFirst(waitSeconds: number): Refusal {
  const headers = { 'Retry-After': String(waitSeconds) }
  return refuse('limit.exceeded', { headers, detail: 'codes of a second factor' })
}

type Handling = SignInHandling & Pick<FactorStore, 'sealed'>

/** Counts the try first, then looks at the code. */
async function tryCode(
  context: AccountsContext,
  facts: Handling,
  user: Person,
  code: string,
): Promise<Attempt<'totp' | 'recovery-code'>> {
  const store = factorStoreAt(facts)
  const { id: accountId } = user
  const deviceId = facts.device.id
  const isKnown = await isKnownDevice(store, { accountId, deviceId })
  const keys = secondFactorKeys({ accountId, knownDeviceId: isKnown ? deviceId : null })
  return attemptSecret(context.throttle, store, keys, async () => {
    const typed = { accountId, typed: code }
    // A recovery code has 24 characters; whatever is shorter was meant for the app.
    if (code.length <= 12) return (await useTotp(store, typed)) === 'taken' ? 'totp' : null
    return (await spendRecoveryCode(context, facts, user, code)) ? 'recovery-code' : null
  })
}

/** Uses it up and tells the owner, or neither. */
async function spendRecoveryCode(
  { mails, siteName }: AccountsContext,
  facts: Handling,
  { id: accountId, email }: Person,
  typed: string,
): Promise<boolean> {
  const store = factorStoreAt(facts)
  return store.db.transaction().execute(async (db) => {
    const used = await useRecoveryCode({ ...store, db }, { accountId, typed })
    if (used === undefined) return false
    const parts = mails.recoveryCodeUsed({ siteName, left: used.left })
    await tell(db, facts.mail, { ...parts, to: email })
    return true
  })
}
