import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock } from '../../core/clock.ts'
import { Misconfiguration } from '../../core/misconfiguration.ts'
import { audience, claims, generated, issuer, now, signingKey, signRaw } from './keysFixture.ts'
import { verifyOutsideToken } from './outsideToken.ts'
import type { RemoteProblem } from './problems.ts'
import { createRemoteKeys, type FetchKeys } from './remoteKeys.ts'

const url = 'https://issuer.example/jwks.json'
const minute = 60_000
const ed = generated('EdDSA').publicJwk
const es = generated('ES256').publicJwk

type Answer = () => Pick<Response, 'status' | 'body'> | Promise<Pick<Response, 'status' | 'body'>>
const jwks =
  (...keys: readonly unknown[]): Answer =>
  () =>
    Response.json({ keys })
const down: Answer = () => Promise.reject(new TypeError('fetch failed'))

/** An issuer that answers as it is told, and counts. */
function remote(first: Answer, staleMinutes?: number) {
  const clock = manualClock(now)
  const state = { answer: first, asked: 0 }
  const problems: RemoteProblem[] = []
  const fetch: FetchKeys = async (asked, init) => {
    state.asked += 1
    assert.deepEqual([asked, init.redirect], [url, 'error'])
    return state.answer()
  }
  const keys = createRemoteKeys({
    ...{ url, fetch, clock, algorithms: ['EdDSA', 'ES256'] },
    ...(staleMinutes === undefined ? {} : { staleMinutes }),
    onProblem: (problem) => problems.push(problem),
  })
  const verify = async (algorithm: 'EdDSA' | 'ES256', over: object = {}, body: object = {}) => {
    const key = signingKey(algorithm)
    const header = { alg: algorithm, typ: 'at+jwt', kid: key.kid, ...over }
    const at = { iat: clock.now() / 1000, exp: clock.now() / 1000 + 300 }
    const verdict = await verifyOutsideToken(signRaw(header, { ...claims, ...at, ...body }, key), {
      ...{ issuer, audience, now: clock.now(), toleranceSeconds: 60, keys },
    })
    return verdict.ok ? 'accepted' : verdict.problem
  }
  return { clock, state, problems, keys, verify }
}

test('remote keys: read once for ten minutes, then anew', async () => {
  const { clock, state, verify } = remote(jwks(ed))
  for (let i = 0; i < 5; i += 1) assert.equal(await verify('EdDSA'), 'accepted')
  clock.advance(10 * minute - 1)
  assert.equal(await verify('EdDSA'), 'accepted')
  assert.equal(state.asked, 1)
  clock.advance(1)
  state.answer = jwks(es)
  assert.equal(await verify('EdDSA'), 'key-unknown')
  assert.equal(await verify('ES256'), 'accepted')
  assert.equal(state.asked, 2)
})

test('remote keys: an unknown kid reads anew, at most every 30 seconds', async () => {
  const { clock, state, verify } = remote(jwks(ed))
  assert.equal(await verify('EdDSA'), 'accepted')
  state.answer = jwks(ed, es)
  assert.equal(await verify('ES256'), 'key-unknown')
  assert.equal(state.asked, 1)
  clock.advance(30_000)
  assert.equal(await verify('ES256'), 'accepted')
  assert.equal(state.asked, 2)
  for (let i = 0; i < 50; i += 1)
    assert.equal(await verify('ES256', { kid: `x${i}` }), 'key-unknown')
  assert.equal(state.asked, 2)
  clock.advance(30_000)
  await Promise.all(Array.from({ length: 20 }, (_, i) => verify('ES256', { kid: `y${i}` })))
  assert.equal(state.asked, 3)
})

test('remote keys: a forged signature, a wrong type or claim asks nobody', async () => {
  const { clock, state, verify } = remote(jwks(ed, es))
  assert.equal(await verify('EdDSA'), 'accepted')
  clock.advance(31_000)
  assert.equal(await verify('EdDSA', { kid: signingKey('ES256').kid, alg: 'ES256' }), 'signature')
  assert.equal(await verify('EdDSA', { typ: 'JWT' }), 'type')
  assert.equal(await verify('EdDSA', { jku: url }), 'embedded-key')
  assert.equal(await verify('EdDSA', {}, { aud: 'https://sibling.example' }), 'audience')
  assert.equal(await verify('EdDSA', {}, { iss: 'https://other.example' }), 'issuer')
  assert.equal(state.asked, 1)
})

test('remote keys: what RFC 9068 alone demands may be missing, what is there has to be right', async () => {
  const { verify } = remote(jwks(ed))
  const missing = { jti: undefined, client_id: undefined, iat: undefined, scope: undefined }
  assert.equal(await verify('EdDSA', {}, missing), 'accepted')
  assert.equal(await verify('EdDSA', {}, { jti: 1 }), 'token-id')
  assert.equal(await verify('EdDSA', {}, { exp: undefined }), 'expiry')
  assert.equal(await verify('EdDSA', {}, { sub: undefined }), 'subject')
})

test('remote keys: twenty at once make one request', async () => {
  const { state, verify } = remote(jwks(ed))
  const verdicts = await Promise.all(Array.from({ length: 20 }, () => verify('EdDSA')))
  assert.deepEqual(new Set(verdicts), new Set(['accepted']))
  assert.equal(state.asked, 1)
})

test('remote keys: an issuer that is down: an hour longer, then nobody gets in, until it is back', async () => {
  const { clock, state, problems, verify } = remote(jwks(ed))
  assert.equal(await verify('EdDSA'), 'accepted')
  state.answer = down
  clock.advance(70 * minute - 1)
  assert.equal(await verify('EdDSA'), 'accepted')
  assert.deepEqual(problems, ['unreachable'])
  clock.advance(1)
  assert.equal(await verify('EdDSA'), 'key-unknown')
  state.answer = jwks(ed)
  clock.advance(minute)
  assert.equal(await verify('EdDSA'), 'accepted')
})

test('remote keys: down from the start, and staleMinutes of 0: closed', async () => {
  const closed = remote(down)
  assert.equal(await closed.verify('EdDSA'), 'key-unknown')
  assert.equal(await closed.verify('EdDSA'), 'key-unknown')
  assert.equal(closed.state.asked, 1)
  const strict = remote(jwks(ed), 0)
  assert.equal(await strict.verify('EdDSA'), 'accepted')
  strict.state.answer = down
  strict.clock.advance(10 * minute)
  assert.equal(await strict.verify('EdDSA'), 'key-unknown')
})

test('remote keys: a clock that is set back trusts nothing that it has', async () => {
  const { clock, state, keys, verify } = remote(jwks(ed))
  assert.equal(await verify('EdDSA'), 'accepted')
  state.answer = down
  clock.advance(-minute)
  assert.equal(keys.keyOf(signingKey('EdDSA').kid, 'EdDSA'), undefined)
  assert.equal(await verify('EdDSA'), 'key-unknown')
})

function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(10_000)) })
}

const answers: Readonly<Record<string, readonly [Answer, RemoteProblem]>> = {
  'a redirect': [() => Promise.reject(new TypeError('unexpected redirect')), 'unreachable'],
  'an error page': [() => new Response('{"keys":[]}', { status: 500 }), 'status'],
  'no content': [() => new Response(null, { status: 204 }), 'status'],
  'an answer without end': [() => new Response(endless()), 'too-long'],
  'more than 64 KiB': [() => new Response(' '.repeat(65_537)), 'too-long'],
  'a page': [() => new Response('<html>'), 'not-json'],
  nothing: [() => new Response(null), 'not-json'],
  'a member twice': [() => new Response('{"keys":[],"keys":[]}'), 'not-json'],
  'no set': [() => Response.json([]), 'not-a-set'],
  'an empty set': [jwks(), 'none-usable'],
  'a secret': [jwks(generated('HS256').privateJwk), 'none-usable'],
  'a secret beside keys': [jwks(ed, generated('HS256').privateJwk), 'mixed'],
  'a private key': [jwks(generated('EdDSA').privateJwk), 'private'],
  'other algorithms': [jwks(generated('RS256').publicJwk), 'none-usable'],
  'thirty-three keys': [
    jwks(...Array.from({ length: 33 }, (_, i) => ({ ...ed, kid: `${i}` }))),
    'too-many',
  ],
}
for (const [what, [answer, problem]] of Object.entries(answers)) {
  test(`remote keys: ${what}: refused, and what was known stays`, async () => {
    const fresh = remote(answer)
    assert.equal(await fresh.verify('EdDSA'), 'key-unknown')
    assert.deepEqual(fresh.problems, [problem])
    const known = remote(jwks(ed))
    assert.equal(await known.verify('EdDSA'), 'accepted')
    known.state.answer = answer
    known.clock.advance(10 * minute)
    assert.equal(await known.verify('EdDSA'), 'accepted')
    assert.deepEqual(known.problems, [problem])
  })
}

test('remote keys: addresses that are no https stop the start', () => {
  const options = { fetch: down as FetchKeys, clock: manualClock(now), onProblem: () => undefined }
  const make = (address: string, staleMinutes = 60) =>
    createRemoteKeys({ ...options, url: address, algorithms: ['EdDSA'], staleMinutes })
  for (const wrong of [
    '',
    'http://issuer.example/jwks',
    'ftp://issuer.example',
    'file:///etc/passwd',
    'jwks.json',
    'https://a:b@issuer.example/',
    'https://a@issuer.example/',
    'https://:b@issuer.example/',
    'http://localhost.evil.example/',
  ]) {
    assert.throws(() => make(wrong), Misconfiguration, wrong)
  }
  for (const minutes of [-1, 0.5, 1441, Number.NaN])
    assert.throws(() => make(url, minutes), Misconfiguration)
  for (const fine of [url, 'http://localhost:3000/jwks', 'http://[::1]/jwks']) make(fine)
})
