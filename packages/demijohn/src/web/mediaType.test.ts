import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseMediaType } from './mediaType.ts'

const form = 'application/x-www-form-urlencoded'

const accepted = [
  { value: form, type: form, parameters: {} },
  { value: 'Application/X-WWW-Form-URLEncoded', type: form, parameters: {} },
  { value: 'text/html;charset=UTF-8', type: 'text/html', parameters: { charset: 'utf-8' } },
  { value: 'text/html ; Charset="UTF-8"', type: 'text/html', parameters: { charset: 'utf-8' } },
  { value: 'a/b; c=D; e="f;\\"g\\\\"', type: 'a/b', parameters: { c: 'D', e: 'f;"g\\' } },
  { value: 'a/b;c=""', type: 'a/b', parameters: { c: '' } },
  { value: 'application/reports+json', type: 'application/reports+json', parameters: {} },
] as const

for (const { value, type, parameters } of accepted) {
  test(`media type: ${value} is read`, () => {
    const parsed = parseMediaType(value)
    assert.equal(parsed?.type, type)
    assert.deepEqual(Object.fromEntries(parsed?.parameters ?? []), parameters)
  })
}

test('media type: none is none', () => assert.equal(parseMediaType(undefined), undefined))

test('media type: anything stray around a good one is refused', () => {
  const strays = [
    '\t',
    ' ',
    '\u00a0',
    '\u000b',
    ',',
    ';',
    '/',
    '\\',
    '"',
    '\0',
    '\r\n',
    '\u00e9',
    '; ',
    ';;',
  ]
  for (const stray of strays) {
    const spoiled = [
      `${stray}${form}`,
      `${form}${stray}`,
      `application${stray}/x`,
      `application/${stray}x`,
    ]
    for (const value of [
      ...spoiled,
      `${form}${stray}x`,
      `${form}; a=b${stray}`,
      `${form};\tcharset=utf-8`,
    ]) {
      assert.equal(parseMediaType(value), undefined, JSON.stringify(value))
    }
  }
})

const refused = [
  ...['', '/', 'a', 'a/', '/b', 'a//b', 'a/b/c', 'a/b;', 'a/b;c', 'a/b;c=', 'a/b;=d', 'a/b; c =d'],
  ...['a/b;c= d', 'a/b;c=d;c=e', 'a/b;C=d;c=d', 'a/b;c="d', 'a/b;c="d"e', 'a/b;c="\\', 'a/b c=d'],
  ...[`${form}, text/plain`, 'a/b;c="\u0000"', 'a/b;c="\u00e9"', `a/${'b'.repeat(255)}`],
]

for (const value of refused) {
  test(`media type: ${JSON.stringify(value.slice(0, 60))} is refused`, () => {
    assert.equal(parseMediaType(value), undefined)
  })
}

test('media type: whatever is read says its type in the first characters, and never throws', () => {
  const piece = fc.constantFrom('a', 'B', '/', ';', '=', '"', '\\', ' ', '\t', ',', '\u00e9')
  const text = fc.array(piece, { maxLength: 14 }).map((all) => all.join(''))
  const property = fc.property(text, (tail) => {
    const value = `a/b${tail}`
    const parsed = parseMediaType(value)
    if (parsed === undefined) return
    assert.match(parsed.type, /^[a-z]+\/[a-z]+$/)
    assert.ok(value.toLowerCase().startsWith(parsed.type))
  })
  fc.assert(property, { numRuns: 5_000 })
})
