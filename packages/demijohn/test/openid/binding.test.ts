/**
 * An answer belongs to one browser, one provider and one flow, once (GHSA-x445-f3h2-j279). Each case
 * is a journey to two real providers in which one thing is not as it was noted.
 */
import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { openIdProvider } from '../../src/openid.ts'
import type { TestClient } from '../../src/testing/client.ts'
import type { TestSite } from '../../src/testing/site.ts'
import { type RunningProvider, startProvider } from './providerFixture.ts'
import {
  addAccount,
  callbackOf,
  client,
  comeBack,
  countRows,
  goToProvider,
  openSite,
  password,
  userOf,
} from './siteFixture.ts'

let example: RunningProvider
let other: RunningProvider
before(async () => {
  example = await startProvider({ redirectUris: [callbackOf('example')] })
  other = await startProvider({ redirectUris: [callbackOf('other')] })
  for (const { residents } of [example, other]) {
    residents.set('ada', { email: 'ada@site.example', email_verified: true })
    residents.set('eve', { email: 'eve@site.example', email_verified: true })
  }
})
after(() => Promise.all([example.close(), other.close()]))

async function twoProviders(t: TestContext): Promise<TestSite> {
  const site = await openSite(t, [
    openIdProvider({ id: 'example', name: 'Example', issuer: example.issuer, ...client }),
    openIdProvider({ id: 'other', name: 'Other', issuer: other.issuer, ...client }),
  ])
  await addAccount(site, { email: 'ada@site.example' })
  await addAccount(site, { email: 'eve@site.example' })
  return site
}

type Journey = {
  readonly site: TestSite
  readonly browser: TestClient
  /** Where the provider leads back to, after an honest sign-in. */
  readonly back: URL
}

async function journey(t: TestContext): Promise<Journey> {
  const site = await twoProviders(t)
  const browser = site.visitor()
  return { site, browser, back: await goToProvider(browser, example, { subject: 'ada' }) }
}

test('openid: the journey of these tests is one that goes well', async (t) => {
  const { browser, back } = await journey(t)
  assert.equal((await comeBack(browser, back)).status, 303)
  assert.equal(await userOf(browser), 'ada@site.example')
})

function withQuery(address: URL, change: (query: URLSearchParams) => void): URL {
  const url = new URL(address)
  change(url.searchParams)
  return url
}

/** What an attacker can change about the way back, each of it refused before the provider is asked. */
const refused: readonly {
  readonly name: string
  readonly status?: number
  readonly go: (journey: Journey) => Promise<{ readonly at: TestClient; readonly to: URL }>
}[] = [
  {
    name: 'no state',
    go: async ({ browser, back }) => ({
      at: browser,
      to: withQuery(back, (query) => query.delete('state')),
    }),
  },
  ...['', 'x', 'A'.repeat(43), '0'.repeat(2_000), '%00'].map((state) => ({
    name: `the state ${JSON.stringify(state.slice(0, 12))}`,
    go: async ({ browser, back }: Journey) => ({
      at: browser,
      to: withQuery(back, (query) => query.set('state', state)),
    }),
  })),
  {
    name: 'one letter of the state changed',
    go: async ({ browser, back }) => ({
      at: browser,
      to: withQuery(back, (query) => {
        const [first = '', ...rest] = query.get('state') ?? ''
        query.set('state', (first === 'A' ? 'B' : 'A') + rest.join(''))
      }),
    }),
  },
  {
    name: 'a browser that has begun nothing (login CSRF)',
    go: async ({ site, back }) => ({ at: site.visitor(), to: back }),
  },
  {
    name: 'a browser that has begun a flow of its own',
    go: async ({ site, back }) => {
      const victim = site.visitor()
      await victim.get('/login/with/example')
      return { at: victim, to: back }
    },
  },
  {
    name: "its own state with another's code, at the callback of another provider",
    go: async ({ browser, back }) => {
      const to = new URL(back)
      to.pathname = '/login/with/other/callback'
      return { at: browser, to }
    },
  },
  {
    name: 'a flow that was begun anew in another tab',
    go: async ({ browser, back }) => {
      await browser.get('/login/with/example')
      return { at: browser, to: back }
    },
  },
  {
    name: 'a flow that was begun anew with another provider',
    go: async ({ browser, back }) => {
      await browser.get('/login/with/other')
      return { at: browser, to: back }
    },
  },
  {
    name: 'a note that is no note',
    go: async ({ browser, back }) => {
      browser.cookies.set('openid', 'A'.repeat(300))
      return { at: browser, to: back }
    },
  },
  {
    name: 'a note of which one letter was changed',
    go: async ({ browser, back }) => {
      const note = browser.cookies.get('openid') ?? ''
      browser.cookies.set(
        'openid',
        note.slice(0, 40) + (note[40] === 'A' ? 'B' : 'A') + note.slice(41),
      )
      return { at: browser, to: back }
    },
  },
  {
    name: 'another ten minutes later',
    go: async ({ site, browser, back }) => {
      site.clock.advance(600_000)
      return { at: browser, to: back }
    },
  },
  {
    name: 'a clock that was set back',
    go: async ({ site, browser, back }) => {
      site.clock.advance(-1)
      return { at: browser, to: back }
    },
  },
]

for (const { name, go } of refused) {
  test(`[asvs 10.1.2] [asvs 10.2.1] openid: refused: ${name}`, async (t) => {
    const made = await journey(t)
    const { at, to } = await go(made)
    const before = await countRows(made.site)
    const asked = example.seen.length + other.seen.length
    const reply = await comeBack(at, to)
    assert.equal(reply.status, 400, reply.text)
    assert.match(reply.text, /This sign-in cannot be completed/)
    assert.equal(example.seen.length + other.seen.length, asked, 'no provider was asked')
    assert.deepEqual(await countRows(made.site), before)
    assert.equal(await userOf(at), 'nobody')
    assert.match(made.site.logLines.join(''), /"refusal":"openid\.flow"/)
  })
}

test('openid: a link from elsewhere does not undo the flow that is under way', async (t) => {
  const { browser, back } = await journey(t)
  await comeBack(
    browser,
    withQuery(back, (query) => query.set('state', 'A'.repeat(43))),
  )
  assert.equal((await comeBack(browser, back)).status, 303)
  assert.equal(await userOf(browser), 'ada@site.example')
})

test('[asvs 10.5.1] openid: an answer works once, of twenty at once as of two', async (t) => {
  const { site, browser, back } = await journey(t)
  const note = browser.cookies.get('openid') ?? ''
  const browsers = Array.from({ length: 20 }, () => {
    const one = site.visitor()
    one.cookies.set('openid', note)
    return one
  })
  const statuses = (await Promise.all(browsers.map((one) => comeBack(one, back)))).map(
    ({ status }) => status,
  )
  assert.deepEqual(statuses.toSorted(), [303, ...Array(19).fill(400)])
  assert.equal((await countRows(site)).sessions, 1)
  // Later, with the very note and the very answer that worked.
  browser.cookies.set('openid', note)
  assert.equal((await comeBack(browser, back)).status, 400)
  assert.equal(await userOf(browser), 'nobody')
})

test('[asvs 10.5.1] openid: a code of another flow of the same browser is refused by the provider', async (t) => {
  const { browser, back } = await journey(t)
  const second = await goToProvider(browser, example, { subject: 'eve' })
  const mixed = withQuery(second, (query) => query.set('code', back.searchParams.get('code') ?? ''))
  const reply = await comeBack(browser, mixed)
  assert.equal(reply.status, 403, reply.text)
  assert.equal(await userOf(browser), 'nobody')
})

test('[asvs 10.2.2] openid: an answer that names another issuer, or none, is refused (RFC 9207)', async (t) => {
  for (const iss of [other.issuer, `${example.issuer}/`, 'https://evil.example', '']) {
    const { browser, back } = await journey(t)
    const reply = await comeBack(
      browser,
      withQuery(back, (query) => query.set('iss', iss)),
    )
    assert.equal(reply.status, 403, iss)
    assert.equal(await userOf(browser), 'nobody')
  }
})

test('[asvs 10.2.2] openid: mixed up, one provider gets no code of another', async (t) => {
  const site = await twoProviders(t)
  const browser = site.visitor()
  // The victim chose `other`, whose owner sends them on to `example` with a state of `other`'s flow.
  const { location = '' } = await browser.get('/login/with/other')
  const own = new URL(location)
  const away = await goToProvider(site.visitor(), example, { subject: 'ada' })
  const stolen = withQuery(away, (query) => query.set('state', own.searchParams.get('state') ?? ''))
  const asked = other.seen.length
  assert.equal((await comeBack(browser, stolen)).status, 400)
  stolen.pathname = '/login/with/other/callback'
  const reply = await comeBack(browser, stolen)
  assert.equal(reply.status, 403)
  assert.equal(await userOf(browser), 'nobody')
  assert.ok(!other.seen.slice(asked).includes('POST /token'), 'the code went nowhere')
})

test('[asvs 10.1.2] openid: what was begun in one session is not finished in another', async (t) => {
  const site = await twoProviders(t)
  const browser = site.visitor()
  await browser.post('/login', { email: 'ada@site.example', password })
  for (const from of ['/account/identities/example/link', '/login/confirm/with/example']) {
    const back = await goToProvider(browser, example, { subject: 'eve', from })
    const note = browser.cookies.get('openid') ?? ''
    const victim = site.visitor()
    victim.cookies.set('openid', note)
    assert.equal((await comeBack(victim, back)).status, 400, from)
    await victim.post('/login', { email: 'eve@site.example', password })
    victim.cookies.set('openid', note)
    assert.equal((await comeBack(victim, back)).status, 400, from)
  }
  assert.equal((await countRows(site)).identities, 0)
})

test('openid: whoever is signed in already stays who they are', async (t) => {
  const { browser, back } = await journey(t)
  await browser.post('/login', { email: 'eve@site.example', password })
  const reply = await comeBack(browser, back)
  assert.equal(reply.location, '/private')
  assert.equal(await userOf(browser), 'eve@site.example')
  assert.equal((await browser.get('/login/with/example')).location, '/private')
})

test('openid: the provider says no, and nobody is signed in', async (t) => {
  const { browser, back } = await journey(t)
  const declined = withQuery(back, (query) => {
    query.delete('code')
    query.set('error', 'access_denied')
    query.set('error_description', '<script>alert(1)</script>')
  })
  const reply = await comeBack(browser, declined)
  assert.equal(reply.status, 403)
  assert.match(reply.text, /You were not signed in/)
  assert.doesNotMatch(reply.text, /alert/)
  assert.equal((await comeBack(browser, back)).status, 400, 'the flow is over')
})

test('openid: HEAD uses nothing up, and names that nobody knows are left aside', async (t) => {
  const { site, browser, back } = await journey(t)
  const target = back.pathname + back.search
  assert.equal((await browser.send({ method: 'HEAD', target })).status, 405)
  const head = await site.visitor().send({ method: 'HEAD', target: '/login/with/example' })
  assert.equal(head.status, 405)
  assert.deepEqual(head.headers('set-cookie'), [])
  const more = withQuery(back, (query) => {
    query.set('session_state', 'a.b')
    query.set('authuser', '0')
  })
  assert.equal((await comeBack(browser, more)).status, 303)
  const twice = `${target}&code=another`
  assert.equal((await browser.send({ target: twice })).status, 400)
})

test('openid: a sign-in that another site begins is asked about first', async (t) => {
  const site = await twoProviders(t)
  const headers = { 'sec-fetch-mode': 'navigate' }
  const cases: readonly (readonly [Readonly<Record<string, string>>, number])[] = [
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document' }, 200],
    [{ 'sec-fetch-site': 'same-site', 'sec-fetch-dest': 'document' }, 200],
    [{ 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'image' }, 200],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'iframe' }, 403],
    [{ 'sec-fetch-site': 'nonsense' }, 200],
    [{ 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'document' }, 303],
    [{ 'sec-fetch-site': 'none', 'sec-fetch-dest': 'document' }, 303],
    [{}, 303],
  ]
  for (const [sent, status] of cases) {
    const browser = site.visitor()
    const target = '/login/with/example?next=%2Ffresh'
    const reply = await browser.send({ target, headers: { ...headers, ...sent } })
    assert.equal(reply.status, status, JSON.stringify(sent))
    assert.equal(browser.cookies.has('openid'), status === 303)
    if (status === 200) assert.match(reply.text, /href="\/login\/with\/example\?next=%2Ffresh"/)
  }
})
