import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { beginFlow, challengeOf, decideFlow, type Flow, formatFlow, parseFlow } from './flow.ts'

const start = 1_767_225_600_000
const about: Omit<Flow, 'state' | 'nonce' | 'verifier'> = {
  ...{ issuer: 'https://login.example', purpose: 'sign-in', sessionId: null },
  ...{ next: '/a', startedAt: start },
}

test('[asvs 10.1.2] flow: state, nonce and verifier are 256 random bits each, and none is another', () => {
  const drawn = Array.from({ length: 50 }, () => beginFlow(about))
  const all = drawn.flatMap(({ state, nonce, verifier }) => [state, nonce, verifier])
  assert.equal(new Set(all).size, 150)
  for (const one of all) assert.equal(Buffer.from(one, 'base64url').length, 32)
})

test('flow: the challenge of RFC 7636 appendix B', () => {
  assert.equal(
    challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'),
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  )
})

test('flow: what was noted is read back, whatever the texts', () => {
  fc.assert(
    fc.property(fc.string(), fc.option(fc.string()), fc.option(fc.string()), (issuer, next, id) => {
      const flow = beginFlow({ ...about, issuer, next, sessionId: id, purpose: 'link' })
      assert.deepEqual(parseFlow(formatFlow(flow)), flow)
    }),
  )
})

test('flow: nothing else is one', () => {
  const [...parts] = JSON.parse(formatFlow(beginFlow(about)))
  const changed = parts.flatMap((_: unknown, at: number) =>
    [undefined, 7.5, true, {}, [], 'x'.repeat(44)].map((value) => {
      // Any text may stand for the issuer, the session and the path.
      if (typeof value === 'string' && [0, 5, 6].includes(at)) return '[]'
      return JSON.stringify(parts.with(at, value === undefined ? {} : value))
    }),
  )
  const texts = ['', '{}', '[]', 'null', '[', JSON.stringify([...parts, 1]), ...changed]
  for (const text of texts) assert.equal(parseFlow(text), undefined, text)
  fc.assert(fc.property(fc.string(), (text) => parseFlow(text) === undefined))
  fc.assert(fc.property(fc.json(), (text) => parseFlow(text) === undefined))
})

const flow: Flow = beginFlow(about)
const linking: Flow = beginFlow({ ...about, purpose: 'link', sessionId: 'a session' })
const facts = { flow, issuer: about.issuer, state: flow.state, sessionId: null, now: start + 1 }
const allowed = { allowed: true }
const no = (reason: string) => ({ allowed: false, reason })

const cases = [
  { name: 'the answer to it', facts, want: allowed },
  { name: 'at its last moment', facts: { ...facts, now: start + 599_999 }, want: allowed },
  { name: 'a moment later', facts: { ...facts, now: start + 600_000 }, want: no('over') },
  { name: 'before it began', facts: { ...facts, now: start - 1 }, want: no('over') },
  { name: 'no note', facts: { ...facts, flow: undefined }, want: no('no-flow') },
  {
    name: 'another issuer',
    facts: { ...facts, issuer: 'https://b.example' },
    want: no('other-issuer'),
  },
  { name: 'no state', facts: { ...facts, state: '' }, want: no('other-state') },
  { name: 'another state', facts: { ...facts, state: linking.state }, want: no('other-state') },
  {
    name: 'its nonce as the state',
    facts: { ...facts, state: flow.nonce },
    want: no('other-state'),
  },
  {
    name: 'a state in capitals',
    facts: { ...facts, state: flow.state.toUpperCase() },
    want: no('other-state'),
  },
  {
    name: 'signing in while a session is there',
    facts: { ...facts, sessionId: 'x' },
    want: allowed,
  },
  {
    name: 'linking in the session that asked',
    facts: { ...facts, flow: linking, state: linking.state, sessionId: 'a session' },
    want: allowed,
  },
  {
    name: 'linking in another session',
    facts: { ...facts, flow: linking, state: linking.state, sessionId: 'another' },
    want: no('other-session'),
  },
  {
    name: 'linking with nobody signed in',
    facts: { ...facts, flow: linking, state: linking.state },
    want: no('other-session'),
  },
]

for (const { name, facts: given, want } of cases) {
  test(`[asvs 10.1.2] flow: ${name}`, () => assert.deepEqual(decideFlow(given), want))
}
