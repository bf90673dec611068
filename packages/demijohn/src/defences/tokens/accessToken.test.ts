import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type AccessTokenFacts, issueAccessToken, verifyAccessToken } from './accessToken.ts'
import { keyOfSet } from './keySet.ts'
import {
  audience,
  claims,
  encode,
  everyAlgorithm,
  expectedWith,
  generated,
  issuer,
  now,
  seconds,
  signingKey,
  signRaw,
} from './keysFixture.ts'

const key = signingKey('EdDSA')
const header = { alg: 'EdDSA', typ: 'at+jwt', kid: key.kid }
const expected = expectedWith(key)
const thumb = generated('ES256').kid

const facts: AccessTokenFacts = {
  ...{ issuer, audience, subject: claims.sub, clientId: claims.client_id, tokenId: claims.jti },
  ...{ scopes: ['post:read', 'post:write'], now, lifetimeSeconds: 300, family: claims.fam },
  authenticatedAt: now - 60_000,
}

function verdictOf(text: string, over: object = {}): string {
  const verdict = verifyAccessToken(text, { ...expected, ...over })
  return verdict.ok ? 'accepted' : verdict.problem
}

/** The claims with some of them replaced, or taken away by undefined. */
const claimed = (over: object): string => signRaw(header, { ...claims, ...over }, key)

for (const algorithm of everyAlgorithm) {
  test(`access tokens: what is issued with ${algorithm} is verified, and means the same`, () => {
    const own = signingKey(algorithm)
    const verdict = verifyAccessToken(issueAccessToken(facts, own), expectedWith(own))
    assert.ok(verdict.ok)
    assert.deepEqual(verdict.claims, {
      ...{ issuer, audiences: [audience], subject: claims.sub, clientId: 'reader' },
      ...{ tokenId: claims.jti, family: claims.fam, scopes: new Set(['post:read', 'post:write']) },
      ...{ issuedAt: now, expiresAt: now + 300_000, authenticatedAt: now - 60_000 },
      boundTo: undefined,
    })
  })
}

test('access tokens: the header and the claims are those of RFC 9068 section 2', () => {
  const [head = '', body = ''] = issueAccessToken({ ...facts, boundTo: thumb }, key).split('.')
  const decode = (text: string) => JSON.parse(Buffer.from(text, 'base64url').toString())
  assert.deepEqual(decode(head), header)
  assert.deepEqual(decode(body), { ...claims, cnf: { jkt: thumb } })
})

test('access tokens: what could not be verified is not signed', () => {
  const wrong: readonly Partial<AccessTokenFacts>[] = [
    { issuer: '' },
    { subject: '' },
    { audience: '' },
    { clientId: '' },
    { tokenId: '' },
    { family: '' },
    { scopes: ['a b', 'c"'] },
    { lifetimeSeconds: 0 },
    { lifetimeSeconds: -1 },
    { lifetimeSeconds: Number.NaN },
    { now: Number.NaN },
    { authenticatedAt: now + 1000 },
    { boundTo: 'x' },
    { boundTo: '' },
    { subject: 'a\nb' },
  ]
  for (const one of wrong) {
    assert.throws(
      () => issueAccessToken({ ...facts, ...one }, key),
      RangeError,
      JSON.stringify(one),
    )
  }
})

test('[asvs 9.2.3] [asvs 10.3.1] access tokens: only this issuer and this audience', () => {
  assert.equal(verdictOf(claimed({})), 'accepted')
  assert.equal(verdictOf(claimed({ aud: ['https://other.example', audience] })), 'accepted')
  const issuers = [
    undefined,
    null,
    '',
    0,
    true,
    [issuer],
    { a: issuer },
    `${issuer}/`,
    ` ${issuer}`,
  ]
  for (const iss of [
    ...issuers,
    issuer.toUpperCase(),
    'https://site.example.evil',
    'http://site.example',
  ]) {
    assert.equal(verdictOf(claimed({ iss })), 'issuer', JSON.stringify(iss))
  }
  const audiences = [undefined, null, '', 0, true, [], {}, [null], [[audience]], { 0: audience }]
  const others = ['https://site.example', `${audience}/`, audience.toUpperCase(), `${audience} x`]
  const lists = [['https://other.example'], [audience, 1], [audience, ''], Array(17).fill(audience)]
  for (const aud of [...audiences, ...others, ...lists]) {
    assert.equal(verdictOf(claimed({ aud })), 'audience', JSON.stringify(aud))
  }
})

test('access tokens: bounds are where they are said to be', () => {
  const list = (length: number) => Array.from({ length }, () => audience)
  assert.equal(verdictOf(claimed({ aud: list(16) })), 'accepted')
  assert.equal(verdictOf(claimed({ aud: list(17) })), 'audience')
  const names = (length: number) => Array.from({ length }, (_, at) => `n${at}`).join(' ')
  assert.equal(verdictOf(claimed({ scope: names(128) })), 'accepted')
  assert.equal(verdictOf(claimed({ scope: names(129) })), 'scope')
  assert.equal(verdictOf(claimed({ scope: 'x'.repeat(4096) })), 'accepted')
  assert.equal(verdictOf(claimed({ scope: 'x'.repeat(4097) })), 'scope')
  // The last second of the year 9999.
  assert.equal(verdictOf(claimed({ exp: 253_402_300_799 })), 'accepted')
  assert.equal(verdictOf(claimed({ exp: 253_402_300_800 })), 'expiry')
})

test('[asvs 9.2.1] access tokens: in their time and not a second longer', () => {
  const exp = { exp: seconds + 300 }
  assert.equal(verdictOf(claimed(exp), { now: now + 299_999 }), 'accepted')
  assert.equal(verdictOf(claimed(exp), { now: now + 300_000 }), 'expired')
  assert.equal(verdictOf(claimed(exp), { now: now + 300_000, toleranceSeconds: 1 }), 'accepted')
  assert.equal(verdictOf(claimed(exp), { now: now + 301_000, toleranceSeconds: 1 }), 'expired')
  assert.equal(verdictOf(claimed({ nbf: seconds })), 'accepted')
  assert.equal(verdictOf(claimed({ nbf: seconds + 1 })), 'not-yet')
  assert.equal(verdictOf(claimed({ nbf: seconds + 1 }), { toleranceSeconds: 1 }), 'accepted')
  assert.equal(verdictOf(claimed({ iat: seconds + 1 })), 'issued-at')
  assert.equal(verdictOf(claimed({ iat: seconds + 0.5 })), 'issued-at')
  assert.equal(verdictOf(claimed({ iat: seconds - 0.5 })), 'accepted')
  assert.equal(verdictOf(claimed({ auth_time: seconds + 1 })), 'authenticated-at')
  assert.equal(verdictOf(claimed({ auth_time: undefined })), 'accepted')
  assert.equal(verdictOf(claimed({ exp: 0 })), 'expired')
  assert.equal(verdictOf(claimed({}), { now: Number.NaN }), 'expired')
})

/** What is no NumericDate (RFC 7519 section 2), as it stands in JSON. */
const noDates = [
  ...['1e400', '-1e400', '-1', '-0.001', 'null', 'true', 'false', '""', '"0"', '[]', '{}'],
  ...[`"${seconds + 300}"`, `"${new Date(now + 300_000).toISOString()}"`, `[${seconds + 300}]`],
  ...['253402300800', '1e12', '1e308', '9007199254740993', String(now + 300_000)],
]

for (const [name, problem] of Object.entries({
  exp: 'expiry',
  nbf: 'not-yet',
  iat: 'issued-at',
  auth_time: 'authenticated-at',
})) {
  test(`[asvs 9.2.1] access tokens: ${name} is a finite number of seconds or the token is refused`, () => {
    for (const date of noDates) {
      const rest = JSON.stringify({ ...claims, [name]: undefined }).slice(0, -1)
      const text = signRaw(header, `${rest},"${name}":${date}}`, key)
      assert.equal(verdictOf(text), problem, date)
    }
    for (const date of ['NaN', 'Infinity', '0x10', '01', '+1', '1.', '.5', '1_000']) {
      const text = signRaw(header, `{"${name}":${date}}`, key)
      assert.equal(verdictOf(text), 'claims', date)
    }
  })
}

const required = {
  iss: 'issuer',
  aud: 'audience',
  exp: 'expiry',
  sub: 'subject',
  client_id: 'client',
  iat: 'issued-at',
  jti: 'token-id',
}
for (const [name, problem] of Object.entries(required)) {
  test(`[gap 28] access tokens: ${name} is required`, () => {
    assert.equal(verdictOf(claimed({ [name]: undefined })), problem)
    assert.equal(verdictOf(claimed({ [name]: null })), problem)
    assert.equal(verdictOf(claimed({ [name]: '' })), problem)
  })
}

test('access tokens: texts are bounded, plain, and texts', () => {
  const texts = { sub: 'subject', client_id: 'client', jti: 'token-id', fam: 'family' }
  for (const [name, problem] of Object.entries(texts)) {
    assert.equal(verdictOf(claimed({ [name]: 'x'.repeat(255) })), 'accepted')
    for (const wrong of ['x'.repeat(256), 'a\u0000', 'a\r\nb', '\u007f', 1, {}, [], ['a'], true]) {
      assert.equal(verdictOf(claimed({ [name]: wrong })), problem, name)
    }
    const lone = signRaw(
      header,
      JSON.stringify({ ...claims, [name]: 'SPOT' }).replace('SPOT', '\\ud800'),
      key,
    )
    assert.equal(verdictOf(lone), problem)
  }
})

test('access tokens: scope is a list of names between single blanks', () => {
  const scopesOf = (scope: unknown) => {
    const verdict = verifyAccessToken(claimed({ scope }), expected)
    return verdict.ok ? [...verdict.claims.scopes] : verdict.problem
  }
  assert.deepEqual(scopesOf(undefined), [])
  assert.deepEqual(scopesOf(''), [])
  assert.deepEqual(scopesOf('a'), ['a'])
  assert.deepEqual(scopesOf('a b:c a'), ['a', 'b:c'])
  const wrong = [
    ' ',
    ' a',
    'a ',
    'a  b',
    'a\tb',
    'a"b',
    'a\\b',
    'ä',
    'a,\u00a0b',
    null,
    1,
    ['a'],
    {},
  ]
  for (const scope of [...wrong, 'x'.repeat(4097), Array(129).fill('a').join(' ')]) {
    assert.equal(scopesOf(scope), 'scope', JSON.stringify(scope))
  }
})

test('[asvs 10.3.5] access tokens: what is bound says to which key, and no other binding passes', () => {
  const verdict = verifyAccessToken(claimed({ cnf: { jkt: thumb } }), expected)
  assert.equal(verdict.ok ? verdict.claims.boundTo : undefined, thumb)
  const wrong = [
    null,
    '',
    thumb,
    [],
    {},
    { jkt: '' },
    { jkt: 1 },
    { jkt: `${thumb}=` },
    { jkt: null },
  ]
  const others = [
    { 'x5t#S256': thumb },
    { jkt: thumb, 'x5t#S256': thumb },
    { jwk: {} },
    { kid: 'a' },
  ]
  for (const cnf of [
    ...wrong,
    ...others,
    { jkt: thumb.slice(1) },
    { jkt: `${thumb.slice(0, 42)}B` },
  ]) {
    assert.equal(verdictOf(claimed({ cnf })), 'confirmation', JSON.stringify(cnf))
  }
})

test('[asvs 9.2.2] access tokens: no other kind of token is one', () => {
  const typed = (typ: unknown) => verdictOf(signRaw({ ...header, typ }, claims, key))
  for (const typ of ['at+jwt', 'AT+JWT', 'At+Jwt', 'application/at+jwt', 'APPLICATION/AT+JWT']) {
    assert.equal(typed(typ), 'accepted', typ)
  }
  const kinds = [
    'JWT',
    'jwt',
    'dpop+jwt',
    'logout+jwt',
    'id_token',
    'at+jwt ',
    ' at+jwt',
    'at+jwt;q=1',
  ]
  const odd = [
    '',
    'at',
    'application/',
    'application/application/at+jwt',
    'text/at+jwt',
    'at%2bjwt',
    'at+\u212awt',
  ]
  for (const typ of [...kinds, ...odd, undefined, null, 1, ['at+jwt'], { typ: 'at+jwt' }]) {
    assert.equal(typed(typ), 'type', JSON.stringify(typ))
  }
})

test('access tokens: claims that stand twice, are deep, or are no object, are refused', () => {
  const body = JSON.stringify(claims).slice(1, -1)
  const texts = [
    `{${body},"iss":"${issuer}"}`,
    `{"aud":"https://other.example",${body}}`,
    `{${body},"x":{"a":1,"a":2}}`,
    `{${body},"\\u0069ss":"${issuer}"}`,
    `{${body},"x":${'['.repeat(20)}${']'.repeat(20)}}`,
    `{${body},"x":${'['.repeat(5000)}${']'.repeat(5000)}}`,
    `[{${body}}]`,
    `"${body}"`,
    `\ufeff{${body}}`,
    `{${body}} x`,
    `{${body}}{}`,
    '',
    'null',
    '1',
  ]
  for (const text of texts) {
    const verdict = verdictOf(signRaw(header, text, key))
    assert.ok(['claims', 'too-long'].includes(verdict), `${text.slice(0, 80)}: ${verdict}`)
  }
  const notUtf8 = Buffer.concat([Buffer.from('{"a":"'), Buffer.of(0xff), Buffer.from(`",${body}}`)])
  const raw = signRaw(header, 'SPOT', key).split('.')[0] ?? ''
  assert.equal(raw, encode(header))
  assert.equal(verdictOf(`${raw}.${notUtf8.toString('base64url')}.${'A'.repeat(86)}`), 'signature')
})

test('access tokens: unknown claims are ignored, whatever their names', () => {
  const odd = '{"__proto__":{"admin":true},"constructor":1,"toString":2,"x:y":"a:b{\\":"}'
  const body = JSON.stringify(claims).slice(1, -1)
  const verdict = verifyAccessToken(
    signRaw(header, `{${body},"more":${odd},"__proto__":{"exp":1}}`, key),
    expected,
  )
  assert.ok(verdict.ok)
  assert.equal(Object.getPrototypeOf(verdict.claims), Object.prototype)
  assert.equal('admin' in verdict.claims, false)
})

test('[asvs 9.1.1] access tokens: any one character changed, taken out or put in, and it is refused', () => {
  for (const algorithm of ['EdDSA', 'ES256', 'HS256', 'RS256'] as const) {
    const own = signingKey(algorithm)
    const text = issueAccessToken(facts, own)
    const options = expectedWith(own)
    const other = fc.constantFrom(...'ABab01-_=+/. \n\u0000\u212a'.split(''))
    const changes = fc.record({
      at: fc.nat(text.length - 1),
      how: fc.constantFrom('replace', 'insert', 'remove'),
      other,
    })
    assert.equal(verifyAccessToken(text, options).ok, true)
    fc.assert(
      fc.property(changes, ({ at, how, other: character }) => {
        const tail = text.slice(how === 'insert' ? at : at + 1)
        const changed = text.slice(0, at) + (how === 'remove' ? '' : character) + tail
        fc.pre(changed !== text)
        assert.equal(verifyAccessToken(changed, options).ok, false, changed)
      }),
      { numRuns: 300 },
    )
  }
})

test('[asvs 9.1.1] access tokens: at every place, another letter of the alphabet is refused', () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  for (const algorithm of ['EdDSA', 'HS256'] as const) {
    const own = signingKey(algorithm)
    const text = issueAccessToken(facts, own)
    for (const [at, letter] of [...text].entries()) {
      const place = alphabet.indexOf(letter)
      for (const by of [1, 2, 16, 32]) {
        const other = place === -1 ? 'A' : alphabet.charAt(place ^ by)
        const changed = text.slice(0, at) + other + text.slice(at + 1)
        assert.equal(verifyAccessToken(changed, expectedWith(own)).ok, false, `${at} ${other}`)
      }
    }
  }
})

test('access tokens: whatever is issued is verified, with every algorithm', () => {
  const text = fc
    .string({ minLength: 1, maxLength: 255, unit: 'grapheme' })
    .filter((one) => one.length <= 255 && !/[\u0000-\u001f\u007f]/.test(one) && one.isWellFormed())
  const made = fc.record({
    ...{ subject: text, clientId: text, tokenId: text, family: text },
    scopes: fc.uniqueArray(fc.stringMatching(/^[a-z:]{1,20}$/), { maxLength: 20 }),
    lifetimeSeconds: fc.integer({ min: 1, max: 86_400 }),
    algorithm: fc.constantFrom(...everyAlgorithm),
    bound: fc.boolean(),
  })
  fc.assert(
    fc.property(made, ({ algorithm, bound, ...more }) => {
      const own = signingKey(algorithm)
      const binding = bound ? { boundTo: thumb } : {}
      const token = issueAccessToken({ ...facts, ...more, ...binding }, own)
      const verdict = verifyAccessToken(token, expectedWith(own))
      assert.ok(verdict.ok)
      const { subject, clientId, tokenId, family, scopes, boundTo, expiresAt } = verdict.claims
      assert.deepEqual(
        { subject, clientId, tokenId, family, scopes: [...scopes] },
        {
          ...{ subject: more.subject, clientId: more.clientId, tokenId: more.tokenId },
          ...{ family: more.family, scopes: more.scopes },
        },
      )
      assert.deepEqual(
        [boundTo, expiresAt],
        [bound ? thumb : undefined, now + more.lifetimeSeconds * 1000],
      )
    }),
  )
})

test('access tokens: no text makes the verifier throw', () => {
  const part = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.json().map(encode),
    fc.dictionary(fc.string(), fc.jsonValue()).map(encode),
    fc.constantFrom(encode(header), encode(claims), '', '.'),
  )
  const text = fc.array(part, { maxLength: 5 }).map((parts) => parts.join('.'))
  fc.assert(
    fc.property(text, (one) => assert.equal(verifyAccessToken(one, expected).ok, false)),
    { numRuns: 500 },
  )
  for (const long of [
    '.'.repeat(8192),
    'A'.repeat(8192),
    `${'A'.repeat(4000)}.A.A`,
    'é'.repeat(9000),
  ]) {
    assert.equal(verifyAccessToken(long, expected).ok, false)
  }
  assert.equal(verdictOf('A'.repeat(8193)), 'too-long')
})

test('access tokens: any signed payload gets a verdict, and only the expected one is taken', () => {
  const odd = fc.oneof(fc.jsonValue(), fc.double(), fc.integer(), fc.string())
  const over = fc.dictionary(fc.constantFrom(...Object.keys(claims), 'nbf', 'cnf'), odd)
  fc.assert(
    fc.property(over, (one) => {
      const verdict = verifyAccessToken(claimed(one), expected)
      if (!verdict.ok) return
      assert.equal(verdict.claims.issuer, issuer)
      assert.ok(verdict.claims.audiences.includes(audience))
      assert.ok(verdict.claims.expiresAt > now && Number.isFinite(verdict.claims.expiresAt))
      assert.equal(typeof verdict.claims.subject, 'string')
    }),
    { numRuns: 1000 },
  )
})

test('access tokens: another key of the same kind verifies nothing', async () => {
  const { generateSigningKey } = await import('./signingKey.ts')
  for (const algorithm of ['EdDSA', 'ES256', 'HS256'] as const) {
    const own = signingKey(algorithm)
    const stranger = signingKey(algorithm, generateSigningKey(algorithm))
    const forged = signRaw({ alg: algorithm, typ: 'at+jwt', kid: own.kid }, claims, stranger)
    const verdict = verifyAccessToken(forged, {
      ...expectedWith(own),
      keyOf: keyOfSet([own.verification]),
    })
    assert.deepEqual(verdict, { ok: false, problem: 'signature' })
  }
})
