/**
 * The file that people come from, as pieces of text, as often as it is asked for.
 *
 * Stops a file in another encoding from turning names into other names: UTF-8 alone is taken, with
 * or without a mark at its beginning, and UTF-16 and Windows-1252 are told apart for the remedy.
 */
import { type FileHandle, open } from 'node:fs/promises'
import { Misconfiguration } from '../../core/misconfiguration.ts'
import { isBroken, type RowReader } from './rows.ts'

/** With one row and one batch, what is in memory of a file. */
const pieceBytes = 64 * 1024

export type Source = {
  readonly path: string
  readonly format: 'csv' | 'json'
  readonly handle: FileHandle
}

/** Opens it. Throws Misconfiguration for what is no plain file called .csv or .json. */
export async function openSource(path: string): Promise<Source> {
  const format = /\.csv$/i.test(path) ? 'csv' : /\.json$/i.test(path) ? 'json' : undefined
  if (format === undefined) throw unusable(path, 'has to be called .csv or .json')
  const handle = await openFile(path)
  const status = await handle.stat()
  if (status.isFile()) return { path, format, handle }
  await handle.close()
  throw unusable(path, 'is not a plain file, and it is read twice: save it as one first')
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw unusable(path, `cannot be opened (${code}); check the path and who may read it`)
  }
}

/** Rows from the beginning of the file. Throws Misconfiguration where it stops being readable. */
export async function* readRows<Row>(
  source: Source,
  reader: RowReader<Row>,
): AsyncGenerator<readonly Row[]> {
  for await (const text of readTexts(source)) yield whole(source, reader.push(text))
  yield whole(source, reader.end())
}

function whole<Row>({ path }: Source, result: ReturnType<RowReader<Row>['push']>): readonly Row[] {
  if (isBroken(result)) throw unusable(path, `cannot be read: row ${result.row} ${result.broken}`)
  return result
}

async function* readTexts({ path, handle }: Source): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const bytes = Buffer.alloc(pieceBytes)
  let position = 0
  for (;;) {
    const { bytesRead } = await handle.read(bytes, 0, pieceBytes, position)
    const piece = bytes.subarray(0, bytesRead)
    if (position === 0 && isUtf16(piece)) throw unusable(path, `is UTF-16. ${saveAsUtf8}`)
    position += bytesRead
    try {
      yield decoder.decode(piece, { stream: bytesRead > 0 })
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
      throw unusable(path, `is not UTF-8; Windows-1252, perhaps. ${saveAsUtf8}`)
    }
    if (bytesRead === 0) return
  }
}

const saveAsUtf8 =
  'Save it as UTF-8: in Excel "CSV UTF-8", elsewhere iconv -f WINDOWS-1252 -t UTF-8 (or -f UTF-16)'

/** A byte order mark, or the zero byte that half of every ASCII letter is in UTF-16. */
function isUtf16(piece: Buffer): boolean {
  const [first, second] = piece
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true
  return piece.subarray(0, 64).includes(0)
}

export function unusable(path: string, problem: string): Misconfiguration {
  return new Misconfiguration([`${path} ${problem}`])
}
