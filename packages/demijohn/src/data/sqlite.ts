import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  type QueryResult,
  SelectQueryNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type TransactionSettings,
} from 'kysely'
import { FifoMutex } from './mutex.ts'
import { DatabaseProblem, isBusy } from './problems.ts'
import type { SqliteEngine } from './sqliteEngine.ts'
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

/** Turns at the writer, and patience with other processes that do not block the thread. */
class Turns {
  readonly #mutex = new FifoMutex()
  readonly #writer: SqliteEngine
  readonly #waitMilliseconds: number

  constructor(writer: SqliteEngine, waitMilliseconds: number) {
    this.#writer = writer
    this.#waitMilliseconds = waitMilliseconds
  }

  take(): Promise<boolean> {
    return this.#mutex.lock(this.#waitMilliseconds)
  }

  async require(): Promise<void> {
    if (await this.take()) return
    throw this.#writer.lockedFor(
      `was kept by one transaction for ${this.#waitMilliseconds} ms. Inside of a transaction use its own handle, and await nothing slow.`,
    )
  }

  give(): void {
    this.#mutex.unlock()
  }

  /** Tries again while another process holds the lock. `attempt` must do nothing when it is busy. */
  async patiently<T>(attempt: () => T): Promise<T> {
    const until = performance.now() + this.#waitMilliseconds
    for (;;) {
      try {
        return attempt()
      } catch (error) {
        if (!isBusy(error)) throw error
        if (performance.now() > until) throw this.#writer.explain(error)
      }
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
}

class SqliteConnection implements DatabaseConnection {
  readonly #connections: SqliteConnections
  readonly #turns: Turns
  #transaction: 'none' | 'read only' | 'read write' = 'none'

  constructor(connections: SqliteConnections, turns: Turns) {
    this.#connections = connections
    this.#turns = turns
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (this.#transaction !== 'none') return this.execute(query.sql, query.parameters)
    const { reader } = this.#connections
    if (reader !== undefined && SelectQueryNode.is(query.query)) {
      return this.#turns.patiently(() => reader.execute<R>(query.sql, query.parameters))
    }
    await this.#turns.require()
    try {
      return await this.#turns.patiently(() => this.#alone<R>(query.sql, query.parameters))
    } finally {
      this.#turns.give()
    }
  }

  /** Kysely asks for an iterator here; it throws at once rather than at the first row. */
  streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('Streaming is not supported over SQLite: page through the rows with limit')
  }

  async begin(readOnly: boolean): Promise<void> {
    await this.#turns.require()
    const { writer } = this.#connections
    try {
      await this.#turns.patiently(() => writer.execute(readOnly ? 'begin' : 'begin immediate', []))
      if (readOnly) writer.execute('pragma query_only = on', [])
      this.#transaction = readOnly ? 'read only' : 'read write'
    } catch (error) {
      if (writer.inTransaction) writer.execute('rollback', [])
      this.#turns.give()
      throw error
    }
  }

  commit(): void {
    this.execute('commit')
  }

  /** Nothing to do where the engine has rolled back already: out of room, a broken medium. */
  rollBack(): void {
    const { writer } = this.#connections
    if (this.#transaction !== 'none' && writer.inTransaction) writer.execute('rollback', [])
  }

  release(): void {
    if (this.#transaction === 'none') return
    try {
      this.rollBack()
      if (this.#transaction === 'read only') {
        this.#connections.writer.execute('pragma query_only = off', [])
      }
    } finally {
      this.#transaction = 'none'
      this.#turns.give()
    }
  }

  /** Runs inside of this connection's transaction, and nowhere else. */
  execute<R>(sql: string, parameters: readonly unknown[] = []): QueryResult<R> {
    const { writer } = this.#connections
    // Without this, whatever follows a rollback by the engine would commit statement by statement.
    if (this.#transaction === 'none' || !writer.inTransaction) {
      throw new DatabaseProblem(
        'transaction-lost',
        'The transaction is no longer open; nothing of it was kept. Begin again.',
      )
    }
    try {
      return writer.execute<R>(sql, parameters)
    } catch (error) {
      throw writer.explain(error)
    }
  }

  /** One statement by itself; raw SQL that leaves a transaction open is undone and refused. */
  #alone<R>(sql: string, parameters: readonly unknown[]): QueryResult<R> {
    const { writer } = this.#connections
    const result = writer.execute<R>(sql, parameters)
    if (!writer.inTransaction) return result
    writer.execute('rollback', [])
    throw new Error('Raw SQL began a transaction. Use db.transaction(), which holds its turn.')
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
