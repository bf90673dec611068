/**
 * Writes that another site makes a browser send: every way to spell a body, every provenance, every
 * token that belongs to somebody else.
 *
 * CVE-2024-43787, GHSA-2234-fmw7-43wr, CVE-2022-41919, GHSA-qrgf-9gpc-vrxw; RFC 6454, Fetch Metadata.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestClient } from '../../src/testing/client.ts'
import {
  type Attacked,
  formType,
  login,
  openAttacked,
  ownForm,
  register,
  send,
  sessionCookieName,
  tokenOf,
  visitorCookieName,
} from './fixture.ts'

const wiped = 'POST /wipe'

function runsOf(site: Attacked): number {
  return site.runs.runs.get(wiped) ?? 0
}

/** Headers of `ownForm`, with some replaced; undefined takes one out. */
function headersWith(
  changes: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries({ ...ownForm, ...changes })) {
    if (value !== undefined) headers[name] = value
  }
  return headers
}

/** Bodies that a form or a script of another site can send without asking first, and those it cannot. */
const contentTypes = [
  undefined,
  '',
  formType,
  'Application/x-www-form-urlencoded',
  'APPLICATION/X-WWW-FORM-URLENCODED',
  `${formType};charset=utf-8`,
  `${formType}; charset=UTF-8`,
  `${formType}; charset=iso-8859-1`,
  `${formType};`,
  `${formType}\t`,
  ` ${formType}`,
  `${formType} ; charset=utf-8`,
  `${formType}, application/json`,
  `${formType}a`,
  'text/plain',
  'Text/Plain; charset=utf-8',
  'text/plain; application/json',
  'multipart/form-data; boundary=x',
  'Multipart/Form-Data; boundary=x',
  'application/json',
  'APPLICATION/JSON',
  'application/json; charset=utf-8',
  'application/csp-report',
  'application/octet-stream',
  'text/html',
  '*/*',
  'form',
  '; ',
]

const bodies = [
  '',
  'a=1',
  'formToken=',
  '{"formToken":""}',
  '--x\r\nContent-Disposition: form-data; name="formToken"\r\n\r\n\r\n--x--\r\n',
]

test('csrf: without a token nothing is written, whatever the type of the body [asvs 3.5.2]', async (t) => {
  const site = await openAttacked(t)
  const member = await site.signInAs('member')
  for (const type of contentTypes) {
    for (const body of bodies) {
      for (const origin of ['https://site.example', 'https://evil.example', undefined]) {
        const reply = await member.send({
          method: 'POST',
          target: '/wipe',
          headers: headersWith({ 'content-type': type, origin, 'sec-fetch-site': undefined }),
          body,
        })
        const what = `${type} ${JSON.stringify(body)} from ${origin}: ${reply.status}`
        assert.ok([403, 415, 400].includes(reply.status), what)
        if (origin === 'https://evil.example') assert.equal(reply.status, 403, what)
        assert.equal(runsOf(site), 0, what)
      }
    }
  }
})

test('csrf: with its token, another site still writes nothing, whatever the type of the body [asvs 3.5.1]', async (t) => {
  const site = await openAttacked(t)
  const member = await site.signInAs('member')
  const formToken = await tokenOf(member)
  const body = `formToken=${formToken}`
  for (const type of contentTypes) {
    const headers = headersWith({ 'content-type': type, origin: 'https://evil.example' })
    const reply = await member.send({ method: 'POST', target: '/wipe', headers, body })
    assert.equal(reply.status, 403, type)
  }
  assert.equal(runsOf(site), 0)
})

const origins = [
  { origin: undefined, own: true },
  { origin: 'https://site.example', own: true },
  ...[
    'https://evil.example',
    'null',
    '',
    'https://site.example.evil.example',
    'https://evil.site.example',
    'https://xsite.example',
    'https://site.example:443',
    'https://site.example:8443',
    'http://site.example',
    'HTTPS://SITE.EXAMPLE',
    'https://Site.example',
    'https://site.example/',
    'https://site.example.',
    'https://site.example@evil.example',
    'https://evil.example#https://site.example',
    'https://site.example https://evil.example',
    'https://site.example, https://evil.example',
    'https://evil.example, https://site.example',
    'site.example',
    '//site.example',
    'file://',
    'chrome-extension://abcdefghijklmnop',
    'https://site%2eexample',
    '*',
  ].map((origin) => ({ origin, own: false })),
]

const fetchSites = [
  { site: undefined, own: true },
  { site: 'same-origin', own: true },
  { site: 'none', own: true },
  ...[
    'same-site',
    'cross-site',
    '',
    'SAME-ORIGIN',
    'same-origin, cross-site',
    'same-origin;a',
    'x',
  ].map((site) => ({ site, own: false })),
]

test('gap 7: Origin and Sec-Fetch-Site each refuse, in every combination, though the token is right [asvs 3.5.1]', async (t) => {
  const site = await openAttacked(t)
  const member = await site.signInAs('member')
  const formToken = await tokenOf(member)
  let taken = 0
  for (const { origin, own } of origins) {
    for (const fetchSite of fetchSites) {
      const headers = headersWith({ origin, 'sec-fetch-site': fetchSite.site })
      const reply = await send(member, '/wipe', { formToken }, headers)
      const expected = own && fetchSite.own
      if (expected) taken += 1
      assert.equal(reply.status, expected ? 303 : 403, `${origin} ${fetchSite.site}`)
      assert.equal(runsOf(site), taken, `${origin} ${fetchSite.site}`)
    }
  }
  // No Origin or our own, times no Sec-Fetch-Site, same-origin or none.
  assert.equal(taken, 6)
})

test('gap 8: a browser that sends no Referer, or a foreign one, is not refused for it', async (t) => {
  const site = await openAttacked(t)
  const member = await site.signInAs('member')
  const formToken = await tokenOf(member)
  for (const referer of [undefined, '', 'about:client', 'https://evil.example/', 'garbage']) {
    const reply = await send(member, '/wipe', { formToken }, headersWith({ referer }))
    assert.equal(reply.status, 303, referer)
  }
  // Nor does a good one stand in for the token.
  const headers = headersWith({ referer: 'https://site.example/me' })
  assert.equal((await send(member, '/wipe', {}, headers)).status, 403)
  assert.equal(runsOf(site), 5)
})

test('csrf: a token is good for its own session alone: other people, other logins, visitors', async (t) => {
  const site = await openAttacked(t)
  await register(site, { email: 'ann@site.example' })
  const [first, second, visitor] = [site.visitor(), site.visitor(), site.visitor()]
  await login(first, 'ann@site.example')
  await login(second, 'ann@site.example')
  const other = await site.signInAs('admin')
  const foreign = [
    await tokenOf(second),
    await tokenOf(other),
    await tokenOf(visitor, '/contact'),
    await tokenOf(site.visitor(), '/login'),
  ]
  for (const formToken of foreign) {
    assert.equal((await send(first, '/wipe', { formToken })).status, 403)
  }
  assert.equal(runsOf(site), 0)
  // And the other way about: a visitor's form with the token of somebody signed in.
  const own = await tokenOf(first)
  assert.equal((await send(visitor, '/contact', { formToken: own, message: 'x' })).status, 403)
  assert.equal((await send(first, '/wipe', { formToken: own })).status, 303)
})

test('gap 6: the token from before signing in, out or in again is worth nothing after', async (t) => {
  const site = await openAttacked(t)
  await register(site, { email: 'ann@site.example' })
  const client = site.visitor()
  const before = await tokenOf(client, '/contact')
  await login(client, 'ann@site.example')
  assert.equal((await send(client, '/wipe', { formToken: before })).status, 403)
  assert.equal((await send(client, '/contact', { formToken: before, message: 'x' })).status, 403)
  const during = await tokenOf(client)
  await login(client, 'ann@site.example')
  assert.equal((await send(client, '/wipe', { formToken: during })).status, 403)
  const last = await tokenOf(client)
  await client.post('/logout', {}, { from: '/me' })
  assert.equal((await send(client, '/contact', { formToken: last, message: 'x' })).status, 403)
  assert.equal(site.runs.runs.get('POST /contact'), undefined)
  assert.equal(runsOf(site), 0)
})

test('csrf: no mutation of a token passes', async (t) => {
  const site = await openAttacked(t)
  const member = await site.signInAs('member')
  const token = await tokenOf(member)
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const mutated = new Set<string>()
  for (let at = 0; at < token.length; at += 1) {
    const now = alphabet.indexOf(token.charAt(at))
    for (const step of [1, 2, 4, 8, 16, 32]) {
      mutated.add(`${token.slice(0, at)}${alphabet.charAt(now ^ step)}${token.slice(at + 1)}`)
    }
    mutated.add(token.slice(0, at))
    mutated.add(`${token.slice(0, at)}${token.slice(at + 1)}`)
    mutated.add(`${token.slice(0, at)} ${token.slice(at)}`)
  }
  for (const text of [
    `${token}=`,
    `${token}A`,
    ` ${token}`,
    token.toLowerCase(),
    `${token}${token}`,
  ]) {
    mutated.add(text)
  }
  for (const text of ['A'.repeat(86), '0', 'true', 'null', 'undefined', '[object Object]']) {
    mutated.add(text)
  }
  mutated.delete(token)
  assert.ok(mutated.size > 600)
  for (const formToken of mutated) {
    assert.equal((await send(member, '/wipe', { formToken })).status, 403, formToken)
  }
  // Twice, or beside a good one, is nothing either.
  const body = `formToken=${token}&formToken=${token}`
  const twice = await member.send({ method: 'POST', target: '/wipe', headers: ownForm, body })
  assert.equal(twice.status, 400)
  assert.equal(runsOf(site), 0)
})

test('csrf: the token stands in the body alone: not in the query, a header or a cookie', async (t) => {
  const site = await openAttacked(t)
  const member = await site.signInAs('member')
  const formToken = await tokenOf(member)
  assert.equal((await send(member, `/wipe?formToken=${formToken}`, {})).status, 400)
  for (const name of ['x-csrf-token', 'x-csrftoken', 'x-xsrf-token', 'csrf-token', 'formtoken']) {
    assert.equal((await send(member, '/wipe', {}, headersWith({ [name]: formToken }))).status, 403)
  }
  const cookie = `${[...member.cookies].map(([name, value]) => `${name}=${value}`).join('; ')}; formToken=${formToken}`
  assert.equal((await send(member, '/wipe', {}, headersWith({ cookie }))).status, 403)
  assert.equal(runsOf(site), 0)
})

test('csrf: sign-in itself is a form of this site: nobody is signed in from elsewhere', async (t) => {
  const site = await openAttacked(t)
  await register(site, { email: 'attacker@site.example' })
  const attacker = site.visitor()
  const formToken = await tokenOf(attacker, '/login')
  const victim = site.visitor()
  const fields = { email: 'attacker@site.example', password: 'seven quiet lanterns drift' }
  const attempts: [TestClient, Record<string, string>][] = [
    [victim, fields],
    [victim, { ...fields, formToken }],
    [site.visitor(), { ...fields, formToken }],
  ]
  for (const [client, body] of attempts) {
    assert.equal((await send(client, '/login', body)).status, 403)
    assert.equal(client.cookies.has(sessionCookieName), false)
  }
  const headers = headersWith({ origin: 'https://evil.example' })
  assert.equal((await send(attacker, '/login', { ...fields, formToken }, headers)).status, 403)
  assert.equal((await send(attacker, '/login', { ...fields, formToken })).status, 303)
  // The visitor's cookie is not a secret to sign anybody in with: another's is as good as none.
  const thief = site.visitor()
  thief.cookies.set(visitorCookieName, 'A'.repeat(43))
  assert.equal((await send(thief, '/login', { ...fields, formToken })).status, 403)
})

test('csrf: GET and HEAD change nothing, with or without a token [asvs 3.5.3]', async (t) => {
  const site = await openAttacked(t)
  const member = await site.signInAs('member')
  const formToken = await tokenOf(member)
  const rows = async (): Promise<string> => {
    const sessions = await site.db.selectFrom('demijohn_sessions').selectAll().execute()
    const accounts = await site.db.selectFrom('demijohn_accounts').selectAll().execute()
    return JSON.stringify({ sessions, accounts })
  }
  const before = await rows()
  const targets = [
    '/',
    '/wipe',
    '/logout',
    '/contact',
    '/fields?kind=tea',
    '/login',
    '/boom',
    '/account/password',
  ]
  for (const target of targets) {
    for (const method of ['GET', 'HEAD']) {
      for (const body of ['', `formToken=${formToken}&message=x&kind=tea`]) {
        await member.send({ method, target, headers: ownForm, body })
      }
    }
  }
  assert.equal(await rows(), before)
  for (const run of ['POST /wipe', 'POST /contact', 'POST /fields']) {
    assert.equal(site.runs.runs.get(run), undefined, run)
  }
})

test('csrf: a form left open over lunch still works, in every tab, signed in or not', async (t) => {
  const site = await openAttacked(t)
  const member = await site.signInAs('member')
  const visitor = site.visitor()
  const tabs = [await tokenOf(member), await tokenOf(member), await tokenOf(member, '/fields')]
  assert.equal(new Set(tabs).size, 3)
  const open = [await tokenOf(visitor, '/contact'), await tokenOf(visitor, '/login')]
  // Four hours idle are the limit; what the last minute does is held by the tests of sessions.
  site.clock.advance(4 * 3_600_000 - 61_000)
  for (const formToken of tabs) {
    assert.equal((await send(member, '/wipe', { formToken })).status, 303)
  }
  site.clock.advance(20 * 3_600_000)
  for (const formToken of open) {
    assert.equal((await send(visitor, '/contact', { formToken, message: 'x' })).status, 303)
  }
  assert.equal(runsOf(site), 3)
})

test('csrf: reports of browsers, the one write without a token, change nothing and depend on nobody', async (t) => {
  const site = await openAttacked(t)
  const member = await site.signInAs('member')
  for (const client of [member, site.visitor()]) {
    const reply = await client.send({
      method: 'POST',
      target: '/csp-reports',
      headers: { 'content-type': 'application/csp-report', origin: 'https://evil.example' },
      body: '{"csp-report":{"blocked-uri":"https://evil.example/?secret"}}',
    })
    assert.equal(reply.status, 204)
    assert.deepEqual(reply.headers('set-cookie'), [])
  }
  assert.equal(site.runs.total(), 0)
  assert.ok(!site.logLines.join('').includes('secret'))
})
