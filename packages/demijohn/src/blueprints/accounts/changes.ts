/**
 * What a person may change about their own account, each time on proof of the present password
 * (ASVS 6.2.3): a session that somebody else sits down at is not enough.
 */
import type { Transaction } from 'kysely'
import { isRefusal, type Refusal } from '../../core/refusals.ts'
import type { DemijohnTables } from '../../data/tables.ts'
import { checkNewPassword } from '../../defences/passwords/policy.ts'
import type { PasswordHasher } from '../../defences/passwords/verify.ts'
import { attemptSecret, waitInWords } from '../../defences/throttle/attempt.ts'
import { presentPasswordKeys } from '../../defences/throttle/keys.ts'
import type { SessionControl } from '../../pipeline/writing.ts'
import type { AccountsContext } from './context.ts'
import {
  type Account,
  type AccountStore,
  findAccount,
  findPasswordHash,
  setPasswordHash,
} from './data.ts'
import { forgetDevices, isKnownDevice } from './devices/devices.ts'
import { voidOpenLinks } from './links/writes.ts'

const wrongPassword = 'This is not your present password.'

type Failed = {
  readonly errors: Readonly<Record<string, string>>
  /** Too many tries: nothing was looked at. */
  readonly wait?: { readonly retryAfterSeconds: number }
}

/**
 * A password that was checked and hashed, to be written where the sessions are ended. Writing it
 * throws `PasswordMoved` where another change came first, so that no session is ended either.
 */
export type ReadyPassword = {
  readonly write: (db: Transaction<DemijohnTables>) => Promise<void>
}

export class PasswordMoved extends Error {
  override readonly name = 'PasswordMoved'
}

type EndOthers = SessionControl<DemijohnTables>['endOthers']

/** Writes the password and ends the other sessions, or does neither and says so with false. */
export async function writePassword(
  { write }: ReadyPassword,
  session: { readonly endOthers: EndOthers },
): Promise<boolean> {
  try {
    await session.endOthers({ alongside: write })
    return true
  } catch (error) {
    if (error instanceof PasswordMoved) return false
    throw error
  }
}

/** What was wrong with the present password is a failed proof; with the new one, a matter of taste. */
type NotChanged = Failed & { readonly wasProven: boolean }

export async function changePassword(
  store: AccountStore,
  context: Pick<AccountsContext, 'hasher' | 'throttle' | 'siteName'>,
  input: {
    readonly accountId: string
    /** Empty where the account has none: it signs in by a passkey, and sets its first. */
    readonly currentPassword: string
    readonly newPassword: string
    /** The browser that is at it; every other one is a stranger from then on. */
    readonly deviceId: string | null
    /** Written where the password is, in the same transaction. */
    readonly tell: (db: Transaction<DemijohnTables>, account: Account) => Promise<void>
  },
): Promise<ReadyPassword | NotChanged | Refusal> {
  const { accountId, newPassword } = input
  const proven = await provePresent(store, context, input, input.currentPassword)
  if (isRefusal(proven)) return proven
  if ('errors' in proven) return { ...proven, wasProven: false }
  const { account } = proven
  const words = [context.siteName, account.email, account.name]
  const problem = checkNewPassword(newPassword, { context: words })
  if (problem !== null) return { errors: { newPassword: problem.message }, wasProven: true }
  const to = await context.hasher.hashPassword(newPassword)
  if (isRefusal(to)) return to
  const swap = { from: proven.from, to }
  return {
    write: async (db) => {
      const inside = { ...store, db }
      if (!(await setPasswordHash(inside, accountId, swap))) throw new PasswordMoved()
      // A link that would choose another password must not outlive the change.
      await voidOpenLinks(inside, accountId)
      await forgetDevices({ db }, { accountId, except: input.deviceId })
      await input.tell(db, account)
    },
  }
}

/** Whether the account has a password that could be asked for. */
export async function hasPassword(store: AccountStore, accountId: string): Promise<boolean> {
  const stored = await findPasswordHash(store, accountId)
  return stored !== undefined && stored.passwordHash !== null
}

/**
 * The account, if this is its present password, or if it has none: then the fresh sign-in that the
 * route asks for is all the proof there is. Each try is counted, or an open session would be a place
 * to guess in (ASVS 6.3.1).
 */
export async function provePresent(
  store: AccountStore,
  { hasher, throttle }: Pick<AccountsContext, 'hasher' | 'throttle'>,
  { accountId, deviceId }: { readonly accountId: string; readonly deviceId: string | null },
  currentPassword: string,
): Promise<Proven | Failed | Refusal> {
  const account = await findAccount(store, accountId)
  if (account !== undefined && !(await hasPassword(store, accountId))) {
    return { account, from: null }
  }
  if (currentPassword === '') return { errors: { currentPassword: 'Fill this in.' } }
  const busy = hasher.busyFor('known')
  if (busy !== undefined) return busy
  const isKnown = await isKnownDevice(store, { accountId, deviceId })
  const keys = presentPasswordKeys({ accountId, knownDeviceId: isKnown ? deviceId : null })
  const attempt = await attemptSecret(throttle, store, keys, async () => {
    const proven = await provePassword(store, hasher, accountId, currentPassword)
    return isRefusal(proven) || !('errors' in proven) ? proven : null
  })
  if (attempt.kind === 'tried') {
    return attempt.result ?? { errors: { currentPassword: wrongPassword } }
  }
  const { waitSeconds } = attempt
  const message = `There were too many tries. Try again ${waitInWords(waitSeconds)}.`
  return { errors: { currentPassword: message }, wait: { retryAfterSeconds: waitSeconds } }
}

type Proven = { readonly account: Account; readonly from: string | null }

/** The account, if this is its present password. */
export async function provePassword(
  store: AccountStore,
  hasher: PasswordHasher,
  accountId: string,
  currentPassword: string,
): Promise<Proven | Failed | Refusal> {
  const account = await findAccount(store, accountId)
  const stored = await findPasswordHash(store, accountId)
  const from = stored?.passwordHash ?? null
  const verdict = await hasher.verifyPassword(from, currentPassword)
  if (isRefusal(verdict)) return verdict
  if (!verdict.ok || account === undefined) return { errors: { currentPassword: wrongPassword } }
  return { account, from }
}
