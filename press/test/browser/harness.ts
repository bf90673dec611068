/**
 * What the browser tests stand on: Press as a process of its own on a new database, and Chromium.
 *
 * A test file calls `pressInBrowser` once and opens a context for each visit. Whatever was started
 * is stopped by its own handle at the end, and the folder is removed.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before } from 'node:test'
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from 'playwright-core'

const executablePath = '/usr/bin/chromium'
const missing = `${executablePath} is missing: install it with "apt-get install chromium"`

/** Why browser tests do not run here; false where they do, and where their absence is a failure. */
export const skip: false | string =
  existsSync(executablePath) || process.env.CI === 'true' ? false : missing

export const roles = ['admin', 'editor', 'member', 'viewer'] as const
export type Role = (typeof roles)[number]
export type Account = { readonly email: string; readonly password: string }

export type Running = {
  readonly process: ChildProcess
  /** All it has printed so far. */
  readonly output: () => string
  readonly stop: () => Promise<void>
}

type Visit = BrowserContextOptions & {
  /** Signed in as the seeded person of this role; a visitor when left out. */
  readonly as?: Role
}

export type Stage = {
  /** `http://localhost:…` */
  readonly origin: string
  readonly accounts: Readonly<Record<Role, Account>>
  readonly browser: Browser
  /** All that Press has printed so far, its log included. */
  readonly output: () => string
  /** A page of a new context. Relative addresses lead to Press. */
  readonly open: (visit?: Visit) => Promise<Page>
}

const chromiumArguments = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * Starts Press and Chromium before the tests of a file, and stops both after them. Pages for the
 * Back button cost a process each, so only who tests the button has them kept.
 */
export function pressInBrowser({
  backButton = 'reloads',
}: {
  readonly backButton?: BackButton
} = {}): () => Stage {
  let stage: Stage | undefined
  const closers: (() => Promise<unknown>)[] = []
  before(
    async () => {
      if (skip !== false) return
      const folder = await temporaryFolder()
      closers.unshift(folder.remove)
      const [press, browser] = await Promise.all([
        startDevelopment(folder.path),
        launchChromium(backButton),
      ])
      closers.unshift(press.running.stop, () => browser.close())
      stage = stageOf(press, browser)
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

type BackButton = 'reloads' | 'as people have it'

export async function launchChromium(backButton: BackButton = 'reloads'): Promise<Browser> {
  assert.ok(existsSync(executablePath), missing)
  const kept = backButton === 'reloads' ? [] : ['--disable-back-forward-cache']
  return chromium.launch({ executablePath, args: chromiumArguments, ignoreDefaultArgs: kept })
}

export async function temporaryFolder(): Promise<{
  readonly path: string
  readonly remove: () => Promise<void>
}> {
  const path = await mkdtemp(join(tmpdir(), 'press-browser-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/** Runs Press with this environment until it has printed `until`. */
export async function startPress(
  environment: Readonly<Record<string, string>>,
  until: RegExp,
): Promise<Running> {
  const main = join(import.meta.dirname, '../../src/main.ts')
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH ?? '', NO_COLOR: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  }
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString()
      if (until.test(output)) resolve()
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('exit', (code) => reject(new Error(`Press ended with ${code}: ${output}`)))
  })
  return { process: child, output: () => output, stop }
}

type Development = {
  readonly running: Running
  readonly origin: string
  readonly accounts: Readonly<Record<Role, Account>>
}

async function startDevelopment(folder: string): Promise<Development> {
  const environment = {
    NODE_ENV: 'development',
    DATABASE: join(folder, 'press.db'),
    PORT: String(await freePort()),
  }
  // The table of accounts ends with the viewer and an empty line.
  const running = await startPress(environment, /viewer {2}.*\n\n/)
  const origin = /http:\/\/localhost:\d+/.exec(running.output())?.[0]
  assert.ok(origin !== undefined, running.output())
  const account = (role: Role) => accountIn(running.output(), role)
  const accounts = {
    admin: account('admin'),
    editor: account('editor'),
    member: account('member'),
    viewer: account('viewer'),
  }
  return { running, origin, accounts }
}

function accountIn(output: string, role: Role): Account {
  const [, email, password] = new RegExp(`^ +${role} +(\\S+@\\S+) +(\\S+)$`, 'm').exec(output) ?? []
  assert.ok(email !== undefined && password !== undefined, `no ${role} in ${output}`)
  return { email, password }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  server.close()
  await once(server, 'close')
  return address.port
}

type Stored = Awaited<ReturnType<BrowserContext['storageState']>>

function stageOf({ running, origin, accounts }: Development, browser: Browser): Stage {
  const states = new Map<Role, Promise<Stored>>()
  const open = async ({ as, ...options }: Visit = {}): Promise<Page> => {
    const common = { baseURL: origin, ...options }
    if (as === undefined) return (await browser.newContext(common)).newPage()
    const state = states.get(as) ?? signedInState(browser, origin, accounts[as])
    states.set(as, state)
    const page = await (
      await browser.newContext({ ...common, storageState: await state })
    ).newPage()
    page.setDefaultTimeout(10_000)
    return page
  }
  return { origin, accounts, browser, output: running.output, open }
}

/** Signing in is limited and slow by design, so a role does it once for a file. */
async function signedInState(browser: Browser, baseURL: string, account: Account): Promise<Stored> {
  const context = await browser.newContext({ baseURL })
  const page = await context.newPage()
  await signIn(page, account)
  const state = await context.storageState()
  await context.close()
  return state
}

/** By the form, as a person does. */
export async function signIn(page: Page, { email, password }: Account): Promise<void> {
  await page.goto('/login')
  await page.getByLabel('Email address').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
}

export type NewPerson = { readonly name: string; readonly email: string; readonly role: Role }

/** Adds somebody by the form, and gives the one-time link that is shown. */
export async function addPerson(admin: Page, person: NewPerson): Promise<string> {
  await admin.goto('/admin/people/new')
  await admin.getByLabel('Name', { exact: true }).fill(person.name)
  await admin.getByLabel('Email address').fill(person.email)
  await admin.getByLabel('Role').selectOption(person.role)
  await admin.getByRole('button', { name: 'Make the link' }).click()
  return textOf(admin.locator('.one-time code'))
}

/** Follows a one-time link and chooses a password; signed in afterwards. */
export async function choosePassword(page: Page, link: string, password: string): Promise<void> {
  await page.goto(link)
  await page.getByLabel('New password').fill(password)
  await page.getByRole('button', { name: 'Choose this password' }).click()
  await page.getByRole('status').waitFor()
}

/** The text of one element. */
export async function textOf(element: Locator): Promise<string> {
  return (await element.textContent()) ?? ''
}

/** The path and query of where a page is. */
export function pathOf(page: Page): string {
  const { pathname, search } = new URL(page.url())
  return `${pathname}${search}`
}

/**
 * The Back button. Chromium moves a page to another process when the opener policy or the cleared
 * site data of an answer asks for it, and has no list of history for the moment of the move.
 */
export async function goBack(page: Page): Promise<void> {
  const isMoving = (error: unknown): boolean => /Not attached to an active page/.test(String(error))
  for (let tries = 1; ; tries += 1) {
    try {
      await page.goBack()
      return
    } catch (error) {
      if (tries === 20 || !isMoving(error)) throw error
      await page.waitForTimeout(100)
    }
  }
}

/** The name in the header of whoever is signed in; null for a visitor. */
export async function signedInName(page: Page): Promise<string | null> {
  await page.goto('/')
  const name = page.locator('.site-account a[href="/account"]')
  return (await name.count()) === 0 ? null : textOf(name)
}
