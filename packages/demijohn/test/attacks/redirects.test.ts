/** Open redirects: `next` leads to a path of this site, or nowhere. GHSA-86j7-9j95-vpqj. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { redirect } from '../../src/pipeline/answer.ts'
import type { TestReply } from '../../src/testing/client.ts'
import { type Attacked, goodPassword, openAttacked, register } from './fixture.ts'

const folder = new URL('../../../../../shared/reference/corpora/url/wpt/', import.meta.url)
const missing = existsSync(folder) ? false : 'the outside corpora are not here'
const skip = process.env.CI === 'true' ? false : missing

/** What browsers have been led away by. */
const outside = [
  '//evil.example',
  '///evil.example',
  '////evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '\\/evil.example',
  '/\\/evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '/\r\n/evil.example',
  '\t//evil.example',
  ' //evil.example',
  'https://evil.example',
  'https:evil.example',
  'https:/evil.example',
  'HTTPS://evil.example',
  'http://evil.example',
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  '\u0001javascript:alert(1)',
  'java\nscript:alert(1)',
  'data:text/html,x',
  'vbscript:x',
  '//site.example@evil.example',
  'https://site.example@evil.example',
  '//evil.example#https://site.example',
  '//evil.example?site.example',
  '/.//evil.example',
  '/..//evil.example',
  '/%2e//evil.example',
  '/a/..//evil.example',
  '/%2f/evil.example',
  '/%2F%2Fevil.example',
  '/%5cevil.example',
  '/%5C%5Cevil.example',
  '/%09/evil.example',
  '/%0d%0aLocation:%20//evil.example',
  '//evil%E3%80%82example',
  '//evil\u3002example',
  '//\u2044evil.example',
  '/\u2215/evil.example',
  '//[::1]',
  '//0x7f000001',
  '//2130706433',
  '//evil.example:443/a',
  'evil.example',
  '.evil.example',
  '@evil.example',
  ':443',
  '?//evil.example',
  '#//evil.example',
  '',
  ' ',
  '*',
  'null',
  '/\0',
  '/\u00a0/evil.example',
  '\ufeff//evil.example',
  '/;@evil.example/..//',
  `/${'a'.repeat(9000)}`,
]

const inside = [
  '/',
  '/me',
  '/read?x=1',
  '/search?q=a%20b',
  '/notes/1#c',
  "/a'b",
  '/search?next=//evil.example',
  '/search?q=https://evil.example',
  '/@evil.example',
  '/:443',
  '/%C3%A9',
]

/** Where a browser at this address would go. */
function goesTo(reply: TestReply): string {
  assert.ok(reply.location !== undefined)
  return new URL(reply.location, 'https://site.example/login').origin
}

async function signInWithNext(site: Attacked, next: string): Promise<TestReply> {
  const visitor = site.visitor()
  const path = `/login?next=${encodeURIComponent(next)}`
  const page = await visitor.get(path)
  if (page.status !== 200) return page
  // The form posts to its own address, `next` included.
  assert.equal(page.forms[0]?.action, path)
  const reply = await visitor.post(path, { email: 'ann@site.example', password: goodPassword })
  site.clock.advance(2_100)
  return reply
}

test('gap 10: after sign-in nobody is sent to another site, whatever next says [asvs 3.7.2] [asvs 1.2.2]', async (t) => {
  const site = await openAttacked(t)
  await register(site, { email: 'ann@site.example' })
  for (const next of outside) {
    const reply = await signInWithNext(site, next)
    if (reply.status !== 303) {
      assert.ok([400, 413, 414].includes(reply.status), `${JSON.stringify(next)}: ${reply.status}`)
      continue
    }
    assert.equal(reply.location, '/', JSON.stringify(next))
  }
  for (const next of inside) {
    const reply = await signInWithNext(site, next)
    assert.equal(reply.status, 303, next)
    assert.equal(reply.location, next)
    assert.equal(goesTo(reply), 'https://site.example')
  }
})

test('gap 10: no text of the URL corpus leads away, as next of the redirect to sign-in', {
  skip,
}, async (t) => {
  const site = await openAttacked(t)
  const parsed: unknown = JSON.parse(readFileSync(new URL('urltestdata.json', folder), 'utf8'))
  assert.ok(Array.isArray(parsed))
  let asked = 0
  let kept = 0
  const visitor = site.visitor()
  for (const entry of parsed) {
    if (typeof entry !== 'object' || entry === null || !('input' in entry)) continue
    for (const input of [String(entry.input), `/${entry.input}`, `/me?${entry.input}`]) {
      asked += 1
      const reply = await visitor.send({ target: input })
      if (reply.status !== 303) continue
      kept += 1
      assert.equal(goesTo(reply), 'https://site.example', input)
      const { searchParams, pathname } = new URL(reply.location ?? '', 'https://site.example')
      assert.equal(pathname, '/login')
      const next = searchParams.get('next') ?? ''
      assert.equal(new URL(next, 'https://site.example').origin, 'https://site.example', input)
    }
  }
  assert.ok(asked > 2_000, `only ${asked} were asked for`)
  assert.ok(kept > 50, `only ${kept} were redirected`)
})

test('redirects: a handler cannot send anybody elsewhere, though it be handed the address', () => {
  for (const to of outside) {
    // A caller without types: the compiler refuses most of these.
    assert.throws(() => redirect(to as `/${string}`), TypeError, JSON.stringify(to))
  }
  for (const to of inside) assert.equal(redirect(to as `/${string}`).to, to)
})

test('redirects: the way back from sign-in is the page that was asked for', async (t) => {
  const site = await openAttacked(t)
  await register(site, { email: 'ann@site.example' })
  const visitor = site.visitor()
  const turnedAway = await visitor.get('/me')
  assert.equal(turnedAway.location, '/login?next=%2Fme')
  const form = await visitor.follow(turnedAway)
  assert.equal(form.status, 200)
  const reply = await visitor.post('/login?next=%2Fme', {
    email: 'ann@site.example',
    password: goodPassword,
  })
  assert.equal(reply.location, '/me')
})
