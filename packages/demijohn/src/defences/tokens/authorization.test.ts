import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bearerChallenge, dpopChallenge, parseAuthorization } from './authorization.ts'

function verdictOf(field: string | undefined): string {
  const read = parseAuthorization(field)
  return read.ok ? `${read.scheme} ${read.token}` : read.problem
}

test('authorization: Bearer and DPoP in any case, with one token', () => {
  for (const name of ['Bearer', 'bearer', 'BEARER', 'bEaReR']) {
    assert.equal(verdictOf(`${name} abc.DEF-1_2~3+/4==`), 'bearer abc.DEF-1_2~3+/4==')
  }
  for (const name of ['DPoP', 'dpop', 'DPOP']) assert.equal(verdictOf(`${name} x`), 'dpop x')
  // RFC 9110 section 11.4: one or more blanks.
  assert.equal(verdictOf('Bearer   x'), 'bearer x')
})

test('authorization: no other scheme is taken, however it looks', () => {
  const others = [
    'Basic',
    'Digest',
    'Negotiate',
    'Token',
    'JWT',
    'OAuth',
    'MAC',
    'Bearer2',
    'XBearer',
  ]
  const odd = [
    'Bear',
    'Bearer:',
    'Bearer,',
    'Bearer=',
    '"Bearer"',
    'Bearer\u00a0',
    '\u0412earer',
    'Bea\u0280er',
    'b\u0117arer',
  ]
  // The Kelvin sign and the long s become ASCII letters when they are lowered or raised.
  for (const name of [
    ...others,
    ...odd,
    'dpo\u212a',
    'bearer\u017f',
    '__proto__',
    'constructor',
    '',
  ]) {
    assert.equal(verdictOf(`${name} abc`), 'scheme', name)
  }
  for (const field of ['', ' ', ' Bearer x', '\tBearer x', 'Bearer\tx', 'abc', 'Bearer\u3000x']) {
    assert.equal(verdictOf(field), 'scheme', JSON.stringify(field))
  }
})

test('authorization: exactly one token68 behind the scheme', () => {
  const wrong = [
    '',
    ' ',
    'a b',
    'a, b',
    'a,b',
    'a,Bearer b',
    'a Bearer b',
    'a ',
    'a\t',
    'a\n',
    'a\r\nX: y',
    '\ta',
  ]
  const parts = [
    '=',
    '==',
    'a=b',
    '=a',
    'a===',
    '"a"',
    'token="a"',
    'a;b',
    'a%20b',
    'ä',
    'a\u0000',
    'a\u212a',
    '{}',
  ]
  for (const token of [...wrong, ...parts]) {
    assert.equal(verdictOf(`Bearer ${token}`), 'malformed', JSON.stringify(token))
  }
  assert.equal(verdictOf('Bearer'), 'malformed')
})

test('authorization: bounded at 8 KiB, missing is its own case', () => {
  assert.equal(verdictOf(undefined), 'missing')
  assert.equal(verdictOf(`Bearer ${'a'.repeat(8185)}`), `bearer ${'a'.repeat(8185)}`)
  assert.equal(verdictOf(`Bearer ${'a'.repeat(8186)}`), 'too-long')
  assert.equal(verdictOf(`Bearer ${'='.repeat(8185)}`), 'malformed')
  assert.equal(verdictOf(' '.repeat(8192)), 'scheme')
})

test('authorization: no text makes it throw, and what is taken is in the field as it stands', () => {
  const field = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.string().map((text) => `Bearer ${text}`),
    fc.stringMatching(/^DPoP [\w.~+/-]{1,30}={0,2}$/),
  )
  fc.assert(
    fc.property(field, (text) => {
      const read = parseAuthorization(text)
      if (read.ok) assert.match(text, /^(?:bearer|dpop) +[A-Za-z0-9._~+/-]+={0,2}$/i)
      else assert.ok(['scheme', 'malformed'].includes(read.problem))
    }),
    { numRuns: 500 },
  )
})

test('challenges: of RFC 6750 section 3 and RFC 9449 section 7.1, with fixed texts', () => {
  assert.equal(bearerChallenge(), 'Bearer')
  assert.match(
    bearerChallenge({ error: 'invalid_token' }),
    /^Bearer error="invalid_token", error_description="[\w ]+"$/,
  )
  assert.match(
    bearerChallenge({ error: 'insufficient_scope', scopes: ['post:write', 'post:read'] }),
    /^Bearer error="insufficient_scope", error_description="[\w ]+", scope="post:write post:read"$/,
  )
  assert.equal(dpopChallenge({ algorithms: ['EdDSA', 'ES256'] }), 'DPoP algs="EdDSA ES256"')
  assert.match(
    dpopChallenge({ error: 'invalid_dpop_proof', algorithms: ['ES256'] }),
    /^DPoP error="invalid_dpop_proof", error_description="[\w ]+", algs="ES256"$/,
  )
  for (const scope of ['', 'a b', 'a"b', 'a\\b', 'a\r\nb', 'ä']) {
    assert.throws(() => bearerChallenge({ scopes: [scope] }), RangeError)
  }
})
