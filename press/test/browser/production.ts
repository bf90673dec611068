/**
 * Press as it runs for real people: production mode, a database file, a mail server, Chromium. A test
 * file calls `pressInProduction` once; its journeys share the process and its people do not.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type DemijohnTables, openSqlite } from 'demijohn'
import {
  accountStore,
  createAccount,
  createPasswordHasher,
  passwordOptions,
} from 'demijohn/accounts'
import type { Kysely } from 'kysely'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import {
  freePort,
  launchChromium,
  type Role,
  skip,
  startPress,
  temporaryFolder,
} from './harness.ts'
import { type Mailbox, openMailbox } from './mailbox.ts'

export type Somebody = {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly password: string
}

export type Production = {
  /** `http://localhost:…` */
  readonly origin: string
  readonly browser: Browser
  readonly mailbox: Mailbox
  /** The database, read and written beside the process that has it open. */
  readonly db: Kysely<DemijohnTables>
  /** What the start printed for the first administrator. */
  readonly setupLink: string
  /** Somebody new, with a password and nothing else. */
  readonly somebody: (name: string, role?: Role) => Promise<Somebody>
}

const root = join(import.meta.dirname, '../../..')
export const password = 'otters juggle seven lanterns'

export function pressInProduction(): () => Production {
  let stage: Production | undefined
  const closers: (() => Promise<unknown>)[] = []
  before(
    async () => {
      if (skip !== false) return
      const folder = await temporaryFolder()
      closers.unshift(folder.remove)
      const mailbox = await openMailbox()
      closers.unshift(mailbox.close)
      const browser = await launchChromium()
      closers.unshift(() => browser.close())
      const database = join(folder.path, 'press.db')
      const { origin, setupLink, stop } = await startProduction(database, mailbox.port)
      closers.unshift(stop)
      const { db, close } = openSqlite<DemijohnTables>({ path: database })
      closers.unshift(close)
      stage = { origin, browser, mailbox, db, setupLink, somebody: populate(db) }
    },
    { timeout: 60_000 },
  )
  after(async () => {
    for (const close of closers) await close()
  })
  return () => {
    assert.ok(stage !== undefined, 'the stage is set by the hook before the tests')
    return stage
  }
}

async function startProduction(database: string, smtpPort: number) {
  const port = await freePort()
  const origin = `http://localhost:${port}`
  const program = join(root, 'packages/demijohn/bin/demijohn.ts')
  const env = { PATH: process.env.PATH ?? '', NO_COLOR: '1', DATABASE: database }
  const migrated = spawnSync(process.execPath, [program, 'migrate'], { cwd: root, env })
  assert.equal(migrated.status, 0, String(migrated.stderr))
  const settings = {
    ...{ NODE_ENV: 'production', ORIGIN: origin, PORT: String(port), DATABASE: database },
    KEYS: randomBytes(32).toString('base64url'),
    SMTP_URL: `smtp://127.0.0.1:${smtpPort}`,
    MAIL_FROM: 'Press <press@press.example>',
  }
  const { output, stop } = await startPress(settings, /\/setup\/\S+\n/)
  const setupLink = /http\S+\/setup\/\S+/.exec(output())?.[0]
  assert.ok(setupLink !== undefined, output())
  return { origin, setupLink, stop }
}

function populate(db: Kysely<DemijohnTables>): Production['somebody'] {
  const hash = createPasswordHasher({ options: passwordOptions() }).hashPassword(password)
  return async (name, role = 'member') => {
    const passwordHash = await hash
    assert.ok(typeof passwordHash === 'string')
    const email = `${name.toLowerCase()}@people.example`
    const store = accountStore({ db, clock: { now: () => Date.now() } })
    const account = await createAccount(store, { name, email, role, passwordHash })
    assert.ok(account !== undefined, `${email} is taken`)
    return { id: account.id, name, email, password }
  }
}

export type Journey = {
  readonly stage: Production
  /** A page in a browser of its own. Relative addresses lead to Press. */
  readonly visit: (options?: BrowserContextOptions) => Promise<Page>
}

/**
 * One test. At its end no browser has had anything to complain about, the policy's violations among
 * it, and no mail has had a link that leads elsewhere.
 */
export function journey(
  stage: () => Production,
  title: string,
  travel: (journey: Journey) => Promise<void>,
): void {
  test(title, { skip }, async () => {
    const { browser, origin: baseURL, mailbox } = stage()
    const visits: { readonly page: Page; readonly complaints: readonly string[] }[] = []
    const visit = async (options: BrowserContextOptions = {}): Promise<Page> => {
      const page = await (await browser.newContext({ baseURL, ...options })).newPage()
      page.setDefaultTimeout(15_000)
      visits.push({ page, complaints: complaintsOf(page) })
      return page
    }
    try {
      await travel({ stage: stage(), visit })
      for (const { complaints } of visits) assert.deepEqual(complaints, [])
      for (const { subject, links } of mailbox.all()) {
        const elsewhere = links.filter((link) => !link.startsWith(`${baseURL}/`))
        assert.deepEqual(elsewhere, [], subject)
      }
    } finally {
      for (const { page } of visits) await page.context().close()
    }
  })
}

/**
 * What the browser has to complain about from now on: errors of script, the policy's violations.
 * Answers of 4xx are part of the journeys; the two names are Chromium's own about our header.
 */
export function complaintsOf(page: Page): readonly string[] {
  const complaints: string[] = []
  page.on('console', (message) => {
    const text = message.text()
    const isOurs = !/Unrecognized feature: '(?:bluetooth|web-share)'/.test(text)
    const isStatus = /the server responded with a status of 4/.test(text)
    if (message.type() === 'error' && isOurs && !isStatus) complaints.push(text)
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  return complaints
}
