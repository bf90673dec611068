/** The library's side of a database that is the application's, too. */
import type { Kysely, Transaction } from 'kysely'
import type { DemijohnTables } from '../../data/tables.ts'
import type { AccountStore } from './data.ts'

/** What the functions for accounts take, from an application's database or transaction. */
export function accountStore<Database extends DemijohnTables>(
  facts: Omit<AccountStore, 'db'> & { readonly db: Kysely<Database> | Transaction<Database> },
): AccountStore {
  // The application has more tables, never others, which Kysely's types have no way to say.
  const db = facts.db as unknown as Kysely<DemijohnTables>
  return { ...facts, db }
}
