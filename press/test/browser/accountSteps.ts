/** What people do with their accounts, step by step, as they do it: by the pages. */
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { type App, appWith } from './authenticators.ts'
import { textOf } from './harness.ts'

type Credentials = { readonly email: string; readonly password: string }

/** The first step alone: whatever comes after the page of the sign-in. */
export async function enter(
  page: Page,
  { email, password }: Credentials,
  { remember = false }: { readonly remember?: boolean } = {},
): Promise<void> {
  await page.goto('/login')
  await page.getByLabel('Email address').fill(email)
  await page.getByLabel('Password').fill(password)
  if (remember) await page.getByLabel(/Stay signed in/).check()
  await press(page, 'Sign in')
}

/** Until the page of the sign-in is left. */
export async function signIn(
  page: Page,
  credentials: Credentials,
  options: { readonly remember?: boolean } = {},
): Promise<void> {
  await enter(page, credentials, options)
  await page.waitForURL((url) => url.pathname !== '/login')
}

/** A button of the page's main part. */
export async function press(page: Page, name: string): Promise<void> {
  await page.getByRole('main').getByRole('button', { name, exact: true }).click()
}

export async function signOut(page: Page): Promise<void> {
  await page.getByRole('banner').getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('banner').getByRole('link', { name: 'Sign in' }).waitFor()
}

/** The name in the header of whoever is signed in; null for a visitor. */
export async function whoIs(page: Page): Promise<string | null> {
  await page.goto('/')
  const name = page.locator('.site-account a[href="/account"]')
  return (await name.count()) === 0 ? null : textOf(name)
}

export async function heading(page: Page, text: string): Promise<void> {
  await page.getByRole('heading', { level: 1, name: text, exact: true }).waitFor()
}

/** The sentence of an error, wherever the page has it. */
export async function told(page: Page, text: string | RegExp): Promise<void> {
  await page.getByRole('alert').getByText(text).waitFor()
}

export async function giveCode(page: Page, code: string): Promise<void> {
  await page.getByLabel('Code', { exact: true }).fill(code)
  await press(page, 'Sign in')
}

/** From the overview of factors to an app in use. What is given is shown on pages, and only once. */
export async function setUpApp(
  page: Page,
): Promise<{ readonly app: App; readonly codes: readonly string[] }> {
  await press(page, 'Set up an app')
  await heading(page, 'Set up an authenticator app')
  const app = appWith(await textOf(page.locator('.secret-key')))
  await page.getByLabel('Code', { exact: true }).fill(await app.code())
  await press(page, 'Use this app')
  const codes = await keepCodes(page)
  return { app, codes }
}

/** The page that shows them, the one time. */
export async function keepCodes(page: Page): Promise<readonly string[]> {
  const title = page.getByRole('heading', { level: 1, name: 'Keep your recovery codes' })
  await title.waitFor()
  const codes = await page.locator('.recovery-codes code').allTextContents()
  assert.ok(codes.length >= 8)
  assert.equal(new Set(codes).size, codes.length)
  await page.getByRole('link', { name: 'I have kept them' }).click()
  await title.waitFor({ state: 'detached' })
  return codes
}

/** Tab by Tab to the control with this name, as somebody without a mouse. */
export async function tabTo(page: Page, name: string): Promise<void> {
  for (let stop = 0; stop < 40; stop += 1) {
    const there = await page.evaluate<boolean>(
      `document.activeElement?.getAttribute('name') === ${JSON.stringify(name)}`,
    )
    if (there) return
    await page.keyboard.press('Tab')
  }
  assert.fail(`Tab does not reach ${name}`)
}

/** The one link of a mail that leads below this path. */
export function linkIn(mail: { readonly links: readonly string[] }, path: string): string {
  const found = new Set(mail.links.filter((link) => new URL(link).pathname.startsWith(path)))
  assert.equal(found.size, 1, `links ${mail.links.join()} below ${path}`)
  return [...found].join()
}
