import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parsePersonName, personName } from './personName.ts'

const people = [
  'Ada',
  'Ada Lovelace',
  'Đặng Thị Ngọc',
  "Conan O'Brien",
  'Conan O’Brien',
  'Jean-Luc',
  'J. R. R.',
  '王小明',
  'Мария',
  'مریم',
  'علی‌رضا',
  'שָׁלוֹם',
  'श्री',
  'क्‍ष',
  '2pac',
  'ﾊﾟ',
]
for (const name of people) {
  test(`personName: ${JSON.stringify(name)} is a name`, () => {
    assert.equal(parsePersonName(name), name.normalize('NFC'))
  })
}

/** By block, from the code charts: what has no glyph, or moves others about. */
const unseenRanges: readonly (readonly [number, number])[] = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x61c, 0x61c],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0x2800, 0x2800],
  [0x3164, 0x3164],
  [0xd800, 0xdfff],
  [0xe000, 0xe001],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff9, 0xfffb],
  [0xfffe, 0xffff],
  [0x1d173, 0x1d17a],
  [0xe0000, 0xe007f],
  [0xe0100, 0xe01ef],
  [0xf0000, 0xf0001],
]

test('personName: what cannot be seen, or turns the reading, is refused wherever it stands', () => {
  let tried = 0
  for (const [first, last] of unseenRanges) {
    for (let code = first; code <= last; code += 1) {
      const odd = String.fromCodePoint(code)
      for (const name of [`Ada${odd}`, `${odd}Ada`, `Ad${odd}a`, odd]) {
        assert.equal(parsePersonName(name), undefined, code.toString(16))
        tried += 1
      }
    }
  }
  assert.ok(tried > 5_000)
})

test('personName: joiners are refused but between letters that join', () => {
  for (const joiner of ['\u200c', '\u200d']) {
    assert.equal(parsePersonName(`علی${joiner}رضا`), `علی${joiner}رضا`)
    for (const name of [
      `Ad${joiner}a`,
      `${joiner}علی`,
      `علی${joiner}`,
      `علی${joiner}a`,
      `علی${joiner}${joiner}رضا`,
    ]) {
      assert.equal(parsePersonName(name), undefined, JSON.stringify(name))
    }
  }
})

test('personName: blanks of every width become one, and blanks alone are no name', () => {
  assert.equal(parsePersonName(' Ada\u00a0\u2003 \u3000Lovelace '), 'Ada Lovelace')
  for (const name of ['', ' ', '\u00a0', '...', '-', '\u0301']) {
    assert.equal(parsePersonName(name), undefined)
  }
})

test('personName: stacked marks are refused', () => {
  assert.equal(parsePersonName(`a${'\u0321'.repeat(4)}`), `a${'\u0321'.repeat(4)}`)
  assert.equal(parsePersonName(`a${'\u0321'.repeat(5)}`), undefined)
})

test('personName: what was taken is taken again unchanged', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const name = parsePersonName(text)
      if (name !== undefined) assert.equal(parsePersonName(name), name)
    }),
    { numRuns: 2_000 },
  )
})

test('personName: the field counts characters, and never echoes what was wrong', () => {
  const field = personName({ label: 'Your name', max: 5 })
  assert.deepEqual(field.parse(' Zoë '), { ok: true, value: 'Zoë' })
  for (const raw of [undefined, '', '  ', 'abcdef', 'x'.repeat(10_000), 'a\u202eb']) {
    const parsed = field.parse(raw)
    assert.equal(parsed.ok, false)
    assert.doesNotMatch(JSON.stringify(parsed), /abcdef|202e|\u202e/)
  }
  assert.equal(field.control.kind === 'input' && field.control.autocomplete, 'name')
})
