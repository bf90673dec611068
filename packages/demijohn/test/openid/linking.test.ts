/**
 * Whose account a provider opens (GHSA-g38m-r43w-p2q7): every combination of what either side has
 * verified, of what is known of the account, and of whether registration is open.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openIdProvider } from '../../src/openid.ts'
import { type Resident, type RunningProvider, startProvider } from './providerFixture.ts'
import {
  addAccount,
  callbackOf,
  client,
  countRows,
  identitiesOf,
  linkByPage,
  openSite,
  password,
  pressOn,
  signInWith,
  suspend,
  userOf,
} from './siteFixture.ts'

let provider: RunningProvider
let second: RunningProvider
before(async () => {
  provider = await startProvider({ redirectUris: [callbackOf('example')] })
  second = await startProvider({ redirectUris: [callbackOf('second')] })
})
after(() => Promise.all([provider.close(), second.close()]))

const example = () =>
  openIdProvider({ id: 'example', name: 'Example', issuer: provider.issuer, ...client })

const address = 'kim@site.example'

/** What a provider may say of an address. Only the first is a word to go by. */
const said: readonly (readonly [string, Resident | Readonly<Record<string, unknown>>, boolean])[] =
  [
    ['verified', { email: address, email_verified: true }, true],
    ['unverified', { email: address, email_verified: false }, false],
    ['without a word', { email: address }, false],
    ['"true" as text', { email: address, email_verified: 'true' }, false],
    ['1', { email: address, email_verified: 1 }, false],
    ['verified, and no address', { email_verified: true }, false],
    ['verified, another address', { email: 'eve@site.example', email_verified: true }, false],
    ['verified, a list of addresses', { email: [address], email_verified: true }, false],
    [
      'verified, two addresses',
      { email: `${address},eve@site.example`, email_verified: true },
      false,
    ],
    ['verified, a full-width @', { email: 'kim\uff20site.example', email_verified: true }, false],
    ['verified, a full-width k', { email: '\uff4bim@site.example', email_verified: true }, false],
    ['verified, a Kelvin sign', { email: '\u212aim@site.example', email_verified: true }, false],
    ['verified, a blank before', { email: ` ${address}`, email_verified: true }, false],
    ['verified, a line break behind', { email: `${address}\n`, email_verified: true }, false],
    ['verified, NUL behind', { email: `${address}\0`, email_verified: true }, false],
  ]

const here = [
  { name: 'verified here', isVerified: true, isSuspended: false },
  { name: 'not verified here', isVerified: false, isSuspended: false },
  { name: 'suspended here', isVerified: true, isSuspended: true },
] as const

for (const registration of ['open', 'closed'] as const) {
  for (const [what, resident, isWord] of said) {
    test(`[asvs 6.8.1] openid: ${what}, registration ${registration}: joined where both sides know`, async (t) => {
      for (const account of here) {
        const site = await openSite(t, [example()], { registration })
        const id = await addAccount(site, {
          ...{ email: address, isVerified: account.isVerified, hasPassword: false },
        })
        if (account.isSuspended) await suspend(site, id)
        provider.residents.set('somebody', resident)
        const browser = site.visitor()
        const reply = await signInWith(browser, provider, { subject: 'somebody' })
        const isJoined = isWord && account.isVerified && !account.isSuspended
        assert.equal(await userOf(browser), isJoined ? address : 'nobody', account.name)
        assert.equal((await identitiesOf(site)).length, isJoined ? 1 : 0, account.name)
        if (isJoined) continue
        assert.equal((await countRows(site)).sessions, 0)
        assert.deepEqual(await site.mails(), [])
        // Somebody whom nobody knows may make an account of their own.
        const mayRegister = registration === 'open' && what === 'verified, another address'
        assert.equal(reply.status, mayRegister ? 200 : 403, `${account.name}: ${reply.text}`)
        assert.equal((await countRows(site)).accounts, 1)
      }
    })
  }
}

test('[asvs 6.3.8] openid: where nobody may register, the refusal is the same with an account and without', async (t) => {
  provider.residents.set('somebody', { email: address, email_verified: true })
  const pages = await Promise.all(
    [{ isThere: false }, { isThere: true }].map(async ({ isThere }) => {
      const site = await openSite(t, [example()])
      if (isThere) await addAccount(site, { email: address, isVerified: false })
      const reply = await signInWith(site.visitor(), provider, { subject: 'somebody' })
      return [reply.status, reply.text]
    }),
  )
  assert.deepEqual(pages[0], pages[1])
  assert.equal(pages[0]?.[0], 403)
})

test('[asvs 6.8.1] [asvs 10.5.2] openid: the same subject at another provider is another person', async (t) => {
  const other = openIdProvider({ id: 'second', name: 'Second', issuer: second.issuer, ...client })
  const site = await openSite(t, [example(), other])
  await addAccount(site, { email: address })
  provider.residents.set('one', { email: address, email_verified: true })
  second.residents.set('one', { email: 'eve@site.example', email_verified: true })
  const browser = site.visitor()
  await signInWith(browser, provider, { subject: 'one' })
  assert.equal(await userOf(browser), address)
  const attacker = site.visitor()
  const from = '/login/with/second'
  assert.equal((await signInWith(attacker, second, { subject: 'one', from })).status, 403)
  assert.equal(await userOf(attacker), 'nobody')
})

test('[asvs 6.8.1] openid: an id that is given to another issuer later opens nothing of before', async (t) => {
  const stranger = await startProvider({ redirectUris: [callbackOf('example')] })
  t.after(stranger.close)
  stranger.residents.set('one', { email: 'eve@site.example', email_verified: true })
  const moved = await openSite(t, [
    openIdProvider({ id: 'example', name: 'Example', issuer: stranger.issuer, ...client }),
  ])
  const copied = await addAccount(moved, { email: address })
  await moved.db
    .insertInto('demijohn_identities')
    .values({
      ...{ id: 'a', accountId: copied, provider: 'example', issuer: provider.issuer },
      ...{ subject: 'one', email: null, createdAt: 1, lastUsedAt: null },
    })
    .execute()
  const browser = moved.visitor()
  assert.equal((await signInWith(browser, stranger, { subject: 'one' })).status, 403)
  assert.equal(await userOf(browser), 'nobody')
})

test('openid: an account elsewhere belongs to one here, whoever asks', async (t) => {
  const site = await openSite(t, [example()])
  provider.residents.set('ada', { email: address, email_verified: true })
  for (const email of [address, 'eve@site.example']) await addAccount(site, { email })
  await signInWith(site.visitor(), provider, { subject: 'ada' })
  const thief = site.visitor()
  await thief.post('/login', { email: 'eve@site.example', password })
  const reply = await linkByPage(thief, provider, 'ada')
  assert.match((await thief.follow(reply)).text, /is linked to an account here already/)
  assert.equal((await identitiesOf(site)).length, 1)
})

test('openid: linking takes a recent proof and the button of the page, by the same person', async (t) => {
  const site = await openSite(t, [example()])
  provider.residents.set('ada', { email: address, email_verified: true })
  for (const email of [address, 'eve@site.example']) await addAccount(site, { email })
  const [ada, eve] = [site.visitor(), site.visitor()]
  await ada.post('/login', { email: address, password })
  await eve.post('/login', { email: 'eve@site.example', password })
  const from = '/account/identities/example/link'
  assert.equal((await site.visitor().get(from)).location, `/login?next=${encodeURIComponent(from)}`)
  const page = await signInWith(ada, provider, { subject: 'ada', from })
  assert.equal(page.status, 200)
  assert.deepEqual(await identitiesOf(site), [], 'coming back links nothing')
  // Another person's form with this identity in it: sealed for an account.
  const sealed = page.forms.find(({ names }) => names.has('identity'))?.values.get('identity') ?? ''
  const own = await signInWith(eve, provider, { subject: 'ada', from })
  const forged = await pressOn(eve, own, { identity: sealed })
  assert.match((await eve.follow(forged)).text, /took too long/)
  assert.deepEqual(await identitiesOf(site), [])
  site.clock.advance(600_000)
  assert.equal((await pressOn(ada, page)).status, 401)
  assert.equal((await ada.get(from)).location, `/login/confirm?next=${encodeURIComponent(from)}`)
  assert.deepEqual(await identitiesOf(site), [])
})

test('openid: an account that is suspended is opened by no provider that knew it', async (t) => {
  for (const registration of ['open', 'closed'] as const) {
    const site = await openSite(t, [example()], { registration })
    const id = await addAccount(site, { email: address })
    provider.residents.set('ada', { email: address, email_verified: true })
    await signInWith(site.visitor(), provider, { subject: 'ada' })
    await suspend(site, id)
    // Another address, so that it is not the account with this one that keeps them out.
    provider.residents.set('ada', { email: 'new@site.example', email_verified: true })
    const browser = site.visitor()
    const reply = await signInWith(browser, provider, { subject: 'ada' })
    assert.equal(reply.status, 403)
    assert.match(reply.text, /This account is not linked/)
    assert.equal(await userOf(browser), 'nobody')
    assert.equal((await countRows(site)).accounts, 1)
  }
})

test('[asvs 6.3.4] openid: a second factor is owed after a provider as after a password', async (t) => {
  const site = await openSite(t, [example()])
  const accountId = await addAccount(site, { email: address })
  const secret = { accountId, secret: 'sealed', createdAt: 1, confirmedAt: 1, lastStep: null }
  await site.db.insertInto('demijohn_totp').values(secret).execute()
  provider.residents.set('ada', { email: address, email_verified: true })
  const browser = site.visitor()
  for (const next of ['/private', '/fresh']) {
    const from = `/login/with/example?next=${encodeURIComponent(next)}`
    const reply = await signInWith(browser, provider, { subject: 'ada', from })
    assert.equal(reply.location, `/login/second-factor?next=${encodeURIComponent(next)}`)
    assert.equal(await userOf(browser), 'nobody')
    assert.equal((await browser.get('/private')).location, '/login/second-factor?next=%2Fprivate')
    assert.equal((await browser.get('/login/second-factor')).status, 200)
  }
})

test('[asvs 6.3.4] openid: a role that demands a second factor has one set up first', async (t) => {
  const site = await openSite(t, [example()])
  await addAccount(site, { email: address, role: 'admin' })
  provider.residents.set('ada', { email: address, email_verified: true })
  const browser = site.visitor()
  const reply = await signInWith(browser, provider, { subject: 'ada' })
  assert.equal(reply.location, '/account/factors')
  assert.equal((await browser.get('/account/factors')).status, 200)
  assert.equal(await userOf(browser), 'nobody')
})

test('openid: what is undone about an address takes the providers along, as it does passkeys', async (t) => {
  const { voidCredentials } = await import('../../src/blueprints/accounts/links/writes.ts')
  const site = await openSite(t, [example()])
  const id = await addAccount(site, { email: address })
  provider.residents.set('ada', { email: address, email_verified: true })
  await signInWith(site.visitor(), provider, { subject: 'ada' })
  assert.equal((await identitiesOf(site)).length, 1)
  await voidCredentials(site, id, { factorsSince: 0 })
  assert.deepEqual(await identitiesOf(site), [])
})

test('openid: the export names what is linked, and erasing an account takes it along', async (t) => {
  const site = await openSite(t, [example()])
  await addAccount(site, { email: address })
  provider.residents.set('ada', { email: address, email_verified: true })
  const browser = site.visitor()
  await browser.post('/login', { email: address, password })
  await linkByPage(browser, provider, 'ada')
  const { text } = await browser.post('/account/export')
  const { identities } = JSON.parse(text)
  assert.equal(identities.rows[0].provider, 'example')
  assert.equal(identities.rows[0].subject, 'ada')
  await browser.post('/account/delete', { email: address })
  assert.deepEqual(await countRows(site), { accounts: 0, sessions: 0, identities: 0 })
})
