import assert from 'node:assert/strict'
import test from 'node:test'
import { createVisitor, parseVisitor, visitorCookie } from './visitor.ts'

test('[asvs 3.3.1] over https the cookie has the literal prefix and what browsers ask for it', () => {
  assert.deepEqual(visitorCookie('https'), {
    name: '__Host-visitor',
    attributes: { path: '/', httpOnly: true, sameSite: 'Lax', secure: true },
  })
})

test('on loopback http the cookie has neither the prefix nor Secure', () => {
  assert.deepEqual(visitorCookie('http'), {
    name: 'visitor',
    attributes: { path: '/', httpOnly: true, sameSite: 'Lax', secure: false },
  })
})

test('a visitor is read back as it was made, and nothing else is', () => {
  const visitor = createVisitor()
  assert.equal(parseVisitor(visitor), visitor)
  for (const other of [
    undefined,
    '',
    'x',
    `${visitor}A`,
    visitor.slice(1),
    `${visitor.slice(1)}=`,
  ]) {
    assert.equal(parseVisitor(other), undefined)
  }
})
