import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProviderAddress } from './address.ts'

test('address: made of an address over https, and read by its own class alone', () => {
  const made = new ProviderAddress(new URL('https://login.example/auth?a=b'))
  assert.equal(ProviderAddress.hrefOf(made), 'https://login.example/auth?a=b')
  assert.ok(new ProviderAddress(new URL('http://127.0.0.1:9/auth')))
})

test('address: nothing that only looks like one is read', () => {
  const lookalikes: readonly unknown[] = [
    ...['https://evil.example', undefined, null, 7, {}, new URL('https://evil.example')],
    ...[{ href: 'https://evil.example' }, Object.create(null)],
  ]
  for (const one of lookalikes) assert.equal(ProviderAddress.hrefOf(one), undefined)
  // The prototype alone has no private field, and reading it is a fault.
  assert.throws(() => ProviderAddress.hrefOf(Object.create(ProviderAddress.prototype)), TypeError)
})

test('address: no other scheme, no plain http but this machine, no password', () => {
  for (const one of [
    ...['http://login.example/', 'javascript:alert(1)', 'data:text/html,x', 'ftp://login.example/'],
    ...['https://a@login.example/', 'https://a:b@login.example/', 'http://localhost.evil.example/'],
    ...['file:///etc/passwd', 'http://127.0.0.1@evil.example/'],
  ]) {
    assert.throws(() => new ProviderAddress(new URL(one)), TypeError, one)
  }
})
