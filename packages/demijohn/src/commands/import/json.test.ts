import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { type JsonRow, jsonReader } from './json.ts'
import { isBroken } from './rows.ts'

function read(text: string, size = text.length || 1): readonly JsonRow[] | string {
  const reader = jsonReader()
  const rows: JsonRow[] = []
  for (let at = 0; at <= text.length; at += size) {
    const isLast = at + size > text.length
    const results = [reader.push(text.slice(at, at + size)), ...(isLast ? [reader.end()] : [])]
    for (const result of results) {
      if (isBroken(result)) return `row ${result.row} ${result.broken}`
      rows.push(...result)
    }
  }
  return rows
}

test('json: an array of objects, in any pieces and layout', () => {
  const value = fc.oneof(fc.string({ unit: 'grapheme-ascii' }), fc.boolean(), fc.constant(null))
  // Names that every object has are refused: see below.
  const name = fc
    .string({ unit: 'grapheme-ascii' })
    .filter((text) => !['__proto__', 'constructor', 'prototype'].includes(text))
  const rows = fc.array(fc.dictionary(name, value, { maxKeys: 5 }))
  const property = fc.property(
    rows,
    fc.constantFrom(0, 2, '\t'),
    fc.integer({ min: 1, max: 7 }),
    (given, indent, size) => {
      const text = JSON.stringify(given, null, indent)
      assert.deepEqual(read(text, size), JSON.parse(text))
    },
  )
  fc.assert(property, { numRuns: 1_000 })
})

const refused: readonly (readonly [string, RegExp])[] = [
  ['', /^row 1 is cut off/],
  ['{"email":"a"}', /^row 1 is missing: the file has to be an array/],
  ['[{"a":"b"}', /^row 2 is cut off/],
  ['[{"a":"b"},]', /^row 2 is not an object/],
  ['[,]', /^row 1 is not an object/],
  ['["a"]', /^row 1 is not an object/],
  ['[[]]', /^row 1 is not an object/],
  ['[{"a":"b"}{"a":"c"}]', /^row 2 is not followed by a comma/],
  ['[{"a":"b"}] x', /^row 2 is followed by something/],
  ['[{"a":"b",}]', /^row 1 is not JSON/],
  ["[{'a':'b'}]", /^row 1 is not JSON/],
  ['[{"a":"b"]}', /^row 1 is not JSON/],
  ['[{"role":"member","role":"admin"}]', /^row 1 names something twice/],
  ['[{"role":"member","\\u0072ole":"admin"}]', /^row 1 names something twice/],
  ['[{"a":{"b":1,"b":2}}]', /^row 1 names something twice/],
  ['[{"__proto__":{"role":"admin"}}]', /^row 1 has a name that is reserved/],
  ['[{"a":1}, {"a":"\\ud800"}]', /^row 2 has half of a character/],
  [`[{"a":${'['.repeat(40)}${']'.repeat(40)}}]`, /^row 1 is nested too deeply/],
  [`[{"a":"${'x'.repeat(70_000)}"}]`, /^row 1 is too long/],
  [`[${'{"a":'.repeat(20_000)}`, /^row 1 is too long/],
]

for (const [text, want] of refused) {
  test(`json: refuses ${text.slice(0, 40)}`, () => {
    const result = read(text)
    assert.ok(typeof result === 'string', 'it was read')
    assert.match(result, want)
  })
}

test('json: takes nothing that JSON.parse refuses, over a corpus of malformed and odd texts', () => {
  const folder = join(
    import.meta.dirname,
    '../../../../../../shared/reference/corpora/json-parsing/test_parsing',
  )
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'))
  assert.ok(names.length > 300)
  for (const name of names) {
    const text = readFileSync(join(folder, name), 'utf8')
    const result = read(text)
    if (typeof result !== 'string') assert.deepEqual(result, JSON.parse(text), name)
    // As an element, so that every text gets as far as being read.
    const inside = read(`[{"a":${text}}]`)
    if (typeof inside !== 'string') assert.deepEqual(inside, [{ a: JSON.parse(text) }], name)
  }
})
