import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { manualClock } from '../../core/clock.ts'
import { asymmetricAlgorithms } from './algorithms.ts'
import { type ProofExpectations, verifyProof } from './dpop.ts'
import {
  encode,
  type everyAlgorithm,
  generated,
  now,
  seconds,
  signingKey,
  signRaw,
} from './keysFixture.ts'
import { createReplayMemory } from './replays.ts'
import { generateSigningKey } from './signingKey.ts'
import { normaliseUri } from './uri.ts'

const key = signingKey('ES256')
const publicHalf = (algorithm: (typeof everyAlgorithm)[number]) => {
  const { kid: _, alg: __, use: ___, ...jwk } = generated(algorithm).publicJwk ?? {}
  return jwk
}
const jwk = publicHalf('ES256')
const header = { typ: 'dpop+jwt', alg: 'ES256', jwk }
const token = 'eyJ.access.token'
const athOf = (text: string): string => createHash('sha256').update(text).digest('base64url')
const uri = 'https://site.example/api/v1/posts'
const claims = { jti: 'one', htm: 'POST', htu: uri, iat: seconds, ath: athOf(token) }
const expected: ProofExpectations = {
  ...{ method: 'POST', uri, accessToken: token, boundTo: key.kid, now },
  isReplay: () => false,
}

function verdictOf(proof: string, over: Partial<ProofExpectations> = {}): string {
  const verdict = verifyProof(proof, { ...expected, ...over })
  return verdict.ok ? 'accepted' : verdict.problem
}
const proofWith = (body: object, head: object = {}, signer = key): string =>
  signRaw({ ...header, ...head }, { ...claims, ...body }, signer)

/** RFC 9449 section 4.1, figure 1, and section 7.1, figure 12. */
const example = {
  jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
  accessToken: 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU',
  head: 'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19',
  atTokenEndpoint:
    'eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg',
  atResource:
    'eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA',
}

test('[asvs 10.3.5] dpop: the proofs of RFC 9449 hold, and prove the key that the example names', () => {
  const isReplay = () => false
  const first = verifyProof(`${example.head}.${example.atTokenEndpoint}`, {
    ...{
      method: 'POST',
      uri: 'https://server.example.com/token',
      now: 1_562_262_616_000,
      isReplay,
    },
  })
  assert.deepEqual(first, { ok: true, jkt: example.jkt })
  const resource = {
    ...{ method: 'GET', uri: 'https://resource.example.org/protectedresource', isReplay },
    ...{ accessToken: example.accessToken, boundTo: example.jkt, now: 1_562_262_618_000 },
  }
  const proof = `${example.head}.${example.atResource}`
  assert.deepEqual(verifyProof(proof, resource), { ok: true, jkt: example.jkt })
  const other = { ...resource, accessToken: `${example.accessToken}x` }
  assert.deepEqual(verifyProof(proof, other), { ok: false, problem: 'access-token' })
})

for (const algorithm of asymmetricAlgorithms) {
  test(`dpop: ${algorithm}: taken where it is allowed, and nowhere else`, () => {
    const own = signingKey(algorithm)
    const proof = proofWith({}, { alg: algorithm, jwk: publicHalf(algorithm) }, own)
    const byDefault = algorithm === 'EdDSA' || algorithm === 'ES256'
    assert.equal(verdictOf(proof, { boundTo: own.kid }), byDefault ? 'accepted' : 'key')
    assert.equal(verdictOf(proof, { boundTo: own.kid, algorithms: [algorithm] }), 'accepted')
    const others = asymmetricAlgorithms.filter((one) => one !== algorithm)
    assert.equal(verdictOf(proof, { boundTo: own.kid, algorithms: others }), 'key')
  })
}

test('[asvs 9.1.2] dpop: no secret, no none and no other algorithm than the key is for', () => {
  const hs = signingKey('HS256')
  const { k } = generated('HS256').privateJwk
  assert.equal(verdictOf(proofWith({}, { alg: 'HS256', jwk: { kty: 'oct', k } }, hs)), 'key')
  for (const alg of ['none', 'None', 'HS256', 'ES384', 'EdDSA', 'RS256', '__proto__', 'es256']) {
    assert.equal(verdictOf(proofWith({}, { alg })), 'key', alg)
  }
  assert.equal(verdictOf(proofWith({}, { jwk: { ...jwk, alg: 'ES384' } })), 'key')
})

test('[asvs 9.1.3] dpop: the key is in the header, public, and nowhere else', () => {
  const keys = [
    undefined,
    null,
    'x',
    [],
    {},
    [jwk],
    generated('ES256').privateJwk,
    { ...jwk, d: 'AA' },
  ]
  for (const one of keys) assert.equal(verdictOf(proofWith({}, { jwk: one })), 'key')
  for (const more of [
    { jku: 'https://evil.example' },
    { x5c: ['AA'] },
    { x5u: 'https://evil.example' },
  ]) {
    assert.equal(verdictOf(proofWith({}, more)), 'embedded-key')
  }
  for (const crit of [['b64'], [], 'x'])
    assert.equal(verdictOf(proofWith({}, { crit })), 'critical')
  for (const typ of ['JWT', 'at+jwt', undefined, null, '', 'dpop']) {
    assert.equal(verdictOf(proofWith({}, { typ })), 'type')
  }
  assert.equal(verdictOf(proofWith({}, { kid: 'anything' })), 'accepted')
})

test('[asvs 10.3.5] dpop: a token that is stolen alone is useless: another key proves nothing', () => {
  const made = generateSigningKey('ES256')
  const thief = signingKey('ES256', made)
  const { kid: _, alg: __, use: ___, ...theirs } = made.publicJwk ?? {}
  assert.equal(verdictOf(proofWith({}, { jwk: theirs }, thief)), 'binding')
  assert.equal(verdictOf(proofWith({}, {}, thief)), 'signature')
  assert.equal(verdictOf(proofWith({})), 'accepted')
  for (const boundTo of ['', key.kid.slice(1), `${key.kid}=`, thief.kid]) {
    assert.equal(verdictOf(proofWith({}), { boundTo }), 'binding')
  }
  const { boundTo: _boundTo, ...unbound } = expected
  assert.deepEqual(verifyProof(proofWith({}), unbound), { ok: false, problem: 'binding' })
})

test('dpop: claims are a JSON object, each once', () => {
  const body = JSON.stringify(claims).slice(1, -1)
  for (const text of ['', 'x', '[]', 'null', `[{${body}}]`, `{${body},"htm":"POST"}`]) {
    assert.equal(verdictOf(signRaw(header, text, key)), 'claims', text)
  }
})

test('dpop: the method exactly, the token exactly', () => {
  for (const htm of ['GET', 'post', 'POST ', '', undefined, null, ['POST'], 1]) {
    assert.equal(verdictOf(proofWith({ htm })), 'method')
  }
  for (const ath of [
    undefined,
    '',
    null,
    1,
    [claims.ath],
    athOf('other'),
    `${claims.ath}=`,
    token,
  ]) {
    assert.equal(verdictOf(proofWith({ ath })), 'access-token')
  }
})

test('dpop: the address as RFC 9449 section 4.3 compares it', () => {
  const same = [
    'https://site.example:443/api/v1/posts',
    'HTTPS://SITE.EXAMPLE/api/v1/posts',
    `${uri}?page=2`,
    `${uri}#top`,
    `${uri}?a#b`,
    'https://site.example/api/v1/%70osts',
    'https://site.example/api/x/../v1/posts',
  ]
  for (const htu of same) assert.equal(verdictOf(proofWith({ htu })), 'accepted', htu)
  const other = [
    'http://site.example/api/v1/posts',
    'https://site.example:444/api/v1/posts',
    'https://site.example.evil/api/v1/posts',
    'https://evil.example/api/v1/posts',
    'https://site.example/api/v1/posts/',
    'https://site.example/api/v1/Posts',
    'https://site.example/api/v1/post',
    'https://site.example/api/v1%2Fposts',
    'https://site.example//api/v1/posts',
    'https://x@site.example/api/v1/posts',
    'https://x:y@site.example/api/v1/posts',
    'https:\\\\site.example\\api\\v1\\posts',
    'https:/site.example/api/v1/posts',
    'https:site.example/api/v1/posts',
    '//site.example/api/v1/posts',
    '/api/v1/posts',
    ' https://site.example/api/v1/posts',
    'https://site.example/api/v1/po\nsts',
    'https://\uff53ite.example/api/v1/posts',
    'javascript:alert(1)',
    `${uri}?${'x'.repeat(2048)}`,
    '',
    'https://',
    'https://[::1/',
  ]
  for (const htu of other) assert.equal(verdictOf(proofWith({ htu })), 'uri', htu)
  for (const htu of [undefined, null, 1, [uri], { htu: uri }])
    assert.equal(verdictOf(proofWith({ htu })), 'uri')
  assert.equal(verdictOf(proofWith({ htu: 'x' }), { uri: 'x' }), 'uri')
  assert.equal(verdictOf(proofWith({}), { uri: `${uri}?page=2` }), 'accepted')
})

test('dpop: escapes that mean the same are the same, others are not', () => {
  assert.equal(
    normaliseUri('http://a.example/%7euser/%c3%a4'),
    normaliseUri('http://A.example:80/~user/%C3%A4'),
  )
  assert.notEqual(normaliseUri('http://a.example/%2f'), normaliseUri('http://a.example//'))
  assert.equal(normaliseUri('http://a.example'), 'http://a.example/')
})

test('dpop: a minute old or new at most', () => {
  const at = (iat: unknown, over = {}) => verdictOf(proofWith({ iat }), over)
  for (const off of [-60, -1, 0, 1, 60]) assert.equal(at(seconds + off), 'accepted')
  for (const off of [-61, 61, -60.001, 60.001, -86_400])
    assert.equal(at(seconds + off), 'issued-at')
  assert.equal(at(seconds - 6, { toleranceSeconds: 5 }), 'issued-at')
  for (const iat of [undefined, null, '', String(seconds), -1, [seconds], true, 1e300]) {
    assert.equal(at(iat), 'issued-at')
  }
  const rest = JSON.stringify({ ...claims, iat: undefined }).slice(0, -1)
  assert.equal(verdictOf(signRaw(header, `${rest},"iat":1e400}`, key)), 'issued-at')
  assert.equal(at(seconds, { now: Number.NaN }), 'issued-at')
})

test('dpop: ids are there, short and plain', () => {
  assert.equal(verdictOf(proofWith({ jti: 'x'.repeat(128) })), 'accepted')
  for (const jti of [undefined, null, '', 1, ['a'], 'x'.repeat(129), 'a\u0000']) {
    assert.equal(verdictOf(proofWith({ jti })), 'token-id')
  }
})

test('[asvs 10.3.5] dpop: a proof is taken once, and only proofs that hold are remembered', () => {
  const clock = manualClock(now)
  const memory = createReplayMemory({ clock })
  const judge = (proof: string) => verdictOf(proof, { isReplay: memory.isReplay, now: clock.now() })
  const proof = proofWith({})
  for (const bad of [
    `${proof}A`,
    proofWith({ htm: 'GET' }),
    proofWith({ iat: 0 }),
    proofWith({ ath: '' }),
  ]) {
    assert.notEqual(judge(bad), 'accepted')
  }
  assert.equal(memory.size(), 0)
  assert.equal(judge(proof), 'accepted')
  assert.equal(judge(proof), 'replayed')
  assert.equal(judge(proofWith({ extra: 1 })), 'replayed')
  assert.equal(judge(proofWith({ jti: 'two' })), 'accepted')
  clock.advance(60_000)
  assert.equal(judge(proof), 'replayed')
  clock.advance(1)
  assert.equal(judge(proof), 'issued-at')
  assert.equal(judge(proofWith({ jti: 'three', iat: seconds + 60 })), 'accepted')
  assert.equal(memory.size(), 1)
})

test('replays: bounded, and full of proofs that still count it takes no more', () => {
  const clock = manualClock(now)
  const memory = createReplayMemory({ clock, maxEntries: 3 })
  for (const id of ['a', 'b', 'c']) assert.equal(memory.isReplay('k', id, now + 10), false)
  assert.equal(memory.isReplay('k', 'd', now + 10), true)
  assert.equal(memory.size(), 3)
  clock.advance(11)
  assert.equal(memory.isReplay('k', 'd', now + 100), false)
  assert.equal(memory.size(), 1)
  assert.equal(memory.isReplay('other', 'd', now + 100), false)
  for (const never of [Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.equal(memory.isReplay('k', 'e', never), true)
  }
  assert.throws(() => createReplayMemory({ clock, maxEntries: 0 }), RangeError)
})

test('replays: whatever comes in whatever order, what counts is remembered, within the bound', () => {
  const step = fc.record({
    id: fc.nat(20),
    life: fc.integer({ min: 0, max: 120 }),
    wait: fc.nat(40),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const clock = manualClock(now)
      const memory = createReplayMemory({ clock, maxEntries: 10 })
      const taken = new Map<number, number>()
      for (const { id, life, wait } of steps) {
        clock.advance(wait)
        const expiresAt = clock.now() + life
        const seen = memory.isReplay('k', String(id), expiresAt)
        if ((taken.get(id) ?? 0) >= clock.now()) assert.equal(seen, true)
        if (!seen) taken.set(id, expiresAt)
        assert.ok(memory.size() <= 10)
      }
    }),
  )
})

test('dpop: no text makes it throw, and no changed proof holds', () => {
  const part = fc.oneof(
    fc.string(),
    fc.json().map(encode),
    fc.constantFrom(encode(header), encode(claims)),
  )
  const text = fc.array(part, { maxLength: 5 }).map((parts) => parts.join('.'))
  fc.assert(
    fc.property(text, (one) => assert.equal(verifyProof(one, expected).ok, false)),
    { numRuns: 1000 },
  )
  const odd = fc.dictionary(fc.constantFrom('typ', 'alg', 'jwk', 'kid', 'crit'), fc.jsonValue())
  const body = fc.dictionary(fc.constantFrom(...Object.keys(claims)), fc.jsonValue())
  fc.assert(
    fc.property(odd, body, (head, more) => {
      const verdict = verifyProof(proofWith(more, head), expected)
      if (verdict.ok) assert.equal(verdict.jkt, key.kid)
    }),
    { numRuns: 500 },
  )
  assert.equal(verdictOf('A'.repeat(4097)), 'too-long')
})
