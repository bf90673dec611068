/** What people do with the site, by mouse and keyboard, with script and without. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import {
  addPerson,
  choosePassword,
  goBack,
  pathOf,
  pressInBrowser,
  roles,
  signedInName,
  signIn,
  skip,
  textOf,
} from './harness.ts'

const stage = pressInBrowser({ backButton: 'as people have it' })

const modes = [
  { mode: 'with script', javaScriptEnabled: true, word: 'scripted' },
  { mode: 'without script', javaScriptEnabled: false, word: 'plain' },
] as const

const password = 'four unrelated words of mine'

function press(page: Page, name: string): Promise<void> {
  return page.getByRole('button', { name, exact: true }).click()
}

function heading(page: Page): Promise<string> {
  return textOf(page.getByRole('heading', { level: 1 }))
}

function notice(page: Page): Promise<string> {
  return textOf(page.getByRole('status'))
}

for (const { mode, javaScriptEnabled, word } of modes) {
  /** A new person with a password, in a context of their own. */
  const newcomer = async (role: 'member' | 'editor', name: string) => {
    const admin = await stage().open({ as: 'admin', javaScriptEnabled })
    const email = `${name.toLowerCase()}.${word}@press.example`
    const link = await addPerson(admin, { name: `${name} ${word}`, email, role })
    const page = await stage().open({ javaScriptEnabled })
    await choosePassword(page, link, password)
    return { admin, page, email, link, name: `${name} ${word}` }
  }
  const row = (admin: Page, name: string) => admin.getByRole('row').filter({ hasText: name })

  test(`journey ${mode}: a visitor reads, searches, looks at who wrote it, and finds the feed`, {
    skip,
  }, async () => {
    const page = await stage().open({ javaScriptEnabled })
    await page.goto('/')
    await page.getByRole('link', { name: 'Five readings' }).click()
    assert.equal(await heading(page), 'Five readings')
    assert.equal(await page.getByRole('button', { name: 'Post comment' }).count(), 0)
    await page.getByLabel('Search posts').fill('semicolons commas')
    await page.getByLabel('Search posts').press('Enter')
    assert.match(await heading(page), /for “semicolons commas”/)
    await page.goto('/')
    await page.locator('.meta a').first().click()
    assert.match(pathOf(page), /^\/people\//)
    assert.match(await textOf(page.locator('.profile')), /Here since/)
    const feed = await page.getByRole('link', { name: 'Atom feed' }).getAttribute('href')
    const answer = await page.request.get(feed ?? '')
    assert.equal(answer.status(), 200)
    assert.match(answer.headers()['content-type'] ?? '', /^application\/atom\+xml/)
    await page.context().close()
  })

  test(`journey ${mode}: somebody who has to sign in first arrives where they were going`, {
    skip,
  }, async () => {
    const page = await stage().open({ javaScriptEnabled })
    await page.goto('/settings')
    assert.equal(pathOf(page), '/login?next=%2Fsettings')
    await page.getByLabel('Email address').fill(stage().accounts.viewer.email)
    await page.getByLabel('Password').fill('not the password at all')
    await press(page, 'Sign in')
    assert.match(await textOf(page.getByRole('alert')), /do not belong together/)
    assert.equal(await page.getByLabel('Password').inputValue(), '')
    await page.getByLabel('Password').fill(stage().accounts.viewer.password)
    await press(page, 'Sign in')
    assert.equal(pathOf(page), '/settings')
    await page.context().close()
  })

  test(`journey ${mode}: an editor drafts, publishes, edits, and the front page shows it`, {
    skip,
  }, async () => {
    const page = await stage().open({ as: 'editor', javaScriptEnabled })
    const visitor = await stage().open({ javaScriptEnabled })
    const title = `A title ${word}`
    await page.goto('/posts/new')
    await page.getByLabel('Title').fill(title)
    await page.getByLabel('Summary').fill('In one sentence.')
    await page.getByLabel('Text').fill('A **bold** beginning.')
    await press(page, 'Save draft')
    assert.equal(await notice(page), 'Saved as a draft.')
    const address = pathOf(page)
    assert.equal((await visitor.goto(address))?.status(), 404)
    await page.getByRole('link', { name: 'Edit post' }).click()
    await press(page, 'Publish')
    assert.equal(await notice(page), 'Published.')
    assert.equal(await textOf(page.locator('.prose strong')), 'bold')
    await page.getByRole('link', { name: 'Edit post' }).click()
    await page.getByLabel('Title').fill(`${title}, again`)
    await press(page, 'Save')
    assert.equal(await notice(page), 'Saved.')
    await page.reload()
    assert.equal(await page.getByRole('status').count(), 0, 'a notice is shown once')
    await visitor.goto('/')
    await visitor.getByRole('link', { name: `${title}, again` }).click()
    assert.equal(await heading(visitor), `${title}, again`)
    await page.context().close()
    await visitor.context().close()
  })

  test(`journey ${mode}: a member comments, and deletes the comment`, { skip }, async () => {
    const page = await stage().open({ as: 'member', javaScriptEnabled })
    const words = `Words of a member, ${word}.`
    await page.goto('/')
    await page.getByRole('link', { name: 'The em quad' }).click()
    assert.equal(await page.getByRole('link', { name: 'Edit post' }).count(), 0)
    await page.getByLabel('Your comment').fill(words)
    await press(page, 'Post comment')
    assert.equal(await notice(page), 'Your comment is posted.')
    const comment = page.locator('.comment').filter({ hasText: words })
    assert.equal(await comment.count(), 1)
    await comment.getByRole('button', { name: 'Delete comment' }).click()
    assert.equal(await notice(page), 'The comment is deleted.')
    assert.equal(await page.getByText(words).count(), 0)
    await page.context().close()
  })

  test(`journey ${mode}: name, biography and address are changed in the settings`, {
    skip,
  }, async () => {
    const { admin, page } = await newcomer('member', 'Settler')
    await page.getByRole('link', { name: `Settler ${word}` }).click()
    assert.equal(await heading(page), 'Your account')
    await page.getByRole('link', { name: 'Profile', exact: true }).click()
    await page.getByLabel('Name', { exact: true }).fill(`Renamed ${word}`)
    await page.getByLabel('About you').fill('Likes *margins*.')
    await press(page, 'Save the profile')
    assert.equal(await notice(page), 'Your profile is saved.')
    await page.getByRole('link', { name: 'See your public profile' }).click()
    assert.equal(await heading(page), `Renamed ${word}`)
    assert.equal(await textOf(page.locator('.profile em')), 'margins')
    await page.goto('/account/email')
    await page.getByLabel('New email address').fill(`moved.${word}@press.example`)
    await page.getByLabel('Password').fill(password)
    await press(page, 'Send the link')
    // What happens behind the link in the mail is a journey of its own.
    assert.match(await textOf(page.locator('main')), new RegExp(`moved\\.${word}@press\\.example`))
    await page.context().close()
    await admin.context().close()
  })

  // The rest is the same forms and links again.
  if (!javaScriptEnabled) continue

  for (const role of roles) {
    test(`journey ${mode}: the ${role} of the example site signs in`, { skip }, async () => {
      const page = await stage().open({ javaScriptEnabled })
      await signIn(page, stage().accounts[role])
      assert.equal(pathOf(page), '/')
      const menu = await textOf(page.getByRole('navigation', { name: 'Main' }))
      assert.equal(/New post/.test(menu), role === 'admin' || role === 'editor')
      assert.equal(/People/.test(menu), role === 'admin')
      await page.context().close()
    })
  }

  test(`[asvs 7.4.3] journey ${mode}: a new password signs out every other browser, not this one`, {
    skip,
  }, async () => {
    const { admin, page, email, name } = await newcomer('member', 'Changer')
    const other = await stage().open({ javaScriptEnabled })
    await signIn(other, { email, password })
    await page.goto('/account/password')
    await page.getByLabel('Present password').fill(password)
    await page.getByLabel('New password').fill('other words entirely, five')
    await press(page, 'Change the password')
    assert.match(await notice(page), /Other devices are signed out/)
    assert.equal(await signedInName(page), name)
    await other.locator('.site-account a[href="/account"]').click()
    assert.equal(pathOf(other), '/login?next=%2Faccount')
    await signIn(other, { email, password: 'other words entirely, five' })
    for (const each of [page, other, admin]) await each.context().close()
  })

  test(`journey ${mode}: a one-time link works once`, { skip }, async () => {
    const { admin, page, link, name } = await newcomer('editor', 'Linked')
    assert.match(await notice(page), /you are signed in/)
    assert.equal(await signedInName(page), name)
    const late = await stage().open({ javaScriptEnabled })
    assert.equal((await late.goto(link))?.status(), 404)
    for (const each of [page, late, admin]) await each.context().close()
  })

  test(`journey ${mode}: an administrator changes a role, and it counts at the next click`, {
    skip,
  }, async () => {
    const { admin, page, name } = await newcomer('member', 'Riser')
    await admin.goto('/admin/people')
    await row(admin, name).getByLabel(`Role of ${name}`).selectOption('editor')
    await press(admin, `Set role of ${name}`)
    assert.equal(await notice(admin), `${name} is an editor now.`)
    await page.goto('/')
    const isSignedIn = (await page.getByRole('button', { name: 'Sign out' }).count()) === 1
    if (isSignedIn) assert.equal(await page.getByRole('link', { name: 'New post' }).count(), 1)
    await page.context().close()
    await admin.context().close()
  })

  test(`journey ${mode}: somebody is suspended, restored, deleted, each at the next click`, {
    skip,
  }, async () => {
    const { admin, page, email, name } = await newcomer('editor', 'Leaver')
    await page.goto('/posts/new')
    await admin.goto('/admin/people')
    await row(admin, name)
      .getByRole('link', { name: `Suspend ${name}` })
      .click()
    await admin.getByLabel('Reason').fill('Two of them.')
    await press(admin, 'Suspend this person')
    assert.match(await notice(admin), /is suspended/)
    await page.getByLabel('Title').fill(`Too late ${word}`)
    await page.getByLabel('Text').fill('Written after the suspension.')
    await press(page, 'Publish')
    assert.equal(await page.getByText('Published.').count(), 0)
    assert.equal(await signedInName(page), null)
    assert.equal(await page.getByText(`Too late ${word}`).count(), 0)
    await page.goto('/login')
    await page.getByLabel('Email address').fill(email)
    await page.getByLabel('Password').fill(password)
    await press(page, 'Sign in')
    assert.match(await textOf(page.getByRole('alert')), /do not belong together/)
    await press(admin, `Restore ${name}`)
    assert.match(await notice(admin), /may sign in again/)
    await signIn(page, { email, password })
    await row(admin, name)
      .getByRole('link', { name: `Delete ${name}` })
      .click()
    assert.equal(await heading(admin), `Delete ${name}?`)
    await press(admin, 'Delete this person')
    assert.equal(await notice(admin), `${name} is deleted.`)
    assert.equal(await signedInName(page), null)
    await page.context().close()
    await admin.context().close()
  })

  test(`[asvs 7.4.1] journey ${mode}: after signing out, Back shows nothing private and a copied cookie is dead`, {
    skip,
  }, async () => {
    const { admin, page } = await newcomer('member', 'Quitter')
    await page.goto('/account')
    assert.match(await page.content(), /quitter\.scripted@press\.example/)
    const copied = await page.context().cookies()
    assert.ok(copied.some(({ name }) => name === 'session'))
    await press(page, 'Sign out')
    assert.equal(pathOf(page), '/')
    await goBack(page)
    assert.equal(pathOf(page), '/login?next=%2Faccount')
    assert.doesNotMatch(await page.content(), /quitter/i)
    const thief = await stage().open({ javaScriptEnabled })
    await thief.context().addCookies(copied)
    assert.equal(await signedInName(thief), null)
    for (const each of [page, thief, admin]) await each.context().close()
  })
}
