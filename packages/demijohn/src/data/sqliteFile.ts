import { accessSync, closeSync, constants, fstatSync, mkdirSync, openSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { asDatabaseProblem, DatabaseProblem, isBusy } from './problems.ts'
import { SqliteEngine } from './sqliteEngine.ts'

/**
 * Opens the file behind a database: readable by its owner alone from its first byte (ASVS 13.3.2
 * in spirit: it holds password hashes and sessions), checked, and durable.
 *
 * The write-ahead log and its index take the mode of the file. An existing file keeps its mode.
 */

export type SqliteConnections = {
  readonly writer: SqliteEngine
  /** Undefined in memory, where a second connection would see a database of its own. */
  readonly reader: SqliteEngine | undefined
}

/** https://sqlite.org/pragma.html */
const everyConnection = ['pragma trusted_schema = off', 'pragma cell_size_check = on']

const writerOfFile = [
  'pragma journal_mode = wal',
  // In WAL the default is NORMAL elsewhere, which may lose acknowledged commits on power failure.
  'pragma synchronous = full',
  // macOS answers fsync before the medium does; without effect on other systems.
  'pragma fullfsync = on',
  // The log is cut back to this after a checkpoint, instead of staying at its largest for ever.
  'pragma journal_size_limit = 67108864',
]

export function openConnections(path: string): SqliteConnections {
  if (path === ':memory:') {
    const writer = new SqliteEngine(path, { readOnly: false })
    writer.configure(everyConnection)
    return { writer, reader: undefined }
  }
  // Absolute, so that a name such as `file:…?mode=…` is never taken for a URI.
  const file = resolve(path)
  const bytes = prepareFile(file)
  return connect(file, bytes)
}

function connect(file: string, bytes: number): SqliteConnections {
  const opened: SqliteEngine[] = []
  try {
    const writer = new SqliteEngine(file, { readOnly: false })
    opened.push(writer)
    whileBusy(() => writer.configure([...everyConnection, ...writerOfFile]))
    whileBusy(() => writer.check(bytes))
    const reader = new SqliteEngine(file, { readOnly: true })
    opened.push(reader)
    reader.configure(everyConnection)
    return { writer, reader }
  } catch (error) {
    for (const engine of opened) engine.close()
    throw asDatabaseProblem(error, file)
  }
}

const openWaitMilliseconds = 2000

/** At start the thread may stand still: two processes can meet in making a file a WAL database. */
function whileBusy(attempt: () => void): void {
  const until = performance.now() + openWaitMilliseconds
  const nobody = new Int32Array(new SharedArrayBuffer(4))
  for (;;) {
    try {
      attempt()
      return
    } catch (error) {
      if (!isBusy(error) || performance.now() > until) throw error
    }
    Atomics.wait(nobody, 0, 0, 10)
  }
}

/** Makes folder (0700) and file (0600) where they are missing. Returns the file's size. */
function prepareFile(file: string): number {
  const folder = dirname(file)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    // The log and its index are made beside the file.
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new DatabaseProblem(
      'unwritable',
      `The folder ${folder} of the database cannot be made or written. Give it to the user that runs this process, or choose another path.`,
      cause,
    )
  }
  const descriptor = openOrCreate(file)
  try {
    const status = fstatSync(descriptor)
    if (status.isFile()) return status.size
    throw notAFile(file)
  } finally {
    closeSync(descriptor)
  }
}

function openOrCreate(file: string): number {
  try {
    // Not blocking: opening a named pipe would otherwise wait for its other end.
    return openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK, 0o600)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EISDIR') {
      throw notAFile(file, cause)
    }
    throw new DatabaseProblem(
      'unwritable',
      `The database ${file} cannot be written. Give it to the user that runs this process, or choose another path.`,
      cause,
    )
  }
}

function notAFile(file: string, cause?: unknown): DatabaseProblem {
  return new DatabaseProblem(
    'not-a-file',
    `${file} is not a plain file, so it cannot be the database. Choose another path.`,
    cause,
  )
}
