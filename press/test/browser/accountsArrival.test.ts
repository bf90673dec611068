/** How people come to have an account, and how they lose it to an administrator. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import {
  enter,
  giveCode,
  heading,
  linkIn,
  press,
  setUpApp,
  signIn,
  signOut,
  told,
  whoIs,
} from './accountSteps.ts'
import type { App } from './authenticators.ts'
import { freePort, pathOf, startPress, temporaryFolder, textOf } from './harness.ts'
import { journey, password, pressInProduction } from './production.ts'

const stage = pressInProduction()
const first = { name: 'Ada', email: 'ada@press.example', password: 'seven lamps over a harbour' }
let firstApp: App

journey(
  stage,
  '[asvs 6.3.3] accounts in Chromium: the link of the start makes the first administrator, second factor first',
  async ({ visit }) => {
    const page = await visit()
    await page.goto(stage().setupLink)
    await page.getByLabel('Your name').fill(first.name)
    await page.getByLabel('Email address').fill(first.email)
    await page.getByLabel('New password').fill(first.password)
    await press(page, 'Create the account')
    await heading(page, 'Second factors')
    for (const path of [
      '/account',
      '/admin/people',
      '/posts/new',
      '/settings',
      '/account/sessions',
    ]) {
      await page.goto(path)
      assert.equal(pathOf(page), `/account/factors?next=${encodeURIComponent(path)}`)
    }
    assert.equal(await whoIs(page), null)
    await page.goto('/account/factors')
    const { app } = await setUpApp(page)
    assert.equal(pathOf(page), '/')
    assert.equal(await whoIs(page), first.name)
    // The codes are on no page any more.
    await page.goto('/account/factors/recovery-codes')
    await heading(page, 'New recovery codes')
    assert.equal(await page.locator('.recovery-codes').count(), 0)
    await page.goto('/admin/people')
    await heading(page, 'People')
    await page.goto(stage().setupLink)
    await heading(page, 'This link does not work any more')
    firstApp = app
  },
)

journey(
  stage,
  '[asvs 6.3.8] accounts in Chromium: registering goes by mail, and tells nobody who has an account',
  async ({ visit }) => {
    const { mailbox } = stage()
    const email = 'grace@people.example'
    const page = await visit()
    await page.goto('/')
    await page.getByRole('link', { name: 'Register' }).click()
    await page.getByLabel('Email address').fill(email)
    await press(page, 'Send the link')
    await heading(page, 'Look at your mail')
    const sent = await textOf(page.getByRole('main'))
    await page.goto(linkIn(await mailbox.next(email, /^Finish your registration/), '/verify/'))
    await page.getByLabel('Your name').fill('Grace')
    await page.getByLabel('New password').fill(password)
    await press(page, 'Create the account')
    await page.getByRole('status').getByText('Welcome to Press.').waitFor()
    assert.equal(await whoIs(page), 'Grace')

    const again = await visit()
    await again.goto('/register')
    await again.getByLabel('Email address').fill(email)
    await press(again, 'Send the link')
    await heading(again, 'Look at your mail')
    assert.equal(await textOf(again.getByRole('main')), sent)
    const told = await mailbox.next(email, /^You already have an account/)
    assert.equal(new URL(linkIn(told, '/login')).pathname, '/login')
    assert.equal(await whoIs(again), null)
  },
)

journey(
  stage,
  '[asvs 7.4.2] accounts in Chromium: somebody whom an administrator added, suspended and let in again',
  async ({ visit }) => {
    const { mailbox } = stage()
    const joan = { name: 'Joan', email: 'joan@people.example', password }
    const admin = await visit()
    await signIn(admin, first)
    await giveCode(admin, await firstApp.code())
    await admin.getByRole('link', { name: 'People', exact: true }).click()
    await admin.getByRole('link', { name: 'Add a person' }).click()
    await admin.getByLabel('Name', { exact: true }).fill(joan.name)
    await admin.getByLabel('Email address').fill(joan.email)
    await admin.getByLabel('Role').selectOption('editor')
    await press(admin, 'Make the link')
    const link = await textOf(admin.locator('.one-time code'))
    assert.ok(link.startsWith(`${stage().origin}/welcome/`))

    const page = await visit()
    await page.goto(link)
    await page.getByLabel('New password').fill(joan.password)
    await press(page, 'Choose this password')
    assert.equal(await whoIs(page), joan.name)

    await admin.goto('/admin/people')
    await admin.getByRole('link', { name: 'Suspend Joan' }).click()
    await admin.getByLabel('Reason').fill('An empty chair.')
    await press(admin, 'Suspend this person')
    await admin.getByRole('status').getByText('Joan is suspended').waitFor()
    await page.getByRole('link', { name: 'My posts' }).click()
    await heading(page, 'Sign in')
    const mail = await mailbox.next(joan.email, /suspended/)
    assert.match(mail.text, /An empty chair\./)
    await enter(page, joan)
    await told(page, 'This email address and password do not belong together.')

    await press(admin, 'Restore Joan')
    await mailbox.next(joan.email, /open again/)
    await signIn(page, joan)
    assert.equal(await whoIs(page), joan.name)
    await signOut(admin)
  },
)

journey(
  stage,
  'accounts in Chromium: mails are shown in development, and in production there is no such page',
  async ({ visit }) => {
    const outside = await visit()
    assert.equal((await outside.goto('/dev/outbox'))?.status(), 404)
    const folder = await temporaryFolder()
    const port = await freePort()
    const settings = { DATABASE: join(folder.path, 'press.db'), PORT: String(port) }
    const development = await startPress(settings, /viewer {2}.*\n\n/)
    try {
      const page = await visit({ baseURL: `http://localhost:${port}` })
      await page.goto('/register')
      await page.getByLabel('Email address').fill('mary@people.example')
      await press(page, 'Send the link')
      await page.goto('/dev/outbox')
      await page.getByRole('link', { name: 'Finish your registration at Press' }).click()
      await page.getByRole('link', { name: /\/verify\// }).click()
      await heading(page, 'Welcome to Press')
    } finally {
      await development.stop()
      await folder.remove()
    }
  },
)
