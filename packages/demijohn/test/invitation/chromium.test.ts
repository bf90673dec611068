/**
 * The journey of an invitation in Chromium: an administrator sends it, the mail is read in the outbox
 * of development, and whoever was invited makes an account in a browser of their own, once.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { siteInBrowser, skip } from '../passkeys/siteFixture.ts'
import { administrator } from './peopleFixture.ts'

const stage = siteInBrowser(join(import.meta.dirname, 'programFixture.ts'))
const guest = { email: 'grace@reader.example', password: 'eleven brass harbours wait' }

/** A browser in which nobody has signed in. */
async function visit(): Promise<Page> {
  const { browser, origin: baseURL } = stage()
  const page = await (await browser.newContext({ baseURL })).newPage()
  page.setDefaultTimeout(10_000)
  return page
}

async function signIn(page: Page, person: { email: string; password: string }): Promise<void> {
  await page.goto('/login')
  await page.getByLabel('Email address').fill(person.email)
  await page.getByLabel('Password').fill(person.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.waitForURL((url) => url.pathname === '/')
}

/** The link in the newest mail to an address, as it stands in the outbox. */
async function linkTo(page: Page, address: string): Promise<string> {
  await page.goto('/dev/outbox')
  await page.getByRole('listitem').filter({ hasText: address }).getByRole('link').first().click()
  const link = await page.locator('a[href*="/invitation/"]').first().getAttribute('href')
  assert.ok(link !== null)
  return new URL(link, stage().origin).href
}

async function choose(page: Page, name: string): Promise<void> {
  await page.getByLabel('Your name').fill(name)
  await page.getByLabel('New password').fill(guest.password)
  await page.getByRole('button').last().click()
}

test('invitation in Chromium: sent by an administrator, used once by the invited, and by nobody who is somebody else', {
  skip,
}, async () => {
  const admin = await visit()
  assert.equal((await admin.goto('/register'))?.status(), 404)
  await signIn(admin, administrator)
  await admin.goto('/invite')
  await admin.locator('input[name="email"]').fill(guest.email)
  await admin.getByRole('button').last().click()
  await admin.waitForURL((url) => url.search === '?invited=sent')
  const link = await linkTo(admin, guest.email)

  // In the browser of somebody else it is not for them, and is not used up.
  const refused = await admin.goto(link)
  assert.equal(refused?.status(), 403)
  await admin.getByText('You are signed in already').first().waitFor()

  // Two tabs are open on it, and the first one that is sent makes the account.
  const page = await visit()
  const late = await visit()
  await page.goto(link)
  await late.goto(link)
  await choose(page, 'Grace')
  await page.waitForURL((url) => url.pathname === '/')
  assert.equal(await page.locator('#who').textContent(), guest.email)
  await page.goto('/me')
  assert.match((await page.locator('#me').textContent()) ?? '', / editor$/)

  await choose(late, 'Eve')
  await late.getByText('This link does not work any more').first().waitFor()
  assert.equal(await late.locator('#who').textContent(), 'nobody')

  // The account is there to come back to.
  await signIn(late, guest)
  assert.equal(await late.locator('#who').textContent(), guest.email)
})
