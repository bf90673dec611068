/** Another address, taken back; one's own data, taken along; an account that goes. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { enter, heading, linkIn, press, setUpApp, signIn, told, whoIs } from './accountSteps.ts'
import { pathOf } from './harness.ts'
import { journey, pressInProduction } from './production.ts'

const stage = pressInProduction()

journey(
  stage,
  '[asvs 6.3.7] accounts in Chromium: another address: confirmed from the new one, undone from the old one',
  async ({ visit }) => {
    const { mailbox } = stage()
    const sophie = await stage().somebody('Sophie')
    const moved = { ...sophie, email: 'sophie.elsewhere@people.example' }
    const page = await visit()
    await signIn(page, sophie)
    await page.goto('/account')
    await page.getByRole('link', { name: 'Change your address' }).click()
    await page.getByLabel('New email address').fill(moved.email)
    await page.getByLabel('Password').fill(sophie.password)
    await press(page, 'Send the link')
    await heading(page, 'Look at your mail')
    const confirming = linkIn(
      await mailbox.next(moved.email, /^Confirm your address/),
      '/email/confirm/',
    )
    // To look is not to confirm: programs that read mail open links.
    await page.goto(confirming)
    await page.goto('/account')
    assert.equal(await page.getByText(moved.email).count(), 0)
    await page.goto(confirming)
    await press(page, 'Confirm the address')
    await heading(page, 'Your address is changed')
    await page.getByRole('link', { name: 'Go to your account' }).click()
    await page.getByText(moved.email).waitFor()
    const left = await mailbox.next(sophie.email, /^Your address at Press was changed/)
    const other = await visit()
    await enter(other, sophie)
    await told(other, 'do not belong together')
    await signIn(other, moved)

    const owner = await visit()
    await owner.goto(linkIn(left, '/email/undo/'))
    await press(owner, 'Take it back')
    await heading(owner, 'Choose a new password')
    const chosen = { email: sophie.email, password: 'nine kites above a quiet mill' }
    await owner.getByLabel('New password').fill(chosen.password)
    await press(owner, 'Choose this password')
    await owner.getByRole('status').getByText('Your password is changed').waitFor()
    assert.equal(await whoIs(owner), sophie.name)
    await mailbox.next(moved.email, /was changed back$/)
    for (const out of [page, other]) {
      await out.goto('/account')
      assert.equal(pathOf(out), '/login?next=%2Faccount')
    }
    for (const credentials of [moved, sophie, { ...chosen, email: moved.email }]) {
      await enter(other, credentials)
      await told(other, 'do not belong together')
    }
    await signIn(other, chosen)
    assert.equal(await whoIs(other), sophie.name)
  },
)

journey(
  stage,
  'accounts in Chromium: one’s own data comes as a file, without secrets',
  async ({ visit }) => {
    const ida = await stage().somebody('Ida', 'editor')
    const page = await visit()
    await signIn(page, ida)
    await page.goto('/account/factors')
    const { app, codes } = await setUpApp(page)
    await page.goto('/posts/new')
    await page.getByLabel('Title').fill('Kept in a drawer')
    await page.getByLabel('Text', { exact: true }).fill('A draft.')
    await press(page, 'Save draft')
    await page.goto('/account')
    await page.getByRole('link', { name: 'Download your data' }).click()
    await heading(page, 'Download your data')
    const downloading = page.waitForEvent('download')
    await press(page, 'Download')
    const file = await downloading
    assert.equal(file.suggestedFilename(), 'my-data.json')
    const text = await readFile(await file.path(), 'utf8')
    const data: unknown = JSON.parse(text)
    assert.ok(typeof data === 'object' && data !== null && 'site' in data)
    for (const known of [ida.email, 'Kept in a drawer', 'A draft.', 'Chrome']) {
      assert.ok(text.includes(known), known)
    }
    const rows = await secretsOf(ida.id)
    const secrets = [app.secret, app.secret.replaceAll(' ', ''), ...codes, ...rows]
    for (const cookie of await page.context().cookies()) secrets.push(cookie.value)
    assert.ok(secrets.length > codes.length + 4)
    for (const secret of secrets) assert.ok(!text.includes(secret), 'a secret is in the file')
    assert.doesNotMatch(text, /argon2|passwordHash/i)
  },
)

/** What the database keeps of them that would open something, or be tried to. */
async function secretsOf(accountId: string): Promise<readonly string[]> {
  const { db } = stage()
  const account = await db
    .selectFrom('demijohn_accounts')
    .select('passwordHash')
    .where('id', '=', accountId)
    .executeTakeFirstOrThrow()
  const totp = await db
    .selectFrom('demijohn_totp')
    .select('secret')
    .where('accountId', '=', accountId)
    .executeTakeFirstOrThrow()
  const sessions = await db
    .selectFrom('demijohn_sessions')
    .select('id')
    .where('accountId', '=', accountId)
    .execute()
  assert.ok(account.passwordHash !== null && sessions.length > 0)
  return [account.passwordHash, totp.secret, ...sessions.map(({ id }) => id)]
}

journey(
  stage,
  '[asvs 7.4.2] accounts in Chromium: an account is deleted by whoever types its address, and is gone',
  async ({ visit }) => {
    const { mailbox, db } = stage()
    const lise = await stage().somebody('Lise')
    const page = await visit()
    const other = await visit()
    await signIn(other, lise)
    await signIn(page, lise)
    await page.goto('/account')
    await page.getByRole('link', { name: 'Delete your account' }).click()
    await page.getByLabel('Your email address').fill('somebody.else@people.example')
    await press(page, 'Delete my account')
    await told(page, 'This is not the address of your account.')
    await page.getByLabel('Your email address').fill(lise.email)
    await press(page, 'Delete my account')
    await heading(page, 'Your account is deleted')
    assert.equal(await whoIs(page), null)
    assert.equal(await whoIs(other), null)
    await mailbox.next(lise.email, /is deleted$/)
    await enter(page, lise)
    await told(page, 'do not belong together')
    const left = await db
      .selectFrom('demijohn_accounts')
      .select('id')
      .where('id', '=', lise.id)
      .execute()
    assert.deepEqual(left, [])
  },
)
