/**
 * Where a sign-in may lead (GHSA-86j7-9j95-vpqj): away to the provider's own address and back to one
 * path of this site, and from there to another. Whatever is brought along changes neither.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openIdProvider } from '../../src/openid.ts'
import { type Hostile, startHostile } from './hostileFixture.ts'
import { addAccount, client, comeBack, openSite } from './siteFixture.ts'

let hostile: Hostile
before(async () => {
  hostile = await startHostile()
})
after(() => hostile.close())

const example = () =>
  openIdProvider({ id: 'example', name: 'Example', issuer: hostile.issuer, ...client })

const hosts = ['evil.example', 'localhost.evil.example', 'evil.example:80', '[::ffff:1.2.3.4]']

/** Every way of writing another host that browsers have followed, and that somebody has let through. */
const elsewhere: readonly string[] = [
  ...hosts.flatMap((host) => [
    ...[
      `https://${host}`,
      `http://${host}/`,
      `//${host}`,
      `///${host}`,
      `/\\${host}`,
      `\\/${host}`,
    ],
    ...[`\\\\${host}`, `/\t/${host}`, `/\n/${host}`, `/\r\n/${host}`, `\t//${host}`, ` //${host}`],
    ...[`https:${host}`, `https:/${host}`, `https:\\\\${host}`, `http://localhost@${host}`],
    ...[`//localhost@${host}`, `http://localhost:x@${host}/`, `@${host}`, `/..//${host}`],
    ...[`/.//${host}`, `/%2F${host}`, `/%5C${host}`, `/\u2028/${host}`, `/\u0000/${host}`],
    ...[`\u3002${host}`, `//evil\u3002example`, `//evil\uff0eexample`, `/\uff0f${host}`],
    ...[`/a\r\nLocation: https://${host}`, `/a\nSet-Cookie: a=b`, `/a%0d%0aLocation:%20${host}`],
  ]),
  ...['javascript:alert(1)', 'JaVaScRiPt:alert(1)', 'data:text/html,x', 'vbscript:x', 'blob:x'],
  ...['', '.', '..', 'private', '?x', '#x'],
]

test('openid: `next` leads to a path of this site, or is forgotten', async (t) => {
  const site = await openSite(t, [example()])
  await addAccount(site, { email: 'ada@site.example', hasPassword: false })
  const journey = async (next: string): Promise<string | undefined> => {
    const browser = site.visitor()
    // The limit of the route is not what this is about.
    site.clock.advance(60_000)
    const away = await browser.get(`/login/with/example?next=${encodeURIComponent(next)}`)
    if (away.status === 400) return undefined
    assert.equal(away.status, 303, next)
    const { location = '' } = away
    assert.ok(location.startsWith(`${hostile.issuer}/auth?`), location)
    const back = await fetch(location, { redirect: 'manual' })
    const arrived = await comeBack(browser, back.headers.get('location') ?? '')
    assert.equal(arrived.status, 303, next)
    assert.equal(arrived.headers('location').length, 1)
    return arrived.location
  }
  assert.equal(await journey('/fresh?a=1'), '/fresh?a=1')
  // Quotes take two characters each in the note, which is a cookie of 4,096 bytes at most.
  assert.equal(await journey(`/?${'"'.repeat(998)}`), `/?${'"'.repeat(998)}`)
  assert.equal(await journey(`/?${'"'.repeat(999)}`), '/private')
  assert.equal(await journey(`/?${'"'.repeat(2_000)}`), '/private')
  assert.ok(elsewhere.length > 100)
  for (const next of elsewhere) {
    const to = await journey(next)
    if (to === undefined) continue
    const url = new URL(to, 'http://localhost')
    assert.equal(url.origin, 'http://localhost', JSON.stringify(next))
    assert.match(to, /^\/(?![/\\])[\x21-\x7e]*$/, JSON.stringify(next))
  }
})

test('openid: the way back is one address, whatever Host, query and headers say', async (t) => {
  const site = await openSite(t, [example()])
  const target = '/login/with/example'
  const wanted = `http://localhost${target}/callback`
  const tries: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    [target, {}],
    [target, { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' }],
    [target, { forwarded: 'host=evil.example;proto=https', 'x-original-url': '/evil' }],
    [target, { referer: 'https://evil.example/', origin: 'https://evil.example' }],
    [`${target}?redirect_uri=https://evil.example`, {}],
    [`${target}?redirect_uri=${encodeURIComponent(`${wanted}/../evil`)}`, {}],
    [`${target}?state=chosen&nonce=chosen`, {}],
    [`${target}?issuer=${encodeURIComponent('https://evil.example')}`, {}],
    [target, { host: 'evil.example' }],
    [target, { host: 'localhost@evil.example' }],
    [target, { host: 'localhost.evil.example' }],
  ]
  let led = 0
  for (const [to, headers] of tries) {
    const reply = await site.visitor().send({ target: to, headers })
    if (reply.status !== 303) {
      assert.ok(reply.status >= 400 && reply.status < 500, String(reply.status))
      continue
    }
    const url = new URL(reply.location ?? '')
    assert.equal(url.origin, hostile.issuer)
    assert.equal(url.searchParams.get('redirect_uri'), wanted)
    assert.notEqual(url.searchParams.get('state'), 'chosen')
    led += 1
  }
  assert.equal(led, 4)
})

test('openid: only providers of the project are led to', async (t) => {
  const site = await openSite(t, [example()])
  const names = [
    'other',
    'EXAMPLE',
    'example.',
    'constructor',
    '__proto__',
    'toString',
    'https:',
    '%00',
  ]
  for (const name of names) {
    for (const tail of ['', '/callback?code=a&state=b']) {
      const reply = await site.visitor().get(`/login/with/${name}${tail}`)
      assert.ok(reply.status === 404 || reply.status === 400, `${name}: ${reply.status}`)
    }
  }
})
