/**
 * The password as a proof that it is still the same person. Each try is counted (ASVS 6.3.1), and an
 * account that has none is confirmed by none.
 */
import { isRefusal, type Refusal } from '../../core/refusals.ts'
import type { Person } from '../../pipeline/route.ts'
import { provePresent } from './changes.ts'
import { type AccountsContext, storeAt } from './context.ts'
import { emailKeyOf } from './data.ts'
import type { SignInHandling } from './finish.ts'

type Handling = Pick<SignInHandling, 'db' | 'now' | 'device' | 'record' | 'signals'> & {
  readonly user: Person
}

type NotConfirmed = {
  readonly errors: { readonly password: string }
  /** Too many tries: nothing was looked at. */
  readonly wait?: { readonly retryAfterSeconds: number }
}

/** Undefined where it was right; else what to say at the field, and a line in the log. */
export async function confirmPassword(
  context: AccountsContext,
  { db, now, device, user, record, signals }: Handling,
  password: string,
): Promise<NotConfirmed | Refusal | undefined> {
  const by = { accountId: user.id, deviceId: device.id }
  const proven = await provePresent(storeAt(db, now), context, by, password)
  if (isRefusal(proven)) return proven
  const about = { userId: user.id, at: 'confirmation' }
  const emailKey = emailKeyOf(user.email)
  if ('errors' in proven && proven.wait !== undefined) {
    signals.signInFailed({ emailKey, password: undefined })
    const { currentPassword = '' } = proven.errors
    record('authn_login_fail_max', { ...about, waitSeconds: proven.wait.retryAfterSeconds })
    return { errors: { password: currentPassword }, wait: proven.wait }
  }
  // No `from`: there is no password, so whatever was typed proves nothing.
  if (!('errors' in proven) && proven.from !== null) {
    signals.signInSucceeded({ emailKey })
    return undefined
  }
  signals.signInFailed({ emailKey, password })
  record('authn_login_fail', about)
  return { errors: { password: 'This is not your password.' } }
}
