/**
 * The page of an API in Chromium, under its own policy: for eyes and ears (axe), from a phone to a desk,
 * by day and by night, by keyboard, on paper. No socket: the browser's requests are answered in process.
 */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { type Browser, chromium, type Page } from 'playwright-core'
import { describedProject } from '../../src/pipeline/api/openapi/openapiFixture.ts'
import { type TestSite, testApp } from '../../src/testing/site.ts'

const executablePath = '/usr/bin/chromium'
const missing = `${executablePath} is missing: install it with "apt-get install chromium"`
const skip = existsSync(executablePath) || process.env.CI === 'true' ? false : missing

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const runAxe = `axe.run(document, { runOnly: { type: 'tag', values: ${JSON.stringify(tags)} } }).then(
  ({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map((node) => id + ': ' + node.html)))`

let site: TestSite
let browser: Browser
before(async () => {
  if (skip !== false) return
  site = await testApp(describedProject())
  browser = await chromium.launch({
    executablePath,
    args: [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  })
})
after(async () => {
  await browser?.close()
  await site?.close()
})

type Opened = { readonly page: Page; readonly complaints: readonly string[] }

/** The page, with every complaint of the browser: a violation of the policy is one. */
async function open(
  sight: { readonly width: number; readonly colorScheme: 'light' | 'dark' },
  options: { readonly bypassCSP?: boolean } = {},
): Promise<Opened> {
  const viewport = { width: sight.width, height: 900 }
  const context = await browser.newContext({ viewport, colorScheme: sight.colorScheme, ...options })
  const visitor = site.visitor()
  await context.route('**/*', async (route) => {
    const { pathname, search } = new URL(route.request().url())
    const reply = await visitor.send({ target: `${pathname}${search}` })
    const names = ['content-type', 'content-security-policy', 'x-content-type-options']
    const headers = names.map((name) => [name, reply.header(name) ?? ''])
    const { status, text: body } = reply
    await route.fulfill({ status, headers: Object.fromEntries(headers), body })
  })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(`${site.origin}/api/v2/docs`)
  return { page, complaints }
}

for (const width of [360, 390, 768, 1280, 1920]) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`docs page in Chromium: ${width} px, ${colorScheme}: nothing is in the way of anybody`, {
      skip,
    }, async () => {
      const { page } = await open({ width, colorScheme }, { bypassCSP: true })
      await page.evaluate(axe)
      assert.deepEqual(await page.evaluate(runAxe), [])
      const tooWide = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
      assert.equal(await page.evaluate(tooWide), 0)
      await page.context().close()
    })
  }
}

test('docs page in Chromium: its policy lets in what it needs, and that is its style', {
  skip,
}, async () => {
  const { page, complaints } = await open({ width: 1280, colorScheme: 'light' })
  assert.deepEqual(complaints, [])
  const solid = 'getComputedStyle(document.querySelector("header")).backgroundColor'
  assert.equal(await page.evaluate(solid), 'rgb(10, 74, 53)')
  await page.context().close()
})

test('docs page in Chromium: by keyboard, past the contents and to what they name', {
  skip,
}, async () => {
  const { page } = await open({ width: 1280, colorScheme: 'light' })
  await page.keyboard.press('Tab')
  const focused = 'document.activeElement.textContent'
  assert.equal(await page.evaluate(focused), 'Skip the contents')
  const top = 'document.activeElement.getBoundingClientRect().top'
  assert.ok(Number(await page.evaluate(top)) >= 0, 'it shows when it has the focus')
  await page.keyboard.press('Enter')
  assert.equal(await page.evaluate('document.activeElement.id'), 'content')
  await page.getByRole('navigation').getByRole('link', { name: 'Change a note' }).press('Enter')
  await page.waitForURL(/#patchNotesByNoteId$/)
  const place = 'document.querySelector(":target").getBoundingClientRect().top'
  assert.ok(Number(await page.evaluate(place)) < 200)
  await page.context().close()
})

test('docs page in Chromium: on paper it has no contents to press, and no line is cut off', {
  skip,
}, async () => {
  const { page } = await open({ width: 794, colorScheme: 'dark' })
  await page.emulateMedia({ media: 'print' })
  assert.equal(await page.getByRole('navigation').count(), 0)
  const cut =
    '[...document.querySelectorAll("pre")].filter((one) => one.scrollWidth > one.clientWidth).length'
  assert.equal(await page.evaluate(cut), 0)
  await page.context().close()
})

test('docs page in Chromium: what is in the way would be found', { skip }, async () => {
  const { page } = await open({ width: 390, colorScheme: 'light' }, { bypassCSP: true })
  await page.evaluate(axe)
  const spoil =
    'document.documentElement.lang = ""; document.querySelector(".kind").style.color = "#0b5a40"'
  await page.evaluate(spoil)
  const found = await page.evaluate<readonly string[]>(runAxe)
  assert.deepEqual(
    found.map((line) => line.split(':')[0]),
    ['color-contrast', 'html-has-lang'],
  )
  await page.context().close()
})
