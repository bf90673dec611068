/** Over https on both sides, as in production: the cookie, the certificate, the way back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { openIdProvider } from '../../src/openid.ts'
import { makeCertificate } from '../mail/certificateFixture.ts'
import { startHostile } from './hostileFixture.ts'
import { addAccount, client, comeBack, openSite } from './siteFixture.ts'

test('openid: a provider whose certificate nobody vouches for opens nothing; one that is trusted does', async (t) => {
  const certificate = makeCertificate([127, 0, 0, 1])
  const provider = await startHostile(certificate)
  t.after(provider.close)
  assert.match(provider.issuer, /^https:/)
  const example = openIdProvider({
    ...{ id: 'example', name: 'Example', issuer: provider.issuer, ...client },
  })
  const site = await openSite(t, [example], { origin: 'https://site.example' })
  await addAccount(site, { email: 'ada@site.example', hasPassword: false })
  assert.equal((await site.visitor().get('/login/with/example')).status, 503)
  assert.deepEqual(provider.seen, [])

  const usual = getCACertificates()
  setDefaultCACertificates([...usual, certificate.cert])
  t.after(() => setDefaultCACertificates(usual))
  site.clock.advance(10_000)
  const browser = site.visitor()
  const away = await browser.get('/login/with/example')
  assert.equal(away.status, 303, away.text)
  const [cookie = ''] = away.headers('set-cookie')
  assert.match(
    cookie,
    /^__Host-openid=[\w-]+; Path=\/; HttpOnly; SameSite=Lax; Secure; Max-Age=600$/,
  )
  const url = new URL(away.location ?? '')
  assert.equal(
    url.searchParams.get('redirect_uri'),
    'https://site.example/login/with/example/callback',
  )
  const reply = await fetch(url, { redirect: 'manual' })
  const arrived = await comeBack(browser, reply.headers.get('location') ?? '')
  assert.equal(arrived.status, 303, arrived.text)
  assert.ok(browser.cookies.has('__Host-session'))
  assert.ok(!browser.cookies.has('__Host-openid'))
})
