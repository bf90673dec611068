/** Who is here: a table for people, tab-separated lines for pipes, JSON for programs. */
import { styleText } from 'node:util'
import type { Kysely } from 'kysely'
import type { DemijohnTables } from '../../data/tables.ts'
import { print, screenColumns, tolerateClosedPipe } from '../terminal/print.ts'
import { type Column, columnWidths, tableHead, tableRow } from '../terminal/table.ts'
import { printable } from '../terminal/width.ts'

export type Wanted = {
  /** Part of a name or an address, in any case. */
  readonly search: string | undefined
  readonly role: string | undefined
  readonly state: 'active' | 'suspended' | undefined
  readonly json: boolean
}

const columns: readonly Column[] = [
  { title: 'address', mayShrink: true },
  { title: 'name', mayShrink: true },
  { title: 'role', mayShrink: false },
  { title: 'state', mayShrink: false },
  { title: 'since', mayShrink: false },
]

/** What is in memory at once, however many people there are. */
const pageRows = 500

export async function list(db: Kysely<DemijohnTables>, wanted: Wanted): Promise<void> {
  tolerateClosedPipe()
  const screen = screenColumns()
  const write = wanted.json ? jsonWriter() : screen === undefined ? tabWriter : tableWriter(screen)
  let page = await readPage(db, wanted, undefined)
  while (page.length > 0) {
    write.rows(page.filter((row) => isFound(row, wanted.search)))
    page = page.length < pageRows ? [] : await readPage(db, wanted, page.at(-1))
  }
  write.end()
}

type Row = Awaited<ReturnType<typeof readPage>>[number]

/** In the order of addresses; a page begins behind the last row of the one before. */
function readPage(
  db: Kysely<DemijohnTables>,
  { role, state }: Wanted,
  after: { readonly emailKey: string } | undefined,
) {
  let query = db
    .selectFrom('demijohn_accounts')
    .select(['id', 'email', 'emailKey', 'name', 'role', 'suspendedAt', 'createdAt'])
    .orderBy('emailKey')
    .limit(pageRows)
  if (after !== undefined) query = query.where('emailKey', '>', after.emailKey)
  if (role !== undefined) query = query.where('role', '=', role)
  if (state !== undefined) {
    query = query.where('suspendedAt', state === 'active' ? 'is' : 'is not', null)
  }
  return query.execute()
}

/** Here and not in SQL, whose lower case is that of ASCII alone. */
function isFound({ name, emailKey }: Row, search: string | undefined): boolean {
  if (search === undefined) return true
  const part = search.normalize('NFKC').toLowerCase()
  return emailKey.includes(part) || name.normalize('NFKC').toLowerCase().includes(part)
}

type Writer = { readonly rows: (rows: readonly Row[]) => void; readonly end: () => void }

function cellsOf({ email, name, role, suspendedAt, createdAt }: Row): readonly string[] {
  const since = new Date(createdAt).toISOString().slice(0, 10)
  const state = suspendedAt === null ? 'active' : 'suspended'
  return [printable(email), printable(name), printable(role), state, since]
}

/** Without a head, for `cut` and its like; `--help` names the columns. */
const tabWriter: Writer = {
  rows: (rows) => {
    for (const row of rows) print(cellsOf(row).join('\t'))
  },
  end: () => undefined,
}

/** As wide as the first people who are found need. */
function tableWriter(screen: number): Writer {
  let widths: readonly number[] | undefined
  let count = 0
  return {
    rows: (rows) => {
      const cells = rows.map(cellsOf)
      if (cells.length > 0 && widths === undefined) {
        widths = columnWidths(columns, cells, screen)
        print(tableHead(columns, widths))
      }
      for (const line of cells) {
        const text = tableRow(line, widths ?? [])
        print(line[3] === 'active' ? text : styleText('yellow', text))
      }
      count += cells.length
    },
    end: () => {
      const said = count === 0 ? 'Nobody is found.' : count === 1 ? '1 person' : `${count} people`
      print(styleText('dim', count === 0 ? said : `\n${said}`))
    },
  }
}

/** An array, an object a line. Moments are ISO 8601. */
function jsonWriter(): Writer {
  let between = '[\n'
  return {
    rows: (rows) => {
      for (const { emailKey: _, suspendedAt, createdAt, ...row } of rows) {
        const times = { suspendedAt: isoOrNull(suspendedAt), createdAt: isoOrNull(createdAt) }
        process.stdout.write(`${between}${JSON.stringify({ ...row, ...times })}`)
        between = ',\n'
      }
    },
    end: () => print(between === '[\n' ? '[]' : '\n]'),
  }
}

function isoOrNull(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString()
}
