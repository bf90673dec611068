/** A site with mail, started as people start it. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'
import { systemRandom } from '../../src/core/bytes.ts'
import { systemClock } from '../../src/core/clock.ts'
import { migrate } from '../../src/data/migrations.ts'
import { openSqlite } from '../../src/data/sqlite.ts'
import type { DemijohnTables } from '../../src/data/tables.ts'
import { createMailQueue } from '../../src/mail/queue.ts'
import { content } from '../../src/mail/queueFixture.ts'
import { parseKeyring } from '../../src/secrets/keyring.ts'
import { migrationSets } from '../../src/serve/application.ts'
import { noteProject } from '../../src/testing/projectFixture.ts'
import { openServer, partsOf } from './smtpFixture.ts'

const program = join(import.meta.dirname, 'programFixture.ts')

function databaseFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'demijohn-mail-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'notes.db')
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  assert.ok(typeof address === 'object' && address !== null)
  return address.port
}

function run(t: TestContext, env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [program], { env })
  t.after(() => child.kill('SIGKILL'))
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => {
      said += String(chunk)
    })
  }
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  return { child, ended, said: () => stripVTControlCharacters(said) }
}

async function until(isTrue: () => boolean, say: () => string): Promise<void> {
  for (let count = 0; count < 1500 && !isTrue(); count += 1) await pause(20)
  assert.ok(isTrue(), say())
}

test('start: production sends what waited from before, and ends in order', async (t) => {
  const { port, received } = await openServer(t)
  const path = databaseFor(t)
  const { db, close } = openSqlite<DemijohnTables>({ path })
  const { project } = noteProject()
  await migrate(db, migrationSets(project), { clock: systemClock })
  const KEYS = randomBytes(32).toString('base64url')
  const ORIGIN = 'https://notes.example'
  const keys = parseKeyring(KEYS).subkeys('mail')
  const deps = { db, clock: systemClock, random: systemRandom, keys, origin: ORIGIN }
  await createMailQueue({ ...deps, signature: 'Notes' }).send(content)
  await close()
  const { child, ended, said } = run(t, {
    ...{ NODE_ENV: 'production', PORT: String(await freePort()), DATABASE: path, KEYS, ORIGIN },
    SMTP_URL: `smtp://127.0.0.1:${port}`,
    MAIL_FROM: 'Notes <notes@notes.example>',
  })
  await until(() => received.length > 0, said)
  const text = partsOf(received[0]?.raw ?? '').get('text/plain') ?? ''
  assert.match(text, /https:\/\/notes\.example\/reset\/secret-of-the-link/)
  await until(() => said().includes('is at'), said)
  child.kill('SIGTERM')
  assert.equal(await ended, 0, said())
  assert.equal(received.length, 1)
  assert.match(said(), /"msg":"mail sent"/)
  assert.doesNotMatch(said(), /secret-of-the-link|reader\.example|dev\/outbox/)
})

test('start: production with mail and without a mail server does not start', async (t) => {
  const KEYS = randomBytes(32).toString('base64url')
  const { ended, said } = run(t, {
    ...{ NODE_ENV: 'production', DATABASE: databaseFor(t), KEYS, ORIGIN: 'https://notes.example' },
  })
  assert.equal(await ended, 1)
  assert.match(said(), /^notes cannot start: /)
  assert.match(said(), /SMTP_URL is not set/)
  assert.match(said(), /MAIL_FROM is not set/)
})

test('start: development sends nothing, and says where mail is shown', async (t) => {
  const { port, received } = await openServer(t)
  const own = await freePort()
  const { child, ended, said } = run(t, {
    ...{ PORT: String(own), DATABASE: databaseFor(t) },
    ...{ SMTP_URL: `smtp://127.0.0.1:${port}`, MAIL_FROM: 'notes@notes.example' },
  })
  await until(() => said().includes(`http://localhost:${own}/dev/outbox`), said)
  const reply = await fetch(`http://localhost:${own}/dev/outbox`)
  assert.equal(reply.status, 200)
  assert.match(await reply.text(), /No mail yet/)
  child.kill('SIGTERM')
  assert.equal(await ended, 0, said())
  assert.deepEqual(received, [])
})
