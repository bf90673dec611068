import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { QueryResult } from 'kysely'
import { asDatabaseProblem, DatabaseProblem, damaged, isBusy } from './problems.ts'
import { useUnicodeCases } from './sqliteFunctions.ts'
import { bindable } from './sqliteParameters.ts'

/**
 * One open connection to an SQLite database, set up to distrust what is in the file.
 *
 * Stops: extensions and `load_extension` (refused), ATTACH of other files (limit 0; VACUUM needs
 * it too, so compact with the site stopped), writes to the schema table (defensive), functions
 * with side effects called from a planted view or trigger (`trusted_schema=OFF`), text in double
 * quotes passing for a string when the column is misspelt, a second statement behind a semicolon
 * (only the first is ever prepared). https://sqlite.org/security.html
 *
 * Does not stop: a slow statement. It runs on the thread that called it until it is done.
 */

/** More than an application has query shapes; a bound, since `in (…)` makes a shape per length. */
const statementsKept = 200

/**
 * Short, because the engine sleeps with the whole thread; the driver waits longer without blocking.
 * https://sqlite.org/c3ref/busy_timeout.html
 */
const blockingWaitMilliseconds = 20

/** Up to here `quick_check` takes some 4 ms (1 ms a MiB measured); it must not slow the start. */
const quickCheckMaxBytes = 4 * 1024 * 1024

type Prepared = { readonly statement: StatementSync; readonly givesRows: boolean }

export class SqliteEngine {
  readonly #database: DatabaseSync
  readonly #where: string
  readonly #prepared = new Map<string, Prepared>()

  constructor(path: string, options: { readOnly: boolean }) {
    this.#where = path
    this.#database = new DatabaseSync(path, {
      readOnly: options.readOnly,
      timeout: blockingWaitMilliseconds,
      allowExtension: false,
      defensive: true,
      enableDoubleQuotedStringLiterals: false,
      enableForeignKeyConstraints: true,
      limits: { attach: 0 },
    })
    useUnicodeCases(this.#database)
  }

  get inTransaction(): boolean {
    return this.#database.isTransaction
  }

  /** Runs one statement. Busy errors come out as the engine made them, so that one may retry. */
  execute<R>(sql: string, parameters: readonly unknown[]): QueryResult<R> {
    try {
      const { statement, givesRows } = this.#prepare(sql)
      const bound = bindable(parameters)
      // The row type is what Kysely inferred from the query; nothing at run time could know it.
      if (givesRows) return { rows: statement.all(...bound) as R[] }
      const { changes, lastInsertRowid } = statement.run(...bound)
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
    } catch (error) {
      throw isBusy(error) ? error : this.explain(error)
    }
  }

  /** Settings that the constructor cannot make. Text from this folder alone, never from outside. */
  configure(statements: readonly string[]): void {
    for (const statement of statements) this.#database.exec(statement)
  }

  /** Refuses a file that is no database, or that contradicts itself. */
  check(fileBytes: number): void {
    // Reads the header and the schema: finds a file that is something else.
    this.#database.prepare('select count(*) from sqlite_schema').get()
    if (fileBytes > quickCheckMaxBytes) return
    const row = this.#database.prepare('pragma quick_check(1)').get()
    if (row?.quick_check !== 'ok') throw damaged(this.#where)
  }

  close(): void {
    this.#prepared.clear()
    if (this.#database.isOpen) this.#database.close()
  }

  /** The error as a problem of this database, where it is one; else the error itself. */
  explain(error: unknown): unknown {
    return asDatabaseProblem(error, this.#where)
  }

  lockedFor(reason: string): DatabaseProblem {
    return new DatabaseProblem('locked', `The database ${this.#where} ${reason}`)
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql)
    if (known !== undefined) {
      this.#prepared.delete(sql)
      this.#prepared.set(sql, known)
      return known
    }
    const statement = this.#database.prepare(sql)
    const fresh = { statement, givesRows: statement.columns().length > 0 }
    this.#prepared.set(sql, fresh)
    if (this.#prepared.size > statementsKept) {
      const [oldest] = this.#prepared.keys()
      if (oldest !== undefined) this.#prepared.delete(oldest)
    }
    return fresh
  }
}
