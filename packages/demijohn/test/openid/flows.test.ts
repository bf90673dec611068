/** Signing in with a provider: every way that it goes well, against a real provider library. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openIdProvider } from '../../src/openid.ts'
import { type RunningProvider, startProvider } from './providerFixture.ts'
import {
  addAccount,
  callbackOf,
  client,
  identitiesOf,
  linkByPage,
  openSite,
  password,
  pressOn,
  signInWith,
  userOf,
} from './siteFixture.ts'

let provider: RunningProvider
before(async () => {
  provider = await startProvider({ redirectUris: [callbackOf('example')] })
})
after(() => provider.close())

const example = (issuer = provider.issuer) =>
  openIdProvider({ id: 'example', name: 'Example', issuer, ...client })

test('openid: a verified address on both sides joins the two, and the next sign-in knows it', async (t) => {
  const site = await openSite(t, [example()])
  const id = await addAccount(site, { email: 'ada@site.example' })
  provider.residents.set('ada', { email: 'ADA@Site.example', email_verified: true })

  const browser = site.visitor()
  const arrived = await signInWith(browser, provider, {
    subject: 'ada',
    from: '/login/with/example?next=%2Ffresh',
  })
  assert.equal(arrived.status, 303, arrived.text)
  assert.equal(arrived.location, '/fresh')
  assert.equal(await userOf(browser), 'ada@site.example')
  const [identity] = await identitiesOf(site)
  assert.equal(identity?.accountId, id)
  assert.deepEqual(
    [identity?.provider, identity?.issuer, identity?.subject],
    ['example', provider.issuer, 'ada'],
  )
  const mails = await site.mails()
  assert.deepEqual(
    mails.map(({ to }) => to),
    ['ada@site.example', 'ada@site.example'],
  )
  // Of the same moment, in no order.
  assert.deepEqual(mails.map(({ subject }) => subject).sort(), [
    'A new sign-in at Flask',
    'Example can now sign you in at Flask',
  ])

  // The address there changes; who it is does not (OpenID Connect Core section 5.7).
  provider.residents.set('ada', { email: 'new@elsewhere.example', email_verified: false })
  const again = site.visitor()
  assert.equal((await signInWith(again, provider, { subject: 'ada' })).location, '/private')
  assert.equal(await userOf(again), 'ada@site.example')
  assert.equal((await identitiesOf(site)).length, 1)
})

test('[asvs 10.2.3] openid: asks for who somebody is and their address, by code and PKCE, and nothing else', async (t) => {
  const site = await openSite(t, [example()])
  const { location = '' } = await site.visitor().get('/login/with/example')
  const { searchParams } = new URL(location)
  const { state, nonce, code_challenge: challenge, ...rest } = Object.fromEntries(searchParams)
  assert.deepEqual(rest, {
    client_id: 'the-site',
    response_type: 'code',
    scope: 'openid email',
    redirect_uri: 'http://localhost/login/with/example/callback',
    code_challenge_method: 'S256',
  })
  for (const secret of [state, nonce, challenge]) assert.match(secret ?? '', /^[\w-]{43}$/)
  assert.equal(new Set([state, nonce, challenge]).size, 3)
})

test('openid: an address in the ID token, and a provider that takes the secret in the body', async (t) => {
  const other = await startProvider({
    ...{ redirectUris: [callbackOf('example')], emailInIdToken: true },
    authMethod: 'client_secret_post',
  })
  t.after(other.close)
  other.residents.set('ada', { email: 'ada@site.example', email_verified: true })
  const site = await openSite(t, [example(other.issuer)])
  await addAccount(site, { email: 'ada@site.example' })
  const browser = site.visitor()
  await signInWith(browser, other, { subject: 'ada' })
  assert.equal(await userOf(browser), 'ada@site.example')
  assert.ok(!other.seen.some((one) => one.endsWith('/me')), other.seen.join('\n'))
})

test('[asvs 10.1.1] openid: no token of the provider reaches browser, database or log', async (t) => {
  const site = await openSite(t, [example()])
  await addAccount(site, { email: 'ada@site.example' })
  provider.residents.set('ada', { email: 'ada@site.example', email_verified: true })
  const browser = site.visitor()
  const { text } = await signInWith(browser, provider, { subject: 'ada' })
  const tables = ['identities', 'sessions', 'tickets', 'accounts'] as const
  const rows = await Promise.all(
    tables.map((name) => site.db.selectFrom(`demijohn_${name}`).selectAll().execute()),
  )
  const everything = JSON.stringify([rows, text, [...browser.cookies], site.logLines])
  assert.ok(everything.length > 1_000)
  // Every JWT has two parts that begin so: {" in base64url.
  assert.doesNotMatch(everything, /eyJ[\w-]+\.eyJ/)
  assert.doesNotMatch(site.logLines.join(''), /code=|state=/)
  assert.ok(!browser.cookies.has('openid'), 'the note is used up')
})

test('openid: registration makes an account by a button, verified, without a password', async (t) => {
  const site = await openSite(t, [example()], { registration: 'open' })
  provider.residents.set('new', { email: 'new@site.example', email_verified: true })
  const browser = site.visitor()
  const page = await signInWith(browser, provider, { subject: 'new' })
  assert.equal(page.status, 200)
  assert.match(page.text, /new@site\.example/)
  assert.deepEqual(await site.db.selectFrom('demijohn_accounts').select('id').execute(), [])

  const nameless = await pressOn(browser, page, { name: ' ' })
  assert.equal(nameless.status, 422)
  const made = await pressOn(browser, nameless, { name: 'Grace' })
  assert.equal(made.status, 303, made.text)
  assert.equal(await userOf(browser), 'new@site.example')
  const account = await site.db
    .selectFrom('demijohn_accounts')
    .selectAll()
    .executeTakeFirstOrThrow()
  assert.deepEqual([account.role, account.passwordHash, account.name], ['member', null, 'Grace'])
  assert.equal(account.emailVerifiedAt, site.clock.now())
  // The same page once more: the address is taken.
  assert.equal((await pressOn(site.visitor(), page, { name: 'Eve' })).status, 403)
  const again = site.visitor()
  await signInWith(again, provider, { subject: 'new' })
  assert.equal(await userOf(again), 'new@site.example')
})

test('[asvs 6.3.7] openid: a person links and unlinks another account, is told, and others are signed out', async (t) => {
  const site = await openSite(t, [example()])
  await addAccount(site, { email: 'ada@site.example' })
  provider.residents.set('work', { email: 'ada@work.example', email_verified: false })
  const [browser, elsewhere] = [site.visitor(), site.visitor()]
  for (const one of [browser, elsewhere]) {
    await one.post('/login', { email: 'ada@site.example', password })
  }
  const linked = await linkByPage(browser, provider, 'work')
  assert.equal(linked.location, '/account/identities', linked.text)
  assert.equal(await userOf(elsewhere), 'nobody')
  assert.match((await browser.follow(linked)).text, /ada@work\.example/)
  assert.match((await browser.get('/account')).text, /Other accounts/)

  const third = site.visitor()
  await signInWith(third, provider, { subject: 'work' })
  assert.equal(await userOf(third), 'ada@site.example')

  const [identity] = await identitiesOf(site)
  const path = `/account/identities/${identity?.id}/unlink`
  const removed = await browser.post(path, {}, { from: '/account/identities' })
  assert.equal(removed.status, 303)
  assert.deepEqual(await identitiesOf(site), [])
  assert.equal(await userOf(third), 'nobody')
  const subjects = (await site.mails()).map(({ subject }) => subject)
  assert.ok(
    subjects.some((one) => one.startsWith('Example can no longer')),
    subjects.join('\n'),
  )
  assert.equal((await signInWith(site.visitor(), provider, { subject: 'work' })).status, 403)
})

test('openid: the last way to sign in stays', async (t) => {
  const site = await openSite(t, [example()])
  await addAccount(site, { email: 'ada@site.example' })
  provider.residents.set('ada', { email: 'ada@site.example', email_verified: true })
  const browser = site.visitor()
  await browser.post('/login', { email: 'ada@site.example', password })
  await linkByPage(browser, provider, 'ada')
  await site.db.updateTable('demijohn_accounts').set({ passwordHash: null }).execute()
  const [identity] = await identitiesOf(site)
  const path = `/account/identities/${identity?.id}/unlink`
  const kept = await browser.post(path, {}, { from: '/account/identities' })
  assert.match((await browser.follow(kept)).text, /only way to sign in/)
  assert.equal((await identitiesOf(site)).length, 1)
  assert.equal(await userOf(browser), 'ada@site.example')
})

test('[asvs 6.8.4] openid: a proof at the provider is as old as it says, and an untold one is no recent one', async (t) => {
  const site = await openSite(t, [example()])
  await addAccount(site, { email: 'ada@site.example', hasPassword: false })
  provider.residents.set('ada', { email: 'ada@site.example', email_verified: true })
  const browser = site.visitor()
  await signInWith(browser, provider, { subject: 'ada' })
  // oidc-provider tells auth_time to those who ask for a proof alone.
  const stale = await browser.get('/fresh')
  assert.equal(stale.location, '/login/confirm?next=%2Ffresh')
  assert.match((await browser.get('/login/confirm')).text, /Confirm with Example/)
  const confirmed = await signInWith(browser, provider, {
    subject: 'ada',
    from: '/login/confirm/with/example?next=%2Ffresh',
  })
  assert.equal(confirmed.location, '/fresh', confirmed.text)
  assert.equal((await browser.get('/fresh')).status, 200)
})

test('[asvs 6.8.4] openid: a confirmation by somebody else at the provider is none', async (t) => {
  const site = await openSite(t, [example()])
  await addAccount(site, { email: 'ada@site.example' })
  await addAccount(site, { email: 'eve@site.example' })
  for (const name of ['ada', 'eve']) {
    provider.residents.set(name, { email: `${name}@site.example`, email_verified: true })
  }
  const [browser, other] = [site.visitor(), site.visitor()]
  await signInWith(other, provider, { subject: 'eve' })
  await signInWith(browser, provider, { subject: 'ada' })
  const from = '/login/confirm/with/example'
  assert.equal((await signInWith(browser, provider, { subject: 'eve', from })).status, 403)
  assert.equal((await browser.get('/fresh')).status, 303)
  assert.equal(await userOf(browser), 'ada@site.example')
})
