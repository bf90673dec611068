/** A provider that is down, or wrongly set up, opens nothing (GHSA-8fpg-xm3f-6cx3), and holds up nobody else. */
import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { accounts } from '../../src/accounts.ts'
import { Misconfiguration } from '../../src/core/misconfiguration.ts'
import { openIdProvider } from '../../src/openid.ts'
import { testApp } from '../../src/testing/site.ts'
import { type Hostile, startHostile } from './hostileFixture.ts'
import {
  addAccount,
  client,
  comeBack,
  layout,
  openSite,
  password,
  roles,
  userOf,
} from './siteFixture.ts'

const example = ({ issuer }: Pick<Hostile, 'issuer'>) =>
  openIdProvider({ id: 'example', name: 'Example', issuer, ...client })

test('openid: the site starts and signs in by password while the provider is down', async (t) => {
  const hostile = await startHostile()
  await hostile.close()
  const site = await openSite(t, [example(hostile)])
  await addAccount(site, { email: 'ada@site.example' })
  const browser = site.visitor()
  const away = await browser.get('/login/with/example')
  assert.equal(away.status, 503)
  assert.match(away.text, /The other site cannot be reached/)
  assert.equal(away.header('retry-after'), '10')
  assert.match((await browser.get('/login')).text, /Sign in with Example/)
  await browser.post('/login', { email: 'ada@site.example', password })
  assert.equal(await userOf(browser), 'ada@site.example')
})

test('openid: nothing is asked before the first sign-in, and one asks for all', async (t) => {
  const hostile = await startHostile()
  t.after(hostile.close)
  const site = await openSite(t, [example(hostile)])
  await site.visitor().get('/login')
  assert.deepEqual(hostile.seen, [])
  const replies = await Promise.all(
    Array.from({ length: 20 }, () => site.visitor().get('/login/with/example')),
  )
  assert.ok(replies.every(({ status }) => status === 303))
  assert.deepEqual(hostile.seen, ['GET /.well-known/openid-configuration'])
})

test('openid: after a failure nobody asks for ten seconds, and then it is asked again', async (t) => {
  const hostile = await startHostile()
  t.after(hostile.close)
  const site = await openSite(t, [example(hostile)])
  const status = async () => (await site.visitor().get('/login/with/example')).status
  hostile.act = {
    answer: (_, response) => {
      response.statusCode = 500
      response.end()
      return true
    },
  }
  assert.equal(await status(), 503)
  hostile.act = {}
  assert.equal(await status(), 503)
  site.clock.advance(9_999)
  assert.equal(await status(), 503)
  assert.equal(hostile.seen.length, 1)
  site.clock.advance(1)
  assert.equal(await status(), 303)
  assert.equal(hostile.seen.length, 2)
})

test('openid: metadata is asked for again after an hour, and what is down then opens nothing', async (t) => {
  const hostile = await startHostile()
  const site = await openSite(t, [example(hostile)])
  const status = async () => (await site.visitor().get('/login/with/example')).status
  assert.equal(await status(), 303)
  await hostile.close()
  site.clock.advance(3_599_999)
  assert.equal(await status(), 303)
  site.clock.advance(1)
  assert.equal(await status(), 503)
})

test('openid: a provider that goes down on the way back leaves nobody signed in', async (t) => {
  const hostile = await startHostile()
  const site = await openSite(t, [example(hostile)])
  await addAccount(site, { email: 'ada@site.example', hasPassword: false })
  const browser = site.visitor()
  const { location = '' } = await browser.get('/login/with/example')
  const back = await fetch(location, { redirect: 'manual' })
  await hostile.close()
  const reply = await comeBack(browser, back.headers.get('location') ?? '')
  assert.equal(reply.status, 503)
  assert.equal(await userOf(browser), 'nobody')
})

test('openid: a provider that is slow holds up so many answers and no more', async () => {
  const hostile = await startHostile()
  const provider = example(hostile)
  const now = Date.now()
  const secret = 'A'.repeat(43)
  await provider.begin({
    ...{ state: secret, nonce: secret, codeChallenge: secret, isProofDemanded: false, now },
    redirectUri: 'http://localhost/login/with/example/callback',
  })
  const held: ServerResponse[] = []
  hostile.act = {
    answer: (_, response) => {
      held.push(response)
      return true
    },
  }
  const ask = () =>
    provider.finish({
      ...{
        redirectUri: 'http://localhost/callback',
        code: 'a',
        state: secret,
        iss: undefined,
        now,
      },
      expected: { state: secret, nonce: secret, verifier: secret, isProofDemanded: false },
    })
  const waiting = Array.from({ length: 32 }, ask)
  assert.deepEqual(await ask(), { kind: 'busy' })
  await hostile.close()
  for (const one of await Promise.all(waiting)) assert.equal(one.kind, 'unavailable')
  assert.equal((await ask()).kind, 'unavailable')
  assert.ok(held.length <= 32)
})

const wrong: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['an issuer over plain http', { issuer: 'http://login.example' }],
  ['an issuer that only looks local', { issuer: 'http://localhost.evil.example' }],
  ['an issuer that is no address', { issuer: 'login.example' }],
  ['an empty issuer', { issuer: '' }],
  ['an issuer with a query', { issuer: 'https://login.example?x' }],
  ['an issuer with an empty query', { issuer: 'https://login.example/?' }],
  ['an issuer with a fragment', { issuer: 'https://login.example#' }],
  ['an issuer with a password', { issuer: 'https://a:b@login.example' }],
  ['an issuer in another spelling', { issuer: 'https://LOGIN.example' }],
  ['an issuer with dots to resolve', { issuer: 'https://login.example/a/../b' }],
  ['a file as an issuer', { issuer: 'file:///etc/passwd' }],
  ['an id with a slash', { id: 'a/b' }],
  ['an empty id', { id: '' }],
  ['an id in capitals', { id: 'Example' }],
  ['no name', { name: ' ' }],
  ['a name with a line break', { name: 'a\nb' }],
  ['no client', { clientId: '' }],
  ['a secret of a few letters', { clientSecret: { reveal: () => 'changeme' } }],
  ['an empty secret', { clientSecret: { reveal: () => '' } }],
  ['an option that there is not', { redirectUri: 'https://evil.example' }],
]

for (const [what, change] of wrong) {
  test(`openid: ${what} stops the start`, () => {
    const fine = { id: 'example', name: 'Example', issuer: 'https://login.example', ...client }
    openIdProvider(fine)
    assert.throws(
      () => openIdProvider({ ...fine, ...change } as typeof fine),
      (error: Error) => error instanceof Misconfiguration && !/changeme/.test(error.message),
    )
  })
}

test('[asvs 6.8.1] openid: two providers under one id, and plain http in production, stop the start', async () => {
  const at = (issuer: string) =>
    openIdProvider({ id: 'example', name: 'Example', issuer, ...client })
  const blueprint = (providers: readonly ReturnType<typeof at>[]) =>
    accounts({ roles, layout, siteName: 'Flask', administratorRole: 'admin', providers })
  assert.throws(
    () => blueprint([at('https://one.example'), at('https://two.example')]),
    /two providers have the id "example"/,
  )
  const project = (issuer: string) => ({
    ...{ name: 'flask', roles, administratorRole: 'admin', blueprints: [blueprint([at(issuer)])] },
    migrations: { name: 'flask', migrations: [] },
  })
  await assert.rejects(
    testApp(project('http://127.0.0.1:9')),
    /in production issuer has to be https/,
  )
  for (const [issuer, origin] of [
    ['http://127.0.0.1:9', 'loopback'],
    ['https://one.example', 'https://site.example'],
  ] as const) {
    const site = await testApp(project(issuer), { origin })
    await site.close()
  }
})
