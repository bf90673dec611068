/**
 * What a person may change about their own account, each time on proof of the present password
 * (ASVS 6.2.3): a session that somebody else sits down at is not enough.
 */
import { isRefusal, type Refusal } from '../../core/refusals.ts'
import { isUniqueViolation } from '../../data/problems.ts'
import type { DemijohnTables } from '../../data/tables.ts'
import { checkNewPassword } from '../../defences/passwords/policy.ts'
import type { PasswordHasher } from '../../defences/passwords/verify.ts'
import type { SessionControl } from '../../pipeline/route.ts'
import {
  type Account,
  type AccountStore,
  emailKeyOf,
  findAccount,
  findPasswordHash,
  setPasswordHash,
} from './data.ts'
import { findTicket, redeemTicket, voidTickets } from './tickets.ts'

const wrongPassword = 'This is not your present password.'

type Failed = { readonly errors: Readonly<Record<string, string>> }

/**
 * A password that was checked and hashed, to be written where the sessions are ended. Writing it
 * throws `PasswordMoved` where another change came first, so that no session is ended either.
 */
export type ReadyPassword = { readonly write: (db: AccountStore['db']) => Promise<void> }

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

export async function changePassword(
  store: AccountStore,
  hasher: PasswordHasher,
  input: {
    readonly accountId: string
    readonly currentPassword: string
    readonly newPassword: string
    readonly siteName: string
  },
): Promise<ReadyPassword | Failed | Refusal> {
  const { accountId, newPassword } = input
  const proven = await provePassword(store, hasher, accountId, input.currentPassword)
  if (isRefusal(proven) || 'errors' in proven) return proven
  const context = [input.siteName, proven.account.email, proven.account.name]
  const problem = checkNewPassword(newPassword, { context })
  if (problem !== null) return { errors: { newPassword: problem.message } }
  const to = await hasher.hashPassword(newPassword)
  if (isRefusal(to)) return to
  const swap = { from: proven.from, to }
  return {
    write: async (db) => {
      if (!(await setPasswordHash({ ...store, db }, accountId, swap))) throw new PasswordMoved()
      // A link that would choose another password must not outlive the change.
      await voidTickets({ ...store, db }, { accountId })
    },
  }
}

/** Changes the address that the person signs in with; a taken one is refused. */
export async function changeEmail(
  store: AccountStore,
  hasher: PasswordHasher,
  input: {
    readonly accountId: string
    readonly currentPassword: string
    readonly email: string
  },
): Promise<{ readonly email: string } | Failed | Refusal> {
  const { accountId } = input
  const proven = await provePassword(store, hasher, accountId, input.currentPassword)
  if (isRefusal(proven) || 'errors' in proven) return proven
  const email = input.email.normalize('NFKC')
  try {
    await store.db
      .updateTable('demijohn_accounts')
      .set({ email, emailKey: emailKeyOf(email) })
      .where('id', '=', accountId)
      .execute()
  } catch (error) {
    if (isUniqueViolation(error)) return { errors: { email: 'This address cannot be used here.' } }
    throw error
  }
  return { email }
}

type Proven = { readonly account: Account; readonly from: string | null }

async function provePassword(
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

/** Redeems a one-time link by choosing a password; every older link of the account is dead then. */
export async function chooseFirstPassword(
  store: AccountStore,
  hasher: PasswordHasher,
  input: {
    readonly secret: string
    readonly purpose: string
    readonly newPassword: string
    readonly siteName: string
  },
): Promise<{ readonly accountId: string } | { readonly problem: string | undefined } | Refusal> {
  const { secret, purpose, newPassword, siteName } = input
  const ticket = await findTicket(store, { secret, purpose })
  const account = ticket?.accountId == null ? undefined : await findAccount(store, ticket.accountId)
  if (account === undefined || account.suspendedAt !== null) return { problem: undefined }
  const context = [siteName, account.email, account.name]
  const problem = checkNewPassword(newPassword, { context })
  if (problem !== null) return { problem: problem.message }
  const to = await hasher.hashPassword(newPassword)
  if (isRefusal(to)) return to
  const accountId = account.id
  const done = await store.db.transaction().execute(async (db) => {
    const inside = { ...store, db }
    if ((await redeemTicket(inside, { secret, purpose })) === undefined) return false
    const stored = await findPasswordHash(inside, accountId)
    if (stored === undefined) return false
    await voidTickets(inside, { accountId, purpose })
    return setPasswordHash(inside, accountId, { from: stored.passwordHash, to })
  })
  return done ? { accountId } : { problem: undefined }
}
