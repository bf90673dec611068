/**
 * What can be wrong with a database as a whole, told apart from what is wrong with one statement.
 *
 * A `DatabaseProblem` is one line and a remedy, fit for a person at a terminal; it never holds a
 * parameter or a row. Errors of a statement (a constraint, a syntax error) pass through as the
 * engine made them, because their text names tables and columns alone.
 */

export type DatabaseProblemCode =
  /** The file, its folder or the medium cannot be written. */
  | 'unwritable'
  /** There is a folder, or something else that is not a plain file, where the database should be. */
  | 'not-a-file'
  /** The file is not an SQLite database, or its content contradicts itself. */
  | 'damaged'
  /** Another process, or a transaction in this one, kept the database for too long. */
  | 'locked'
  /** No room is left on the medium. */
  | 'full'
  /** The engine rolled the transaction back by itself; nothing of it was kept. */
  | 'transaction-lost'

export class DatabaseProblem extends Error {
  override readonly name = 'DatabaseProblem'
  readonly code: DatabaseProblemCode

  constructor(code: DatabaseProblemCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }
}

/** SQLITE_CONSTRAINT_UNIQUE, _PRIMARYKEY and _ROWID: https://sqlite.org/rescode.html */
const sqliteUnique: ReadonlySet<unknown> = new Set([2067, 1555, 2579])

/**
 * True where a statement was refused because its value exists already in a unique column, whichever
 * database said so: SQLite by its extended result code, PostgreSQL by SQLSTATE 23505.
 */
export function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('errcode' in error && sqliteUnique.has(error.errcode)) return true
  return 'code' in error && error.code === '23505'
}

/** The primary SQLite result code: the low byte of the extended one. Undefined for other errors. */
export function sqliteResultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined
}

/** SQLITE_BUSY: somebody else holds the lock; the statement did nothing and may be tried again. */
export function isBusy(error: unknown): boolean {
  return sqliteResultCode(error) === 5
}

/** Turns an error of the engine about the whole database into a `DatabaseProblem`; else as it is. */
export function asDatabaseProblem(error: unknown, where: string): unknown {
  switch (sqliteResultCode(error)) {
    case 5:
      return new DatabaseProblem(
        'locked',
        `The database ${where} is in use by another process. Stop that process, or try again.`,
        error,
      )
    case 8: // READONLY
    case 10: // IOERR
    case 14: // CANTOPEN
      return new DatabaseProblem(
        'unwritable',
        `The database ${where} cannot be read or written. Check the owner and the mode of the file and of its folder, and the medium.`,
        error,
      )
    case 11: // CORRUPT
    case 26: // NOTADB
      return damaged(where, error)
    case 13:
      return new DatabaseProblem(
        'full',
        `There is no room left for the database ${where}. Free some space and try again.`,
        error,
      )
    default:
      return error
  }
}

export function damaged(where: string, cause?: unknown): DatabaseProblem {
  return new DatabaseProblem(
    'damaged',
    `The file ${where} is damaged or not a database. Move it aside and restore a backup, or start with a new file.`,
    cause,
  )
}
