/** The journeys of passkeys in Chromium, with its virtual authenticator. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { person } from './projectFixture.ts'
import { type Device, openDevice, siteInBrowser, skip } from './siteFixture.ts'

const stage = siteInBrowser()
const path = '/account/factors/passkeys'
const ask = 'Use a passkey'

/** Nobody picks a passkey from the list of the address field meanwhile. */
async function signInByPassword({ page, cdp, authenticatorId }: Device): Promise<void> {
  const simulation = 'WebAuthn.setAutomaticPresenceSimulation'
  await cdp.send(simulation, { authenticatorId, enabled: false })
  await page.goto('/login')
  await page.getByLabel('Email address').fill(person.email)
  await page.getByLabel('Password').fill(person.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.waitForURL((url) => url.pathname !== '/login')
  await cdp.send(simulation, { authenticatorId, enabled: true })
}

async function addPasskey({ page }: Device, name: string): Promise<void> {
  await page.goto(path)
  await page.getByLabel('Name').fill(name)
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  // The first one of the account, for each journey removes its own.
  await page.getByRole('heading', { name: 'Keep your recovery codes' }).waitFor()
  await page.getByRole('link', { name: 'I have kept them' }).click()
  await page.waitForURL((url) => url.pathname === path)
}

/**
 * A device with a new passkey, in a browser that is signed out again. Journeys share the account, so
 * each removes its passkey at the end: with one left, the password alone would not do.
 */
async function withPasskey(name: string): Promise<Device> {
  const device = await openDevice(stage())
  const { page } = device
  await signInByPassword(device)
  await addPasskey(device, name)
  await page.context().clearCookies()
  return device
}

async function removePasskey(page: Page, name: string): Promise<void> {
  await page.goto(path)
  await page.getByRole('link', { name }).click()
  await page.getByRole('button', { name: 'Remove this passkey' }).click()
  await page.getByText('The passkey is removed.').waitFor()
}

async function userOf(page: Page): Promise<string | null> {
  return page.locator('#user').textContent()
}

async function signInByPasskey({ page }: Device, where = '/login/passkey'): Promise<void> {
  await page.goto(where)
  await page.getByRole('button', { name: ask }).click()
}

test('passkeys in Chromium: one is added, and signs in by itself, to where one was going', {
  skip,
}, async () => {
  const device = await withPasskey('Phone')
  const { page, complaints } = device
  await signInByPasskey(device, '/login/passkey?next=/private')
  await page.getByText('for people').waitFor()
  assert.equal(await userOf(page), 'First')
  await page.goto(path)
  await page.getByText('last used').waitFor()
  await removePasskey(page, 'Phone')
  assert.deepEqual(complaints, [])
})

test('passkeys in Chromium: after the password', { skip }, async () => {
  const device = await withPasskey('Phone')
  const { page, complaints } = device
  await signInByPassword(device)
  assert.match(page.url(), /\/login\/second-factor/)
  await page.goto('/private')
  assert.match(page.url(), /\/login\/second-factor\?next=%2Fprivate$/)
  await signInByPasskey(device, '/login/second-factor/passkey?next=/private')
  await page.getByText('for people').waitFor()
  await removePasskey(page, 'Phone')
  assert.deepEqual(complaints, [])
})

test('passkeys in Chromium: offered among what the browser fills in', { skip }, async () => {
  const device = await withPasskey('Phone')
  const { page, complaints } = device
  await page.goto('/welcome')
  // The virtual authenticator stands for the person who picks it from the list.
  await page.waitForURL((url) => url.pathname === '/')
  assert.equal(await userOf(page), 'First')
  await removePasskey(page, 'Phone')
  assert.deepEqual(complaints, [])
})

test('passkeys in Chromium: the button works while the list of the address field waits', {
  skip,
}, async () => {
  const device = await withPasskey('Phone')
  const { page, cdp, authenticatorId, complaints } = device
  const present = (enabled: boolean) =>
    cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled })
  await present(false)
  await page.goto('/welcome')
  const field = page.getByLabel('Address')
  await page.waitForFunction('document.querySelector("[autocomplete~=webauthn]") !== null')
  assert.equal(await field.getAttribute('autocomplete'), 'username webauthn')
  await present(true)
  await page.getByRole('button', { name: ask }).click()
  await page.waitForURL((url) => url.pathname === '/')
  await removePasskey(page, 'Phone')
  assert.deepEqual(complaints, [])
})

test('passkeys in Chromium: removed, it signs nobody in, and says so calmly', {
  skip,
}, async () => {
  const device = await withPasskey('Phone')
  const { page } = device
  await signInByPasskey(device)
  await page.waitForURL((url) => url.pathname === '/')
  await removePasskey(page, 'Phone')
  await page.context().clearCookies()
  await signInByPasskey(device)
  await page.getByRole('alert').getByText('This passkey could not be used.').waitFor()
  assert.equal(await userOf(page), 'nobody')
})

test('passkeys in Chromium: turned down, nothing is sent and everything can be tried again', {
  skip,
}, async () => {
  const device = await withPasskey('Phone')
  const { page, cdp, authenticatorId, complaints } = device
  await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
  await signInByPasskey(device)
  const status = page.getByRole('status')
  await status.getByText('Nothing was sent').waitFor()
  assert.equal(new URL(page.url()).pathname, '/login/passkey')
  assert.equal(await userOf(page), 'nobody')
  await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true })
  await page.getByRole('button', { name: ask }).click()
  await page.waitForURL((url) => url.pathname === '/')
  assert.equal(await userOf(page), 'First')
  await removePasskey(page, 'Phone')
  assert.deepEqual(complaints, [])
})

test('passkeys in Chromium: a touch confirms beside the password', { skip }, async () => {
  const device = await openDevice(stage(), { recognises: false })
  const { page, complaints } = device
  await signInByPassword(device)
  await addPasskey(device, 'Key')
  await page.goto('/login/confirm?next=/private')
  await page.getByRole('link', { name: 'Use a passkey instead' }).click()
  await page.getByRole('button', { name: ask }).click()
  await page.getByRole('alert').getByText('This passkey needs your password as well.').waitFor()
  await page.getByLabel('Password').fill(person.password)
  await page.getByRole('button', { name: ask }).click()
  await page.getByText('for people').waitFor()
  await removePasskey(page, 'Key')
  assert.deepEqual(complaints, [])
})

test('passkeys in Chromium: a device has one of an account, not two', { skip }, async () => {
  const device = await withPasskey('Phone')
  const { page } = device
  await signInByPasskey(device)
  await page.waitForURL((url) => url.pathname === '/')
  await page.goto(path)
  await page.getByLabel('Name').fill('Again')
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.getByText('This device already has a passkey').waitFor()
  await removePasskey(page, 'Phone')
})

test('passkeys in Chromium: the browser gives none to another relying party', {
  skip,
}, async () => {
  const device = await withPasskey('Phone')
  const { page } = device
  await page.goto('/login/passkey')
  // What a page of another site would ask. The options themselves cannot be changed by script here:
  // Trusted Types take no text for the content of a script element.
  await page.evaluate(`{
    const get = navigator.credentials.get.bind(navigator.credentials)
    const rpId = 'site.example'
    navigator.credentials.get = ({ publicKey }) => get({ publicKey: { ...publicKey, rpId } })
  }`)
  await page.getByRole('button', { name: ask }).click()
  await page.getByText('Passkeys do not work under this address').waitFor()
  assert.equal(await userOf(page), 'nobody')
  // Under an address, where browsers have none, the page says so and asks for none.
  await page.goto(`${stage().origin.replace('localhost', '127.0.0.1')}/login/passkey`)
  await page.getByText('Passkeys do not work under this address').waitFor()
  assert.equal(await page.getByRole('button', { name: ask }).count(), 0)
  await page.goto(stage().origin)
  await signInByPasskey(device)
  await page.waitForURL((url) => url.pathname === '/')
  await removePasskey(page, 'Phone')
})

test('passkeys in Chromium: without script there is a sentence instead of a dead button', {
  skip,
}, async () => {
  const { browser, origin: baseURL } = stage()
  const context = await browser.newContext({ baseURL, javaScriptEnabled: false })
  const page = await context.newPage()
  await page.goto('/login/passkey')
  await page.getByText('Passkeys need a newer browser').waitFor()
  assert.equal(await page.getByRole('button', { name: ask }).isVisible(), false)
  await context.close()
})
