/** A queue on an empty database, and a worker's surroundings, for the tests of mail. */
import type { TestContext } from 'node:test'
import { systemRandom } from '../core/bytes.ts'
import { manualClock } from '../core/clock.ts'
import { migrate } from '../data/migrations.ts'
import { openSqlite } from '../data/sqlite.ts'
import { demijohnMigrations } from '../data/tableMigrations.ts'
import type { DemijohnTables } from '../data/tables.ts'
import { createLog } from '../watch/log.ts'
import type { MailContent } from './message.ts'
import { createMailQueue } from './queue.ts'
import type { Delivery, Letter, MailTransport, WorkerDeps } from './worker.ts'

/** 2026-01-01T00:00:00Z. */
export const start = 1_767_225_600_000
export const origin = 'https://press.example'
export const signature = 'Press'

export const content: MailContent = {
  to: 'ada@reader.example',
  subject: 'Choose a new password',
  paragraphs: ['Hello Ada,', 'somebody asked for a new password.'],
  action: { label: 'Choose it', path: '/reset/secret-of-the-link' },
  footer: 'Was it not you? Then do nothing.',
}

export async function openQueue(t: TestContext, options: { readonly path?: string } = {}) {
  const { db, close } = openSqlite<DemijohnTables>({ path: options.path ?? ':memory:' })
  t.after(close)
  const clock = manualClock(start)
  await migrate(db, [demijohnMigrations], { clock })
  const keys = [Buffer.alloc(32, 1)]
  const logLines: string[] = []
  const log = createLog({ clock, stream: { write: (line: string) => logLines.push(line) } })
  const queue = createMailQueue({ db, clock, random: systemRandom, keys, origin, signature })
  const worker = (transport: MailTransport): WorkerDeps => ({
    ...{ queue, transport, clock, log },
    random: systemRandom,
  })
  return { db, clock, keys, log, logLines, queue, worker }
}

export const accepted: Delivery = { outcome: 'accepted' }
export const later: Delivery = { outcome: 'failed', problem: 'EMESSAGE 451', isAboutThisMail: true }
export const unreachable: Delivery = {
  outcome: 'failed',
  problem: 'ESOCKET',
  isAboutThisMail: false,
}
export const refused: Delivery = { outcome: 'refused', problem: 'EENVELOPE 550' }

/** A transport that keeps what it was given, and answers as it is told. */
export function recordingTransport(answer: (letter: Letter) => Delivery | Promise<Delivery>) {
  const letters: Letter[] = []
  const state = { closed: 0 }
  const transport: MailTransport = {
    deliver: async (letter) => {
      letters.push(letter)
      return answer(letter)
    },
    close: () => {
      state.closed += 1
    },
  }
  return { ...transport, letters, state }
}
