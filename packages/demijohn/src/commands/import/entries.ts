/** Either format as one row after the other: its number, and its cells or what is wrong with it. */
import { Misconfiguration } from '../../core/misconfiguration.ts'
import {
  type Cells,
  type ColumnName,
  cellsOfObject,
  cellsOfRecord,
  type RowProblem,
  readHeader,
} from './columns.ts'
import { csvReader } from './csv.ts'
import { jsonReader } from './json.ts'
import { readRows, type Source, unusable } from './source.ts'

export type Entry = {
  /** As a spreadsheet counts: the header of CSV is row 1. An element of JSON counts from 1. */
  readonly row: number
  readonly cells: Cells | readonly RowProblem[]
}

/** With the addresses seen, this is what bounds the memory: about 200 bytes a row. */
export const maxRows = 500_000

/** The entries of a file, a piece of it at a time. Throws Misconfiguration as `readRows` does. */
export async function* readEntries(source: Source): AsyncGenerator<readonly Entry[]> {
  let count = 0
  for await (const entries of source.format === 'csv' ? ofCsv(source) : ofJson(source)) {
    count += entries.length
    if (count > maxRows) throw unusable(source.path, `has more than ${maxRows} rows: split it`)
    yield entries
  }
}

async function* ofCsv(source: Source): AsyncGenerator<readonly Entry[]> {
  let columns: readonly ColumnName[] | undefined
  let row = 0
  for await (const records of readRows(source, csvReader())) {
    const entries: Entry[] = []
    for (const record of records) {
      row += 1
      if (columns === undefined) columns = headerOf(source, record)
      // An empty line, such as editors leave at the end, says nothing that could be misread.
      else if (record.length > 1 || record[0] !== '') {
        entries.push({ row, cells: cellsOfRecord(record, columns) })
      }
    }
    yield entries
  }
  if (columns === undefined) throw unusable(source.path, 'is empty')
}

function headerOf({ path }: Source, record: readonly string[]): readonly ColumnName[] {
  const header = readHeader(record)
  if ('columns' in header) return header.columns
  throw new Misconfiguration(header.problems.map((problem) => `the header of ${path} ${problem}`))
}

async function* ofJson(source: Source): AsyncGenerator<readonly Entry[]> {
  let row = 0
  for await (const objects of readRows(source, jsonReader())) {
    yield objects.map((object) => {
      row += 1
      return { row, cells: cellsOfObject(object) }
    })
  }
}
