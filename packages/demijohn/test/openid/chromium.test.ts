/** Signing in with a provider on another site, in Chromium: its policy and its cookies let it through. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Browser, chromium, type Page } from 'playwright-core'
import {
  chromiumArguments,
  executablePath,
  freePort,
  skip,
  startSite,
} from '../passkeys/siteFixture.ts'
import { clientSecret, type RunningProvider, startProvider } from './providerFixture.ts'
import { password } from './siteFixture.ts'

let origin = ''
let browser: Browser
let provider: RunningProvider
const closers: (() => Promise<unknown>)[] = []

before(
  async () => {
    if (skip !== false) return
    const folder = await mkdtemp(join(tmpdir(), 'demijohn-openid-'))
    closers.unshift(() => rm(folder, { recursive: true, force: true }))
    const port = await freePort()
    origin = `http://localhost:${port}`
    // On 127.0.0.1, which to a browser is another site than localhost.
    provider = await startProvider({ redirectUris: [`${origin}/login/with/example/callback`] })
    closers.unshift(provider.close)
    provider.residents.set('ada', { email: 'ada@site.example', email_verified: true })
    provider.residents.set('grace', { email: 'grace@site.example', email_verified: true })
    provider.residents.set('work', { email: 'ada@work.example', email_verified: false })
    const site = await startSite(folder, {
      program: join(import.meta.dirname, 'programFixture.ts'),
      environment: { ISSUER: provider.issuer, OPENID_CLIENT_SECRET: clientSecret },
      port,
    })
    closers.unshift(site.stop)
    browser = await chromium.launch({ executablePath, args: chromiumArguments })
    closers.unshift(() => browser.close())
  },
  { timeout: 60_000 },
)
after(async () => {
  for (const close of closers) await close()
})

async function openPage(): Promise<{
  readonly page: Page
  readonly complaints: readonly string[]
}> {
  const page = await (await browser.newContext({ baseURL: origin })).newPage()
  page.setDefaultTimeout(10_000)
  const complaints: string[] = []
  page.on('console', (message) => {
    const isStatus = /the server responded with a status of 4/.test(message.text())
    const isElsewhere = /Unrecognized feature: '(?:bluetooth|web-share)'/.test(message.text())
    if (message.type() === 'error' && !isStatus && !isElsewhere) complaints.push(message.text())
  })
  return { page, complaints }
}

async function chooseAtProvider(page: Page, name: string): Promise<void> {
  await page.getByRole('heading', { name: 'Who are you?' }).waitFor()
  assert.equal(new URL(page.url()).origin, provider.issuer)
  await page.getByRole('link', { name, exact: true }).click()
}

test('openid in Chromium: to the provider and back, to where one was going', { skip }, async () => {
  const { page, complaints } = await openPage()
  await page.goto('/private')
  await page.getByRole('link', { name: 'Sign in with Example' }).click()
  await chooseAtProvider(page, 'I am ada')
  await page.waitForURL(`${origin}/private`)
  assert.equal(await page.locator('#user').textContent(), 'ada@site.example')
  const cookies = await page.context().cookies(origin)
  const session = cookies.find(({ name }) => name === 'session')
  assert.deepEqual([session?.httpOnly, session?.sameSite], [true, 'Lax'])
  assert.ok(!cookies.some(({ name }) => name === 'openid'))
  await page.goto('/private')
  assert.equal(await page.locator('#user').textContent(), 'ada@site.example')
  assert.deepEqual(complaints, [])
})

test('openid in Chromium: somebody new makes an account by the button', { skip }, async () => {
  const { page, complaints } = await openPage()
  await page.goto('/login')
  await page.getByRole('link', { name: 'Sign in with Example' }).click()
  await chooseAtProvider(page, 'I am grace')
  await page.getByLabel('Your name').fill('Grace')
  await page.getByRole('button', { name: 'Make an account' }).click()
  await page.getByText('Welcome to Flask.').waitFor()
  assert.equal(await page.locator('#user').textContent(), 'grace@site.example')
  assert.deepEqual(complaints, [])
})

test('openid in Chromium: whoever changes their mind is told so, and starts again', {
  skip,
}, async () => {
  const { page } = await openPage()
  await page.goto('/login')
  await page.getByRole('link', { name: 'Sign in with Example' }).click()
  await chooseAtProvider(page, 'Cancel')
  await page.getByRole('heading', { name: 'You were not signed in' }).waitFor()
  await page.reload()
  await page.getByRole('heading', { name: 'This sign-in cannot be completed' }).waitFor()
  await page.goto('/')
  assert.equal(await page.locator('#user').textContent(), 'nobody')
})

test('openid in Chromium: linked from the account page, unlinked again', { skip }, async () => {
  const { page, complaints } = await openPage()
  await page.goto('/login')
  await page.getByLabel('Email address').fill('ada@site.example')
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.waitForURL(`${origin}/private`)
  await page.goto('/account/identities')
  // The first journey has linked one.
  await page.getByRole('button', { name: 'Unlink Example' }).click()
  await page.getByText('Your account at Example is unlinked.').waitFor()
  await page.getByRole('link', { name: 'Link Example' }).click()
  await chooseAtProvider(page, 'I am work')
  await page.getByRole('heading', { name: 'Link Example' }).waitFor()
  await page.getByRole('button', { name: 'Link this account' }).click()
  await page.getByText('Your account at Example is linked.').waitFor()
  await page.getByText('ada@work.example').waitFor()
  assert.deepEqual(complaints, [])
})
