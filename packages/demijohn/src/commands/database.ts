/**
 * The database for commands that need one: never made by them, and never behind the code.
 *
 * Stops a typing mistake in DATABASE from making an empty database that a command then reports on.
 */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { Misconfiguration } from '../core/misconfiguration.ts'
import { migrationStatus } from '../data/migrations.ts'
import { openSqlite, type SqliteDatabase } from '../data/sqlite.ts'
import type { DemijohnTables } from '../data/tables.ts'
import type { Environment } from '../secrets/settings.ts'
import { migrationSets, type Project } from '../serve/application.ts'
import { databasePath } from '../serve/settings.ts'

export type OpenDatabase = SqliteDatabase<DemijohnTables> & { readonly path: string }

/** Opens what is there. Throws Misconfiguration where it is missing or lacks migrations. */
export async function openExisting(
  project: Project,
  environment: Environment,
): Promise<OpenDatabase> {
  const path = databasePath(project.name, environment)
  if (!existsSync(path)) throw new Misconfiguration([missingDatabase(path)])
  const database = openSqlite<DemijohnTables>({ path })
  try {
    const states = await migrationStatus(database.db, migrationSets(project))
    const pending = states.filter((one) => one.appliedAt === null)
    if (pending.length === 0) return { ...database, path }
    throw new Misconfiguration([
      `the database ${resolve(path)} lacks ${pending.length} migrations; run npx demijohn migrate`,
    ])
  } catch (error) {
    await database.close()
    throw error
  }
}

export function missingDatabase(path: string): string {
  return `there is no database at ${resolve(path)}; run npx demijohn migrate, or set DATABASE to where it is`
}
