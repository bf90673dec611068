import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { styleText } from 'node:util'
import { systemClock } from '../core/clock.ts'
import { type MigrationState, migrate, migrationStatus, rollBackOne } from '../data/migrations.ts'
import { openSqlite } from '../data/sqlite.ts'
import type { DemijohnTables } from '../data/tables.ts'
import type { Environment } from '../secrets/settings.ts'
import { migrationSets, type Project } from '../serve/application.ts'
import { databasePath } from '../serve/settings.ts'
import { misunderstood } from './help.ts'

/** Brings the database up to date, shows how far it is, or takes one step back. */
export async function migrateCommand(
  project: Project,
  options: readonly string[],
  environment: Environment,
): Promise<number> {
  const [option, ...more] = options
  if (more.length > 0 || (option !== undefined && option !== '--status' && option !== '--down')) {
    return misunderstood(`migrate takes --status or --down, or nothing`)
  }
  const path = databasePath(project.name, environment)
  // Only bringing it up to date makes a database; to look at one that is not there is to look at none.
  const isThere = option === undefined || existsSync(path)
  if (!isThere) process.stderr.write(`There is no database at ${resolve(path)} yet.\n`)
  const { db, close } = openSqlite<DemijohnTables>({ path: isThere ? path : ':memory:' })
  const sets = migrationSets(project)
  try {
    if (option === '--down') {
      const undone = await rollBackOne(db, sets)
      print(undone === undefined ? 'Nothing is applied.' : `Taken back: ${nameOf(undone)}`)
    } else if (option === undefined) {
      const applied = await migrate(db, sets, { clock: systemClock })
      for (const one of applied) print(`${styleText('green', 'applied')}  ${nameOf(one)}`)
      print(applied.length === 0 ? 'Up to date.' : `${applied.length} applied to ${path}.`)
    } else {
      for (const state of await migrationStatus(db, sets)) print(statusLine(state))
    }
    return 0
  } finally {
    await close()
  }
}

function nameOf({ setName, id }: { readonly setName: string; readonly id: string }): string {
  return `${setName} ${id}`
}

function statusLine(state: MigrationState): string {
  return state.appliedAt === null
    ? `${styleText('yellow', 'pending              ')}  ${nameOf(state)}`
    : `${styleText('green', `${new Date(state.appliedAt).toISOString().slice(0, 19)}Z `)}  ${nameOf(state)}`
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
