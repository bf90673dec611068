/**
 * Attack vectors in every place of a template, in a real browser: nothing runs, under the policy
 * and without one, since the encoding alone has to hold (ASVS 1.2.1, 1.3.1).
 */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { after, before, test } from 'node:test'
import { type Browser, chromium } from 'playwright-core'
import { html, render } from '../../src/html/template.ts'
import { corpusPayloads, type HtmlPlace, places, sanitised } from './html-places.ts'
import { addresses, vectors } from './html-vectors.ts'

const executablePath = '/usr/bin/chromium'
const missing = `${executablePath} is missing: install it with "apt-get install chromium"`
const skip = existsSync(executablePath) || process.env.CI === 'true' ? false : missing

const policy =
  "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; " +
  "frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

const payloads = [...vectors, ...corpusPayloads()]
const everyPlace: readonly HtmlPlace[] = [...places, sanitised]
const context = { formToken: () => 'token', nonce: () => 'nonce' }

/** Places whose every value is a request or a document of its own: one place a page, few values. */
const loading: Readonly<Record<string, number>> = { image: 10, video: 10, frame: 60, object: 60 }

type Visited = { readonly name: string; readonly page: () => string }

/** Whole documents stand one after the other: a browser merges them into the first. */
function pageOf(held: readonly HtmlPlace[], values: readonly string[]): string {
  return render(html`${values.map((value) => held.map((place) => place.make(value)))}`, context)
}

/** Places that load nothing go eight to a page. */
function visitedPages(): readonly Visited[] {
  const quiet = everyPlace.filter(({ name }) => loading[name] === undefined)
  const pages: Visited[] = []
  for (let from = 0; from < quiet.length; from += 8) {
    const held = quiet.slice(from, from + 8)
    const name = held.map((place) => place.name).join(', ')
    pages.push({ name, page: () => pageOf(held, payloads) })
  }
  for (const place of everyPlace) {
    const every = loading[place.name]
    if (every === undefined) continue
    // From the end of our own vectors, where the addresses are, every so many.
    const values = payloads.filter((_, index) => (vectors.length - 1 - index) % every === 0)
    const heads = addresses.slice(0, 4)
    pages.push({ name: place.name, page: () => pageOf([place], [...heads, ...values]) })
  }
  return pages
}

const visitedPlaces = visitedPages()

/** What the detector has to see, so that its silence means something. */
const running = '<!doctype html><p>a</p><img src="/x" onerror="window.__xss=1,alert(1)">'

function pageAt(path: string): string | undefined {
  if (path === '/running') return running
  return visitedPlaces[Number(/^\/place\/(\d+)$/.exec(path)?.[1] ?? -1)]?.page()
}

let server: Server
let browser: Browser
let origin = ''

before(async () => {
  if (skip !== false) return
  assert.ok(existsSync(executablePath), missing)
  server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://here.example')
    const page = pageAt(pathname)
    const headers = {
      'content-type': page === undefined ? 'text/plain' : 'text/html; charset=utf-8',
    }
    const guarded = searchParams.has('policy') ? { 'content-security-policy': policy } : {}
    response.writeHead(page === undefined ? 404 : 200, { ...headers, ...guarded })
    response.end(page)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  origin = `http://127.0.0.1:${address.port}`
  browser = await chromium.launch({
    executablePath,
    args: [
      ...'--headless --no-sandbox --disable-gpu --disable-quic --no-first-run'.split(' '),
      ...'--disable-background-networking --disable-component-update --disable-sync'.split(' '),
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    ],
  })
})

after(async () => {
  if (skip !== false) return
  await browser.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

/** Opens a page, touches every element, and tells what ran and what could. */
async function visit(path: string): Promise<{ ran: string[]; could: string[] }> {
  const page = await browser.newPage()
  const ran: string[] = []
  try {
    page.on('dialog', (dialog) => {
      ran.push(`dialog: ${dialog.message()}`)
      dialog.dismiss().catch((error: unknown) => ran.push(String(error)))
    })
    page.on('framenavigated', (frame) => {
      const url = frame.url()
      if (!url.startsWith(origin) && !/^(?:about:|chrome-error:)/.test(url)) ran.push(`to ${url}`)
    })
    await page.goto(`${origin}${path}`, { waitUntil: 'load', timeout: 20_000 })
    const could = await page.evaluate(touchEverything)
    await page.waitForTimeout(50)
    if (await page.evaluate(() => '__xss' in globalThis)) ran.push('__xss is set')
    return { ran, could }
  } finally {
    await page.close()
  }
}

/** The little of the DOM that is used below; its types would change those of every other file. */
declare const document: {
  querySelectorAll(selector: '*'): Iterable<{
    readonly localName: string
    readonly attributes: Iterable<{ readonly name: string; readonly value: string }>
    dispatchEvent(event: Event): boolean
    getAttribute(name: string): string | null
  }>
}

/** Runs in the page. Handlers and script addresses that wait for a click count as well. */
function touchEverything(): string[] {
  const found: string[] = []
  for (const element of document.querySelectorAll('*')) {
    for (const event of ['mouseover', 'focus', 'pointerenter', 'toggle', 'animationstart']) {
      element.dispatchEvent(new Event(event))
    }
    for (const { name, value } of element.attributes) {
      if (/^on|^srcdoc$|^style$/i.test(name)) found.push(`${element.localName} ${name}`)
      if (!/^(?:href|xlink:href|src|action|formaction|data|cite|poster)$/.test(name)) continue
      const { protocol } = new URL(value, 'http://here.example/')
      if (!/^(?:https?|mailto|tel):$/.test(protocol)) found.push(`${element.localName} ${value}`)
    }
    if (element.localName === 'script' && element.getAttribute('type') !== 'application/json') {
      found.push('script')
    }
  }
  return found
}

test('html in Chromium: the detector sees script that runs', { skip }, async () => {
  const free = await visit('/running')
  assert.deepEqual(free.ran, ['dialog: 1', '__xss is set'])
  assert.deepEqual(free.could, ['img onerror'])
  assert.deepEqual((await visit('/running?policy')).ran, [])
})

for (const [index, { name }] of visitedPlaces.entries()) {
  test(`[asvs 1.2.1] [asvs 1.3.1] html in Chromium: no vector runs in ${name}`, {
    skip,
  }, async () => {
    assert.ok(payloads.length > 500, `only ${payloads.length} vectors were read`)
    const [free, guarded] = await Promise.all([
      visit(`/place/${index}`),
      visit(`/place/${index}?policy`),
    ])
    assert.deepEqual(free, { ran: [], could: [] }, 'without a policy')
    assert.deepEqual(guarded, { ran: [], could: [] }, 'under the policy')
  })
}
