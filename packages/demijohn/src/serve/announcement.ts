/** What a start says to the person at the terminal. */
import { styleText } from 'node:util'
import type { SeededAccount } from './application.ts'
import type { Listening } from './listen.ts'
import type { RunSettings } from './settings.ts'

export function announcement(facts: {
  readonly name: string
  readonly settings: RunSettings
  readonly listening: Listening
  readonly seeded: readonly SeededAccount[]
  readonly setupSecret: string | undefined
  /** Whether the project sends mail, which in development is shown instead. */
  readonly sendsMail: boolean
}): string {
  const { name, settings, listening, seeded, setupSecret, sendsMail } = facts
  const address =
    settings.mode === 'production'
      ? `${settings.origin} (listening at ${listening.address.address}:${listening.address.port})`
      : `http://localhost:${listening.address.port}`
  const lines = [
    '',
    `  ${styleText('bold', name)} is at ${styleText(['green', 'underline'], address)}`,
  ]
  if (settings.mode === 'development') {
    lines.push(`  ${styleText('dim', 'Development mode: this machine only. Ctrl+C stops it.')}`)
  }
  if (settings.mode === 'development' && sendsMail) {
    lines.push(`  ${styleText('dim', `No mail is sent; it is shown at ${address}/dev/outbox`)}`)
  }
  if (seeded.length > 0) lines.push('', ...seededTable(seeded))
  if (setupSecret !== undefined) {
    lines.push(
      '',
      '  There is no administrator yet. Open this once, within a day, to become it:',
      `  ${styleText('bold', `${settings.origin}/setup/${setupSecret}`)}`,
    )
  }
  return `${lines.join('\n')}\n\n`
}

function seededTable(seeded: readonly SeededAccount[]): readonly string[] {
  const widthOf = (key: 'role' | 'email') => Math.max(...seeded.map((one) => one[key].length))
  const role = widthOf('role')
  const email = widthOf('email')
  return [
    `  ${styleText('dim', 'An example site is set up. Sign in as one of these; the passwords are shown this once:')}`,
    ...seeded.map(
      (one) =>
        `  ${styleText('bold', one.role.padEnd(role))}  ${one.email.padEnd(email)}  ${styleText('yellow', one.password)}`,
    ),
  ]
}
