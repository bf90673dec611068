import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { growth } from '../../test/properties/steps.ts'
import { isRefusal } from '../core/refusals.ts'
import { parseUrlencoded } from './urlencoded.ts'

const limits = { maxPairs: 8, maxNameBytes: 10, maxValueBytes: 20 }

function read(text: string): Record<string, string> {
  const parsed = parseUrlencoded(text, limits)
  if (isRefusal(parsed)) assert.fail(`refused: ${parsed.code} ${parsed.field}`)
  return Object.fromEntries(parsed)
}

function refusal(text: string): readonly [string, string | undefined] {
  const parsed = parseUrlencoded(text, limits)
  return isRefusal(parsed) ? [parsed.code, parsed.field] : ['accepted', undefined]
}

test('urlencoded: ordinary forms are read', () => {
  assert.deepEqual(read(''), {})
  assert.deepEqual(read('a=1&b=&c'), { a: '1', b: '', c: '' })
  assert.deepEqual(read('a+b=c+d%2B%26%3D'), { 'a b': 'c d+&=' })
  assert.deepEqual(read('a=b=c&&d=1&'), { a: 'b=c', d: '1' })
  assert.deepEqual(read('n=caf%C3%A9%F0%9F%8D%B7%0D%0A'), { n: 'caf\u00e9\u{1f377}\r\n' })
})

test('urlencoded: nested names are names like any other', () => {
  assert.deepEqual(read('a[b]=1&a.b=2&a%5B%5D=3'), { 'a[b]': '1', 'a.b': '2', 'a[]': '3' })
})

test('[asvs 15.3.7] urlencoded: a name sent twice is refused and named, however it is spelt', () => {
  for (const text of ['a=1&a=2', 'a=1&b=2&a=1', 'a&a', 'a=1&%61=2', '%61=&a=']) {
    assert.deepEqual(refusal(text), ['input.duplicate-field', 'a'], text)
  }
  assert.deepEqual(refusal('a+b=1&a%20b=2'), ['input.duplicate-field', 'a b'])
})

test('[asvs 15.3.6] urlencoded: names of the machinery are refused, however they are spelt', () => {
  const wide = { ...limits, maxNameBytes: 64 }
  for (const name of ['__proto__', 'constructor', 'prototype']) {
    const encoded = [...name].map((c) => `%${c.charCodeAt(0).toString(16)}`).join('')
    for (const text of [`${name}=1`, name, `a=1&${encoded}=2`]) {
      const parsed = parseUrlencoded(text, wide)
      assert.ok(isRefusal(parsed) && parsed.code === 'input.unknown-field' && parsed.field === name)
    }
  }
  const nested = parseUrlencoded('__proto__[admin]=1', wide)
  assert.ok(!isRefusal(nested) && nested.get('__proto__[admin]') === '1')
  assert.equal(Reflect.get({}, 'admin'), undefined)
})

const malformed = [
  ...['%', '%2', '%zz', '%u0041', 'x%', '%C0%AF', '%E0%80%AF', '%ED%A0%80', '%F4%90%80%80'],
  ...['%FF', '%C3', '%A9', '%00', 'x%00y'],
]

for (const bad of malformed) {
  test(`urlencoded: ${bad} is malformed in a value and in a name`, () => {
    assert.deepEqual(refusal(`a=${bad}`), ['body.malformed', 'a'])
    assert.equal(refusal(`a=1&${bad}=1`)[0], 'body.malformed')
  })
}

test('urlencoded: raw blanks, controls and non-ASCII are malformed', () => {
  for (const raw of ['\u0000', '\t', '\n', '\r\n', ' ', '\u007f', '\u00e9', '\ufeff', '\ud800']) {
    assert.equal(refusal(`a=${raw}`)[0], 'body.malformed')
  }
})

test('urlencoded: bounds hold at their exact value and count decoded bytes', () => {
  assert.equal(refusal('a&b&c&d&e&f&g&h')[0], 'accepted')
  assert.equal(refusal('a&b&c&d&e&f&g&h&i')[0], 'body.too-large')
  assert.equal(refusal('&'.repeat(9))[0], 'body.too-large')
  assert.equal(refusal(`${'n'.repeat(10)}=1`)[0], 'accepted')
  assert.equal(refusal(`${'n'.repeat(11)}=1`)[0], 'body.too-large')
  assert.equal(refusal(`a=${'%41'.repeat(20)}`)[0], 'accepted')
  assert.deepEqual(refusal(`a=${'%41'.repeat(21)}`), ['body.too-large', 'a'])
  assert.equal(refusal(`a=${'%C3%A9'.repeat(10)}`)[0], 'accepted')
  assert.equal(refusal(`a=${'%C3%A9'.repeat(10)}b`)[0], 'body.too-large')
})

test('urlencoded: a refused name is clipped and printable', () => {
  const wide = { ...limits, maxNameBytes: 1_000 }
  const name = `%0A%1B%E2%80%AE${'x'.repeat(200)}`
  const parsed = parseUrlencoded(`${name}=1&${name}=2`, wide)
  assert.ok(isRefusal(parsed))
  assert.equal(parsed.field, `???${'x'.repeat(61)}`)
})

const piece = fc.constantFrom(
  ...['a', 'b', '=', '&', '+', '%20', '%26', '%3D', '%C3%A9', '%', '%F0%9F%8D%B7', '[', ']', '.'],
  ...['%25', '%2B', '%EF%BB%BF', '%0A', ';', '?', '#', '/'],
)

test('[asvs 1.5.3] urlencoded: agrees with URLSearchParams on everything it accepts', () => {
  let accepts = 0
  const property = fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
    const text = pieces.join('')
    const parsed = parseUrlencoded(text, { maxPairs: 99, maxNameBytes: 99, maxValueBytes: 99 })
    if (isRefusal(parsed)) return
    accepts += 1
    // Without the `?` that URLSearchParams would take off the front.
    assert.deepEqual([...parsed], [...new URLSearchParams(`?${text}`)])
  })
  fc.assert(property, { numRuns: 10_000 })
  assert.ok(accepts > 1_000, `only ${accepts} texts were accepted`)
})

test('urlencoded: what URLSearchParams writes is read back', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((t) => !t.includes('\0'))
  const names = fc.uniqueArray(text, { maxLength: 6 })
  const property = fc.property(names, text, (all, value) => {
    const safe = all.filter((n) => !['__proto__', 'constructor', 'prototype'].includes(n))
    const written = new URLSearchParams()
    for (const name of safe) written.append(name, value)
    const wide = { maxPairs: 10, maxNameBytes: 2_000, maxValueBytes: 2_000 }
    const parsed = parseUrlencoded(written.toString(), wide)
    assert.ok(!isRefusal(parsed))
    assert.deepEqual([...parsed], [...written])
  })
  fc.assert(property, { numRuns: 2_000 })
})

for (const part of ['a&', '=', '&', '%61', '[b]', '.b', 'a=%41&', '+', '%e2%98%83']) {
  test(`urlencoded: the work for ${part} again and again grows with the text, and no faster`, () => {
    const roomy = { maxPairs: 1e9, maxNameBytes: 1e9, maxValueBytes: 1e9 }
    // 4 would be quadratic. Names differ, or the second one would be the end of it.
    const read = (size: number) => {
      const text = part.includes('a')
        ? Array.from({ length: size }, (_, at) => part.replace('a', `a${at}`)).join('')
        : part.repeat(size)
      return parseUrlencoded(text, roomy)
    }
    assert.ok(growth(read, 5_000) < 2.5)
  })
}
