/**
 * Writing a batch of people, once.
 *
 * One transaction, keyed by the address: whoever is there stays as they are, whatever the file says
 * of them, and of two imports at once one takes a person and the other finds them there. What a
 * kill interrupts is taken back as a whole, so running the import again completes it.
 */
import type { Kysely } from 'kysely'
import type { DemijohnTables } from '../../data/tables.ts'
import type { CommandRecord } from '../record.ts'
import type { NewAccount } from './person.ts'

type Database = Kysely<DemijohnTables>

/** Rows in a transaction: some milliseconds for which the site's writes wait. */
export const batchRows = 500

/** The keys of the addresses that were taken; the others were there already. */
export type TakeBatch = (people: readonly NewAccount[]) => Promise<ReadonlySet<string>>

export function takeInto(db: Database, record: CommandRecord): TakeBatch {
  return (people) =>
    db.transaction().execute(async (transaction) => {
      const taken = await transaction
        .insertInto('demijohn_accounts')
        .values(people)
        .onConflict((conflict) => conflict.column('emailKey').doNothing())
        .returning(['id', 'role', 'emailKey'])
        .execute()
      record.events(
        'user_created',
        taken.map(({ id, role }) => ({ targetId: id, role, imported: true })),
      )
      return new Set(taken.map(({ emailKey }) => emailKey))
    })
}

/** For a dry run: who would be taken, without a write. */
export function lookInto(db: Database): TakeBatch {
  return async (people) => {
    const keys = people.map(({ emailKey }) => emailKey)
    const there = await db
      .selectFrom('demijohn_accounts')
      .select('emailKey')
      .where('emailKey', 'in', keys)
      .execute()
    const known = new Set(there.map(({ emailKey }) => emailKey))
    return new Set(keys.filter((key) => !known.has(key)))
  }
}
