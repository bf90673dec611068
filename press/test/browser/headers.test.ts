/** What Chromium makes of cookies and isolation, over plain HTTP and over TLS in production. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startAttacker } from './attacker.ts'
import {
  freePort,
  launchChromium,
  pressInBrowser,
  skip,
  startPress,
  temporaryFolder,
} from './harness.ts'

const stage = pressInBrowser()

const closers: (() => Promise<unknown>)[] = []
after(async () => {
  for (const close of closers) await close()
})

test('[asvs 3.3.2] [asvs 3.3.4] headers: cookies are HttpOnly and SameSite=Lax, and script sees none', {
  skip,
}, async () => {
  const page = await stage().open({ as: 'member' })
  await page.goto('/settings')
  const visitor = await stage().open()
  await visitor.goto('/login')
  const cookies = [...(await page.context().cookies()), ...(await visitor.context().cookies())]
  const names = [...new Set(cookies.map(({ name }) => name))].sort()
  assert.deepEqual(names, ['device', 'session', 'visitor'])
  for (const { name, httpOnly, sameSite, path, domain, expires } of cookies) {
    // The device is told from others for as long as browsers keep a cookie; the rest goes with them.
    const seen = { httpOnly, sameSite, path, domain, lasts: expires !== -1 }
    const lasts = name === 'device'
    const want = { httpOnly: true, sameSite: 'Lax', path: '/', domain: 'localhost', lasts }
    assert.deepEqual(seen, want, name)
  }
  assert.equal(await page.evaluate<string>('document.cookie'), '')
  assert.equal(await visitor.evaluate<string>('document.cookie'), '')
})

test('headers: a page has its own agent cluster, no opener, and no powerful feature', {
  skip,
}, async () => {
  const page = await stage().open()
  await page.goto('/')
  assert.equal(await page.evaluate<boolean>('originAgentCluster'), true)
  assert.equal(await page.evaluate<boolean>('isSecureContext'), true)
  // Permissions-Policy closes the feature, although COOP and COEP alone would grant it.
  assert.equal(await page.evaluate<boolean>('crossOriginIsolated'), false)
  const query = "navigator.permissions.query({ name: 'geolocation' }).then(({ state }) => state)"
  assert.equal(await page.evaluate<string>(query), 'denied')
})

test('[asvs 3.4.8] headers: a page that another origin has opened is cut off from it', {
  skip,
}, async () => {
  const attacker = await startAttacker()
  closers.unshift(attacker.close)
  const page = await stage().open()
  await page.goto(attacker.crossSite)
  const opened = page.waitForEvent('popup')
  await page.evaluate(`window.handle = window.open(${JSON.stringify(stage().origin)})`)
  const popup = await opened
  await popup.locator('.wordmark').first().waitFor()
  assert.equal(await popup.evaluate<boolean>('opener === null'), true)
  assert.equal(await page.evaluate<boolean>('handle.closed'), true)
})

/** Press in production behind a proxy that ends TLS, with a certificate that nobody trusts. */
async function production(): Promise<{ readonly origin: string; readonly setup: string }> {
  const folder = await temporaryFolder()
  closers.unshift(folder.remove)
  const [proxyPort, port] = [await freePort(), await freePort()]
  const origin = `https://localhost:${proxyPort}`
  const environment = {
    NODE_ENV: 'production',
    ORIGIN: origin,
    KEYS: randomBytes(32).toString('base64url'),
    DATABASE: join(folder.path, 'press.db'),
    PORT: String(port),
    TRUSTED_PROXIES: '127.0.0.1',
    // Nothing here sends mail, and nobody listens.
    SMTP_URL: `smtp://127.0.0.1:${await freePort()}`,
    MAIL_FROM: 'press@localhost.example',
  }
  const command = join(import.meta.dirname, '../../../packages/demijohn/bin/demijohn.ts')
  const migrated = spawnSync(process.execPath, [command, 'migrate'], {
    cwd: join(import.meta.dirname, '../../..'),
    env: { PATH: process.env.PATH ?? '', ...environment },
    encoding: 'utf8',
  })
  assert.equal(migrated.status, 0, migrated.stderr)
  const running = await startPress(environment, /\/setup\/[\w-]{43}\n/)
  closers.unshift(running.stop)
  const setup = /https:\S+\/setup\/\S+/.exec(running.output())?.[0]
  assert.ok(setup !== undefined)
  closers.unshift(await tlsProxy(folder.path, { proxyPort, port }))
  return { origin, setup }
}

async function tlsProxy(
  folder: string,
  { proxyPort, port }: { readonly proxyPort: number; readonly port: number },
): Promise<() => Promise<unknown>> {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const made = spawnSync(
    'openssl',
    // biome-ignore format: one option and its value a line reads worse
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
      '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost',
      '-keyout', key, '-out', cert],
    { encoding: 'utf8' },
  )
  assert.equal(made.status, 0, made.stderr)
  const files = { key: await readFile(key), cert: await readFile(cert) }
  const server = createServer(files, (incoming, outgoing) => {
    const headers = {
      ...incoming.headers,
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'https',
    }
    const forwarded = request(
      { port, host: '127.0.0.1', method: incoming.method, path: incoming.url, headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
        answer.pipe(outgoing)
      },
    )
    forwarded.on('error', () => outgoing.destroy())
    incoming.pipe(forwarded)
  })
  server.listen(proxyPort, '127.0.0.1')
  await once(server, 'listening')
  return async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
}

const hasOpenssl = spawnSync('openssl', ['version']).status === 0
const skipTls = skip === false && !hasOpenssl ? 'openssl is missing: apt-get install openssl' : skip

test('[asvs 3.3.1] [asvs 3.3.3] [asvs 3.4.1] headers: in production the cookies are __Host- and Secure, and HSTS is sent', {
  skip: skipTls,
}, async () => {
  const { origin, setup } = await production()
  const browser = await launchChromium()
  closers.unshift(() => browser.close())
  const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage()
  const answer = await page.goto(setup)
  assert.equal(
    (await answer?.allHeaders())?.['strict-transport-security'],
    'max-age=63072000; includeSubDomains',
  )
  assert.deepEqual(
    (await page.context().cookies()).map(({ name }) => name),
    ['__Host-visitor'],
  )
  await page.getByLabel('Your name').fill('First')
  await page.getByLabel('Email address').fill('first@press.example')
  await page.getByLabel('New password').fill('four unrelated words of mine')
  await page.getByRole('button', { name: 'Create the account' }).click()
  await page.getByRole('heading', { level: 1, name: 'Second factors' }).waitFor()
  const session = (await page.context().cookies()).find(({ name }) => name === '__Host-session')
  assert.ok(session !== undefined, 'there is a session')
  const { secure, httpOnly, sameSite, path } = session
  assert.deepEqual(
    { secure, httpOnly, sameSite, path },
    { secure: true, httpOnly: true, sameSite: 'Lax', path: '/' },
  )
  assert.equal(await page.evaluate<string>('document.cookie'), '')
  await page.goto(`${origin}/admin/people`)
  // Administrators set up a second factor first.
  assert.equal(new URL(page.url()).pathname, '/account/factors')
  // The link has done its work.
  const late = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage()
  assert.equal((await late.goto(setup))?.status(), 404)
})
