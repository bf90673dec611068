import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { get, request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { createAccount } from '../../src/blueprints/accounts/data.ts'
import { systemClock } from '../../src/core/clock.ts'
import { openSqlite } from '../../src/data/sqlite.ts'
import type { DemijohnTables } from '../../src/data/tables.ts'
import { findForms } from '../../src/testing/forms.ts'

const program = join(import.meta.dirname, 'startFixture.ts')
const origin = 'https://flask.example'
const KEYS = randomBytes(32).toString('base64url')
const production = { NODE_ENV: 'production', ORIGIN: origin, KEYS }

function folderFor(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'demijohn-start-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

type Settings = Readonly<Record<string, string>>

/** What a start that fails says; it has to end by itself. */
function refusal(
  settings: Settings,
): Promise<{ readonly status: number | null; readonly stderr: string }> {
  return new Promise((resolve) => {
    const env = { PORT: '61234', ...settings }
    const child = execFile(
      process.execPath,
      [program],
      { env, timeout: 60_000 },
      (_error, stdout, stderr) => {
        // Nothing may be announced: `assertClear` wants the refusal in the first line.
        resolve({ status: child.exitCode, stderr: stdout + stderr })
      },
    )
  })
}

/** One line, or a list under one line; no stack. */
function assertClear(stderr: string, remedy: RegExp): void {
  const lines = stderr.trimEnd().split('\n')
  assert.match(lines[0] ?? '', /^flask cannot start: /)
  for (const line of lines.slice(1)) assert.match(line, /^ {2}- \S/)
  assert.match(stderr, remedy)
  assert.doesNotMatch(stderr, /^\s+at |node:internal|Error:/m)
}

type Running = {
  readonly child: ChildProcess
  readonly port: number
  readonly said: () => string
  /** Asks it to stop; gives its exit code. */
  readonly end: (signal?: NodeJS.Signals) => Promise<number | null>
}

async function startUp(context: TestContext, settings: Settings): Promise<Running> {
  const port = await freePort()
  const child = spawn(process.execPath, [program], { env: { PORT: String(port), ...settings } })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (chunk) => {
      said += String(chunk)
    })
  }
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve))
  context.after(() => child.kill('SIGKILL'))
  while (!said.includes('is at')) {
    if (child.exitCode !== null) assert.fail(`it ended with ${child.exitCode}: ${said}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return {
    child,
    port,
    said: () => stripVTControlCharacters(said),
    end: (signal = 'SIGTERM') => {
      child.kill(signal)
      return ended
    },
  }
}

function freePort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}

type Reply = { readonly status: number; readonly text: string; readonly cookies: readonly string[] }

function ask(
  port: number,
  path: string,
  options: { host?: string; cookie?: string; form?: URLSearchParams; from?: string } = {},
): Promise<Reply> {
  const body = options.form?.toString()
  const headers = {
    host: options.host ?? `localhost:${port}`,
    ...(options.cookie === undefined ? {} : { cookie: options.cookie }),
    ...(options.from === undefined ? {} : { 'x-forwarded-for': options.from }),
    ...(body === undefined
      ? {}
      : {
          origin,
          'sec-fetch-site': 'same-origin',
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': Buffer.byteLength(body),
        }),
  }
  return new Promise((resolve, reject) => {
    const how = { host: '127.0.0.1', port, path, headers, agent: false } as const
    const sent = body === undefined ? get(how) : request({ ...how, method: 'POST' })
    sent.on('error', reject)
    sent.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => {
        text += String(chunk)
      })
      response.on('end', () => {
        const cookies = (response.headers['set-cookie'] ?? []).map((one) => one.split(';')[0] ?? '')
        resolve({ status: response.statusCode ?? 0, text, cookies })
      })
    })
    if (body !== undefined) sent.end(body)
  })
}

test('start: a busy port is one clear line and a non-zero exit', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.on('listening', resolve))
  t.after(() => server.close())
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const PORT = String(address.port)
  const { status, stderr } = await refusal({ PORT, DATABASE: join(folderFor(t), 'x.db') })
  assert.equal(status, 1)
  assertClear(stderr, new RegExp(`port ${PORT} is taken`))
})

// Each is a process of its own that ends by itself.
suite('start: refused', { concurrency: 4 }, () => {
  for (const mode of ['development', 'production']) {
    test(`start: in ${mode}, a folder that cannot be written is one clear line`, async () => {
      // Below a file no folder can be made, not even by root.
      const settings = mode === 'production' ? production : {}
      const { status, stderr } = await refusal({ ...settings, DATABASE: '/dev/null/x.db' })
      assert.equal(status, 1)
      assertClear(stderr, /\/dev\/null/)
    })
  }

  for (const [name, content] of [
    ['is no database', 'this is a text file, and a rather long one at that '.repeat(40)],
    ['is cut off', 'SQLite format 3\0'],
  ] as const) {
    test(`start: a file that ${name} is one clear line, and is left as it was`, async (t) => {
      const DATABASE = join(folderFor(t), 'x.db')
      writeFileSync(DATABASE, content)
      const { status, stderr } = await refusal({ DATABASE })
      assert.equal(status, 1)
      assertClear(stderr, /x\.db/)
      assert.equal(readFileSync(DATABASE, 'utf8'), content)
    })
  }

  const unsafe: readonly (readonly [string, Settings, RegExp])[] = [
    ['no origin', { NODE_ENV: 'production', KEYS }, /ORIGIN/],
    ['no keys', { NODE_ENV: 'production', ORIGIN: origin }, /KEYS/],
    [
      'an origin over plain HTTP',
      { ...production, ORIGIN: 'http://flask.example' },
      /ORIGIN.*https/s,
    ],
    ['an origin with a path', { ...production, ORIGIN: `${origin}/x` }, /ORIGIN/],
    ['a short key', { ...production, KEYS: 'secret' }, /KEYS/],
    ['a key of one letter', { ...production, KEYS: 'a'.repeat(43) }, /KEYS/],
    ['a key that everybody knows', { ...production, KEYS: 'changemechangemechangeme' }, /KEYS/],
    ['a mode that there is not', { ...production, NODE_ENV: 'prod' }, /NODE_ENV/],
    ['a port that is none', { ...production, PORT: '99999' }, /PORT/],
  ]
  for (const [name, settings, remedy] of unsafe) {
    test(`start: production refuses ${name}, without repeating a key`, async (t) => {
      const { status, stderr } = await refusal({
        DATABASE: join(folderFor(t), 'x.db'),
        ...settings,
      })
      assert.equal(status, 1)
      assertClear(stderr, remedy)
      assert.equal(stderr.includes(settings.KEYS ?? KEYS), false)
    })
  }

  test('start: everything that is wrong is told at once', async () => {
    const { stderr } = await refusal({ NODE_ENV: 'production', PORT: 'x', KEYS: 'secret' })
    assertClear(stderr, /ORIGIN/)
    assert.match(stderr, /PORT/)
    assert.match(stderr, /KEYS/)
  })

  test('start: production does not migrate by itself', async (t) => {
    const { status, stderr } = await refusal({
      ...production,
      DATABASE: join(folderFor(t), 'x.db'),
    })
    assert.equal(status, 1)
    assertClear(stderr, /npx demijohn migrate/)
  })
})

test('start: development makes its keys and its site, says so once, and keeps both', async (t) => {
  const folder = folderFor(t)
  const settings = { DATABASE: join(folder, 'deeper/x.db') }
  const first = await startUp(t, settings)
  assert.match(first.said(), new RegExp(`flask is at http://localhost:${first.port}`))
  assert.match(first.said(), /member\s+first@site\.example\s+shown-once/)
  assert.match((await ask(first.port, '/')).text, /1 people, nobody here/)
  assert.equal(await first.end(), 0)
  const keys = join(folder, 'deeper/keys')
  assert.equal(statSync(keys).mode & 0o777, 0o600)
  const before = readFileSync(keys, 'utf8')

  const second = await startUp(t, settings)
  assert.doesNotMatch(second.said(), /shown-once/)
  assert.match((await ask(second.port, '/')).text, /1 people/)
  assert.equal(readFileSync(keys, 'utf8'), before)
  assert.equal(await second.end('SIGINT'), 0)
})

test('start: SIGTERM finishes what was taken on, then exits with 0', async (t) => {
  const running = await startUp(t, { DATABASE: join(folderFor(t), 'x.db') })
  const slow = ask(running.port, '/slow')
  while (!running.said().includes('slow has begun')) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const ended = running.end()
  assert.match((await slow).text, /finished/)
  assert.equal(await ended, 0)
  assert.match(running.said(), /"event":"sys_shutdown"/)
})

test('[asvs 2.4.1] start: a ban holds after a restart, and never for an allowed network', async (t) => {
  const settings = {
    ...{ ...production, DATABASE: join(folderFor(t), 'x.db') },
    ...{ TRUSTED_PROXIES: '127.0.0.1', ALLOWED_NETWORKS: '198.51.100.0/24' },
  }
  spawnSync(process.execPath, [program, 'migrate'], { env: settings })
  const statusFrom = async ({ port }: Running, from: string, path = '/'): Promise<number> =>
    (await ask(port, path, { host: 'flask.example', from })).status
  const first = await startUp(t, settings)
  for (const from of ['203.0.113.66', '198.51.100.66']) {
    for (let count = 0; count < 70; count += 1) await statusFrom(first, from, `/wp-admin/${count}`)
  }
  assert.equal(await statusFrom(first, '203.0.113.66'), 403)
  assert.equal(await statusFrom(first, '198.51.100.66'), 200)
  await first.end()
  const second = await startUp(t, settings)
  assert.equal(await statusFrom(second, '203.0.113.66'), 403)
  assert.equal(await statusFrom(second, '203.0.113.67'), 200)
  await second.end()
})

test('[asvs 6.3.2] start: production without an administrator has one link to become it, once', async (t) => {
  const settings = { ...production, DATABASE: join(folderFor(t), 'x.db') }
  const migrated = spawnSync(process.execPath, [program, 'migrate'], { env: settings })
  assert.equal(migrated.status, 0, String(migrated.stderr))
  const first = await startUp(t, settings)
  const linkOf = (said: string) =>
    /https:\/\/flask\.example(\/setup\/[\w-]{43})/.exec(said)?.[1] ?? ''
  const unused = linkOf(first.said())
  assert.notEqual(unused, '')
  assert.equal(await first.end(), 0)

  const second = await startUp(t, settings)
  const link = linkOf(second.said())
  const host = 'flask.example'
  assert.equal((await ask(second.port, unused, { host })).status, 404, 'the earlier link is void')
  const page = await ask(second.port, link, { host })
  assert.equal(page.status, 200)
  const form = new URLSearchParams([...(findForms(page.text, link)[0]?.values ?? [])])
  form.set('name', 'First')
  form.set('email', 'first@flask.example')
  form.set('newPassword', 'velvet anchor drizzle 41 moth')
  const cookie = page.cookies.join('; ')
  const done = await ask(second.port, link, { host, cookie, form })
  assert.equal(done.status, 303, done.text)
  const session = done.cookies.find((one) => one.startsWith('__Host-session=')) ?? ''
  assert.match(
    (await ask(second.port, '/', { host, cookie: session })).text,
    /1 people, admin here/,
  )
  const again = await ask(second.port, link, { host, cookie, form })
  assert.ok(again.status >= 400, String(again.status))
  assert.match((await ask(second.port, '/', { host })).text, /1 people/)
  assert.equal(await second.end(), 0)

  const third = await startUp(t, settings)
  assert.equal(linkOf(third.said()), '')
  assert.match((await ask(third.port, '/', { host, cookie: session })).text, /admin here/)
  assert.equal(await third.end(), 0)
})

test('[asvs 6.3.2] start: a link that was left in a log makes no second administrator', async (t) => {
  const settings = { ...production, DATABASE: join(folderFor(t), 'x.db') }
  const migrated = spawnSync(process.execPath, [program, 'migrate'], { env: settings })
  assert.equal(migrated.status, 0, String(migrated.stderr))
  const first = await startUp(t, settings)
  const link = /https:\/\/flask\.example(\/setup\/[\w-]{43})/.exec(first.said())?.[1] ?? ''
  const host = 'flask.example'
  assert.equal((await ask(first.port, link, { host })).status, 200)
  const { db, close } = openSqlite<DemijohnTables>({ path: settings.DATABASE })
  t.after(close)
  const who = { name: 'Boss', email: 'boss@flask.example', role: 'admin', passwordHash: null }
  await createAccount({ db, clock: systemClock }, who)
  const tickets = () => db.selectFrom('demijohn_tickets').select('id').execute()
  assert.equal((await ask(first.port, link, { host })).status, 404)
  assert.equal((await tickets()).length, 1)
  assert.equal(await first.end(), 0)
  const second = await startUp(t, settings)
  assert.doesNotMatch(second.said(), /\/setup\//)
  assert.deepEqual(await tickets(), [])
  assert.equal((await ask(second.port, link, { host })).status, 404)
  assert.equal(await second.end(), 0)
})
