/**
 * Automated threats against a whole site: what a client did is held against its next request, on
 * every route, and a person in the same situation gets on (OWASP Automated Threats; ASVS 2.4.1).
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { openSite } from '../tokens/siteFixture.ts'
import { openAttacked } from './fixture.ts'

/** The script of the page, as a browser runs it. */
const file = join(import.meta.dirname, '../../static/challenge.js')
const script: {
  readonly tryCounters: (challenge: string, from: number, count: number) => string | undefined
} = await import(pathToFileURL(file).href)

const attacker = '192.0.2.66'
const minute = 60_000

async function open(t: TestContext) {
  const site = await openAttacked(t)
  const ask = (target: string, peerAddress = attacker, method = 'GET') =>
    site.visitor().send({ method, target, peerAddress })
  const probe = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at += 1) await ask(`/wp-content/${at}`)
  }
  return { ...site, ask, probe }
}

test('[asvs 2.4.1] automated: a scanner is challenged, then banned, and others are not', async (t) => {
  const { ask, probe, clock, runs } = await open(t)
  await probe(8)
  assert.equal((await ask('/')).status, 429)
  await probe(60)
  const ran = runs.total()
  for (const target of ['/', '/me', '/nowhere', '/static/demijohn/challenge.js']) {
    const reply = await ask(target)
    assert.equal(reply.status, 403, target)
    assert.equal(reply.header('retry-after'), '600')
  }
  assert.equal((await ask('/', attacker, 'POST')).status, 403)
  assert.equal(runs.total(), ran)
  assert.equal((await ask('/', '192.0.2.67')).status, 200)
  clock.advance(10 * minute)
  assert.equal((await ask('/')).status, 200)
})

const challenge = /data-challenge="([^"]+)" data-target="([^"]+)"/
const link = /then <a href="([^"]+)">/
const plain = (text: string | undefined): string => (text ?? '').replaceAll('&amp;', '&')

test('[asvs 2.4.1] automated: work lets a browser in, to what it asked for, without a cookie', async (t) => {
  const { ask, probe } = await open(t)
  await probe(8)
  const page = await ask('/?x=1')
  const found = challenge.exec(page.text)
  const [work = '', target] = [found?.[1], plain(found?.[2])]
  assert.match(target, /^\/\?x=1&/)
  const answer = script.tryCounters(work, 0, 50_000_000)
  // The query of its own is unknown to the page, the answer is not: that one is taken out before.
  assert.equal((await ask(`${target}${answer}`)).status, 400)
  assert.equal((await ask('/')).status, 200)
})

test('automated: without script a link works after its time, and not before', async (t) => {
  const { ask, probe, clock } = await open(t)
  await probe(8)
  const target = plain(link.exec((await ask('/')).text)?.[1])
  assert.equal((await ask(target)).status, 429)
  clock.advance(20_000)
  assert.equal((await ask(target)).status, 200)
  assert.equal((await ask('/')).status, 200)
})

test('automated: the page of a challenge keeps to the policy of the site', async (t) => {
  const { ask, probe } = await open(t)
  await probe(8)
  const reply = await ask('/')
  assert.equal(reply.header('content-type'), 'text/html; charset=utf-8')
  assert.match(reply.header('content-security-policy') ?? '', /default-src 'none'/)
  assert.match(reply.header('cache-control') ?? '', /no-store/)
  assert.equal(reply.header('set-cookie'), undefined)
  const [address = ''] = /\/static\/demijohn\/challenge[^"]*/.exec(reply.text) ?? []
  assert.equal((await ask(address)).status, 200)
})

test('automated: an answer is taken out of every query, asked for or not', async (t) => {
  const { ask } = await open(t)
  assert.equal((await ask('/?demijohn-answer=x')).status, 200)
})

test('automated: an answer does not travel on to where sign-in leads back to', async (t) => {
  const { ask } = await open(t)
  const { location } = await ask('/me?demijohn-answer=x')
  assert.equal(location, '/login?next=%2Fme')
})

test('automated: this machine itself is never kept out', async (t) => {
  const { ask } = await open(t)
  for (let at = 0; at < 100; at += 1) await ask(`/wp-content/${at}`, '127.0.0.1')
  assert.equal((await ask('/', '127.0.0.1')).status, 200)
})

/** What a page elsewhere can make the browser of anybody send who looks at it. */
const inPassing = [
  ['an image', { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }, 'GET'],
  ['a script', { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' }, 'GET'],
  ['a frame', { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }, 'GET'],
  ['a fetch', { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty', origin: 'null' }, 'GET'],
  ['a beacon', { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'empty', origin: 'null' }, 'POST'],
  [
    'a form in a frame',
    { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe', origin: 'null' },
    'POST',
  ],
] as const

for (const site of ['cross-site', 'same-site']) {
  for (const [name, headers, method] of inPassing) {
    test(`[asvs 3.5.8] automated: nobody is kept out for ${name} of a ${site} page`, async (t) => {
      const { visitor, ask, runs } = await open(t)
      const targets = ['/.env', '/wp-login.php', '/nowhere', '/me', '/login', '/csp-reports']
      const before = runs.total()
      for (let at = 0; at < 100; at += 1) {
        const reply = await visitor().send({
          ...{ method, target: `${targets[at % targets.length]}`, peerAddress: attacker },
          headers: { 'sec-fetch-site': site, 'content-type': 'text/plain', ...headers },
          ...(method === 'POST' ? { body: 'x' } : {}),
        })
        assert.equal(reply.status, 403)
      }
      assert.equal(runs.total(), before)
      assert.equal((await ask('/')).status, 200)
    })
  }
}

test('[asvs 4.1.1] automated: a program that is slowed, challenged or kept out is told so in its own words', async (t) => {
  const site = await openSite(t)
  const paths = ['/api/v1/notes', '/api/v1/nowhere', '/oauth/token', '/oauth/jwks.json']
  const seen = new Set<string>()
  for (let at = 0; at < 100; at += 1) {
    await site.visitor().send({ target: `/.git/${at}`, peerAddress: attacker })
    for (const target of paths) {
      const reply = await site.visitor().send({ target, peerAddress: attacker })
      if (reply.status < 400) continue
      assert.equal(reply.header('content-type'), 'application/problem+json', target)
      const { code, status } = JSON.parse(reply.text)
      assert.equal(status, reply.status)
      seen.add(`${code}`)
    }
  }
  for (const code of ['sentinel.slow', 'sentinel.banned']) assert.ok(seen.has(code), code)
  assert.equal(site.handled.length, 0)
  const page = await site.visitor().send({ target: '/login', peerAddress: attacker })
  assert.equal(page.status, 403)
  assert.match(page.header('content-type') ?? '', /^text\/html/)
})
