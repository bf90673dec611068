/** What the stores of second factors share. */

import type { DemijohnTables } from '../../../data/tables.ts'
import type { Reader } from '../../../pipeline/route.ts'
import type { AccountStore } from '../data.ts'

/** As handlers are given it: AES-256-GCM under the keyring, bound to purpose and row. */
type Sealing = {
  readonly seal: (purpose: string, id: string, text: string) => string
  readonly unseal: (purpose: string, id: string, sealed: string) => string | undefined
}

/** Pass a transaction as `db` to have a write stand or fall with others. */
export type FactorStore = AccountStore & {
  readonly sealed: Sealing
  /** The session that asks; null for nobody's. What waits to be set up is shown to no other. */
  readonly sessionId: string | null
}

/** What looking takes; the store of a GET handler is one. */
export type FactorReader = Pick<FactorStore, 'clock' | 'sealed' | 'sessionId'> & {
  readonly db: Reader<DemijohnTables>
}

/** Runs in the store's transaction, or in one of its own where it has none. */
export function inTransaction<Store extends AccountStore, T>(
  store: Store,
  work: (inside: Store) => Promise<T>,
): Promise<T> {
  if (store.db.isTransaction) return work(store)
  return store.db.transaction().execute((db) => work({ ...store, db }))
}

/** What proves the account has changed: sign-ins that began before end here. */
export async function raiseRevision({ db }: AccountStore, accountId: string): Promise<void> {
  await db
    .updateTable('demijohn_accounts')
    .set((row) => ({ credentialRevision: row('credentialRevision', '+', 1) }))
    .where('id', '=', accountId)
    .execute()
}

/** Whether an app or a passkey is asked for after the password. Recovery codes alone are neither. */
export async function hasSecondFactor(
  { db }: Pick<FactorReader, 'db'>,
  accountId: string,
): Promise<boolean> {
  return (await hasApp(db, accountId)) || (await hasPasskey({ db }, accountId))
}

async function hasApp(db: FactorReader['db'], accountId: string): Promise<boolean> {
  const found = await db
    .selectFrom('demijohn_totp')
    .select('accountId')
    .where('accountId', '=', accountId)
    .where('confirmedAt', 'is not', null)
    .executeTakeFirst()
  return found !== undefined
}

export async function hasPasskey(
  { db }: Pick<FactorReader, 'db'>,
  accountId: string,
): Promise<boolean> {
  const found = await db
    .selectFrom('demijohn_passkeys')
    .select('id')
    .where('accountId', '=', accountId)
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}
