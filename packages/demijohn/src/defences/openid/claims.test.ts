import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { identityOf } from './claims.ts'

const at = { issuer: 'https://login.example', clientId: 'the-site' }
const token = { sub: 'ada', auth_time: 1_767_225_600 }
const about = { email: 'ada@site.example', email_verified: true }

test('claims: who somebody is, and what is known of their address', () => {
  assert.deepEqual(identityOf(at, token, about), {
    issuer: 'https://login.example',
    subject: 'ada',
    email: 'ada@site.example',
    isEmailVerified: true,
    authenticatedAt: 1_767_225_600_000,
  })
})

test('[asvs 10.5.2] claims: without a subject of the specification there is nobody', () => {
  assert.equal(identityOf(at, { sub: 'a'.repeat(255) }, {})?.subject.length, 255)
  for (const sub of [
    undefined,
    null,
    '',
    7,
    true,
    {},
    ['ada'],
    'a'.repeat(256),
    ' a',
    'a\n',
    '\u0430',
  ]) {
    assert.equal(identityOf(at, { sub }, about), undefined, JSON.stringify(sub))
  }
})

test('[asvs 10.5.4] claims: made out to another site, there is nobody either', () => {
  assert.ok(identityOf(at, { ...token, azp: 'the-site' }, about))
  for (const azp of ['another', '', null, ['the-site'], 1]) {
    assert.equal(identityOf(at, { ...token, azp }, about), undefined)
  }
})

test('claims: verified is true, and nothing that looks like it', () => {
  for (const value of ['true', 1, 'yes', {}, [true], null, undefined, false]) {
    const identity = identityOf(at, token, { ...about, email_verified: value })
    assert.equal(identity?.isEmailVerified, false, JSON.stringify(value))
  }
})

test('claims: a time is a number of seconds, or untold', () => {
  for (const time of ['1767225600', -1, 0, Number.NaN, Number.POSITIVE_INFINITY, 1e15, null, {}]) {
    assert.equal(identityOf(at, { sub: 'ada', auth_time: time }, {})?.authenticatedAt, null)
  }
})

test('claims: whatever a provider writes, nothing throws, and an address is ASCII', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.anything()), fc.anything(), (claims, email) => {
      const identity = identityOf(at, { ...claims, sub: 'ada', azp: undefined }, { email })
      assert.ok(identity)
      assert.ok(identity.email === null || /^[\x21-\x7e]+$/.test(identity.email))
    }),
  )
})
