/** Staying signed in, being signed in at several places, and being asked again. */
import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { heading, press, signIn, signOut, told, whoIs } from './accountSteps.ts'
import { pathOf } from './harness.ts'
import { journey, pressInProduction } from './production.ts'

const stage = pressInProduction()

async function cookieOf(page: Page, name: string): Promise<string | undefined> {
  const cookies = await page.context().cookies()
  return cookies.find((cookie) => cookie.name === name)?.value
}

/** Out at the next click on something that is for people alone. */
async function assertOut(page: Page): Promise<void> {
  await page.goto('/settings')
  assert.equal(pathOf(page), '/login?next=%2Fsettings')
  assert.equal(await whoIs(page), null)
}

journey(
  stage,
  'accounts in Chromium: a browser stays signed in, and a copy of its token ends it all',
  async ({ visit }) => {
    const { mailbox, db } = stage()
    const karen = await stage().somebody('Karen')
    const page = await visit()
    await signIn(page, karen, { remember: true })
    const copied = await cookieOf(page, 'remember')
    assert.ok(copied !== undefined)
    // What a browser forgets when it is closed.
    await page.context().clearCookies({ name: 'session' })
    assert.equal(await whoIs(page), karen.name)
    const following = await cookieOf(page, 'remember')
    assert.ok(following !== undefined && following !== copied)

    // Within half a minute a used token may come from another tab: let it have been used before.
    await db
      .updateTable('demijohn_remembered')
      .set((is) => ({ usedAt: is('usedAt', '-', 60_000) }))
      .where('accountId', '=', karen.id)
      .where('usedAt', 'is not', null)
      .execute()
    const thief = await visit()
    await thief.context().addCookies([{ name: 'remember', value: copied, url: stage().origin }])
    assert.equal(await whoIs(thief), null)
    await assertOut(page)
    assert.equal((await mailbox.next(karen.email, /was signed out/)).links.length > 0, true)
    await page.context().addCookies([{ name: 'remember', value: following, url: stage().origin }])
    await assertOut(page)
  },
)

journey(
  stage,
  'accounts in Chromium: not remembered, a browser that was closed is signed out',
  async ({ visit }) => {
    const lynn = await stage().somebody('Lynn')
    const page = await visit()
    await signIn(page, lynn)
    assert.equal(await whoIs(page), lynn.name)
    await page.context().clearCookies({ name: 'session' })
    await assertOut(page)
  },
)

journey(
  stage,
  '[asvs 6.3.5] [asvs 7.5.2] accounts in Chromium: sessions: a new device is told of, one is ended from another, then all',
  async ({ visit }) => {
    const { mailbox } = stage()
    const frances = await stage().somebody('Frances')
    const here = await visit()
    const there = await visit()
    await signIn(here, frances)
    await signIn(there, frances)
    const mail = await mailbox.next(frances.email, /^A new sign-in/)
    assert.match(mail.text, /Chrome on Linux\. From: (?:127\.0\.0\.1|::1)\./)
    const sent = mailbox.all().filter(({ to }) => to === frances.email)
    assert.equal(sent.length, 1, 'of the first sign-in there is nobody to warn')

    await here.getByRole('banner').getByRole('link', { name: frances.name }).click()
    await here.getByText('Signed in at 2 places').waitFor()
    await here.getByRole('link', { name: 'Show your sessions' }).click()
    const lines = here.locator('.session-list > li')
    assert.equal(await lines.count(), 2)
    await lines
      .filter({ hasNotText: 'this one' })
      .getByRole('button', { name: 'Sign out', exact: true })
      .click()
    await here.getByRole('status').getByText('That session has ended.').waitFor()
    assert.equal(await lines.count(), 1)
    await assertOut(there)

    await signIn(there, frances)
    await there.goto('/account/sessions')
    await press(there, 'Sign out everywhere else')
    await there.getByRole('status').waitFor()
    await assertOut(here)
    await signIn(here, frances)
    await here.goto('/account/sessions')
    await press(here, 'Sign out everywhere')
    await heading(here, 'Sign in')
    await assertOut(here)
    await assertOut(there)
  },
)

/** As if the person had last proved who they are eleven minutes ago. */
async function letTimePass({ id }: { readonly id: string }): Promise<void> {
  const { db } = stage()
  await db.transaction().execute(async (transaction) => {
    await transaction
      .updateTable('demijohn_sessions')
      .set((is) => ({ authenticatedAt: is('authenticatedAt', '-', 11 * 60_000) }))
      .where('accountId', '=', id)
      .execute()
    await transaction
      .updateTable('demijohn_revisions')
      .set((is) => ({ revision: is('revision', '+', 1) }))
      .where('name', '=', 'sessions')
      .execute()
  })
  // What another process has changed holds within a second.
  await pause(1_100)
}

journey(
  stage,
  '[asvs 7.5.1] accounts in Chromium: after ten minutes a change asks once more who it is',
  async ({ visit }) => {
    const { mailbox } = stage()
    const dorothy = await stage().somebody('Dorothy')
    const page = await visit()
    await signIn(page, dorothy)
    await letTimePass(dorothy)
    for (const path of [
      '/account/password',
      '/account/email',
      '/account/delete',
      '/account/export',
    ]) {
      await page.goto(path)
      assert.equal(pathOf(page), `/login/confirm?next=${encodeURIComponent(path)}`)
    }
    await page.goto('/account/sessions')
    assert.equal(await page.getByRole('main').getByRole('button').count(), 0)
    await page.goto('/account/password')
    await heading(page, 'Confirm that it is you')
    await page.getByLabel('Password').fill('three lamps in an empty mill')
    await press(page, 'Confirm')
    await told(page, 'This is not your password.')
    await page.getByLabel('Password').fill(dorothy.password)
    await press(page, 'Confirm')
    await page.waitForURL('/account/password')

    const chosen = 'nine kites above a quiet mill'
    await page.getByLabel('Present password').fill(dorothy.password)
    await page.getByLabel('New password').fill(chosen)
    await press(page, 'Change the password')
    await page.getByRole('status').getByText('Your password is changed.').waitFor()
    await mailbox.next(dorothy.email, /^Your password at Press was changed/)
    await signOut(page)
    await signIn(page, { ...dorothy, password: chosen })
    assert.equal(await whoIs(page), dorothy.name)
  },
)
