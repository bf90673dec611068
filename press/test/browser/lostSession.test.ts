/**
 * What was typed while the session ended: the page of the refusal says how to get it back, and the
 * way that it names works, although no page of somebody signed in may be kept (`no-store`).
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { goBack, pathOf, pressInBrowser, signIn, skip, textOf } from './harness.ts'

const stage = pressInBrowser({ backButton: 'as people have it' })
const words = 'An afternoon of work.'

/** An editor who has just typed a post, in a context of their own. */
async function writing(javaScriptEnabled: boolean): Promise<Page> {
  const page = await stage().open({ javaScriptEnabled })
  await signIn(page, stage().accounts.editor)
  await page.goto('/posts/new')
  await page.getByLabel('Title').fill('Not lost')
  await page.getByLabel('Text', { exact: true }).fill(words)
  return page
}

async function assertStillThere(page: Page): Promise<void> {
  await goBack(page)
  assert.equal(pathOf(page), '/posts/new')
  assert.equal(await page.getByLabel('Title').inputValue(), 'Not lost')
  assert.equal(await page.getByLabel('Text', { exact: true }).inputValue(), words)
  await page.getByRole('button', { name: 'Save draft' }).click()
  assert.match(await textOf(page.getByRole('status')), /Saved as a draft\./)
  assert.equal(await textOf(page.locator('.prose').first()), `${words}\n`)
}

for (const javaScriptEnabled of [true, false]) {
  const mode = javaScriptEnabled ? 'with script' : 'without script'

  test(`lost session ${mode}: signed in again in another tab, what was typed is sent after all`, {
    skip,
  }, async () => {
    const page = await writing(javaScriptEnabled)
    await page.context().clearCookies()
    await page.getByRole('button', { name: 'Save draft' }).click()
    assert.equal(await page.locator('.misprint').getAttribute('data-number'), '401')
    assert.match(await textOf(page.locator('.misprint-page')), /go back/)
    const opened = page.context().waitForEvent('page')
    await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click()
    await signIn(await opened, stage().accounts.editor)
    await assertStillThere(page)
    await page.context().close()
  })

  test(`lost session ${mode}: a form opened in an earlier session is sent after all`, {
    skip,
  }, async () => {
    const page = await writing(javaScriptEnabled)
    await page.context().clearCookies()
    const other = await page.context().newPage()
    await signIn(other, stage().accounts.editor)
    await page.getByRole('button', { name: 'Save draft' }).click()
    assert.equal(await page.locator('.misprint').getAttribute('data-number'), '403')
    assert.match(await textOf(page.locator('.misprint-page')), /Go back/)
    await assertStillThere(page)
    await page.context().close()
  })
}
