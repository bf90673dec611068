import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createId, isId, parseId } from './ids.ts'

/** Bytes that are the same each time, so that the expected text can be written down. */
const allOnes = (length: number): Buffer => Buffer.alloc(length, 0xff)
const allZeros = (length: number): Buffer => Buffer.alloc(length, 0x00)

test('ids: the moment of the example in RFC 9562 appendix A.6 stands in its first 48 bits', () => {
  // 2022-02-22 19:22:22 UTC, from the appendix: 017F22E2-79B0-7CC3-98C4-DC0C0C07398F.
  const moment = 0x017f22e279b0
  assert.equal(createId(moment, allZeros), '017f22e2-79b0-7000-8000-000000000000')
  assert.equal(createId(moment, allOnes), '017f22e2-79b0-7fff-bfff-ffffffffffff')
  const example = Buffer.from('0000000000000cc318c4dc0c0c07398f', 'hex')
  assert.equal(
    createId(moment, () => Buffer.from(example)),
    '017f22e2-79b0-7cc3-98c4-dc0c0c07398f',
  )
  assert.equal(
    parseId('017f22e2-79b0-7cc3-98c4-dc0c0c07398f'),
    '017f22e2-79b0-7cc3-98c4-dc0c0c07398f',
  )
})

test('ids: version is 7, variant is 10, for any moment and any bytes (RFC 9562 section 5.7)', () => {
  const moment = fc.integer({ min: 0, max: 2 ** 48 - 1 })
  const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 })
  fc.assert(
    fc.property(moment, bytes, (now, random) => {
      const id = createId(now, () => Buffer.from(random))
      const bits = BigInt(`0x${id.replaceAll('-', '')}`)
      assert.equal(Number(bits >> 80n), now)
      assert.equal((bits >> 76n) & 0xfn, 7n)
      assert.equal((bits >> 62n) & 0b11n, 0b10n)
      assert.equal(parseId(id), id)
    }),
  )
})

test('ids: a later moment sorts later, as text', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31), fc.integer({ min: 1, max: 2 ** 31 }), (earlier, by) => {
      assert.ok(createId(earlier) < createId(earlier + by))
    }),
  )
})

test('ids: two of the same moment differ', () => {
  const made = new Set(Array.from({ length: 10_000 }, () => createId(1)))
  assert.equal(made.size, 10_000)
})

test('ids: a moment outside of 48 bits is an error, not an id', () => {
  for (const now of [-1, 0.5, 2 ** 48, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => createId(now), RangeError, String(now))
  }
})

const good = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f'
const others = {
  'upper case': good.toUpperCase(),
  'version 4': good.replace('-7c', '-4c'),
  'variant 0': good.replace('-98', '-18'),
  'variant 11': good.replace('-98', '-c8'),
  braces: `{${good}}`,
  'a line break after': `${good}\n`,
  'a space before': ` ${good}`,
  'no hyphens': good.replaceAll('-', ''),
  'a NUL inside': good.replace('f2', '\0'),
  'one digit short': good.slice(1),
  empty: '',
  'the nil UUID': '00000000-0000-0000-0000-000000000000',
}
for (const [name, text] of Object.entries(others)) {
  test(`ids: ${name} is no id`, () => {
    assert.equal(parseId(text), undefined)
    assert.equal(isId(text), false)
  })
}
