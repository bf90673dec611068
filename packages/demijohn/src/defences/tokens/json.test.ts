import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeBase64url } from './base64url.ts'
import { readJson, readJsonObject } from './json.ts'

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8')

test('json of tokens: what JSON.parse reads of generated values is read the same', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const text = JSON.stringify(value)
      assert.deepEqual(readJson(bytes(text)), JSON.parse(text))
      assert.deepEqual(readJson(bytes(JSON.stringify(value, null, '\t'))), JSON.parse(text))
    }),
  )
})

test('json of tokens: a name that stands twice is refused at any depth and in any spelling', () => {
  const name = fc.string({ minLength: 1, maxLength: 4 })
  const escaped = (text: string) =>
    `"${[...Array(text.length).keys()].map((at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`
  const wrap = fc.array(fc.constantFrom('[', '{"a":'), { maxLength: 6 })
  fc.assert(
    fc.property(name, fc.jsonValue({ maxDepth: 0 }), wrap, (one, value, around) => {
      const closing = around.map((open) => (open === '[' ? ']' : '}')).reverse()
      const within = (text: string) => bytes(around.join('') + text + closing.join(''))
      const member = `${JSON.stringify(one)}:${JSON.stringify(value)}`
      assert.notEqual(readJson(within(`{${member}}`)), undefined)
      assert.equal(readJson(within(`{${member},${member}}`)), undefined)
      assert.equal(readJson(within(`{${member},"x y z":1, ${escaped(one)} : 2}`)), undefined)
    }),
  )
})

test('json of tokens: bytes that are not UTF-8, a byte order mark, and other encodings are refused', () => {
  const around = (middle: Buffer) => Buffer.concat([bytes('{"a":"'), middle, bytes('"}')])
  assert.equal(readJsonObject(around(bytes('ä')))?.get('a'), 'ä')
  for (const hex of [
    'ff',
    'c3',
    'c0af',
    'c1bf',
    'e08080',
    'eda080',
    'f4908080',
    '80',
    'f8888080',
  ]) {
    assert.equal(readJsonObject(around(Buffer.from(hex, 'hex'))), undefined, hex)
  }
  assert.equal(readJsonObject(bytes('\ufeff{"a":1}')), undefined)
  assert.equal(readJsonObject(Buffer.from('{"a":1}', 'utf16le')), undefined)
  // A part of a larger memory is read, and nothing beside it.
  const whole = bytes('xx{"a":1}yy')
  assert.equal(readJsonObject(new Uint8Array(whole.buffer, whole.byteOffset + 2, 7))?.get('a'), 1)
})

test('json of tokens: eight levels and no more, whatever is in them', () => {
  const nested = (levels: number) => bytes('['.repeat(levels) + ']'.repeat(levels))
  const objects = (levels: number) => bytes(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`)
  for (const make of [nested, objects]) {
    assert.notEqual(readJson(make(8)), undefined)
    for (const levels of [9, 100, 3000]) assert.equal(readJson(make(levels)), undefined)
  }
})

test('base64url: one text for each value', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (value) => {
      const text = Buffer.from(value).toString('base64url')
      assert.deepEqual(decodeBase64url(text), Buffer.from(value))
    }),
  )
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[\w+/=-]{1,12}$/)), (text) => {
      const decoded = decodeBase64url(text)
      if (decoded !== undefined) assert.match(text, /^[\w-]*$/)
      assert.ok(decoded === undefined || decoded.toString('base64url') === text)
    }),
    { numRuns: 1000 },
  )
  for (const text of [
    'A',
    'AAAAA',
    'AB',
    'AAB',
    'AA=',
    'AA==',
    'A A',
    'AA\n',
    '+/8',
    '__9',
    'ä',
    '\u0000',
  ]) {
    assert.equal(decodeBase64url(text), undefined, JSON.stringify(text))
  }
  for (const [text, hex] of Object.entries({
    '': '',
    AA: '00',
    _w: 'ff',
    __8: 'ffff',
    'AA-_': '000fbf',
  })) {
    assert.equal(decodeBase64url(text)?.toString('hex'), hex)
  }
})
