import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decideCors, decidePreflight, type PreflightFacts } from './decide.ts'
import { corsFields, preflightFields, requestFields } from './fields.ts'

const ownOrigins = new Set(['https://site.example'])
const allowedOrigins = ['https://app.example.org', 'http://localhost:3000']
const decide = (origin: string | undefined) => decideCors({ origin, ownOrigins, allowedOrigins })

test('[asvs 3.4.2] cors: an origin of the list is allowed, by the very text of the list', () => {
  for (const origin of allowedOrigins) {
    assert.deepEqual(decide(origin), { kind: 'allowed', origin })
    assert.equal(corsFields(decide(origin))['Access-Control-Allow-Origin'], origin)
  }
  assert.equal(decide('https://site.example').kind, 'own')
  assert.equal(decide(undefined).kind, 'none')
})

/** Every way in which an origin can look like another one, by what makes it so. */
const disguises: Readonly<Record<string, (origin: string) => readonly string[]>> = {
  'letter case': (o) => [o.toUpperCase(), o.replace('h', 'H'), o.replace('o', 'O')],
  scheme: (o) => [o.replace(/^https?/, 'ftp'), o.replace(/^https?/, 'wss'), o.replace(/^.*?:/, '')],
  'http for https': (o) => (o.startsWith('https') ? [o.replace('https', 'http')] : []),
  port: (o) => [`${o}0`, `${o}:`, `${o}:443`, `${o}:80`, `${o}:1`, o.replace(/:\d+$/, ':3001')],
  'trailing dot': (o) => [`${o}.`, o.replace(/(:\d+)?$/, '.$1')],
  userinfo: (o) => [o.replace('://', '://user@'), o.replace('://', '://a:b@'), `${o}@evil.example`],
  suffix: (o) => [`${o}.evil.example`, `${o}evil.example`, `${o}-evil.example`, `${o}/`, `${o}/x`],
  prefix: (o) => [o.replace('://', '://evil'), o.replace('://', '://evil.'), `x${o}`],
  subdomain: (o) => [o.replace('://', '://a.'), o.replace('app.', ''), o.replace('app.', 'b.')],
  blanks: (o) => [` ${o}`, `${o} `, `\t${o}`, `${o}\t`, o.replace('://', ':// ')],
  several: (o) => [
    `${o}, ${o}`,
    `${o},https://evil.example`,
    `https://evil.example, ${o}`,
    `${o} ${o}`,
  ],
  null: () => ['null', 'NULL', '"null"', 'undefined', '', '*'],
  unicode: (o) => [
    o.replace('a', '\u0430'),
    o.replace('o', '\uff4f'),
    o.replace('.', '\u3002'),
    `${o}\u200b`,
    `${o}\u0000`,
    `${o}\u00e9`,
  ],
  escapes: (o) => [o.replace('.', '%2e'), o.replace('a', '%61'), `${o}%00`, `${o}%2f`],
  'other ends': (o) => [`${o}?`, `${o}#`, `${o}\\`, `${o};`, `"${o}"`, `<${o}>`],
}

for (const [name, disguise] of Object.entries(disguises)) {
  test(`[asvs 3.4.2] cors: refused, whatever it looks like: ${name}`, () => {
    const known = [...allowedOrigins, ...ownOrigins]
    const changed = known.flatMap(disguise).filter((origin) => !known.includes(origin))
    assert.ok(changed.length > 0)
    for (const origin of changed) {
      assert.deepEqual(decide(origin), { kind: 'refused' }, origin)
      assert.deepEqual(corsFields(decide(origin)), { Vary: 'Origin' }, origin)
      const preflight = decidePreflight({ ...good, origin })
      assert.deepEqual(preflight, { allowed: false, reason: 'origin' }, origin)
    }
  })
}

test('[asvs 3.4.2] cors: whatever is sent, what stands in the answer is a text of the list', () => {
  const near = fc.constantFrom(...allowedOrigins).chain((origin) =>
    fc.tuple(fc.nat(origin.length), fc.string({ maxLength: 3 })).map(([at, what]) => {
      return origin.slice(0, at) + what + origin.slice(at)
    }),
  )
  const property = fc.property(fc.oneof(near, fc.string(), fc.webUrl()), (origin) => {
    const sent = corsFields(decide(origin))['Access-Control-Allow-Origin']
    assert.equal(sent !== undefined, allowedOrigins.includes(origin))
    if (sent !== undefined) assert.equal(sent, origin)
  })
  fc.assert(property, { numRuns: 5_000 })
})

test('[asvs 3.4.2] cors: a blueprint without a list lets in no other origin', () => {
  for (const origin of [...allowedOrigins, 'null', 'https://evil.example']) {
    assert.equal(decideCors({ origin, ownOrigins, allowedOrigins: [] }).kind, 'refused')
  }
})

const good: PreflightFacts = {
  origin: 'https://app.example.org',
  ownOrigins,
  allowedOrigins,
  requestMethod: 'PATCH',
  requestHeaders: 'authorization,content-type,if-match',
  methods: ['GET', 'PATCH'],
  headers: requestFields,
}

const preflights = [
  { name: 'what is asked for', facts: {}, want: 'yes' },
  { name: 'no fields', facts: { requestHeaders: undefined }, want: 'yes' },
  { name: 'an empty list of fields', facts: { requestHeaders: '' }, want: 'yes' },
  { name: 'other letter case', facts: { requestHeaders: 'Authorization, DPoP' }, want: 'yes' },
  {
    name: 'every field there is',
    facts: { requestHeaders: [...requestFields].join() },
    want: 'yes',
  },
  { name: 'another method', facts: { requestMethod: 'DELETE' }, want: 'method' },
  { name: 'a method in small letters', facts: { requestMethod: 'patch' }, want: 'method' },
  { name: 'any method', facts: { requestMethod: '*' }, want: 'method' },
  { name: 'no method', facts: { requestMethod: undefined }, want: 'no-preflight' },
  { name: 'no origin', facts: { origin: undefined }, want: 'no-preflight' },
  { name: 'own origin', facts: { origin: 'https://site.example' }, want: 'no-preflight' },
  { name: 'null', facts: { origin: 'null' }, want: 'origin' },
  { name: 'cookies', facts: { requestHeaders: 'cookie' }, want: 'headers' },
  { name: 'any field', facts: { requestHeaders: '*' }, want: 'headers' },
  { name: 'one field too many', facts: { requestHeaders: 'authorization,x-y' }, want: 'headers' },
  { name: 'a hole in the list', facts: { requestHeaders: 'authorization,,dpop' }, want: 'headers' },
  { name: 'a forwarded address', facts: { requestHeaders: 'x-forwarded-for' }, want: 'headers' },
] as const

for (const { name, facts, want } of preflights) {
  test(`[asvs 4.1.4] cors: a preflight with ${name}: ${want}`, () => {
    const verdict = decidePreflight({ ...good, ...facts })
    const { origin } = { ...good, ...facts }
    const yes = { allowed: true, origin }
    assert.deepEqual(verdict, want === 'yes' ? yes : { allowed: false, reason: want })
  })
}

test('[asvs 15.2.2] cors: a list of fields that is too long is not read', () => {
  const names = [...requestFields].join()
  const fitting = `${names},${'authorization,'.repeat(40)}`.slice(0, 512 - 'dpop'.length)
  const padded = `${fitting.slice(0, fitting.lastIndexOf(','))},dpop`
  assert.ok(padded.length <= 512 && padded.length > 480)
  assert.equal(decidePreflight({ ...good, requestHeaders: padded }).allowed, true)
  let reads = 0
  const watched = new Set(requestFields)
  watched.has = (name) => {
    reads += 1
    return requestFields.has(name)
  }
  for (const piece of ['authorization,', ',', ' ', 'a', ' ,\t']) {
    const requestHeaders = piece.repeat(16_384)
    const verdict = decidePreflight({ ...good, requestHeaders, headers: watched })
    assert.deepEqual(verdict, { allowed: false, reason: 'headers' })
  }
  assert.equal(reads, 0)
})

test('cors: Vary: Origin is in every answer, whoever asks (GHSA-q7jf-gf43-6x6p)', () => {
  for (const origin of [undefined, 'https://site.example', 'null', ...allowedOrigins]) {
    assert.equal(corsFields(decide(origin)).Vary, 'Origin')
  }
  assert.equal(preflightFields('https://app.example.org', ['GET']).Vary, 'Origin')
})

test('[asvs 3.4.2] cors: no cookies, no wildcard and no private network, in any answer (CVE-2026-54290)', () => {
  const answers = [
    ...[undefined, 'https://site.example', 'null', ...allowedOrigins].map((one) =>
      corsFields(decide(one)),
    ),
    preflightFields('https://app.example.org', ['GET', 'PUT']),
  ]
  for (const fields of answers) {
    for (const [name, value] of Object.entries(fields)) {
      assert.doesNotMatch(name, /credentials|private-network|timing/i)
      assert.doesNotMatch(value, /\*/)
    }
  }
})

test('cors: the fields of a preflight and of an answer', () => {
  assert.deepEqual(preflightFields('https://app.example.org', ['GET', 'PUT']), {
    'Access-Control-Allow-Origin': 'https://app.example.org',
    'Access-Control-Allow-Methods': 'GET, PUT',
    'Access-Control-Allow-Headers':
      'authorization, content-type, dpop, idempotency-key, if-match, if-none-match',
    'Access-Control-Max-Age': '600',
    Vary: 'Origin',
  })
  assert.deepEqual(corsFields({ kind: 'allowed', origin: 'https://app.example.org' }), {
    'Access-Control-Allow-Origin': 'https://app.example.org',
    'Access-Control-Expose-Headers':
      'ETag, Location, Link, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id, DPoP-Nonce, WWW-Authenticate',
    Vary: 'Origin',
  })
})
