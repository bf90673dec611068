/** What this program holds: in a file that nobody else may read. */
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { Problem } from './api.ts'

export type Session = {
  readonly site: string
  readonly accessToken: string
  readonly refreshToken: string
  /** UTC milliseconds. */
  readonly expiresAt: number
}

const file = process.env.PRESS_SESSION ?? join(homedir(), '.config/press/session.json')

export function readSession(): Session {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    throw new Problem({ title: 'Nobody is signed in', detail: 'Run: press login' })
  }
}

export function writeSession(session: Session): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(file, JSON.stringify(session), { mode: 0o600 })
  // The mode above is for a new file alone.
  chmodSync(file, 0o600)
}

export function forgetSession(): void {
  rmSync(file, { force: true })
}
