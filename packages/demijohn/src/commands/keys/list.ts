/** Signing keys: a table for people, tab-separated lines for pipes, JSON for programs. Public parts alone. */
import { styleText } from 'node:util'
import type { SigningKeysTable } from '../../data/tokenTables.ts'
import { print, screenColumns, tolerateClosedPipe } from '../terminal/print.ts'
import { type Column, columnWidths, tableHead, tableRow } from '../terminal/table.ts'

const columns: readonly Column[] = [
  { title: 'state', mayShrink: false },
  { title: 'algorithm', mayShrink: false },
  { title: 'made', mayShrink: false },
  { title: 'key', mayShrink: true },
]

type State = 'signs' | 'will sign' | 'verifies' | 'retired'

/** The newest first, as they are read. */
function statesOf(keys: readonly SigningKeysTable[], now: number): readonly State[] {
  const isIn = ({ retiredAt }: SigningKeysTable): boolean => retiredAt === null || retiredAt > now
  const signing = keys.find((key) => isIn(key) && key.signsFrom <= now)
  return keys.map((key) => {
    if (!isIn(key)) return 'retired'
    if (key === signing) return 'signs'
    return key.signsFrom > now ? 'will sign' : 'verifies'
  })
}

export function list(
  keys: readonly SigningKeysTable[],
  { now, json }: { readonly now: number; readonly json: boolean },
): void {
  tolerateClosedPipe()
  const states = statesOf(keys, now)
  if (json) {
    print(
      JSON.stringify(
        keys.map((key, at) => shown(key, states[at] ?? 'retired')),
        null,
        2,
      ),
    )
    return
  }
  const rows = keys.map((key, at) => cellsOf(key, states[at] ?? 'retired'))
  const screen = screenColumns()
  if (screen === undefined) {
    for (const row of rows) print(row.join('\t'))
    return
  }
  if (rows.length === 0) {
    print(styleText('dim', 'No key yet: the site makes one when it starts.'))
    return
  }
  const widths = columnWidths(columns, rows, screen)
  print(tableHead(columns, widths))
  for (const [at, row] of rows.entries()) {
    const text = tableRow(row, widths)
    print(states[at] === 'signs' ? styleText('green', text) : styleText('dim', text))
  }
}

function shown(key: SigningKeysTable, state: State) {
  const { id, algorithm, createdAt, signsFrom, retiredAt } = key
  return {
    ...{ id, algorithm, state },
    createdAt: iso(createdAt),
    signsFrom: iso(signsFrom),
    retiredAt: retiredAt === null ? null : iso(retiredAt),
  }
}

function cellsOf(key: SigningKeysTable, state: State): readonly string[] {
  const { id, algorithm, createdAt, signsFrom, retiredAt } = key
  const words: Readonly<Record<State, string>> = {
    signs: 'signs',
    'will sign': `signs from ${minuteOf(signsFrom)}`,
    verifies: `verifies until ${minuteOf(retiredAt ?? signsFrom)}`,
    retired: 'retired',
  }
  return [words[state], algorithm, iso(createdAt).slice(0, 10), id]
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}

/** `2026-01-31 14:05Z`. */
function minuteOf(milliseconds: number): string {
  return `${iso(milliseconds).slice(0, 16).replace('T', ' ')}Z`
}
