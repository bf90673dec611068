import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type CborValue, decodeCbor, decodeCborAt } from './cbor.ts'
import { encodeCbor } from './softAuthenticatorFixture.ts'

const hex = (text: string): Buffer => Buffer.from(text, 'hex')

/** RFC 8949 appendix A, as far as the subset goes. */
const examples: readonly (readonly [string, CborValue])[] = [
  ['00', 0],
  ['01', 1],
  ['0a', 10],
  ['17', 23],
  ['1818', 24],
  ['1864', 100],
  ['1903e8', 1000],
  ['1a000f4240', 1_000_000],
  ['20', -1],
  ['29', -10],
  ['3863', -100],
  ['3903e7', -1000],
  ['f4', false],
  ['f5', true],
  ['f6', null],
  ['40', new Uint8Array()],
  ['4401020304', Uint8Array.of(1, 2, 3, 4)],
  ['60', ''],
  ['6161', 'a'],
  ['6449455446', 'IETF'],
  ['62c3bc', '\u00fc'],
  ['63e6b0b4', '\u6c34'],
  ['64f0908591', '\u{10151}'],
  ['80', []],
  ['83010203', [1, 2, 3]],
  ['8301820203820405', [1, [2, 3], [4, 5]]],
  ['a0', new Map()],
  [
    'a201020304',
    new Map([
      [1, 2],
      [3, 4],
    ]),
  ],
  [
    'a26161016162820203',
    new Map<string, CborValue>([
      ['a', 1],
      ['b', [2, 3]],
    ]),
  ],
]

for (const [text, value] of examples) {
  test(`cbor: RFC 8949 appendix A: ${text}`, () => {
    assert.deepEqual(plain(decodeCbor(hex(text))), plain(value))
  })
}

/** Buffers and arrays of bytes alike, so that values can be compared. */
function plain(value: CborValue | undefined): unknown {
  if (value instanceof Uint8Array) return `h'${Buffer.from(value).toString('hex')}'`
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, plain(item)]))
  return Array.isArray(value) ? value.map(plain) : value
}

const refused: Readonly<Record<string, string>> = {
  '': 'nothing',
  '1817': 'one byte for what fits into none',
  '1900ff': 'two bytes for what fits into one',
  '1a0000ffff': 'four bytes for what fits into two',
  '1b000000e8d4a51000': 'integers of 64 bits',
  '3bffffffffffffffff': 'negative integers of 64 bits',
  '5800': 'a length that is longer than needed',
  '5f42010243030405ff': 'bytes of indefinite length',
  '7f657374726561646d696e67ff': 'text of indefinite length',
  '9f0102ff': 'an array of indefinite length',
  bf6161019fff: 'a map of indefinite length',
  c249010000000000000000: 'a tag',
  f90000: 'a float of 16 bits',
  fb3ff199999999999a: 'a float of 64 bits',
  f7: 'undefined',
  f0: 'another simple value',
  f8ff: 'a simple value of two bytes',
  ff: 'a break that ends nothing',
  '1c': 'a reserved length',
  '0000': 'a byte that trails',
  '42ff': 'bytes that end too soon',
  '5affffffff': 'four gigabytes that are not there',
  '9affffffff': 'four billion items that are not there',
  baffffffff: 'four billion pairs that are not there',
  '61ff': 'text that is no UTF-8',
  '62c080': 'an overlong NUL',
  '63eda080': 'half of a surrogate pair',
  a201000100: 'a key that stands twice',
  a2616100616100: 'a key of text that stands twice',
  a1f500: 'a boolean as a key',
  a1a000: 'a map as a key',
  a14000: 'bytes as a key',
  a101: 'a key without a value',
}
for (const [text, what] of Object.entries(refused)) {
  test(`cbor: refused: ${what}`, () => assert.equal(decodeCbor(hex(text)), undefined))
}

test('cbor: what is nested too deep or has too many parts is refused, before the stack is used up', () => {
  assert.notEqual(decodeCbor(hex(`${'81'.repeat(6)}00`)), undefined)
  assert.equal(decodeCbor(hex(`${'81'.repeat(7)}00`)), undefined)
  assert.equal(decodeCbor(Buffer.alloc(100_000, 0x81)), undefined)
  assert.notEqual(decodeCbor(hex(`98ff${'00'.repeat(255)}`)), undefined)
  assert.equal(decodeCbor(hex(`990100${'00'.repeat(256)}`)), undefined)
})

const key = fc.oneof(
  fc.integer({ min: -(2 ** 32), max: 2 ** 32 - 1 }),
  fc.string({ unit: 'grapheme' }),
)
const { value: anyValue } = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.oneof(key, fc.uint8Array(), fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 3 }).map((pairs) => new Map(pairs)),
  ),
}))

test('cbor: what was written is read, and each prefix and each longer one is refused', () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const bytes = encodeCbor(value)
      fc.pre(bytes.length < 400)
      assert.deepEqual(plain(decodeCbor(bytes)), plain(value))
      for (let end = 0; end < bytes.length; end += 1) {
        assert.equal(decodeCbor(bytes.subarray(0, end)), undefined)
      }
      assert.equal(decodeCbor(Buffer.concat([bytes, Buffer.of(0)])), undefined)
      assert.equal(decodeCborAt(Buffer.concat([bytes, Buffer.of(0)]), 0)?.end, bytes.length)
    }),
    { numRuns: 300 },
  )
})

test('cbor: never throws, and what it takes is the one way to write it', () => {
  let taken = 0
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 24 }), (bytes) => {
      const value = decodeCbor(bytes)
      if (value === undefined) return
      taken += 1
      assert.deepEqual([...encodeCbor(value)], [...bytes])
    }),
    { numRuns: 20_000 },
  )
  assert.ok(taken > 100)
})
