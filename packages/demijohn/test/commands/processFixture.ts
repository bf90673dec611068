/** `npx demijohn` as a person runs it: a process of its own, in a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { TestContext } from 'node:test'

const program = join(import.meta.dirname, '../../bin/demijohn.ts')

export type Ran = {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

export type Place = {
  readonly folder: string
  readonly database: string
  readonly log: string
  readonly write: (name: string, content: string | Uint8Array) => string
  readonly run: (...words: readonly string[]) => Promise<Ran>
  readonly runWith: (environment: Environment, ...words: readonly string[]) => Promise<Ran>
  /** Starts it and hands the process over, for signals. */
  readonly start: (...words: readonly string[]) => {
    readonly child: ChildProcess
    readonly ran: Promise<Ran>
  }
  /** Rows of the database, read beside whatever runs. */
  readonly rows: (sql: string, ...values: readonly string[]) => readonly Record<string, unknown>[]
}

type Environment = Readonly<Record<string, string>>

/** An empty folder whose package.json names the project of projectFixture.ts. */
export function place(t: TestContext): Place {
  const folder = mkdtempSync(join(tmpdir(), 'demijohn-commands-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const database = join(folder, 'data/flask.db')
  const write = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content)
    return name
  }
  const project = join(import.meta.dirname, 'projectFixture.ts')
  write('package.json', JSON.stringify({ type: 'module', demijohn: { project } }))
  const begin = (environment: Environment, words: readonly string[]) => {
    const env = { PATH: process.env.PATH ?? '', ...environment }
    const child = spawn(process.execPath, [program, ...words], { cwd: folder, env })
    return { child, ran: finished(child) }
  }
  return {
    folder,
    database,
    log: `${database}.commands.log`,
    write,
    run: (...words) => begin({}, words).ran,
    runWith: (environment, ...words) => begin(environment, words).ran,
    start: (...words) => begin({}, words),
    rows: (sql, ...values) => {
      const reader = new DatabaseSync(database, { readOnly: true, timeout: 5_000 })
      try {
        return reader.prepare(sql).all(...values)
      } finally {
        reader.close()
      }
    },
  }
}

function finished(child: ChildProcess): Promise<Ran> {
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8')
    child[name]?.on('data', (text) => {
      said[name] += String(text)
    })
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, ...said }))
  })
}
