/** The site as a process of its own, and Chromium with an authenticator that tests command. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before } from 'node:test'
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core'

export const executablePath = '/usr/bin/chromium'
const missing = `${executablePath} is missing: install it with "apt-get install chromium"`

/** Why these tests do not run here; false where they do, and where their absence is a failure. */
export const skip: false | string =
  existsSync(executablePath) || process.env.CI === 'true' ? false : missing

export const chromiumArguments = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
]

export type Stage = {
  /** `http://localhost:…` */
  readonly origin: string
  readonly browser: Browser
}

const ownProgram = join(import.meta.dirname, 'programFixture.ts')

/** `program` starts a site in development, on the port and database that the environment names. */
export function siteInBrowser(program = ownProgram): () => Stage {
  let stage: Stage | undefined
  const closers: (() => Promise<unknown>)[] = []
  before(
    async () => {
      if (skip !== false) return
      const folder = await mkdtemp(join(tmpdir(), 'demijohn-browser-'))
      closers.unshift(() => rm(folder, { recursive: true, force: true }))
      const site = await startSite(folder, { program })
      closers.unshift(site.stop)
      const browser = await chromium.launch({ executablePath, args: chromiumArguments })
      closers.unshift(() => browser.close())
      stage = { origin: site.origin, browser }
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

/** A program that starts a site in development, as a process of its own. */
export async function startSite(
  folder: string,
  {
    program = ownProgram,
    environment = {},
    port: given,
  }: {
    readonly program?: string
    readonly environment?: Readonly<Record<string, string>>
    readonly port?: number
  } = {},
) {
  const port = given ?? (await freePort())
  const child = spawn(process.execPath, [program], {
    env: {
      ...{ PATH: process.env.PATH ?? '', NO_COLOR: '1', NODE_ENV: 'development' },
      ...{ DATABASE: join(folder, 'site.db'), PORT: String(port), ...environment },
    },
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
      if (/ is at http/.test(output)) resolve()
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('exit', (code) => reject(new Error(`the site ended with ${code}: ${output}`)))
  })
  return { origin: `http://localhost:${port}`, stop }
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

export type Device = {
  readonly page: Page
  readonly cdp: CDPSession
  readonly authenticatorId: string
  /** What the browser had to complain about, the policy's violations among it. */
  readonly complaints: readonly string[]
}

/**
 * A browser with a platform authenticator that says yes at once, and recognises its owner unless
 * told that it has no way to.
 */
export async function openDevice(
  { browser, origin: baseURL }: Stage,
  { recognises = true }: { readonly recognises?: boolean } = {},
): Promise<Device> {
  const context = await browser.newContext({ baseURL })
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  const complaints: string[] = []
  page.on('console', (message) => {
    const isElsewhere = /Unrecognized feature: '(?:bluetooth|web-share)'/.test(message.text())
    const isStatus = /the server responded with a status of 4/.test(message.text())
    if (message.type() === 'error' && !isElsewhere && !isStatus) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  const cdp = await context.newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...{ protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal' },
      ...{ hasResidentKey: true, hasUserVerification: recognises, isUserVerified: recognises },
      automaticPresenceSimulation: true,
    },
  })
  return { page, cdp, authenticatorId, complaints }
}
