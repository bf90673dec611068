/**
 * What is stored of accounts: primitives that ask nobody's leave. Whoever calls them has decided
 * that the actor may.
 *
 * Stops: two accounts under one address, a password that overwrites a newer one (compare and
 * swap), account names that leak by time (ASVS 6.3.8), a sign-in with a password that was changed
 * while it was being checked, and one-time links that work twice (ASVS 6.6.2; see tickets.ts).
 */

import type { ExpressionBuilder, Kysely, Selectable } from 'kysely'
import { type Random, systemRandom } from '../../core/bytes.ts'
import type { Clock } from '../../core/clock.ts'
import { createId } from '../../core/ids.ts'
import { isRefusal, type Refusal } from '../../core/refusals.ts'
import type { AccountsTable, DemijohnTables } from '../../data/tables.ts'
import type { PasswordHasher } from '../../defences/passwords/verify.ts'

/** Pass a transaction as `db` to have a write stand or fall with others. */
export type AccountStore = {
  readonly db: Kysely<DemijohnTables>
  readonly clock: Clock
  readonly random?: Random
}

/** An account without what proves it. Times are UTC milliseconds. */
export type Account = Readonly<Omit<Selectable<AccountsTable>, 'passwordHash' | 'emailKey'>>

/** RFC 5321 section 4.5.3.1.3, less the angle brackets: no longer address can receive mail. */
const maxEmailLength = 254

/** The form under which two spellings of an address are one: NFKC, in lower case. */
export function emailKeyOf(email: string): string {
  return email.normalize('NFKC').toLowerCase()
}

const columns = [
  'id',
  'email',
  'name',
  'role',
  'suspendedAt',
  'createdAt',
  'passwordChangedAt',
  'credentialRevision',
  'emailVerifiedAt',
] as const

/**
 * Makes an account; undefined when its address is taken. A null `passwordHash` signs nobody in.
 * @throws RangeError when the address is longer than mail allows.
 */
export async function createAccount(
  { db, clock, random = systemRandom }: AccountStore,
  input: {
    readonly email: string
    readonly name: string
    readonly role: string
    readonly passwordHash: string | null
    /** When the person came by a link that was sent to the address; left out: not yet. */
    readonly emailVerifiedAt?: number | null
  },
): Promise<Account | undefined> {
  if (input.email.length > maxEmailLength) throw new RangeError('the email address is too long')
  const now = clock.now()
  const { email, name, role, passwordHash, emailVerifiedAt = null } = input
  const account: Account = {
    id: createId(now, random),
    email: email.normalize('NFKC'),
    name,
    role,
    suspendedAt: null,
    createdAt: now,
    passwordChangedAt: passwordHash === null ? null : now,
    credentialRevision: 0,
    emailVerifiedAt,
  }
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('demijohn_accounts')
    .values({ ...account, passwordHash, emailKey: emailKeyOf(email) })
    .onConflict((conflict) => conflict.column('emailKey').doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n ? account : undefined
}

export function findAccount({ db }: AccountStore, id: string): Promise<Account | undefined> {
  return db.selectFrom('demijohn_accounts').select(columns).where('id', '=', id).executeTakeFirst()
}

/** Finds an account by its address in any spelling of case and width. */
export async function findByEmail(
  { db }: AccountStore,
  email: string,
): Promise<Account | undefined> {
  if (email.length > maxEmailLength) return undefined
  return db
    .selectFrom('demijohn_accounts')
    .select(columns)
    .where('emailKey', '=', emailKeyOf(email))
    .executeTakeFirst()
}

/** The stored hash, to be compared and swapped; undefined when there is no such account. */
export function findPasswordHash(
  { db }: AccountStore,
  accountId: string,
): Promise<{ readonly passwordHash: string | null } | undefined> {
  return db
    .selectFrom('demijohn_accounts')
    .select('passwordHash')
    .where('id', '=', accountId)
    .executeTakeFirst()
}

async function swapPasswordHash(
  { db }: AccountStore,
  accountId: string,
  swap: { readonly from: string | null; readonly to: string },
  change: { readonly changedAt?: number },
): Promise<boolean> {
  const { from, to } = swap
  const { changedAt } = change
  const { numUpdatedRows } = await db
    .updateTable('demijohn_accounts')
    .set((column) => ({
      passwordHash: to,
      // A hash made anew is of the same password, so nobody's sign-in is out of date by it.
      ...(changedAt === undefined
        ? {}
        : { passwordChangedAt: changedAt, credentialRevision: raised(column) }),
    }))
    .where('id', '=', accountId)
    .where('passwordHash', from === null ? 'is' : '=', from)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/** Every change of what proves an account goes with this. */
export function raised(column: ExpressionBuilder<DemijohnTables, 'demijohn_accounts'>) {
  return column('credentialRevision', '+', 1)
}

/**
 * Changes a password and raises `credentialRevision`, unless it has been changed from `from`
 * meanwhile: then false, and nothing is written. End the account's other sessions in the same
 * transaction.
 */
export function setPasswordHash(
  store: AccountStore,
  accountId: string,
  swap: { readonly from: string | null; readonly to: string },
): Promise<boolean> {
  return swapPasswordHash(store, accountId, swap, { changedAt: store.clock.now() })
}

type Credentials = { readonly email: string; readonly password: string }

/**
 * Whose address and password these are; null when nobody's. Unknown, suspended and password-less
 * accounts cost the same hash as a wrong password, and get the same answer. A hash of another
 * system, or made under other parameters, is made anew. A refusal (`server.busy`) when too many are
 * signing in.
 */
export async function authenticate(
  store: AccountStore,
  hasher: PasswordHasher,
  credentials: Credentials,
): Promise<Account | null | Refusal> {
  const answer = await tryOnce(store, hasher, credentials)
  if (answer !== 'hash has changed') return answer
  // Most likely the same person, twice at once, and the other try made the hash anew.
  const again = await tryOnce(store, hasher, credentials)
  return again === 'hash has changed' ? null : again
}

async function tryOnce(
  store: AccountStore,
  hasher: PasswordHasher,
  { email, password }: Credentials,
): Promise<Account | null | Refusal | 'hash has changed'> {
  const known = await findCredential(store, email)
  const stored = known?.passwordHash ?? null
  const verdict = await hasher.verifyPassword(stored, password)
  if (isRefusal(verdict)) return verdict
  if (!verdict.ok || known === undefined || stored === null) return null
  let current = stored
  if (verdict.needsUpgrade) {
    const anew = await hasher.hashPassword(password)
    // Under load the old hash stays for another day: the person is who they say.
    const swap = isRefusal(anew) ? undefined : { from: stored, to: anew }
    if (swap !== undefined && (await swapPasswordHash(store, known.id, swap, {}))) current = swap.to
  }
  return (await findUnchanged(store, known.id, current)) ?? 'hash has changed'
}

/** A suspended account has no password here, so it costs what an unknown one does. */
async function findCredential(
  { db }: AccountStore,
  email: string,
): Promise<{ readonly id: string; readonly passwordHash: string | null } | undefined> {
  if (email.length > maxEmailLength) return undefined
  return db
    .selectFrom('demijohn_accounts')
    .select(['id', 'passwordHash'])
    .where('emailKey', '=', emailKeyOf(email))
    .where('suspendedAt', 'is', null)
    .executeTakeFirst()
}

/** Hashing takes long enough for the password to be changed or the account to be suspended. */
function findUnchanged(
  { db }: AccountStore,
  id: string,
  passwordHash: string,
): Promise<Account | undefined> {
  return db
    .selectFrom('demijohn_accounts')
    .select(columns)
    .where('id', '=', id)
    .where('passwordHash', '=', passwordHash)
    .where('suspendedAt', 'is', null)
    .executeTakeFirst()
}
