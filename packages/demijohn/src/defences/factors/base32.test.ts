import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { decodeBase32, encodeBase32 } from './base32.ts'

/** RFC 4648 section 10, without the padding. */
const vectors = [
  ['', ''],
  ['f', 'MY'],
  ['fo', 'MZXQ'],
  ['foo', 'MZXW6'],
  ['foob', 'MZXW6YQ'],
  ['fooba', 'MZXW6YTB'],
  ['foobar', 'MZXW6YTBOI'],
] as const

for (const [text, encoded] of vectors) {
  test(`base32: the vector ${JSON.stringify(text)} of RFC 4648`, () => {
    assert.equal(encodeBase32(Buffer.from(text)), encoded)
    assert.equal(decodeBase32(encoded)?.toString(), text)
  })
}

test('base32: everything reads back, and has one spelling alone', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
      assert.deepEqual(decodeBase32(encodeBase32(bytes)), Buffer.from(bytes))
    }),
  )
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Z2-7]{0,40}$/), (text) => {
      const bytes = decodeBase32(text)
      if (bytes !== undefined) assert.equal(encodeBase32(bytes), text)
    }),
  )
})

test('base32: another spelling, an impossible length and bits left over are refused', () => {
  const odd = ['M', 'MZX', 'MZXW6Y', 'MZXW6YTBO', 'MZ', 'MZXR', 'MZXW7', 'MZXW6YR', '77']
  const spelled = [
    'my',
    'MY======',
    'M Y',
    'M-Y',
    'M0',
    'M1',
    'M8',
    'M9',
    'MÝ',
    'MY\n',
    '\0\0',
    'Ｍ2',
  ]
  for (const text of [...odd, ...spelled]) assert.equal(decodeBase32(text), undefined, text)
})
