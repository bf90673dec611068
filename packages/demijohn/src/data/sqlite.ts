import {
  type Dialect,
  type Driver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type TransactionSettings,
} from 'kysely'
import { SqliteConnection, Turns } from './sqliteConnection.ts'
import { openConnections, type SqliteConnections } from './sqliteFile.ts'

/**
 * Kysely over the SQLite that comes with Node.
 *
 * Stops SQL injection by construction: values travel as parameters (CWE-89, ASVS 1.2.4). An
 * acknowledged write survives `kill -9` and power failure: WAL with `synchronous=FULL`.
 *
 * One connection writes; statements and transactions take turns at it in the order of asking. A
 * second one, read-only, answers SELECTs outside of transactions, which therefore never wait for an
 * open transaction and see what was committed last. Which of the two is decided by the kind of
 * Kysely's query node; raw SQL always goes to the writer. Transactions begin IMMEDIATE, so they
 * never fail half-way over a lock, and are serializable whatever level is asked for.
 * `:memory:` has one connection alone: there reads do wait for an open transaction.
 *
 * Does not: run off the thread (a slow query stops the process for its time); stream; read integers
 * beyond 2^53 (throws); parse dates (columns named …At hold UTC milliseconds); ATTACH or VACUUM;
 * notice a statement of the outer `db` awaited inside a transaction before that wait times out
 * (`locked`, after `lockWaitMilliseconds`). Rows have no prototype, so a column named `__proto__`
 * is only a column.
 */
export type SqliteOptions = {
  /** A file, made when missing together with its folder, or `:memory:`. */
  readonly path: string
  /** How long a statement waits its turn, and for other processes. Default 5000. */
  readonly lockWaitMilliseconds?: number
}

export type SqliteDatabase<DB> = {
  readonly db: Kysely<DB>
  /** Waits for the transaction in progress, then closes. May be called more than once. */
  readonly close: () => Promise<void>
}

/** Opens a database, or throws a `DatabaseProblem` that says what is wrong with it in one line. */
export function openSqlite<DB>(options: SqliteOptions): SqliteDatabase<DB> {
  const driver = new SqliteDriver(
    openConnections(options.path),
    options.lockWaitMilliseconds ?? 5000,
  )
  const db = new Kysely<DB>({ dialect: dialectOver(driver) })
  return {
    db,
    close: async () => {
      await db.destroy()
      // Kysely destroys only a driver that it has used.
      await driver.destroy()
    },
  }
}

function dialectOver(driver: Driver): Dialect {
  return {
    createDriver: () => driver,
    createAdapter: () => new SqliteAdapter(),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  }
}

class SqliteDriver implements Driver {
  readonly #turns: Turns
  readonly #connections: SqliteConnections
  #closed = false

  constructor(connections: SqliteConnections, lockWaitMilliseconds: number) {
    this.#connections = connections
    this.#turns = new Turns(connections.writer, lockWaitMilliseconds)
  }

  async init(): Promise<void> {
    // Opened before Kysely knows of it, so that a problem shows at start, not at the first query.
  }

  async acquireConnection(): Promise<SqliteConnection> {
    return new SqliteConnection(this.#connections, this.#turns)
  }

  async beginTransaction(connection: SqliteConnection, settings: TransactionSettings) {
    await connection.begin(settings.accessMode === 'read only')
  }

  async commitTransaction(connection: SqliteConnection) {
    connection.commit()
  }

  async rollbackTransaction(connection: SqliteConnection) {
    connection.rollBack()
  }

  async savepoint(connection: SqliteConnection, name: string) {
    connection.execute(`savepoint ${quoted(name)}`)
  }

  async rollbackToSavepoint(connection: SqliteConnection, name: string) {
    connection.execute(`rollback to ${quoted(name)}`)
  }

  async releaseSavepoint(connection: SqliteConnection, name: string) {
    connection.execute(`release ${quoted(name)}`)
  }

  async releaseConnection(connection: SqliteConnection) {
    connection.release()
  }

  async destroy(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    const free = await this.#turns.take()
    try {
      this.#connections.reader?.close()
      // Last, because the last one to close folds the log into the file. A transaction still open
      // by now is rolled back by the engine.
      this.#connections.writer.close()
    } finally {
      if (free) this.#turns.give()
    }
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
