/**
 * A code that somebody types, of their app or of their recovery codes: to sign in, and to confirm.
 *
 * Stops guessing, by waits that grow with each wrong code and that know the owner's browser from
 * others (ASVS 6.3.1); a code that is taken twice, here or there (ASVS 6.5.1). A recovery code that is
 * used is told of by mail (ASVS 6.3.7).
 */
import { isRefusal, type Refusal } from '../../../core/refusals.ts'
import { type Attempt, attemptSecret, waitInWords } from '../../../defences/throttle/attempt.ts'
import { secondFactorKeys } from '../../../defences/throttle/keys.ts'
import { accept, type Field } from '../../../html/field.ts'
import { text } from '../../../html/fields.ts'
import type { Person } from '../../../pipeline/route.ts'
import type { AccountsContext } from '../context.ts'
import { emailKeyOf } from '../data.ts'
import { isKnownDevice } from '../devices/devices.ts'
import type { SignInHandling } from '../finish.ts'
import { tell } from '../links/mailing.ts'
import { factorStoreAt } from './context.ts'
import { useRecoveryCode } from './recoveryCodes.ts'
import type { FactorStore } from './store.ts'
import { useTotp } from './totp.ts'

const wrongCode =
  'This code is not right, or was used before. Type the one that your app shows now, or another recovery code.'

/** Longer than a recovery code with every blank that somebody may put in. */
const maxCodeCharacters = 60

export const codeField = text({
  label: 'Code',
  max: maxCodeCharacters,
  autocomplete: 'one-time-code',
  hint: 'The six digits that your authenticator app shows, or one of your recovery codes.',
})

/** For a form that is shown without it to those who have no second factor; empty is no code. */
export const codeFieldIfShown: Field<string> = Object.freeze({
  ...codeField,
  parse: (raw = '') => (raw === '' ? accept('') : codeField.parse(raw)),
})

export type CodeMethod = 'totp' | 'recovery-code'

type NoCode = {
  readonly errors: { readonly code: string }
  /** Too many tries: nothing was looked at. */
  readonly wait?: { readonly retryAfterSeconds: number }
}

type Handling = SignInHandling &
  Pick<FactorStore, 'sealed' | 'sessionId'> & { readonly user: Person }

/** What was proven, and is used up by it; else what to say at the field, and a line in the log. */
export async function proveCode(
  context: AccountsContext,
  facts: Handling,
  code: string,
): Promise<CodeMethod | NoCode | Refusal> {
  if (code === '') return { errors: { code: 'Fill this in.' } }
  const { user, record, signals } = facts
  const emailKey = emailKeyOf(user.email)
  const about = { userId: user.id, at: 'second factor' }
  const attempt = await tryCode(context, facts, code)
  if (attempt.kind === 'wait') {
    const { waitSeconds } = attempt
    signals.signInFailed({ emailKey, password: undefined })
    record('authn_login_fail_max', { ...about, waitSeconds })
    const message = `There were too many tries. Try again ${waitInWords(waitSeconds)}.`
    return { errors: { code: message }, wait: { retryAfterSeconds: waitSeconds } }
  }
  const { result } = attempt
  if (isRefusal(result)) return result
  if (result !== null) {
    signals.signInSucceeded({ emailKey })
    return result
  }
  signals.signInFailed({ emailKey, password: undefined })
  record('authn_login_fail', about)
  return { errors: { code: wrongCode } }
}

/** Counts the try first, then looks at the code. */
async function tryCode(
  context: AccountsContext,
  facts: Handling,
  code: string,
): Promise<Attempt<CodeMethod>> {
  const store = factorStoreAt(facts)
  const { id: accountId } = facts.user
  const deviceId = facts.device.id
  const isKnown = await isKnownDevice(store, { accountId, deviceId })
  const keys = secondFactorKeys({ accountId, knownDeviceId: isKnown ? deviceId : null })
  return attemptSecret(context.throttle, store, keys, async () => {
    const typed = { accountId, typed: code }
    // A recovery code has 24 characters; whatever is shorter was meant for the app.
    if (code.length <= 12) return spendTotp(facts, await useTotp(store, typed))
    return (await spendRecoveryCode(context, facts, code)) ? 'recovery-code' : null
  })
}

function spendTotp({ signals }: Handling, came: Awaited<ReturnType<typeof useTotp>>) {
  if (came === 'used') signals.tokenReplayed()
  return came === 'taken' ? ('totp' as const) : null
}

/** Uses it up and tells the owner, or neither. */
async function spendRecoveryCode(
  { mails, siteName }: AccountsContext,
  facts: Handling,
  typed: string,
): Promise<boolean> {
  const { id: accountId, email } = facts.user
  const store = factorStoreAt(facts)
  return store.db.transaction().execute(async (db) => {
    const used = await useRecoveryCode({ ...store, db }, { accountId, typed })
    if (used === undefined) return false
    const parts = mails.recoveryCodeUsed({ siteName, left: used.left })
    await tell(db, facts.mail, { ...parts, to: email })
    return true
  })
}
