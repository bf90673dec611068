/**
 * Passkeys in the database: public keys, and what their owners call them. Primitives that ask
 * nobody's leave.
 *
 * Stops one passkey from belonging to two people (its id is the key), two answers from moving one
 * counter (compare and swap), and the removal of the last way to sign in.
 */
import type { DemijohnTables, PasskeysTable } from '../../../data/tables.ts'
import type { NewPasskey, StoredPasskey } from '../../../defences/passkeys/verify.ts'
import type { Reader } from '../../../pipeline/route.ts'
import type { AccountStore } from '../data.ts'
import { voidRecoveryCodes } from '../factors/recoveryCodes.ts'
import { hasSecondFactor, raiseRevision } from '../factors/store.ts'
import type { Proven } from '../finish.ts'

type Db = { readonly db: Reader<DemijohnTables> }

/** More than anybody has devices; it bounds what a page shows and a browser is told. */
export const maxPasskeys = 20

export type Passkey = Readonly<
  Pick<PasskeysTable, 'id' | 'name' | 'transports' | 'createdAt' | 'lastUsedAt'>
>

const shown = ['id', 'name', 'transports', 'createdAt', 'lastUsedAt'] as const

/** The user handle: the account's id as bytes. Says nothing about the person (section 14.6.1). */
export function userHandleOf(accountId: string): Buffer {
  return Buffer.from(accountId.replaceAll('-', ''), 'hex')
}

/** The oldest first. */
export function listPasskeys({ db }: Db, accountId: string): Promise<readonly Passkey[]> {
  return db
    .selectFrom('demijohn_passkeys')
    .select(shown)
    .where('accountId', '=', accountId)
    .orderBy('createdAt')
    .orderBy('id')
    .limit(maxPasskeys)
    .execute()
}

export type OwnedPasskey = { readonly account: Proven; readonly stored: StoredPasskey }

/**
 * A passkey with its account, of one moment: whoever removes the passkey later raises the
 * account's revision, which ends a sign-in by it. Undefined for suspended accounts.
 */
export async function findPasskey(
  { db }: Db,
  credentialId: Uint8Array,
): Promise<OwnedPasskey | undefined> {
  const row = await db
    .selectFrom('demijohn_passkeys as p')
    .innerJoin('demijohn_accounts as a', 'a.id', 'p.accountId')
    .select(['p.publicKey', 'p.signCount', 'p.uvInitialized', 'p.backupEligible'])
    .select(['a.id', 'a.email', 'a.credentialRevision'])
    .where('p.id', '=', Buffer.from(credentialId).toString('base64url'))
    .where('a.suspendedAt', 'is', null)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const { publicKey, signCount, id, email, credentialRevision } = row
  return {
    account: { id, email, credentialRevision },
    stored: {
      credentialId,
      publicKey: Buffer.from(publicKey, 'base64url'),
      signCount: Number(signCount),
      userHandle: userHandleOf(id),
      uvInitialized: row.uvInitialized === 1,
      backupEligible: row.backupEligible === 1,
    },
  }
}

/** False when somebody, perhaps this very person, has this passkey already. */
export async function addPasskey(
  store: AccountStore,
  accountId: string,
  made: NewPasskey,
  { name, transports }: { readonly name: string; readonly transports: string },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await store.db
    .insertInto('demijohn_passkeys')
    .values({
      ...{ accountId, name, transports, lastUsedAt: null },
      id: Buffer.from(made.credentialId).toString('base64url'),
      publicKey: Buffer.from(made.publicKey).toString('base64url'),
      signCount: made.signCount,
      uvInitialized: made.userVerified ? 1 : 0,
      backupEligible: made.backupEligible ? 1 : 0,
      createdAt: store.clock.now(),
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirstOrThrow()
  if (numInsertedOrUpdatedRows !== 1n) return false
  await raiseRevision(store, accountId)
  return true
}

/** Notes that it was used; false when it was used or removed since `stored` was read. */
export async function notePasskeyUse(
  { db, clock }: AccountStore,
  stored: StoredPasskey,
  signCount: number,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('demijohn_passkeys')
    .set({ signCount, lastUsedAt: clock.now() })
    .where('id', '=', Buffer.from(stored.credentialId).toString('base64url'))
    .where('signCount', '=', stored.signCount)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/**
 * From now on the device counts as one that recognises its owner. For callers that have been given
 * another factor as well (WebAuthn Level 3, section 7.2).
 */
export async function noteUserVerification(
  { db }: AccountStore,
  credentialId: Uint8Array,
): Promise<void> {
  await db
    .updateTable('demijohn_passkeys')
    .set({ uvInitialized: 1 })
    .where('id', '=', Buffer.from(credentialId).toString('base64url'))
    .execute()
}

/** Whether an account has a password, and a passkey that is none without it: a touch alone. */
export async function confirmsBesidePassword({ db }: Db, accountId: string): Promise<boolean> {
  const found = await db
    .selectFrom('demijohn_passkeys as p')
    .innerJoin('demijohn_accounts as a', 'a.id', 'p.accountId')
    .select('p.id')
    .where('a.id', '=', accountId)
    .where('a.passwordHash', 'is not', null)
    .where('p.uvInitialized', '=', 0)
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}

export async function renamePasskey(
  { db }: AccountStore,
  accountId: string,
  { id, name }: { readonly id: string; readonly name: string },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('demijohn_passkeys')
    .set({ name })
    .where('id', '=', id)
    .where('accountId', '=', accountId)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

export type WhyKept = 'only-way-in' | 'second-factor-demanded'

/** Why an account's last passkey has to stay; undefined when one may go. */
async function whyKept(
  { db }: Db,
  accountId: string,
  isDemanded: boolean,
): Promise<WhyKept | undefined> {
  const account = await db
    .selectFrom('demijohn_accounts as a')
    .select('a.passwordHash')
    .select((is) => [
      is
        .selectFrom('demijohn_passkeys as p')
        .select((on) => on.fn.countAll<number>().as('n'))
        .whereRef('p.accountId', '=', 'a.id')
        .as('passkeys'),
      is
        .selectFrom('demijohn_totp as t')
        .select('t.accountId')
        .whereRef('t.accountId', '=', 'a.id')
        .where('t.confirmedAt', 'is not', null)
        .as('app'),
    ])
    .where('a.id', '=', accountId)
    .executeTakeFirst()
  if (account === undefined || Number(account.passkeys) > 1) return undefined
  if (account.passwordHash === null) return 'only-way-in'
  return isDemanded && account.app === null ? 'second-factor-demanded' : undefined
}

/**
 * Removes it, in a transaction of the caller's, or says why it has to stay. Recovery codes go with the
 * last factor. The account's row is written first: of two removals at once the second waits for it, and sees what the first has left.
 */
export async function removePasskey(
  store: AccountStore,
  accountId: string,
  { id, isDemanded }: { readonly id: string; readonly isDemanded: boolean },
): Promise<WhyKept | undefined> {
  await raiseRevision(store, accountId)
  const why = await whyKept(store, accountId, isDemanded)
  if (why !== undefined) return why
  await store.db
    .deleteFrom('demijohn_passkeys')
    .where('id', '=', id)
    .where('accountId', '=', accountId)
    .execute()
  if (!(await hasSecondFactor(store, accountId))) await voidRecoveryCodes(store, accountId)
  return undefined
}
