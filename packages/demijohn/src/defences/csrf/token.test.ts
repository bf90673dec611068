import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import test from 'node:test'
import { issueToken, sessionFormKeys, verifyToken, visitorFormKeys } from './token.ts'

const first = Buffer.alloc(32, 1)
const second = Buffer.alloc(32, 2)
const alice = sessionFormKeys([first], 'a'.repeat(64))
const bob = sessionFormKeys([first], 'b'.repeat(64))

const invalid = { allowed: false, reason: 'token-invalid' }
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

test('[asvs 3.5.1] a token is good for its session, at any time and any number of times', () => {
  const token = issueToken(alice[0])
  for (let use = 0; use < 3; use += 1)
    assert.deepEqual(verifyToken(token, alice), { allowed: true })
})

test('the value is HMAC-SHA-256 of the purpose and the id, under a mask', () => {
  const want = createHmac('sha256', first)
    .update(`session:${'a'.repeat(64)}`)
    .digest()
  const bytes = Buffer.from(
    issueToken(alice[0], (length) => Buffer.alloc(length)),
    'base64url',
  )
  assert.deepEqual(bytes, Buffer.concat([Buffer.alloc(32), want]))
})

test('no two tokens are alike, and none shows the value in clear', () => {
  const tokens = Array.from({ length: 1000 }, () => issueToken(alice[0]))
  assert.equal(new Set(tokens).size, tokens.length)
  for (const token of tokens) {
    assert.match(token, /^[A-Za-z0-9_-]{86}$/)
    assert.equal(Buffer.from(token, 'base64url').includes(alice[0]), false)
  }
})

test('gap 6: a token of another person, an earlier sign-in, or a visitor is refused', () => {
  const visitor = visitorFormKeys([first], 'a'.repeat(64))
  const rotated = sessionFormKeys([first], 'c'.repeat(64))
  const everybody = [alice, bob, visitor, rotated]
  for (const mine of everybody) {
    for (const theirs of everybody) {
      const want = mine === theirs ? { allowed: true } : invalid
      assert.deepEqual(verifyToken(issueToken(mine[0]), theirs), want)
    }
  }
})

test('after a change of keys open forms still work, and a key that is gone is gone', () => {
  const before = issueToken(alice[0])
  const during = sessionFormKeys([second, first], 'a'.repeat(64))
  const after = sessionFormKeys([second], 'a'.repeat(64))
  assert.deepEqual(verifyToken(before, during), { allowed: true })
  assert.deepEqual(verifyToken(issueToken(during[0]), after), { allowed: true })
  assert.deepEqual(verifyToken(before, after), invalid)
})

test('nothing is a missing token', () => {
  const missing = { allowed: false, reason: 'token-missing' }
  assert.deepEqual(verifyToken(undefined, alice), missing)
  assert.deepEqual(verifyToken('', alice), missing)
})

test('every truncation and every extension is refused', () => {
  const token = issueToken(alice[0])
  for (let length = 1; length < token.length; length += 1) {
    assert.deepEqual(verifyToken(token.slice(0, length), alice), invalid)
    assert.deepEqual(verifyToken(token.slice(length), alice), invalid)
  }
  for (const extra of ['A', '=', '==', ' ', '\n', '\0', token]) {
    assert.deepEqual(verifyToken(token + extra, alice), invalid)
    assert.deepEqual(verifyToken(extra + token, alice), invalid)
  }
})

test('any other character in any place is refused: a token has one spelling', () => {
  const token = issueToken(alice[0])
  let tried = 0
  for (let at = 0; at < token.length; at += 1) {
    for (const character of `${alphabet}+/=.~ \t\n\0%é`) {
      if (character === token[at]) continue
      const mutated = token.slice(0, at) + character + token.slice(at + 1)
      assert.deepEqual(verifyToken(mutated, alice), invalid, `place ${at}: ${character}`)
      tried += 1
    }
  }
  assert.ok(tried > 86 * 70)
})

test('every single flipped bit is refused, in the mask and in the value', () => {
  const bytes = Buffer.from(issueToken(alice[0]), 'base64url')
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const flipped = Buffer.from(bytes)
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    assert.deepEqual(verifyToken(flipped.toString('base64url'), alice), invalid)
  }
})

test('the other alphabet of base64 is refused even where it spells the same bytes', () => {
  let differing = 0
  while (differing < 50) {
    const token = issueToken(alice[0])
    const other = Buffer.from(token, 'base64url').toString('base64').replace(/=+$/, '')
    if (other === token) continue
    differing += 1
    assert.deepEqual(verifyToken(other, alice), invalid)
  }
})
