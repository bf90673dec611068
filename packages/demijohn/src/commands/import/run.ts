/**
 * An import from beginning to end. The file is read twice: first to find out whether it can be read
 * to its end and how long it is, so that nothing is written of a file that breaks off halfway; then
 * row by row.
 */
import { setImmediate } from 'node:timers/promises'
import { batchRows, type TakeBatch } from './batch.ts'
import { isProblems, type RowProblem } from './columns.ts'
import { type Entry, readEntries } from './entries.ts'
import { isUnfit, type Judgement, type Person, readPerson } from './person.ts'
import type { Source } from './source.ts'

export type Found = {
  /** Called for each reason, in the order of the file. */
  readonly refused: (row: number, problem: RowProblem) => void
  readonly alreadyThere: (row: number) => void
  /** After each batch: how many rows have been dealt with. */
  readonly progress: (rows: number) => void
}

export type Outcome = {
  readonly rows: number
  taken: number
  alreadyThere: number
  refused: number
  /** Of those taken, by role and by the format of the hash. */
  readonly roles: Map<string, number>
  readonly hashes: Map<string, number>
  /** What ended it early, of which the rest of the file is still to be taken. */
  stopped: 'not' | 'interrupted' | { readonly because: unknown }
}

/** How many rows the file has. Throws Misconfiguration where it cannot be read to its end. */
export async function countRows(source: Source): Promise<number> {
  let rows = 0
  for await (const entries of readEntries(source)) rows += entries.length
  return rows
}

type Waiting = Person & { readonly row: number }

type How = {
  readonly rows: number
  readonly judgement: Judgement
  readonly take: TakeBatch
  readonly found: Found
  /** Asked between batches. */
  readonly isInterrupted: () => boolean
}

/** Never throws for what happens after the first row: the outcome says how far it came. */
export async function importPeople(source: Source, how: How): Promise<Outcome> {
  const outcome = newOutcome(how.rows)
  /** Addresses of the file, by key, with the row that had them first. */
  const seen = new Map<string, number>()
  try {
    for await (const batch of batches(source)) {
      // Signals are heard only when the loop of events has its turn.
      await setImmediate()
      if (how.isInterrupted()) {
        outcome.stopped = 'interrupted'
        break
      }
      await takeOne(batch, how, { outcome, seen })
      how.found.progress(outcome.taken + outcome.alreadyThere + outcome.refused)
    }
  } catch (because) {
    outcome.stopped = { because }
  }
  return outcome
}

function newOutcome(rows: number): Outcome {
  const counts = { taken: 0, alreadyThere: 0, refused: 0 }
  return { rows, ...counts, roles: new Map(), hashes: new Map(), stopped: 'not' }
}

async function* batches(source: Source): AsyncGenerator<readonly Entry[]> {
  for await (const entries of readEntries(source)) {
    for (let from = 0; from < entries.length; from += batchRows) {
      yield entries.slice(from, from + batchRows)
    }
  }
}

type State = { readonly outcome: Outcome; readonly seen: Map<string, number> }

async function takeOne(batch: readonly Entry[], how: How, state: State): Promise<void> {
  const { found, take } = how
  const { outcome } = state
  const waiting: Waiting[] = []
  for (const entry of batch) {
    const person = judge(entry, how.judgement, state.seen)
    if (!isUnfit(person)) waiting.push({ ...person, row: entry.row })
    else {
      outcome.refused += 1
      for (const problem of person) found.refused(entry.row, problem)
    }
  }
  if (waiting.length === 0) return
  const taken = await take(waiting.map(({ account }) => account))
  for (const person of waiting) count(person, taken.has(person.account.emailKey), how, outcome)
}

function judge(
  { row, cells }: Entry,
  judgement: Judgement,
  seen: Map<string, number>,
): Person | readonly RowProblem[] {
  if (isProblems(cells)) return cells
  const person = readPerson(cells, judgement)
  if (isUnfit(person)) return person
  const { emailKey } = person.account
  const first = seen.get(emailKey)
  if (first !== undefined) {
    return [{ column: 'email', reason: `This address stands in row ${first} already.` }]
  }
  seen.set(emailKey, row)
  return person
}

function count(person: Waiting, isTaken: boolean, { found }: How, outcome: Outcome): void {
  if (!isTaken) {
    outcome.alreadyThere += 1
    found.alreadyThere(person.row)
    return
  }
  outcome.taken += 1
  raise(outcome.roles, person.account.role)
  raise(outcome.hashes, person.hashFormat)
}

function raise(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}
