import assert from 'node:assert/strict'
import test from 'node:test'
import { totp } from '../../../defences/factors/oneTimeCodes.ts'
import type { TestClient } from '../../../testing/client.ts'
import type { TestSite } from '../../../testing/site.ts'
import { addPerson, arriveAs, choosePassword, enrol, openSite, password } from './siteFixture.ts'

const confirm = '/login/confirm?next=%2Faccount%2Ffactors'
const overview = '/account/factors'

/** Somebody with a password and an app, whose proof is of more than ten minutes ago. */
async function withApp(site: TestSite) {
  const ada = await addPerson(site, 'member')
  await choosePassword(site, ada)
  const client = await arriveAs(site, ada)
  const { secret, recoveryCodes } = await enrol(site, client)
  site.clock.advance(11 * 60_000)
  return { ada, client, recoveryCodes, code: () => totp(secret, site.clock.now()) }
}

const isFresh = async (client: TestClient): Promise<boolean> =>
  (await client.get(overview)).status === 200

test('[asvs 7.5.1] who has a second factor confirms with password and code, and with nothing less', async (t) => {
  const { site } = await openSite(t)
  const { client, code } = await withApp(site)
  const attempts = [
    { password },
    { password, code: '' },
    { password, code: '000000' },
    { password: 'another one', code: code() },
    { password, code: password },
  ]
  for (const attempt of attempts) {
    const reply = await client.post(confirm, attempt)
    assert.equal(reply.status, 422, JSON.stringify(attempt))
    assert.equal(await isFresh(client), false)
  }
  const before = client.cookies.get('__Host-session')
  const done = await client.post(confirm, { password, code: code() })
  assert.deepEqual([done.status, done.location], [303, overview])
  assert.notEqual(client.cookies.get('__Host-session'), before)
  assert.ok(await isFresh(client))
  assert.equal((await client.post('/account/factors/totp/remove')).location, overview)
})

test('[asvs 6.5.1] a code confirms once, and not at all where it has signed in', async (t) => {
  const { site } = await openSite(t)
  const { ada, client, code } = await withApp(site)
  const used = code()
  const elsewhere = await arriveAs(site, ada)
  assert.equal((await elsewhere.post('/login/second-factor', { code: used })).status, 303)
  assert.equal((await client.post(confirm, { password, code: used })).status, 422)
  site.clock.advance(30_000)
  const again = await arriveAs(site, ada, ['password', 'totp'])
  assert.equal((await client.post(confirm, { password, code: code() })).status, 303)
  assert.equal((await again.post(confirm, { password, code: code() })).status, 422)
})

test('a recovery code confirms once beside the password, and its owner is told', async (t) => {
  const { site } = await openSite(t)
  const { ada, client, recoveryCodes } = await withApp(site)
  const [code = ''] = recoveryCodes
  assert.equal((await client.post(confirm, { password: 'another one', code })).status, 422)
  assert.equal((await client.post(confirm, { password, code })).status, 303)
  assert.ok(await isFresh(client))
  const mail = (await site.mails()).at(-1)
  assert.equal(mail?.to, ada.email)
  assert.match(mail?.subject ?? '', /recovery code was used/)
  assert.match(mail?.text ?? '', /9 of them are left/)
  assert.equal((await client.post(confirm, { password, code })).status, 422)
})

test('[asvs 6.3.1] codes are no easier to guess where one confirms', async (t) => {
  const { site } = await openSite(t)
  const { client, code } = await withApp(site)
  for (let guess = 0; guess < 5; guess += 1) {
    assert.equal((await client.post(confirm, { password, code: '000000' })).status, 422)
  }
  const reply = await client.post(confirm, { password, code: code() })
  assert.equal(reply.status, 429)
  assert.equal(reply.header('retry-after'), '4')
  assert.match(reply.text, /too many tries\. Try again in 4 seconds/)
  assert.match(reply.text, /name="code"/)
  assert.match(site.logLines.join(''), /authn_login_fail_max/)
  assert.equal(await isFresh(client), false)
  site.clock.advance(4_000)
  assert.equal((await client.post(confirm, { password, code: code() })).status, 303)
})

test('without a second factor the password is all that is asked for', async (t) => {
  const { site } = await openSite(t)
  const ada = await addPerson(site, 'member')
  await choosePassword(site, ada)
  const client = await arriveAs(site, ada)
  site.clock.advance(11 * 60_000)
  assert.doesNotMatch((await client.get(confirm)).text, /name="code"/)
  const wrong = await client.post(confirm, { password: 'another one' })
  assert.equal(wrong.status, 422)
  assert.match(wrong.text, /This is not your password\./)
  assert.doesNotMatch(wrong.text, /name="code"/)
  assert.equal((await client.post(confirm, { password })).location, overview)
  assert.ok(await isFresh(client))
})

test('an account without a password is confirmed by no password and by no code', async (t) => {
  const { site } = await openSite(t)
  const ada = await addPerson(site, 'member')
  const { secret } = await enrol(site, await arriveAs(site, ada))
  const client = await arriveAs(site, ada, ['passkey-verified'])
  assert.doesNotMatch((await client.get(confirm)).text, /name="(?:password|code)"/)
  site.clock.advance(11 * 60_000)
  const code = totp(secret, site.clock.now())
  const [form] = (await client.get('/write')).forms
  const reply = await client.send({
    method: 'POST',
    target: confirm,
    headers: {
      origin: site.origin,
      'sec-fetch-site': 'same-origin',
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({
      ...{ formToken: form?.values.get('formToken') ?? '', password: 'x', code },
    }).toString(),
  })
  assert.equal(reply.status, 422)
  assert.equal(await isFresh(client), false)
})

for (const [page, role] of [
  ['/login/second-factor', 'member'],
  ['/login/second-factor/passkey', 'member'],
  ['/account/factors', 'admin'],
] as const) {
  test(`whoever stands half way in at ${page} can leave`, async (t) => {
    const { site } = await openSite(t)
    const ada = await addPerson(site, role)
    if (role === 'member') await enrol(site, await arriveAs(site, ada))
    const half = await arriveAs(site, ada)
    const shown = await half.get(page)
    assert.equal(shown.status, 200)
    assert.match(shown.text, /action="\/logout"[^>]*>(?:(?!<\/form>).)*<button[^>]*>Cancel</s)
    const token = half.cookies.get('__Host-session') ?? ''
    const left = await half.post('/logout', {}, { from: page })
    assert.equal(left.status, 303)
    const { stage } = await stageOf(site, token)
    assert.equal(stage, 'ended')
    assert.match((await half.get(page)).location ?? '', /^\/login\?/)
  })
}

/** What a browser is told that kept the token. */
async function stageOf(site: TestSite, token: string): Promise<{ readonly stage: string }> {
  const copy = site.visitor()
  copy.cookies.set('__Host-session', token)
  const { location } = await copy.get('/private')
  return { stage: location?.startsWith('/login?') === true ? 'ended' : (location ?? 'inside') }
}
