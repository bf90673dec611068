/** `npx demijohn import`: people from another system, with the passwords they have there. */
import { existsSync, realpathSync } from 'node:fs'
import { styleText } from 'node:util'
import { systemClock } from '../../core/clock.ts'
import { Misconfiguration } from '../../core/misconfiguration.ts'
import { DatabaseProblem } from '../../data/problems.ts'
import { importedPasswords } from '../../defences/passwords/foreign/options.ts'
import { flaskSecuritySalts } from '../../secrets/passwordSalts.ts'
import type { Environment } from '../../secrets/settings.ts'
import type { Project } from '../../serve/application.ts'
import { type OpenDatabase, openExisting } from '../database.ts'
import { type CommandRecord, openRecord } from '../record.ts'
import { readOptions } from '../terminal/options.ts'
import { note, print, tolerateClosedPipe } from '../terminal/print.ts'
import { createProgress } from '../terminal/progress.ts'
import { lookInto, takeInto } from './batch.ts'
import { type Mark, marks } from './hash.ts'
import { importHelp } from './help.ts'
import type { Judgement } from './person.ts'
import { openReport, printSummary, type ReportFile, refusedLine } from './report.ts'
import { countRows, importPeople, type Outcome } from './run.ts'
import { openSource, type Source, unusable } from './source.ts'

type Asked = {
  readonly path: string
  readonly isDryRun: boolean
  readonly report: string | undefined
  readonly mark: Mark | undefined
}

/** 0: all taken, or there already. 1: some were not. 2: nothing could be done. 130: interrupted. */
export async function importCommand(
  findProject: () => Promise<Project>,
  words: readonly string[],
  environment: Environment,
): Promise<number> {
  const asked = readWords(words)
  if (asked === 'help') {
    process.stdout.write(importHelp())
    return 0
  }
  if (typeof asked === 'string') {
    note(`demijohn import: ${asked}\n\n  npx demijohn import --help says how it is used.`)
    return 2
  }
  try {
    return await run(await findProject(), asked, environment)
  } catch (error) {
    if (!(error instanceof Misconfiguration) && !(error instanceof DatabaseProblem)) throw error
    note(`demijohn import: ${error.message}`)
    return 2
  }
}

function readWords(words: readonly string[]): Asked | string {
  const read = readOptions(words, {
    'dry-run': { type: 'boolean' },
    report: { type: 'string' },
    hashes: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  })
  if (typeof read === 'string') return read
  const { values, positionals } = read
  if (values.help === true) return 'help'
  const [path, ...more] = positionals
  if (path === undefined || more.length > 0) return 'name one file, .csv or .json'
  const mark = marks.find((known) => known === values.hashes)
  if (values.hashes !== undefined && mark === undefined) {
    return `--hashes is one of ${marks.join(', ')}; leave it out for every other system`
  }
  return { path, isDryRun: values['dry-run'] === true, report: values.report, mark }
}

async function run(project: Project, asked: Asked, environment: Environment): Promise<number> {
  tolerateClosedPipe()
  const salts = flaskSecuritySalts(environment)
  const imported = importedPasswords({ flaskSecuritySalts: salts })
  const source = await openSource(asked.path)
  try {
    refuseSameFile(asked)
    const rows = await countRows(source)
    if (rows === 0) throw unusable(asked.path, 'has no rows')
    const database = await openExisting(project, environment)
    try {
      const judgement = {
        roles: project.roles.names,
        imported,
        mark: asked.mark,
        now: systemClock.now(),
      }
      return await write(asked, { source, rows, database, judgement })
    } finally {
      await database.close()
    }
  } finally {
    await source.handle.close()
  }
}

/** The report would be written over what is being read. */
function refuseSameFile({ path, report }: Asked): void {
  if (report === undefined || !existsSync(report)) return
  if (realpathSync(report) !== realpathSync(path)) return
  throw unusable(report, 'is the file to import; name another behind --report')
}

type Ready = {
  readonly source: Source
  readonly rows: number
  readonly database: OpenDatabase
  readonly judgement: Judgement
}

async function write(asked: Asked, ready: Ready): Promise<number> {
  const { db, path } = ready.database
  const record = asked.isDryRun ? undefined : openRecord(path)
  const report = asked.report === undefined ? undefined : openReport(asked.report)
  const interruption = listen()
  try {
    const outcome = await importPeople(ready.source, {
      ...ready,
      take: record === undefined ? lookInto(db) : takeInto(db, record),
      found: showing(ready.rows, report),
      isInterrupted: interruption.isAsked,
    })
    const { roles: _, hashes: __, stopped: ___, ...counts } = outcome
    report?.finish({ file: asked.path, dryRun: asked.isDryRun, ...counts })
    return conclude(asked, outcome, record)
  } finally {
    interruption.stop()
    record?.close()
  }
}

function showing(rows: number, report: ReportFile | undefined) {
  const progress = createProgress(rows, 'rows')
  return {
    refused: (row: number, problem: Parameters<typeof refusedLine>[1]) => {
      progress.clear()
      print(refusedLine(row, problem))
      report?.refused(row, problem)
    },
    alreadyThere: () => undefined,
    progress: (done: number) => {
      progress.at(done)
      if (done === rows) progress.clear()
    },
    clear: progress.clear,
  }
}

/** The first Ctrl+C lets the batch end; a second one does not wait. */
function listen() {
  let asked = false
  const interrupt = (): void => {
    if (asked) process.exit(130)
    asked = true
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt)
  return {
    isAsked: () => asked,
    stop: () => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt)
    },
  }
}

function conclude(asked: Asked, outcome: Outcome, record: CommandRecord | undefined): number {
  printSummary(asked.path, outcome, asked.isDryRun)
  const { stopped, refused, taken, hashes } = outcome
  if (typeof stopped === 'object') {
    const { because } = stopped
    if (!(because instanceof Misconfiguration) && !(because instanceof DatabaseProblem))
      throw because
    note(`demijohn import: ${because.message}\nWhat was taken stays. Run it again for the rest.`)
    return taken > 0 ? 1 : 2
  }
  print('')
  if (stopped === 'interrupted') {
    print('Interrupted. What was taken stays; run it again, and nobody is there twice.')
    return 130
  }
  if (asked.isDryRun) print('Nothing was written. Leave --dry-run out to take them.')
  else if (record !== undefined && taken > 0) print(styleText('dim', `Logged in ${record.path}`))
  if ((hashes.get('none') ?? 0) > 0 && !asked.isDryRun) {
    print('Who has no password gets a link: npx demijohn people reset-link ADDRESS')
  }
  return refused > 0 ? 1 : 0
}
