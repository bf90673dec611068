/** Every page of an account, one after the other, as one person and as the visitor before comes by. */
import type { Page } from 'playwright-core'
import { giveCode, heading, linkIn, press, signIn, signOut } from './accountSteps.ts'
import { appWith, type Device } from './authenticators.ts'
import { textOf } from './harness.ts'
import type { Production, Somebody } from './production.ts'

/** Called with the name of each page while it is open. */
export type Look = (name: string) => Promise<void>

export async function walkAccountPages(
  page: Page,
  { somebody, mailbox }: Pick<Production, 'somebody' | 'mailbox'>,
  name: string,
  { device, look }: { readonly device: Device; readonly look: Look },
): Promise<void> {
  const person = await somebody(name)
  const { email } = person
  await asVisitor(page, email, look)
  await page.goto(linkIn(await mailbox.next(email, /^Choose a new password/), '/reset/'))
  await look('reset')
  await signIn(page, person)
  await inSettings(page, look)
  const { codes } = await withFactors(page, device, look)
  await signOut(page)
  await asHalf(page, person, codes, look)
  await page.goto('/account/delete')
  await look('delete')
}

const at = async (page: Page, path: string, name: string, look: Look): Promise<void> => {
  await page.goto(path)
  await look(name)
}

async function asVisitor(page: Page, email: string, look: Look): Promise<void> {
  await at(page, '/login', 'sign-in', look)
  await at(page, '/login/passkey', 'sign-in-passkey', look)
  await at(page, '/register', 'register', look)
  await page.getByLabel('Email address').fill('nobody@people.example')
  await press(page, 'Send the link')
  await heading(page, 'Look at your mail')
  await look('mail-sent')
  await at(page, `/verify/${'A'.repeat(43)}`, 'link-gone', look)
  await page.goto('/reset')
  await look('reset-request')
  await page.getByLabel('Email address').fill(email)
  await press(page, 'Send the link')
  await heading(page, 'Look at your mail')
}

async function inSettings(page: Page, look: Look): Promise<void> {
  await at(page, '/account', 'account', look)
  await at(page, '/account/password', 'password', look)
  await at(page, '/account/email', 'email', look)
  await at(page, '/account/sessions', 'sessions', look)
  await at(page, '/account/tokens', 'tokens', look)
  await at(page, '/account/tokens/new', 'token-new', look)
  await page.getByLabel('What it is for').fill('Nightly backup')
  await page.getByLabel('Read posts, and who you are').check()
  await press(page, 'Make the token')
  await heading(page, 'Keep your token')
  await look('token-made')
  await at(page, '/account/tokens', 'tokens-one', look)
  await at(page, '/device', 'device', look)
  await at(page, '/account/export', 'export', look)
  await at(page, '/login/confirm', 'confirm', look)
  await at(page, '/account/factors', 'factors-none', look)
  await at(page, '/account/factors/passkeys', 'passkeys-none', look)
}

async function withFactors(
  page: Page,
  device: Device,
  look: Look,
): Promise<{ readonly codes: readonly string[] }> {
  await page.goto('/account/factors')
  await press(page, 'Set up an app')
  await heading(page, 'Set up an authenticator app')
  await look('app')
  const app = appWith(await textOf(page.locator('.secret-key')))
  await page.getByLabel('Code', { exact: true }).fill(await app.code())
  await press(page, 'Use this app')
  await heading(page, 'Keep your recovery codes')
  await look('recovery-codes-shown')
  const codes = await page.locator('.recovery-codes code').allTextContents()
  await at(page, '/account/factors/recovery-codes', 'recovery-codes', look)
  await at(page, '/account/factors/totp/remove', 'app-remove', look)
  await page.goto('/account/factors/passkeys')
  await page.getByLabel('Name').fill('Laptop')
  await device.present(true)
  await press(page, 'Add a passkey')
  await page.getByRole('status').getByText('Your passkey is added.').waitFor()
  await device.present(false)
  await look('passkeys')
  await page.getByRole('link', { name: 'Laptop' }).click()
  await page.getByRole('button', { name: 'Remove this passkey' }).waitFor()
  await look('passkey')
  await at(page, '/account/factors', 'factors', look)
  await at(page, '/account', 'account-protected', look)
  return { codes }
}

async function asHalf(
  page: Page,
  person: Somebody,
  codes: readonly string[],
  look: Look,
): Promise<void> {
  await signIn(page, person)
  await look('second-factor')
  await giveCode(page, '000000')
  await page.getByRole('alert').waitFor()
  await look('second-factor-refused')
  await giveCode(page, codes[0] ?? '')
  await page.waitForURL('/')
}
