/** Who is kept out: a table for people, tab-separated lines for pipes, JSON for programs. */
import { styleText } from 'node:util'
import type { Ban } from '../../defences/sentinel/bans.ts'
import { print, screenColumns, tolerateClosedPipe } from '../terminal/print.ts'
import { type Column, columnWidths, tableHead, tableRow } from '../terminal/table.ts'
import { printable } from '../terminal/width.ts'

const columns: readonly Column[] = [
  { title: 'client', mayShrink: false },
  { title: 'until (UTC)', mayShrink: false },
  { title: 'before', mayShrink: false },
  { title: 'because of', mayShrink: true },
]

export function showBans(bans: readonly Ban[], how: { readonly json: boolean }): void {
  tolerateClosedPipe()
  const screen = screenColumns()
  if (how.json) print(JSON.stringify(bans.map(asJson), null, 2))
  else if (screen !== undefined) showTable(bans.map(cellsOf), screen)
  else for (const row of bans.map(cellsOf)) print(row.join('\t'))
}

function showTable(rows: readonly (readonly string[])[], screen: number): void {
  if (rows.length === 0) {
    print(styleText('dim', 'Nobody is kept out.'))
    return
  }
  const widths = columnWidths(columns, rows, screen)
  print(tableHead(columns, widths))
  for (const row of rows) print(tableRow(row, widths))
  const said = rows.length === 1 ? '1 client is kept out' : `${rows.length} clients are kept out`
  print(styleText('dim', `\n${said}`))
}

function cellsOf({ client, until, earlier, evidence }: Ban): readonly string[] {
  const { detector, threat, counts } = evidence
  const name = threat === '' ? detector : `${detector} (${threat})`
  const counted = Object.entries(counts).map(([what, count]) => `${what} ${count}`)
  const reason = [name, ...counted].join(', ')
  const end = new Date(until).toISOString().slice(0, 16).replace('T', ' ')
  return [printable(client), end, String(earlier), printable(reason)]
}

/** Moments are ISO 8601. */
function asJson({ from, until, ...ban }: Ban) {
  return { ...ban, from: new Date(from).toISOString(), until: new Date(until).toISOString() }
}
