/**
 * Guessing at the sign-in form: one account from everywhere, every account from one place, all at
 * once; and the lock itself as a weapon, or as a way to learn who has an account.
 *
 * Gap 14 of the usual stack; CVE-2025-22228 and CVE-2025-13473 for what a lock may not tell.
 */
import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { mock, type TestContext, test } from 'node:test'
import type { TestClient, TestReply } from '../../src/testing/client.ts'
import { parseNetworks } from '../../src/web/client.ts'
import { type Attacked, goodPassword, login, openAttacked, register, tokenOf } from './fixture.ts'

const email = 'ann@site.example'
const minute = 60_000

function countHashes(t: TestContext): () => number {
  const watched = mock.method(crypto, 'argon2')
  syncBuiltinESMExports()
  t.after(() => {
    watched.mock.restore()
    syncBuiltinESMExports()
  })
  return () => watched.mock.callCount()
}

/** A try from a client of its own, so that the limits of the route see each for the first time. */
async function tryFrom(
  site: Attacked,
  peerAddress: string,
  values: { readonly email: string; readonly password: string },
  browser: TestClient = site.visitor(),
): Promise<TestReply> {
  const formToken = await tokenOf(browser, '/login')
  return browser.send({
    method: 'POST',
    target: '/login',
    peerAddress,
    headers: {
      origin: 'https://site.example',
      'sec-fetch-site': 'same-origin',
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ formToken, ...values }).toString(),
  })
}

const addressOf = (at: number): string => `198.51.${at >> 8}.${at & 255}`

test('gap 14: thirty wrong passwords in a row slow down, however many clients they come from [asvs 6.3.1]', async (t) => {
  const site = await openAttacked(t)
  await register(site, { email })
  const hashes = countHashes(t)
  const startedAt = site.clock.now()
  const waits: number[] = []
  for (let guess = 0; waits.length < 30; guess += 1) {
    const reply = await tryFrom(site, addressOf(guess), { email, password: `guess ${guess}` })
    if (reply.status === 422) {
      waits.push(0)
      continue
    }
    assert.equal(reply.status, 429)
    assert.match(reply.text, /too many tries/)
    const seconds = Number(reply.header('retry-after'))
    assert.ok(seconds >= 1 && seconds <= 900, String(seconds))
    waits.push(seconds)
    site.clock.advance(seconds * 1_000)
  }
  const looked = waits.filter((wait) => wait === 0).length
  assert.equal(hashes(), looked)
  // Five at once, then one after each wait, which doubles until it is a quarter of an hour.
  assert.equal(
    waits.slice(0, 5).every((wait) => wait === 0),
    true,
  )
  const paid = waits.filter((wait) => wait > 0)
  assert.deepEqual(paid.slice(0, 9), [2, 4, 8, 16, 32, 64, 128, 256, 512])
  assert.ok(paid.slice(9).every((wait) => wait === 900))
  assert.ok(site.clock.now() - startedAt >= 60 * minute)
})

test('[asvs 6.3.1] guessing: twenty tries at once do not pass on one free try', async (t) => {
  const site = await openAttacked(t)
  await register(site, { email })
  const hashes = countHashes(t)
  const replies = await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      tryFrom(site, addressOf(at), { email, password: `guess ${at}` }),
    ),
  )
  assert.equal(replies.filter(({ status }) => status === 422).length, 5)
  assert.equal(replies.filter(({ status }) => status === 429).length, 15)
  assert.equal(hashes(), 5)
})

test('[asvs 6.3.1] guessing: one client at many accounts has to wait, other clients need not', async (t) => {
  // What is said here is said of the throttle alone: the sentinel would step in sooner.
  const sentinel = { allowed: parseNetworks(['2001:db8::/32']) }
  const site = await openAttacked(t, { sentinel })
  await register(site, { email })
  const statuses: number[] = []
  for (let at = 0; at < 40; at += 1) {
    // Slowly enough for the limit of the route, which is by the minute.
    site.clock.advance(2_500)
    const values = { email: `person-${at}@site.example`, password: 'Winter is coming 1' }
    statuses.push((await tryFrom(site, '2001:db8::1', values)).status)
  }
  assert.ok(statuses.slice(0, 30).every((status) => status === 422))
  assert.ok(statuses.slice(30).includes(429), statuses.join(' '))
  // The owner of an IPv6 /64 is one client; the next network is another.
  const other = await tryFrom(site, '2001:db8:0:1::1', { email, password: goodPassword })
  assert.equal(other.status, 303)
})

test('[asvs 6.3.8] guessing: an address without an account waits as long and gets the same page', async (t) => {
  const site = await openAttacked(t)
  await register(site, { email })
  const stranger = 'eve@site.example'
  for (let at = 0; at < 12; at += 1) {
    const answers = []
    for (const [who, address] of [
      [email, addressOf(at)],
      [stranger, addressOf(at + 1_000)],
    ] as const) {
      const reply = await tryFrom(site, address, { email: who, password: `guess ${at}` })
      answers.push({
        status: reply.status,
        retryAfter: reply.header('retry-after'),
        // Form tokens, and the challenge of a passkey: random at every look.
        text: reply.text.replace(/[\w-]{43,}/g, 'RANDOM').replaceAll(who, 'ADDRESS'),
      })
    }
    assert.deepEqual(answers[0], answers[1])
    if (at % 3 === 2) site.clock.advance(5_000)
  }
})

test('guessing: an attacker elsewhere never keeps the owner out of a browser that was used before', async (t) => {
  const site = await openAttacked(t)
  await register(site, { email })
  const own = site.visitor()
  assert.equal((await login(own, email)).status, 303)
  await own.post('/logout', {}, { from: '/me' })
  for (let hour = 0; hour < 6; hour += 1) {
    for (let at = 0; at < 15; at += 1) {
      const address = addressOf(hour * 100 + at)
      await tryFrom(site, address, { email, password: `guess ${hour} ${at}` })
    }
    const stranger = await tryFrom(site, '203.0.113.9', { email, password: goodPassword })
    assert.equal(stranger.status, 429)
    // From the network of the attackers, even: the browser is what counts.
    const address = addressOf(hour * 100)
    const back = await tryFrom(site, address, { email, password: goodPassword }, own)
    assert.equal(back.status, 303)
    await own.post('/logout', {}, { from: '/me' })
    site.clock.advance(10 * minute)
  }
})

test('guessing: a browser known to one account is a stranger to every other', async (t) => {
  const site = await openAttacked(t)
  await register(site, { email })
  await register(site, { email: 'eve@site.example' })
  const eves = site.visitor()
  assert.equal((await login(eves, 'eve@site.example')).status, 303)
  await eves.post('/logout', {}, { from: '/me' })
  const device = eves.cookies.get('__Host-device')
  assert.ok(device)
  const statuses: number[] = []
  for (let at = 0; at < 12; at += 1) {
    const browser = site.visitor()
    browser.cookies.set('__Host-device', device)
    const values = { email, password: `guess ${at}` }
    statuses.push((await tryFrom(site, addressOf(at), values, browser)).status)
  }
  assert.deepEqual(statuses, [...Array(5).fill(422), ...Array(7).fill(429)])
})

test('guessing: a known browser is slowed down as well, and whoever waits is let in', async (t) => {
  const site = await openAttacked(t)
  await register(site, { email })
  const own = site.visitor()
  await login(own, email)
  await own.post('/logout', {}, { from: '/me' })
  for (let at = 0; at < 10; at += 1) {
    assert.equal((await tryFrom(site, addressOf(at), { email, password: 'x' }, own)).status, 422)
  }
  const reply = await tryFrom(site, addressOf(10), { email, password: goodPassword }, own)
  assert.equal(reply.status, 429)
  site.clock.advance(Number(reply.header('retry-after')) * 1_000)
  assert.equal((await login(own, email)).status, 303)
})

test('guessing: a made-up device cookie earns no allowance', async (t) => {
  const site = await openAttacked(t)
  await register(site, { email })
  const statuses: number[] = []
  for (let at = 0; at < 10; at += 1) {
    const browser = site.visitor()
    browser.cookies.set('__Host-device', String(at).padStart(43, 'A'))
    const values = { email, password: `guess ${at}` }
    statuses.push((await tryFrom(site, addressOf(at), values, browser)).status)
  }
  assert.equal(statuses.filter((status) => status === 422).length, 5)
})

test('guessing: signing in to an own account in between clears no guesses at another', async (t) => {
  const site = await openAttacked(t)
  await register(site, { email })
  await register(site, { email: 'eve@site.example' })
  const statuses: number[] = []
  for (let at = 0; at < 15; at += 1) {
    site.clock.advance(10)
    const values = { email, password: `guess ${at}` }
    statuses.push((await tryFrom(site, addressOf(at), values)).status)
    await tryFrom(site, addressOf(at), { email: 'eve@site.example', password: goodPassword })
  }
  assert.equal(statuses.filter((status) => status === 422).length, 5)
})

test('[asvs 6.3.1] guessing: a session that somebody sits down at is no way to guess the password', async (t) => {
  const site = await openAttacked(t)
  await register(site, { email })
  const own = site.visitor()
  await login(own, email)
  const hashes = countHashes(t)
  const statuses: number[] = []
  for (let at = 0; at < 14; at += 1) {
    statuses.push((await own.post('/login/confirm', { password: `guess ${at}` })).status)
  }
  assert.deepEqual(statuses, [...Array(10).fill(422), ...Array(4).fill(429)])
  assert.equal(hashes(), 10)
  site.clock.advance(2_000)
  assert.equal((await own.post('/login/confirm', { password: goodPassword })).status, 303)
})

test('guessing: whoever has copied a session never keeps its owner from confirming or changing', async (t) => {
  const site = await openAttacked(t)
  await register(site, { email })
  const owner = site.visitor()
  assert.equal((await login(owner, email)).status, 303)
  const thief = site.visitor()
  for (const [name, value] of owner.cookies) {
    if (name !== '__Host-device') thief.cookies.set(name, value)
  }
  for (let hour = 0; hour < 6; hour += 1) {
    for (let at = 0; at < 12; at += 1) {
      await thief.post('/login/confirm', { password: `guess ${hour} ${at}` })
    }
    const stuck = await thief.post('/login/confirm', { password: goodPassword })
    assert.equal(stuck.status, 429)
    const wrong = await owner.post('/login/confirm', { password: 'a slip of the finger' })
    assert.equal(wrong.status, 422)
    const right = await owner.post('/login/confirm', { password: goodPassword })
    assert.equal(right.status, 303)
    // A proof gives a new token; the thief is taken to have copied that as well.
    thief.cookies.set('__Host-session', owner.cookies.get('__Host-session') ?? '')
    site.clock.advance(minute)
  }
})

test('guessing: every refused try is an event, with no address in the log', async (t) => {
  const site = await openAttacked(t)
  await register(site, { email })
  for (let at = 0; at < 7; at += 1) {
    await tryFrom(site, addressOf(at), { email, password: `guess ${at}` })
  }
  const events = site.logLines.filter((line) => line.includes('"authn_login_fail_max"'))
  assert.equal(events.length, 2)
  assert.ok(!site.logLines.join('').includes(email))
})
