import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { z } from 'zod'
import { type CursorValue, cursor, cursorOf, parseCursor } from './cursor.ts'
import { pageSize } from './schemas.ts'

const shape = z.tuple([z.int().min(0), z.string().max(40)])
const anything = z.array(z.union([z.string(), z.number(), z.boolean(), z.null()]))

test('cursor: gives back what it was made of, and has one spelling', () => {
  const value = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((one) => !Object.is(one, -0)),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
  )
  const property = fc.property(fc.array(value, { maxLength: 7 }), (values: CursorValue[]) => {
    const text = cursorOf(values)
    assert.match(text, /^[A-Za-z0-9_-]*$/)
    assert.deepEqual(parseCursor(text, anything), values)
  })
  fc.assert(property, { numRuns: 2_000 })
})

test('cursor: any text is taken or refused, and what is taken is written as it was sent', () => {
  const written = fc.string({ unit: fc.constantFrom(...'[]{}",:1aé \\-e.') })
  const texts = fc.oneof(
    fc.string(),
    written.map((text) => Buffer.from(text).toString('base64url')),
    written.map((text) => Buffer.from(`[${text}]`).toString('base64url')),
  )
  const property = fc.property(texts, (text) => {
    const values = parseCursor(text, anything)
    if (values !== undefined) assert.equal(cursorOf(values), text)
  })
  fc.assert(property, { numRuns: 10_000 })
})

const encode = (text: string): string => Buffer.from(text).toString('base64url')
const good = cursorOf([7, 'a'])
const refused = [
  ['nothing', ''],
  ['another length', encode('[7]')],
  ['a value more', encode('[7,"a",1]')],
  ['another type', encode('["7","a"]')],
  ['SQL where a number belongs', encode('["1; drop table posts","a"]')],
  ['an object where a text belongs', encode('[7,{"$gt":""}]')],
  ['a list where a text belongs', encode('[7,["a"]]')],
  ['an object', encode('{"0":7,"1":"a","length":2}')],
  ['a negative number', encode('[-1,"a"]')],
  ['a number out of range', encode('[1e999,"a"]')],
  ['a text that is too long', encode(`[7,"${'a'.repeat(41)}"]`)],
  ['blanks', encode('[7, "a"]')],
  ['another spelling of the number', encode('[7.0,"a"]')],
  ['another spelling of the text', encode('[7,"\\u0061"]')],
  ['padding', Buffer.from('[7,"ab"]').toString('base64')],
  ['bits that are left over', `${good.slice(0, -1)}${good.endsWith('Q') ? 'R' : 'x'}`],
  ['a blank around it', ` ${good}`],
  ['a NUL behind it', `${good}\0`],
  ['no UTF-8', Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]).toString('base64url')],
  ['no JSON', encode('[7,')],
  ['much', encode(`[7,"${'a'.repeat(100_000)}"]`)],
  ['depth', encode('['.repeat(700))],
] as const
for (const [name, text] of refused) {
  test(`[asvs 2.2.1] cursor: ${name} is refused`, () => {
    assert.deepEqual(parseCursor(good, shape), [7, 'a'])
    assert.equal(parseCursor(text, shape), undefined)
    const field = cursor(shape)
    assert.deepEqual(field.parse(good), [7, 'a'])
    assert.equal(field.safeParse(text).success, false)
  })
}

test('cursor: absent is the first page', () => {
  assert.equal(cursor(shape).parse(undefined), undefined)
})

test('cursor: values that would not come back are a fault, not a cursor', () => {
  const bad = [
    ['a'.repeat(800)],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    ['\ud800'],
    Array(9).fill(1),
  ]
  for (const values of bad) assert.throws(() => cursorOf(values), RangeError)
})

test('[asvs 2.2.1] page size: 1 to 100, written plainly, 20 where it is absent', () => {
  for (const [text, want] of [
    ['1', 1],
    ['20', 20],
    ['99', 99],
    ['100', 100],
    [undefined, 20],
  ] as const) {
    assert.equal(pageSize.parse(text), want)
  }
  const wrong = [
    '0',
    '101',
    '1000',
    '-1',
    '+1',
    '01',
    '1.0',
    '1e1',
    '0x1',
    '',
    ' 1',
    '1\n',
    '\u0661',
    '100 ',
  ]
  for (const text of [...wrong, 20, null, ['20']]) {
    assert.equal(pageSize.safeParse(text).success, false, String(text))
  }
})

test('page size, cursor: what a page of documentation needs of them', () => {
  const size = pageSize['~standard'].jsonSchema.output({ target: 'draft-2020-12' })
  assert.equal(size.type, 'integer')
  assert.deepEqual([size.minimum, size.maximum, size.default], [1, 100, 20])
  const text = cursor(shape)['~standard'].jsonSchema.input({ target: 'draft-2020-12' })
  assert.deepEqual([text.type, text.maxLength], ['string', 1_024])
})
