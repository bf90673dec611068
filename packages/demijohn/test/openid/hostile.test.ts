/**
 * What a provider says is checked, down to each claim: a hostile one, or somebody in its place, signs
 * nobody in. And what it can make this site do is bounded.
 */
import assert from 'node:assert/strict'
import { after, afterEach, before, type TestContext, test } from 'node:test'
import { openIdProvider } from '../../src/openid.ts'
import type { TestReply } from '../../src/testing/client.ts'
import { type Acts, type Hostile, hs256, rs256, startHostile } from './hostileFixture.ts'
import { clientSecret, startProvider } from './providerFixture.ts'
import { addAccount, client, comeBack, countRows, openSite, userOf } from './siteFixture.ts'

let hostile: Hostile
before(async () => {
  hostile = await startHostile()
})
afterEach(() => {
  hostile.act = {}
})
after(() => hostile.close())

async function journey(t: TestContext, act: Acts, from = '/login/with/example') {
  // A provider of its own for each: what was learned of one, keys too, is kept.
  const provider = openIdProvider({
    ...{ id: 'example', name: 'Example', issuer: hostile.issuer, ...client },
  })
  hostile.act = act
  const site = await openSite(t, [provider])
  await addAccount(site, { email: 'ada@site.example', hasPassword: false })
  const browser = site.visitor()
  const away = await browser.get(from)
  const back = async (): Promise<TestReply> => {
    const { location = '' } = away
    const reply = await fetch(location, { redirect: 'manual' })
    return comeBack(browser, reply.headers.get('location') ?? '')
  }
  return { site, browser, away, back }
}

test('openid: the hostile provider of these tests signs people in while it is honest', async (t) => {
  const { browser, back } = await journey(t, {})
  assert.equal((await back()).status, 303)
  assert.equal(await userOf(browser), 'ada@site.example')
  const { form } = hostile.sent
  assert.equal(form.get('grant_type'), 'authorization_code')
  assert.match(form.get('code_verifier') ?? '', /^[\w-]{43}$/)
  assert.equal(form.get('client_secret'), null, 'it goes into the header, as the default says')
})

const seconds = (): number => Math.floor(Date.now() / 1000)

/** Requirement, what is wrong, and how it is done. */
const lies: readonly (readonly [string, string, Acts])[] = [
  [
    '[asvs 6.8.2]',
    'alg none, no signature',
    { header: (h) => ({ ...h, alg: 'none' }), signature: () => '' },
  ],
  ['[asvs 6.8.2]', 'alg None', { header: (h) => ({ ...h, alg: 'None' }), signature: () => '' }],
  ['[asvs 6.8.2]', 'alg NONE', { header: (h) => ({ ...h, alg: 'NONE' }), signature: () => '' }],
  ['[asvs 6.8.2]', 'alg none, a signature', { header: (h) => ({ ...h, alg: 'none' }) }],
  ['[asvs 6.8.2]', 'no alg', { header: () => ({ typ: 'JWT' }) }],
  ['[asvs 6.8.2]', 'alg as a list', { header: (h) => ({ ...h, alg: ['RS256'] }) }],
  ['[asvs 6.8.2]', 'no signature', { signature: () => '' }],
  [
    '[asvs 6.8.2]',
    'a signature of zeros',
    { signature: () => Buffer.alloc(256).toString('base64url') },
  ],
  [
    '[asvs 6.8.2]',
    'a key that is not published',
    { signature: (input, { stranger }) => rs256(input, stranger) },
  ],
  ['[asvs 6.8.2]', 'a key id that is not published', { header: (h) => ({ ...h, kid: 'other' }) }],
  [
    '[asvs 6.8.2]',
    'HS256 with the public key as the secret',
    {
      header: (h) => ({ ...h, alg: 'HS256' }),
      signature: (input, { ownPublic }) =>
        hs256(input, ownPublic.export({ format: 'pem', type: 'spki' })),
    },
  ],
  [
    '[asvs 6.8.2]',
    'HS256 with the client secret',
    { header: (h) => ({ ...h, alg: 'HS256' }), signature: (input) => hs256(input, clientSecret) },
  ],
  [
    '[asvs 6.8.2]',
    'HS256 with nothing',
    { header: (h) => ({ ...h, alg: 'HS256' }), signature: (i) => hs256(i, '') },
  ],
  ['[asvs 6.8.2]', 'ES256 in name', { header: (h) => ({ ...h, alg: 'ES256' }) }],
  [
    '[asvs 6.8.2]',
    'a key in the header',
    {
      header: (h) => ({ ...h, kid: undefined, jwk: {} }),
      signature: (i, k) => rs256(i, k.stranger),
    },
  ],
  [
    '[asvs 6.8.2]',
    'an extension that has to be understood',
    { header: (h) => ({ ...h, crit: ['x'], x: 1 }) },
  ],
  ['[asvs 6.8.2]', 'no key at all', { keys: () => [] }],
  ['[asvs 6.8.2]', 'keys that are none', { keys: () => 'none' }],
  ['[asvs 10.5.1]', 'no nonce', { claims: ({ nonce: _, ...c }) => c }],
  ['[asvs 10.5.1]', 'another nonce', { claims: (c) => ({ ...c, nonce: 'A'.repeat(43) }) }],
  ['[asvs 10.5.1]', 'an empty nonce', { claims: (c) => ({ ...c, nonce: '' }) }],
  ['[asvs 10.5.1]', 'a list of nonces', { claims: (c) => ({ ...c, nonce: [c.nonce] }) }],
  ['[asvs 10.5.2]', 'no subject', { claims: ({ sub: _, ...c }) => c }],
  ['[asvs 10.5.2]', 'an empty subject', { claims: (c) => ({ ...c, sub: '' }) }],
  ['[asvs 10.5.2]', 'a subject that is no text', { claims: (c) => ({ ...c, sub: 7 }) }],
  [
    '[asvs 10.5.2]',
    'a subject of 256 characters',
    { claims: (c) => ({ ...c, sub: 'a'.repeat(256) }) },
  ],
  ['[asvs 10.5.2]', 'a subject with NUL', { claims: (c) => ({ ...c, sub: 'ada\0' }) }],
  ['[asvs 10.5.2]', 'a subject beyond ASCII', { claims: (c) => ({ ...c, sub: 'ad\u0430' }) }],
  ['[asvs 10.5.4]', 'another audience', { claims: (c) => ({ ...c, aud: 'another-site' }) }],
  ['[asvs 10.5.4]', 'no audience', { claims: ({ aud: _, ...c }) => c }],
  ['[asvs 10.5.4]', 'audiences without this one', { claims: (c) => ({ ...c, aud: ['a', 'b'] }) }],
  [
    '[asvs 10.5.4]',
    'this and another, for nobody in particular',
    { claims: (c) => ({ ...c, aud: [c.aud, 'b'] }) },
  ],
  [
    '[asvs 10.5.4]',
    'this one, and another authorised',
    { claims: (c) => ({ ...c, azp: 'another-site' }) },
  ],
  ['[asvs 10.2.2]', 'another issuer', { claims: (c) => ({ ...c, iss: 'https://evil.example' }) }],
  ['[asvs 10.2.2]', 'the issuer with a slash', { claims: (c) => ({ ...c, iss: `${c.iss}/` }) }],
  ['[asvs 10.2.2]', 'no issuer', { claims: ({ iss: _, ...c }) => c }],
  ['[asvs 6.8.2]', 'over', { claims: (c) => ({ ...c, exp: seconds() - 60 }) }],
  ['[asvs 6.8.2]', 'without an end', { claims: ({ exp: _, ...c }) => c }],
  ['[asvs 6.8.2]', 'an end that is text', { claims: (c) => ({ ...c, exp: '9999999999' }) }],
  ['[asvs 6.8.2]', 'not yet', { claims: (c) => ({ ...c, nbf: seconds() + 600 }) }],
  ['[asvs 6.8.2]', 'no token', { tokens: ({ id_token: _, ...rest }) => rest }],
  ['[asvs 6.8.2]', 'a token of two parts', { tokens: (all) => ({ ...all, id_token: 'e30.e30' }) }],
  ['[asvs 6.8.2]', 'a token that is no token', { tokens: (all) => ({ ...all, id_token: 'x' }) }],
  ['[asvs 6.8.2]', 'a list of tokens', { tokens: () => [] }],
  [
    '[asvs 6.8.2]',
    'another kind of access token',
    { tokens: (all) => ({ ...all, token_type: 'mac' }) },
  ],
  [
    '[asvs 10.5.2]',
    'user info of another subject',
    {
      claims: ({ email: _, ...c }) => c,
      userInfo: { sub: 'eve', email: 'ada@site.example', email_verified: true },
    },
  ],
]

for (const [id, what, act] of lies) {
  test(`${id} openid: refused: an ID token with ${what}`, async (t) => {
    const { site, browser, back } = await journey(t, act)
    const reply = await back()
    assert.equal(reply.status, 403, reply.text)
    assert.match(reply.text, /was not accepted/)
    assert.equal(await userOf(browser), 'nobody')
    const { sessions, identities } = await countRows(site)
    assert.deepEqual({ sessions, identities }, { sessions: 0, identities: 0 })
    const log = site.logLines.join('')
    assert.match(log, /"refusal":"openid\.answer".*"event":"authn_login_fail"/)
    assert.doesNotMatch(log, /eyJ[\w-]+\.|ada@site/)
  })
}

/** What a provider may write of itself; with any of these there is no sign-in at all. */
const metadata: readonly (readonly [string, Acts['metadata'] & {}])[] = [
  ['another issuer', (m) => ({ ...m, issuer: 'https://evil.example' })],
  ['the issuer with a slash', (m) => ({ ...m, issuer: `${m.issuer}/` })],
  ['the issuer with a query', (m) => ({ ...m, issuer: `${m.issuer}?` })],
  ['the issuer in capitals', (m) => ({ ...m, issuer: String(m.issuer).toUpperCase() })],
  ['no issuer', ({ issuer: _, ...m }) => m],
  ['a list', () => []],
  ['nothing', () => null],
  ['no address to lead to', ({ authorization_endpoint: _, ...m }) => m],
  ['an address that is script', (m) => ({ ...m, authorization_endpoint: 'javascript:alert(1)' })],
  ['an address over plain http', (m) => ({ ...m, authorization_endpoint: 'http://evil.example/' })],
  [
    'an address with a password',
    (m) => ({ ...m, authorization_endpoint: 'https://a:b@evil.example/' }),
  ],
]

for (const [what, change] of metadata) {
  test(`[asvs 10.5.3] openid: refused: metadata with ${what}`, async (t) => {
    const { site, browser, away } = await journey(t, { metadata: change })
    assert.equal(away.status, 503, away.text)
    assert.equal(away.location, undefined)
    assert.equal(away.header('retry-after'), '10')
    assert.ok(!browser.cookies.has('openid'))
    assert.match(site.logLines.join(''), /"refusal":"openid\.unavailable"/)
  })
}

test('[asvs 10.5.3] openid: an issuer that the library takes for one it knows is compared as well', async (t) => {
  const provider = await startProvider({ redirectUris: [] })
  t.after(provider.close)
  const site = await openSite(t, [
    openIdProvider({
      ...{ id: 'example', name: 'Example', ...client },
      // The real issuer says 127.0.0.1, and this is another name of it.
      issuer: provider.issuer.replace('127.0.0.1', 'localhost'),
    }),
  ])
  assert.equal((await site.visitor().get('/login/with/example')).status, 503)
})

/** What would cost this site time or memory, or lead it elsewhere. */
const burdens: readonly (readonly [string, string, Acts['answer'] & {}])[] = [
  [
    'more than 256 KiB of keys',
    '/keys',
    (_, response) => {
      response.setHeader('content-type', 'application/json')
      response.end(`{"keys":[],"x":"${'x'.repeat(300_000)}"}`)
      return true
    },
  ],
  [
    'a redirect to somewhere else',
    '/token',
    (_, response) => {
      response.writeHead(307, { location: `${hostile.issuer}/inner` })
      response.end()
      return true
    },
  ],
  [
    'a redirect of the keys',
    '/keys',
    (_, response) => {
      response.writeHead(302, { location: `${hostile.issuer}/inner` })
      response.end()
      return true
    },
  ],
  [
    'an error of its own',
    '/token',
    (_, response) => {
      response.statusCode = 500
      response.end('no')
      return true
    },
  ],
  [
    'a connection that is cut',
    '/token',
    (request) => {
      request.socket.destroy()
      return true
    },
  ],
]

for (const [what, where, answer] of burdens) {
  test(`openid: ${what}: nobody is signed in, and nothing is followed`, async (t) => {
    const act: Acts = {
      answer: (request, response) => request.url === where && answer(request, response),
    }
    const { browser, back } = await journey(t, act)
    const from = hostile.seen.length
    const reply = await back()
    assert.ok(reply.status === 503 || reply.status === 403, String(reply.status))
    assert.ok(!hostile.seen.slice(from).some((one) => one.endsWith('/inner')))
    assert.equal(await userOf(browser), 'nobody')
  })
}

test('openid: addresses of the inner network in the metadata are not asked', async (t) => {
  const places = [
    'http://169.254.169.254/token',
    'https://10.0.0.1/token',
    'http://evil.example/token',
  ]
  for (const place of places) {
    const { browser, back } = await journey(t, {
      metadata: (m) => ({ ...m, token_endpoint: place }),
    })
    assert.equal((await back()).status, 503, place)
    assert.equal(await userOf(browser), 'nobody')
  }
})

/** What a provider may say of when somebody has proven who they are, when it was asked to have them do so. */
const proofs: readonly (readonly [string, unknown, boolean])[] = [
  ['just now', 0, true],
  ['a few seconds before the question, as clocks differ', -4, true],
  ['a minute before the question', -60, false],
  ['yesterday', -86_400, false],
  ['nothing', undefined, false],
  ['a text', 'now', false],
]

for (const [what, age, isProof] of proofs) {
  test(`[asvs 6.8.4] openid: a confirmation whose auth_time says ${what}`, async (t) => {
    const authTime = typeof age === 'number' ? seconds() + age : age
    const claims: Acts['claims'] & {} = (honest) => ({ ...honest, auth_time: authTime })
    const { browser, back } = await journey(t, {})
    await back()
    assert.equal((await browser.get('/fresh')).location, '/login/confirm?next=%2Ffresh')
    hostile.act = { claims }
    const away = await browser.get('/login/confirm/with/example?next=%2Ffresh')
    assert.equal(new URL(away.location ?? '').searchParams.get('max_age'), '0')
    const { headers } = await fetch(away.location ?? '', { redirect: 'manual' })
    const reply = await comeBack(browser, headers.get('location') ?? '')
    assert.equal(reply.status, isProof ? 303 : 403, reply.text)
    assert.equal((await browser.get('/fresh')).status, isProof ? 200 : 303)
  })
}

test('[asvs 6.8.4] openid: a sign-in is as recent as auth_time says, never more than now', async (t) => {
  for (const [age, isFresh] of [
    [0, true],
    [9_999, true],
    [-590, true],
    [-610, false],
  ] as const) {
    const claims: Acts['claims'] & {} = (c) => ({ ...c, auth_time: seconds() + age })
    const { browser, back } = await journey(t, { claims })
    assert.equal((await back()).status, 303)
    assert.equal((await browser.get('/fresh')).status, isFresh ? 200 : 303, String(age))
  }
})
