/** An empty database with the library's tables, for the tests of this folder. */

import type { TestContext } from 'node:test'
import { manualClock } from '../../core/clock.ts'
import { migrate } from '../../data/migrations.ts'
import { openSqlite } from '../../data/sqlite.ts'
import { demijohnMigrations } from '../../data/tableMigrations.ts'
import type { DemijohnTables } from '../../data/tables.ts'

/** 2026-01-01T00:00:00Z. */
export const start = 1_767_225_600_000

export async function openAccounts(t: TestContext) {
  const { db, close } = openSqlite<DemijohnTables>({ path: ':memory:' })
  t.after(close)
  const clock = manualClock(start)
  await migrate(db, [demijohnMigrations], { clock })
  return { db, clock }
}
