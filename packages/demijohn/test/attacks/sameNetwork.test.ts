/**
 * Whoever shares an address with somebody (an office, a dormitory, a carrier's NAT) and uses up what
 * the address may do, at every page by which an account is signed in to, recovered or looked after.
 * The sentinel is told to let the address be: whom it bans, it bans with everybody beside them.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseNetworks } from '../../src/web/client.ts'
import { login, openAttacked, register } from './fixture.ts'

const email = 'ann@site.example'
const peerAddress = '203.0.113.7'
const origin = 'https://site.example'
const headers = { origin, 'content-type': 'application/x-www-form-urlencoded' }
const id = '019b76da-a800-7000-8000-000000000002'

/** What an owner needs to get in, to get back in, and to be rid of a thief. */
const vital = [
  '/login',
  '/login/second-factor',
  '/login/confirm',
  '/reset',
  '/reset/:secret',
  '/account/password',
  '/account/email',
  '/account/sessions/end',
  '/account/sessions/others',
  '/account/sessions/everywhere',
  '/account/factors/totp/remove',
  '/account/factors/passkeys/:passkey/remove',
]

async function open(t: Parameters<typeof openAttacked>[0]) {
  const site = await openAttacked(t, { sentinel: { allowed: parseNetworks(['203.0.113.0/24']) } })
  await register(site, { email })
  const own = site.visitor()
  assert.equal((await login(own, email)).status, 303)
  const paths = site.app
    .routes()
    .filter(({ limits }) => limits.some((limit) => limit.endsWith(' by device')))
    .filter(({ method }) => method === 'POST')
    .map(({ path }) => path)
  return { site, own, paths }
}

test('same network: the pages that an owner needs are counted by browser', async (t) => {
  const { paths } = await open(t)
  for (const path of vital) assert.ok(paths.includes(path), path)
})

test('same network: strangers at one address use up nothing of a browser that was used before', async (t) => {
  const { site, own, paths } = await open(t)
  for (const path of paths) {
    const target = path.replace(/:\w+/g, id)
    const request = { method: 'POST', target, peerAddress, headers, body: 'x=1' }
    let refused = 0
    for (let tries = 0; refused < 20; tries += 1) {
      assert.ok(tries < 200, `${path}: strangers are never refused`)
      // A cookie of their own making is none.
      const stranger = site.visitor()
      if (tries % 2 === 0) stranger.cookies.set('__Host-device', 'A'.repeat(43))
      const reply = await stranger.send(request)
      if (reply.status === 429) refused += 1
    }
    const reply = await own.send(request)
    assert.notEqual(reply.status, 429, path)
    assert.notEqual(reply.status, 503, path)
  }
})

test('same network: a browser that was used before is limited, too, wherever it is', async (t) => {
  const { own } = await open(t)
  const statuses: number[] = []
  for (let at = 0; at < 40; at += 1) {
    const from = { peerAddress: `198.51.100.${at}` }
    const request = { method: 'POST', target: '/login', headers, body: 'x=1', ...from }
    statuses.push((await own.send(request)).status)
  }
  assert.ok(statuses.slice(0, 29).every((status) => status !== 429))
  assert.ok(statuses.slice(30).every((status) => status === 429))
})

test('same network: any number of browsers that were used before have no more than five of them', async (t) => {
  const { site, own } = await open(t)
  const browsers = [own]
  for (let more = 0; more < 6; more += 1) {
    site.clock.advance(60_000)
    const browser = site.visitor()
    assert.equal((await login(browser, email)).status, 303)
    browsers.push(browser)
  }
  site.clock.advance(3_600_000)
  let passed = 0
  for (const browser of browsers) {
    for (let at = 0; at < 40; at += 1) {
      const request = { method: 'POST', target: '/login', peerAddress, headers, body: 'x=1' }
      if ((await browser.send(request)).status !== 429) passed += 1
    }
  }
  assert.equal(passed, 150)
})
