import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { isRefusal } from '../../core/refusals.ts'
import { parseJson } from './json.ts'

// JSONTestSuite (Seriot): y_ has to be accepted, n_ refused, i_ is for each reader to decide.
const folder = join(
  import.meta.dirname,
  '../../../../../../shared/reference/corpora/json-parsing/test_parsing',
)
const files = readdirSync(folder).filter((name) => name.endsWith('.json'))

/** Valid by RFC 8259, and refused: of two members with one name RFC 7493 section 2.3 takes none. */
const doubled = new Set(['y_object_duplicated_key.json', 'y_object_duplicated_key_and_value.json'])

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

test('[asvs 1.5.3] json body: the suite has all its texts', () => {
  const kinds = Object.groupBy(files, (name) => name.slice(0, 2))
  assert.deepEqual([kinds.y_?.length, kinds.n_?.length, kinds.i_?.length], [95, 188, 35])
  for (const name of doubled) assert.ok(files.includes(name), name)
})

for (const name of files) {
  test(`[asvs 1.5.2] json body: ${name}`, () => {
    const bytes = readFileSync(join(folder, name))
    const read = parseJson(bytes)
    if (doubled.has(name)) {
      assert.ok(isRefusal(read))
      assert.equal(read.code, 'input.duplicate-field')
    } else if (name.startsWith('n_')) {
      assert.ok(isRefusal(read), 'was accepted')
      assert.equal(read.status, 400)
    } else if (name.startsWith('y_') || !isRefusal(read)) {
      assert.deepEqual(read, JSON.parse(decoder.decode(bytes)))
    } else assert.equal(read.status, 400)
  })
}

const cases = [
  { text: '{"a":1,"\\u0061":2}', code: 'input.duplicate-field', status: 400 },
  { text: '{"__proto__":{}}', code: 'input.unknown-field', status: 400 },
  { text: `[${'0,'.repeat(10_000)}0]`, code: 'body.too-large', status: 413 },
  { text: '['.repeat(33) + ']'.repeat(33), code: 'body.malformed', status: 400 },
  { text: '"\\ud800"', code: 'body.malformed', status: 400 },
  { text: '1e999', code: 'body.malformed', status: 400 },
  { text: '\ufeff{}', code: 'body.malformed', status: 400 },
  { text: '', code: 'body.malformed', status: 400 },
] as const
for (const { text, code, status } of cases) {
  test(`json body: ${JSON.stringify(text.slice(0, 24))} is ${code}, and no value is told`, () => {
    const read = parseJson(Buffer.from(text))
    assert.ok(isRefusal(read))
    assert.equal(read.code, code)
    assert.equal(read.status, status)
    assert.match(read.detail, /^(?:JSON: [a-zA-Z ]+|begins with a byte order mark)$/)
  })
}

test('json body: bytes that are not UTF-8 are refused, within strings too', () => {
  const broken = [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]
  for (const bytes of broken) {
    const read = parseJson(Buffer.from([0x22, ...bytes, 0x22]))
    assert.ok(isRefusal(read))
    assert.equal(read.code, 'body.malformed')
  }
  // UTF-16, with which a server once was told another name than its gateway.
  assert.ok(isRefusal(parseJson(Buffer.from('{"a":1}', 'utf16le'))))
})

test('json body: any bytes give a value or a refusal', () => {
  const property = fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
    const read = parseJson(Buffer.from(bytes))
    if (isRefusal(read)) assert.ok(read.status < 500)
    else assert.deepEqual(read, JSON.parse(Buffer.from(bytes).toString('utf8')))
  })
  fc.assert(property, { numRuns: 5_000 })
})
