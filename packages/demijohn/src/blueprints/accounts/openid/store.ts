/**
 * Accounts elsewhere that people sign in by. Primitives that ask nobody's leave.
 *
 * Stops one person elsewhere from being two here, and another provider's person from being this one
 * (provider, issuer and subject are the key together: ASVS 6.8.1, 10.5.2), a link to an account that
 * has changed meanwhile (one conditional write), a state that is used twice, and the removal of the
 * last way to sign in.
 */
import { sha256Hex } from '../../../core/bytes.ts'
import { createId } from '../../../core/ids.ts'
import type { DemijohnTables, IdentitiesTable } from '../../../data/tables.ts'
import { flowMinutes } from '../../../defences/openid/flow.ts'
import type { OpenIdProvider, ProviderIdentity } from '../../../defences/openid/types.ts'
import type { Reader } from '../../../pipeline/route.ts'
import { type AccountStore, emailKeyOf } from '../data.ts'
import { raiseRevision } from '../factors/store.ts'
import type { Proven } from '../finish.ts'

type Db = { readonly db: Reader<DemijohnTables> }
type Person = Pick<ProviderIdentity, 'issuer' | 'subject'>

export type Identity = Readonly<
  Pick<IdentitiesTable, 'id' | 'provider' | 'issuer' | 'email' | 'createdAt' | 'lastUsedAt'>
>

export const flowPurpose = 'openid'

/** True once for a state: of any number of answers at once one wins. The row stays until it is over. */
export async function spendState(
  { db, clock }: AccountStore,
  flow: { readonly state: string; readonly startedAt: number },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('demijohn_tickets')
    .values({
      ...{ id: sha256Hex(flow.state), purpose: flowPurpose, accountId: null },
      createdAt: flow.startedAt,
      expiresAt: flow.startedAt + flowMinutes * 60_000,
      usedAt: clock.now(),
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

/**
 * The account that a person elsewhere is here, as of one moment: whoever unlinks them later raises the
 * account's revision, which ends a sign-in by it. Undefined for suspended accounts, too.
 */
export async function findByIdentity(
  { db }: Db,
  provider: string,
  { issuer, subject }: Person,
): Promise<{ readonly identityId: string; readonly account: Proven } | undefined> {
  const row = await db
    .selectFrom('demijohn_identities as i')
    .innerJoin('demijohn_accounts as a', 'a.id', 'i.accountId')
    .select(['i.id as identityId', 'a.id', 'a.email', 'a.credentialRevision'])
    .where('i.provider', '=', provider)
    .where('i.issuer', '=', issuer)
    .where('i.subject', '=', subject)
    .where('a.suspendedAt', 'is', null)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const { identityId, ...account } = row
  return { identityId, account }
}

export async function isKnownIdentity(
  { db }: Db,
  provider: string,
  { issuer, subject }: Person,
): Promise<boolean> {
  const row = await db
    .selectFrom('demijohn_identities')
    .select('id')
    .where('provider', '=', provider)
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .executeTakeFirst()
  return row !== undefined
}

export async function noteIdentityUse({ db, clock }: AccountStore, id: string): Promise<void> {
  await db
    .updateTable('demijohn_identities')
    .set({ lastUsedAt: clock.now() })
    .where('id', '=', id)
    .execute()
}

/** The oldest first; at most one a provider. */
export function listIdentities({ db }: Db, accountId: string): Promise<readonly Identity[]> {
  return db
    .selectFrom('demijohn_identities')
    .select(['id', 'provider', 'issuer', 'email', 'createdAt', 'lastUsedAt'])
    .where('accountId', '=', accountId)
    .orderBy('createdAt')
    .orderBy('id')
    .execute()
}

/**
 * Adds it and raises the account's revision. False, and nothing is written: the person elsewhere
 * is somebody's already, or the account has another one of this provider.
 */
export async function addIdentity(
  store: AccountStore,
  accountId: string,
  { provider, identity }: { readonly provider: string; readonly identity: ProviderIdentity },
): Promise<boolean> {
  const { issuer, subject, email } = identity
  const now = store.clock.now()
  const { numInsertedOrUpdatedRows } = await store.db
    .insertInto('demijohn_identities')
    .values({
      ...{ id: createId(now, store.random), accountId, provider, issuer, subject, email },
      ...{ createdAt: now, lastUsedAt: null },
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow()
  if (numInsertedOrUpdatedRows !== 1n) return false
  await raiseRevision(store, accountId)
  return true
}

/**
 * The account to be linked, held as it is now: still of that address, still verified, not suspended.
 * A write, so that a change of it waits. Undefined where that no longer holds.
 */
export async function holdVerified(
  { db }: AccountStore,
  accountId: string,
  email: string,
): Promise<{ readonly email: string } | undefined> {
  return db
    .updateTable('demijohn_accounts')
    .set((column) => ({ credentialRevision: column.ref('credentialRevision') }))
    .where('id', '=', accountId)
    .where('emailKey', '=', emailKeyOf(email))
    .where('emailVerifiedAt', 'is not', null)
    .where('suspendedAt', 'is', null)
    .returning('email')
    .executeTakeFirst()
}

/**
 * Removes it in a transaction of the caller's; false where it is the only way in: no password, no
 * passkey, and no other account at a provider that there still is. The account's row is written
 * first: of two removals at once the second waits, and sees what the first has left.
 */
export async function removeIdentity(
  store: AccountStore,
  accountId: string,
  { id, providers }: { readonly id: string; readonly providers: readonly OpenIdProvider[] },
): Promise<boolean> {
  await raiseRevision(store, accountId)
  const others = (await listIdentities(store, accountId)).filter(
    (other) => other.id !== id && isServed(other, providers),
  )
  if (others.length === 0 && !(await hasOwnWay(store, accountId))) return false
  await store.db
    .deleteFrom('demijohn_identities')
    .where('id', '=', id)
    .where('accountId', '=', accountId)
    .execute()
  return true
}

/** Whether somebody can still come in by it. */
export function isServed(
  { provider, issuer }: Pick<Identity, 'provider' | 'issuer'>,
  providers: readonly OpenIdProvider[],
): boolean {
  return providers.some((one) => one.id === provider && one.issuer === issuer)
}

async function hasOwnWay({ db }: Db, accountId: string): Promise<boolean> {
  const found = await db
    .selectFrom('demijohn_accounts as a')
    .select('a.id')
    .where('a.id', '=', accountId)
    .where((where) =>
      where.or([
        where('a.passwordHash', 'is not', null),
        where.exists(
          where
            .selectFrom('demijohn_passkeys as p')
            .select('p.id')
            .whereRef('p.accountId', '=', 'a.id'),
        ),
      ]),
    )
    .executeTakeFirst()
  return found !== undefined
}
