import {
  type CompiledQuery,
  type DatabaseConnection,
  type QueryResult,
  SelectQueryNode,
} from 'kysely'
import { FifoMutex } from './mutex.ts'
import { DatabaseProblem, isBusy } from './problems.ts'
import type { SqliteEngine } from './sqliteEngine.ts'
import type { SqliteConnections } from './sqliteFile.ts'

/**
 * What Kysely holds while it runs a statement or a transaction: a claim on the two connections.
 * A transaction keeps its turn at the writer from begin to release; a statement outside of one
 * takes a turn for itself, or none at all when it only reads.
 */

/** Turns at the writer, and patience with other processes that do not block the thread. */
export class Turns {
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

export class SqliteConnection implements DatabaseConnection {
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
