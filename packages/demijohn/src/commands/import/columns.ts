/** The columns of a file of people, and a row of either format as cells of text. */
import type { JsonRow } from './json.ts'

export const columnNames = [
  'email',
  'name',
  'role',
  'passwordHash',
  'suspended',
  'createdAt',
  'emailVerified',
] as const

export type ColumnName = (typeof columnNames)[number]

const required: readonly ColumnName[] = ['email', 'name', 'role']
const flags: ReadonlySet<ColumnName> = new Set(['suspended', 'emailVerified'])

/** What is empty or not there is absent. */
export type Cells = Readonly<Partial<Record<ColumnName, string>>>

/** Why a row is not taken. `column` is empty where it is about the whole row. */
export type RowProblem = { readonly column: string; readonly reason: string }

export function isColumnName(name: string): name is ColumnName {
  return columnNames.some((known) => known === name)
}

/** The columns that a header names, or everything that is wrong with it. */
export function readHeader(
  header: readonly string[],
): { readonly columns: readonly ColumnName[] } | { readonly problems: readonly string[] } {
  const columns = header.filter(isColumnName)
  const problems = header.flatMap((name, at) => {
    if (header.indexOf(name) !== at) return [`names the column ${shown(name)} twice: keep one`]
    return isColumnName(name) ? [] : [unknownColumn(name, header.length)]
  })
  const missing = required.filter((name) => !columns.includes(name))
  if (missing.length > 0) problems.push(`lacks the column ${missing.join(', ')}: add it`)
  return problems.length === 0 ? { columns } : { problems }
}

function unknownColumn(name: string, count: number): string {
  if (count === 1 && /[;\t]/.test(name)) {
    return 'has columns that are not separated by commas: export it with commas'
  }
  const meant = columnNames.find((known) => known.toLowerCase() === name.trim().toLowerCase())
  if (meant !== undefined) return `names a column ${shown(name)}: write ${meant}`
  return `names a column ${shown(name)}, which is none of ${columnNames.join(', ')}: take it out`
}

/** A record of CSV under its header. */
export function cellsOfRecord(
  record: readonly string[],
  columns: readonly ColumnName[],
): Cells | readonly RowProblem[] {
  if (record.length !== columns.length) {
    return [{ column: '', reason: `has ${record.length} fields and not ${columns.length}` }]
  }
  return Object.fromEntries(
    columns.flatMap((name, at) => (record[at] === '' ? [] : [[name, record[at]]])),
  )
}

/** An object of JSON: text everywhere, true and false for flags, null for what is not there. */
export function cellsOfObject(object: JsonRow): Cells | readonly RowProblem[] {
  const problems: RowProblem[] = []
  const cells: [string, string][] = []
  for (const [name, value] of Object.entries(object)) {
    if (!isColumnName(name))
      problems.push({ column: shown(name), reason: 'is not known: remove it' })
    else if (typeof value === 'string') cells.push([name, value])
    else if (typeof value === 'boolean' && flags.has(name)) cells.push([name, String(value)])
    else if (value !== null) problems.push({ column: name, reason: 'has to be text' })
  }
  return problems.length > 0
    ? problems
    : Object.fromEntries(cells.filter(([, text]) => text !== ''))
}

export function isProblems(read: Cells | readonly RowProblem[]): read is readonly RowProblem[] {
  return Array.isArray(read)
}

/** A name from the file, printable and cut to 40 characters. */
function shown(name: string): string {
  return JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name)
}
