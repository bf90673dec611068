/** What an application adds to the export and to the deletion of a person's data. */
import type { Transaction } from 'kysely'
import type { DemijohnTables } from '../../../data/tables.ts'

export type OwnDataFacts = {
  /** `transaction.withTables<…>()` knows the application's own tables. */
  readonly transaction: Transaction<DemijohnTables>
  readonly accountId: string
}

export type OwnData = {
  /**
   * What the application keeps of the person, as JSON under names of its own. Keep it bounded: all
   * of it stands in memory, and 32 MiB is the end. Say in it what was left out.
   */
  readonly export?: (facts: OwnDataFacts) => Promise<Readonly<Record<string, unknown>>>
  /**
   * Deletes what the application keeps of the person, or takes their name off it, before the account
   * goes in the same transaction. Throwing keeps everything.
   */
  readonly erase?: (facts: OwnDataFacts) => Promise<unknown>
  /** What `erase` deletes and what it leaves, in sentences for the page that asks. */
  readonly deleted?: readonly string[]
  readonly kept?: readonly string[]
}
