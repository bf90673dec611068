/** The page of a challenge in Chromium: with script it goes on by itself, without it a link does. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { type Browser, chromium, type Page } from 'playwright-core'
import { listen } from '../../src/serve/listen.ts'
import { testApp } from '../../src/testing/site.ts'
import { parseNetworks } from '../../src/web/client.ts'
import { attackedProject } from '../attacks/fixture.ts'

const executablePath = '/usr/bin/chromium'
const skip = existsSync(executablePath) || process.env.CI === 'true' ? false : 'no Chromium'
const args = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
]
let browser: Browser | undefined
before(async () => {
  if (skip === false) browser = await chromium.launch({ executablePath, args })
})
after(() => browser?.close())

/** A site behind a proxy, and a page whose client is being challenged. */
async function challenged(options: { readonly javaScriptEnabled: boolean; readonly from: string }) {
  assert.ok(browser)
  const trustedProxies = parseNetworks(['127.0.0.1'])
  const { project, runs } = attackedProject()
  const site = await testApp(project, { origin: 'loopback', trustedProxies })
  const listening = await listen(site.app, { host: '127.0.0.1', port: 0 })
  const { javaScriptEnabled, from } = options
  const baseURL = `http://localhost:${listening.address.port}`
  const headers = { 'x-forwarded-for': from }
  const context = await browser.newContext({
    javaScriptEnabled,
    baseURL,
    extraHTTPHeaders: headers,
  })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    // The refusal itself, and an icon that this site does not have.
    const isExpected = /429|favicon/.test(message.text() + message.location().url)
    if (message.type() === 'error' && !isExpected) complaints.push(message.text())
  })
  for (let count = 0; count < 8; count += 1) {
    await context.request.get(`/wp-admin/${count}`)
  }
  const close = async (): Promise<void> => {
    await context.close()
    await listening.stop()
    await site.close()
  }
  return { page, runs, complaints, clock: site.clock, close }
}

const heading = (page: Page) => page.getByRole('heading', { name: 'One moment' })

test('[asvs 2.4.1] challenge in Chromium: script works and goes on, to the page and without a cookie', {
  skip,
  timeout: 120_000,
}, async () => {
  const { page, runs, complaints, close } = await challenged({
    javaScriptEnabled: true,
    from: '192.0.2.66',
  })
  try {
    const refused = await page.goto('/')
    assert.equal(refused?.status(), 429)
    await page.getByText('Welcome, all.').waitFor({ timeout: 60_000 })
    assert.equal(new URL(page.url()).pathname, '/')
    assert.ok(runs.total() > 0)
    assert.deepEqual(complaints, [])
    // What it bought holds for the next page; no cookie says so.
    assert.equal((await page.goto('/contact'))?.status(), 200)
    const names = (await page.context().cookies()).map(({ name }) => name)
    assert.deepEqual(
      names.filter((name) => name !== 'visitor'),
      [],
    )
  } finally {
    await close()
  }
})

test('[asvs 2.4.1] challenge in Chromium: without script it says how long to wait, and lets in then', {
  skip,
  timeout: 120_000,
}, async () => {
  const { page, clock, close } = await challenged({ javaScriptEnabled: false, from: '192.0.2.67' })
  try {
    await page.goto('/')
    await heading(page).waitFor()
    await page.getByText('wait 20 seconds').waitFor()
    const link = page.getByRole('link', { name: 'go on here' })
    const early = await link.getAttribute('href')
    await link.click()
    await heading(page).waitFor()
    clock.advance(20_000)
    assert.equal((await page.goto(early ?? ''))?.status(), 200)
    await page.getByText('Welcome, all.').waitFor()
  } finally {
    await close()
  }
})
