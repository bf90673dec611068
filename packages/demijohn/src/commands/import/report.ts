/** What an import found: lines as it goes, a summary, and a file for programs. No hash in any. */
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { styleText } from 'node:util'
import { print } from '../terminal/print.ts'
import type { RowProblem } from './columns.ts'
import type { Outcome } from './run.ts'
import { unusable } from './source.ts'

/** `row 17  passwordHash  reason`, by the column that a person looks for in the file. */
export function refusedLine(row: number, { column, reason }: RowProblem): string {
  const where = column === '' ? '' : `${column}  `
  return `${styleText('yellow', `row ${row}`)}  ${styleText('bold', where)}${reason}`
}

export type ReportFile = {
  readonly refused: (row: number, problem: RowProblem) => void
  readonly finish: (summary: Readonly<Record<string, string | number | boolean>>) => void
}

/** JSON, written as the import goes, readable by its owner alone. */
export function openReport(path: string): ReportFile {
  const descriptor = openToWrite(path)
  let isFirst = true
  writeFileSync(descriptor, '{"refused":[')
  return {
    refused: (row, problem) => {
      writeFileSync(descriptor, `${isFirst ? '' : ','}\n${JSON.stringify({ row, ...problem })}`)
      isFirst = false
    },
    finish: (summary) => {
      writeFileSync(descriptor, `\n],"summary":${JSON.stringify(summary)}}\n`)
      closeSync(descriptor)
    },
  }
}

function openToWrite(path: string): number {
  try {
    return openSync(path, 'w', 0o600)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw unusable(path, `cannot be written (${code}); name another file behind --report`)
  }
}

const number = new Intl.NumberFormat('en')

export function printSummary(path: string, outcome: Outcome, isDryRun: boolean): void {
  const { rows, taken, alreadyThere, refused } = outcome
  const left = rows - taken - alreadyThere - refused
  const line = (title: string, count: number, note: string, style: 'green' | 'yellow' | 'dim') => {
    if (count === 0 && style !== 'green') return
    const text = `  ${title.padEnd(15)}${number.format(count).padStart(9)}`
    print(styleText(style, text) + (note === '' ? '' : `  ${styleText('dim', note)}`))
  }
  print('')
  print(`${styleText('bold', path)}: ${number.format(rows)} rows${isDryRun ? ', a dry run' : ''}`)
  line(isDryRun ? 'would be taken' : 'taken', taken, shares(outcome.roles), 'green')
  line('already there', alreadyThere, 'left as they are', 'dim')
  line('refused', refused, 'named above, by row', 'yellow')
  line('not reached', left, 'run it again for these', 'yellow')
  if (taken > 0) print(`  ${styleText('dim', `passwords: ${shares(outcome.hashes)}`)}`)
}

function shares(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].sort(([, a], [, b]) => b - a)
  return sorted.map(([name, count]) => `${name} ${number.format(count)}`).join(' · ')
}
