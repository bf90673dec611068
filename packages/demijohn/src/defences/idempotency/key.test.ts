import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fingerprintOf, parseIdempotencyKey, storedKey } from './key.ts'

const uuid = '8e03978e-40d5-43e8-bc93-6894a57f9324'
const taken = [
  // The example of the draft's section 2.1.
  [`"${uuid}"`, uuid],
  [uuid, uuid],
  ['"a"', 'a'],
  ['a', 'a'],
  ['"two words; and=signs, too"', 'two words; and=signs, too'],
  ["'a'", "'a'"],
  [`"${'x'.repeat(128)}"`, 'x'.repeat(128)],
  ['x'.repeat(128), 'x'.repeat(128)],
] as const
for (const [field, key] of taken) {
  test(`idempotency key: ${field.slice(0, 40)} is taken`, () => {
    assert.equal(parseIdempotencyKey(field), key)
  })
}

const refused = [
  ...['', '""', '"', 'a b', 'a,b', '"a', 'a"', '"a" ', ' "a"', '"a", "b"', '"a";b=1', '"a\\"b"'],
  ...['"a\\\\b"', '"\u00e9"', '\u00e9', '"a\tb"', '"a\nb"', '"a\0b"', ':YQ==:', '"\x7f"', '(a)'],
  ...['x'.repeat(129), `"${'x'.repeat(129)}"`, `"${'x'.repeat(1_000_000)}"`],
]
for (const field of refused) {
  test(`idempotency key: ${JSON.stringify(field.slice(0, 40))} is malformed`, () => {
    assert.equal(parseIdempotencyKey(field), undefined)
  })
}

test('idempotency key: no two of principal, route and key are stored as one', () => {
  const part = fc.string({ maxLength: 4, unit: fc.constantFrom('a', '"', ',', '\\', ' ') })
  const parts = fc.record({ principal: part, route: part, key: part })
  const property = fc.property(parts, parts, (one, other) => {
    const isSame = JSON.stringify(one) === JSON.stringify(other)
    assert.equal(storedKey(one) === storedKey(other), isSame)
    assert.match(storedKey(one), /^[0-9a-f]{64}$/)
  })
  fc.assert(property, { numRuns: 2_000 })
})

test('idempotency key: another method, address, query or byte is another request', () => {
  const request = { method: 'POST', target: '/api/v1/posts?a=1', body: Buffer.from('{"a":1}') }
  const same = { ...request, body: Uint8Array.from(request.body) }
  assert.equal(fingerprintOf(request), fingerprintOf(same))
  const others = [
    { ...request, method: 'PUT' },
    { ...request, target: '/api/v1/posts?a=2' },
    { ...request, target: '/api/v1/posts' },
    { ...request, body: Buffer.from('{"a":1} ') },
    { ...request, body: Buffer.alloc(0) },
    { ...request, body: Buffer.from('{"a":1}', 'utf16le') },
  ]
  const all = new Set([request, ...others].map(fingerprintOf))
  assert.equal(all.size, others.length + 1)
})
