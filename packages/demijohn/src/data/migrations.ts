import type { Kysely } from 'kysely'
import type { Clock } from '../core/clock.ts'
import { Misconfiguration } from '../core/misconfiguration.ts'
import { DatabaseProblem } from './problems.ts'

/**
 * Brings a database to the shape that the code expects, once, in order, and keeps the history.
 *
 * Each migration and its history row are one transaction: there is no half-applied migration. Of
 * two processes that start at once one applies it and the other finds it applied: the history row
 * is written first, and its primary key makes the second one wait (SQLite: BEGIN IMMEDIATE waits
 * earlier still). What does not fit (a database newer than the code, a changed order, an id used
 * twice) is refused before anything runs.
 *
 * Does not notice that the body of an applied migration was edited, since functions have no
 * checksum: write another migration instead. Sets in the history that were not given are left
 * alone. SQLite cannot switch foreign keys off inside of a transaction, so a migration that makes
 * a table anew has to move its references too.
 */

/** A migration names its tables as they were then, so it cannot lean on the types of today. */
export type MigrationDatabase = Kysely<AnyTables>
type AnyTables = Record<string, Record<string, unknown>>

export type Migration = {
  /** Such as `001-accounts`. Never changed once applied anywhere. */
  readonly id: string
  /** Uses the handle it is given, and no other: that one is the transaction. */
  readonly up: (db: MigrationDatabase) => Promise<void>
  readonly down: (db: MigrationDatabase) => Promise<void>
}

export type MigrationSet = {
  /** `demijohn` for the library's own; the application's choice for its own. */
  readonly name: string
  /** Oldest first. New ones are added at the end. */
  readonly migrations: readonly Migration[]
}

export type Applied = { readonly setName: string; readonly id: string }

export type MigrationState = Applied & {
  /** UTC milliseconds; null while it has not been applied. */
  readonly appliedAt: number | null
}

type HistoryRow = {
  setName: string
  id: string
  /** Grows by one with each applied migration, whatever its set. */
  sequence: number
  appliedAt: number
}

const historyTable = 'demijohn_migrations'
type HistoryTables = { demijohn_migrations: HistoryRow }
type HistoryDatabase = Kysely<HistoryTables>

/**
 * Applies what is missing, set after set, and returns what this call applied.
 * Throws `Misconfiguration` where history and code do not fit together.
 */
export async function migrate<DB>(
  db: Kysely<DB>,
  sets: readonly MigrationSet[],
  options: { readonly clock: Clock },
): Promise<readonly Applied[]> {
  const history = retyped<HistoryTables, DB>(db)
  refuseUnsoundSets(sets)
  await createHistory(history)
  const rows = await readHistory(history)
  refuseStrangeHistory(sets, rows)
  const done: Applied[] = []
  for (const set of sets) {
    for (const migration of set.migrations) {
      if (rows.some((row) => row.setName === set.name && row.id === migration.id)) continue
      const applied = { setName: set.name, id: migration.id }
      if (await applyOne(history, applied, migration, options.clock)) done.push(applied)
    }
  }
  return done
}

/** Every migration of the given sets, applied or not. Writes nothing. */
export async function migrationStatus<DB>(
  db: Kysely<DB>,
  sets: readonly MigrationSet[],
): Promise<readonly MigrationState[]> {
  refuseUnsoundSets(sets)
  const rows = await readHistoryIfAny(db)
  refuseStrangeHistory(sets, rows)
  return sets.flatMap((set) =>
    set.migrations.map(({ id }) => {
      const row = rows.find((candidate) => candidate.setName === set.name && candidate.id === id)
      return { setName: set.name, id, appliedAt: row?.appliedAt ?? null }
    }),
  )
}

/** Undoes the migration applied last (of one set, where it is named). Undefined: nothing to undo. */
export async function rollBackOne<DB>(
  db: Kysely<DB>,
  sets: readonly MigrationSet[],
  setName?: string,
): Promise<Applied | undefined> {
  refuseUnsoundSets(sets)
  if (setName !== undefined && !sets.some((set) => set.name === setName)) {
    throw new Misconfiguration([
      `There is no migration set "${setName}". Sets: ${sets.map((set) => set.name).join(', ')}.`,
    ])
  }
  const rows = await readHistoryIfAny(db)
  refuseStrangeHistory(sets, rows)
  const last = rows
    .filter((row) => sets.some((set) => set.name === row.setName))
    .findLast((row) => setName === undefined || row.setName === setName)
  const migration = sets
    .find((set) => set.name === last?.setName)
    ?.migrations.find(({ id }) => id === last?.id)
  if (last === undefined || migration === undefined) return undefined
  const undone = { setName: last.setName, id: last.id }
  return (await undoOne(retyped(db), undone, migration)) ? undone : undefined
}

/** False where another process has applied it in the meantime. */
async function applyOne(
  db: HistoryDatabase,
  { setName, id }: Applied,
  migration: Migration,
  clock: Clock,
): Promise<boolean> {
  return await explained(`Migration ${setName}/${id}`, () =>
    db.transaction().execute(async (trx) => {
      const { last } = await trx
        .selectFrom(historyTable)
        .select((e) => e.fn.max('sequence').as('last'))
        .executeTakeFirstOrThrow()
      const sequence = Number(last ?? 0) + 1
      const { numInsertedOrUpdatedRows } = await trx
        .insertInto(historyTable)
        .values({ setName, id, sequence, appliedAt: clock.now() })
        .onConflict((conflict) => conflict.columns(['setName', 'id']).doNothing())
        .executeTakeFirstOrThrow()
      if (numInsertedOrUpdatedRows !== 1n) return false
      await migration.up(retyped<AnyTables, HistoryTables>(trx))
      return true
    }),
  )
}

async function undoOne(
  db: HistoryDatabase,
  { setName, id }: Applied,
  migration: Migration,
): Promise<boolean> {
  return await explained(`Undoing migration ${setName}/${id}`, () =>
    db.transaction().execute(async (trx) => {
      const { numDeletedRows } = await trx
        .deleteFrom(historyTable)
        .where('setName', '=', setName)
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
      if (numDeletedRows !== 1n) return false
      await migration.down(retyped<AnyTables, HistoryTables>(trx))
      return true
    }),
  )
}

async function explained<T>(what: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (cause) {
    if (cause instanceof DatabaseProblem) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${what} failed and left nothing behind: ${reason}`, { cause })
  }
}

async function createHistory(db: HistoryDatabase): Promise<void> {
  await db.schema
    .createTable(historyTable)
    .ifNotExists()
    .addColumn('setName', 'text', (c) => c.notNull())
    .addColumn('id', 'text', (c) => c.notNull())
    .addColumn('sequence', 'integer', (c) => c.notNull())
    .addColumn('appliedAt', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint(`${historyTable}_key`, ['setName', 'id'])
    .execute()
}

async function readHistory(db: HistoryDatabase): Promise<readonly HistoryRow[]> {
  return await db.selectFrom(historyTable).selectAll().orderBy('sequence').execute()
}

async function readHistoryIfAny<DB>(db: Kysely<DB>): Promise<readonly HistoryRow[]> {
  const tables = await db.introspection.getTables()
  if (!tables.some((table) => table.name === historyTable)) return []
  return await readHistory(retyped(db))
}

const nameShape = /^[a-z0-9][a-z0-9_-]{0,99}$/

function refuseUnsoundSets(sets: readonly MigrationSet[]): void {
  const problems: string[] = []
  const names = sets.map((set) => set.name)
  for (const name of repeated(names)) {
    problems.push(`Two migration sets are called "${name}". Rename one.`)
  }
  for (const set of sets) {
    const ids = set.migrations.map((migration) => migration.id)
    for (const id of repeated(ids)) {
      problems.push(`Migration ${set.name}/${id} stands there twice. Rename the newer one.`)
    }
    for (const name of [set.name, ...ids].filter((candidate) => !nameShape.test(candidate))) {
      problems.push(`"${name}" is no name for a migration. Use a-z, 0-9, - and _.`)
    }
  }
  if (problems.length > 0) throw new Misconfiguration(problems)
}

function repeated(names: readonly string[]): readonly string[] {
  return [...new Set(names.filter((name, at) => names.indexOf(name) !== at))]
}

/** What was applied of a set has to be the beginning of that set. */
function refuseStrangeHistory(sets: readonly MigrationSet[], rows: readonly HistoryRow[]): void {
  const problems: string[] = []
  for (const set of sets) {
    const ids = set.migrations.map((migration) => migration.id)
    const applied = rows.filter((row) => row.setName === set.name).map((row) => row.id)
    const unknown = applied.filter((id) => !ids.includes(id))
    for (const id of unknown) {
      problems.push(
        `The database has migration ${set.name}/${id}, which this code does not know: it is newer than the code. Run the newer version.`,
      )
    }
    const at = applied.findIndex((id, position) => ids[position] !== id)
    if (unknown.length > 0 || at === -1) continue
    problems.push(
      `The order of the migrations has changed: ${set.name}/${applied[at]} was applied where the code now has ${set.name}/${ids[at]}. Add new migrations at the end.`,
    )
  }
  if (problems.length > 0) throw new Misconfiguration(problems)
}

/** Kysely's table types exist for the compiler alone, and no type spans what migrations change. */
function retyped<To, From>(db: Kysely<From>): Kysely<To> {
  return db as unknown as Kysely<To>
}
