/** Second factors: set up, asked for, lost, and never led around. */
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import {
  enter,
  giveCode,
  heading,
  keepCodes,
  linkIn,
  press,
  setUpApp,
  signIn,
  signOut,
  tabTo,
  told,
  whoIs,
} from './accountSteps.ts'
import { deviceOf } from './authenticators.ts'
import { pathOf } from './harness.ts'
import { journey, pressInProduction } from './production.ts'

const stage = pressInProduction()
const passkeys = '/account/factors/passkeys'

/** Half signed in: nobody everywhere else. */
async function assertHalfway(page: Page): Promise<void> {
  await page.goto('/settings')
  assert.equal(pathOf(page), '/login/second-factor?next=%2Fsettings')
  assert.equal(await whoIs(page), null)
  await page.goto('/login/second-factor')
}

journey(
  stage,
  '[asvs 6.5.1] accounts in Chromium: an app: set up, asked for, and a recovery code that works once',
  async ({ visit }) => {
    const { mailbox } = stage()
    const alan = await stage().somebody('Alan')
    const page = await visit()
    await signIn(page, alan)
    await page.goto('/account/factors')
    const { app, codes } = await setUpApp(page)
    await page.getByText('In use since').waitFor()
    await mailbox.next(alan.email, /^An authenticator app was set up/)
    await signOut(page)

    await signIn(page, alan)
    await assertHalfway(page)
    await giveCode(page, (await app.code()) === '000000' ? '111111' : '000000')
    await told(page, 'This code is not right')
    await giveCode(page, await app.code())
    await page.waitForURL('/')
    assert.equal(await whoIs(page), alan.name)
    await signOut(page)

    const [lost = ''] = codes
    await signIn(page, alan)
    await giveCode(page, lost)
    await page.waitForURL('/')
    const used = await mailbox.next(alan.email, /^A recovery code was used/)
    assert.match(used.text, new RegExp(`\\b${codes.length - 1} of them are left`))
    await signOut(page)
    await signIn(page, alan)
    await giveCode(page, lost)
    await told(page, 'This code is not right')
    assert.equal(await whoIs(page), null)
  },
)

journey(
  stage,
  'accounts in Chromium: signing in with a code by the keyboard alone',
  async ({ visit }) => {
    const hedy = await stage().somebody('Hedy')
    const page = await visit()
    await signIn(page, hedy)
    await page.goto('/account/factors')
    const { app } = await setUpApp(page)
    await page.context().clearCookies()
    await page.goto('/login')
    await tabTo(page, 'email')
    await page.keyboard.type(hedy.email)
    await tabTo(page, 'password')
    await page.keyboard.type(hedy.password)
    await page.keyboard.press('Enter')
    await page.waitForURL('/login/second-factor')
    await tabTo(page, 'code')
    await page.keyboard.type(await app.code())
    await page.keyboard.press('Enter')
    await page.waitForURL('/')
    assert.equal(await whoIs(page), hedy.name)
  },
)

journey(
  stage,
  '[asvs 6.5.6] accounts in Chromium: a passkey: after the password, alone, and removed',
  async ({ visit }) => {
    const { mailbox } = stage()
    const radia = await stage().somebody('Radia')
    const page = await visit()
    const device = await deviceOf(page)
    await signIn(page, radia)
    await page.goto('/account/factors')
    await page.getByRole('link', { name: 'Add a passkey' }).click()
    await device.present(true)
    await page.getByLabel('Name').fill('Laptop')
    await press(page, 'Add a passkey')
    // The first factor of an account, so there are codes for when it is lost.
    await keepCodes(page)
    await device.present(false)
    await mailbox.next(radia.email, /^A passkey was added/)
    await signOut(page)

    await signIn(page, radia)
    await assertHalfway(page)
    await device.present(true)
    await press(page, 'Use a passkey')
    await page.waitForURL('/')
    assert.equal(await whoIs(page), radia.name)
    await device.present(false)
    await signOut(page)

    await device.present(true)
    await page.goto('/login/passkey?next=/settings')
    await press(page, 'Use a passkey')
    await page.waitForURL('/settings')
    await signOut(page)

    // Picked from the list of the address field, at once, by the device that stands for the person.
    await page.goto('/login')
    await page.waitForURL('/')
    assert.equal(await whoIs(page), radia.name)

    await page.goto(passkeys)
    await page.getByRole('link', { name: 'Laptop' }).click()
    await press(page, 'Remove this passkey')
    await page.getByRole('status').getByText('The passkey is removed.').waitFor()
    await mailbox.next(radia.email, /^A passkey was removed/)
    await device.present(false)
    await signOut(page)
    await signIn(page, radia)
    assert.equal(pathOf(page), '/')
  },
)

journey(
  stage,
  '[asvs 6.4.3] [asvs 7.4.3] accounts in Chromium: a reset by mail asks for the second factor, and signs the others out',
  async ({ visit }) => {
    const { mailbox } = stage()
    const barbara = await stage().somebody('Barbara')
    const page = await visit()
    await signIn(page, barbara)
    await page.goto('/account/factors')
    const { app, codes } = await setUpApp(page)
    const other = await visit()
    await signIn(other, barbara)
    await giveCode(other, codes[0] ?? '')
    assert.equal(await whoIs(other), barbara.name)

    const forgetful = await visit()
    await forgetful.goto('/login')
    await forgetful.getByRole('link', { name: 'Forgotten your password?' }).click()
    await forgetful.getByLabel('Email address').fill(barbara.email)
    await press(forgetful, 'Send the link')
    await heading(forgetful, 'Look at your mail')
    const link = linkIn(await mailbox.next(barbara.email, /^Choose a new password/), '/reset/')
    await forgetful.goto(link)
    const chosen = { email: barbara.email, password: 'nine kites above a quiet mill' }
    await forgetful.getByLabel('New password').fill(chosen.password)
    await press(forgetful, 'Choose this password')
    await heading(forgetful, 'One more step')
    await assertHalfway(forgetful)
    await giveCode(forgetful, await app.code())
    await forgetful.waitForURL('/')
    assert.equal(await whoIs(forgetful), barbara.name)
    await mailbox.next(barbara.email, /^Your password at Press was changed/)

    for (const out of [page, other]) {
      await out.goto('/account')
      assert.equal(pathOf(out), '/login?next=%2Faccount')
    }
    await enter(page, barbara)
    await told(page, 'do not belong together')
    await other.goto(link)
    await heading(other, 'This link does not work any more')
    await signIn(other, chosen)
    assert.equal(pathOf(other), '/login/second-factor')
  },
)
