import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseTarget } from './canonicalPath.ts'

function pathOf(target: string): string {
  const parsed = parseTarget(target)
  return typeof parsed === 'string' ? parsed : parsed.path
}

const accepted = [
  ['/', '/'],
  ['/posts', '/posts'],
  ['/posts/', '/posts/'],
  ['/%61dmin', '/admin'],
  ['/%41dmin', '/Admin'],
  ['/a%2eb', '/a.b'],
  ['/...', '/...'],
  ['/.well-known/x', '/.well-known/x'],
  ['/a%20b', '/a b'],
  ['/caf%C3%A9', '/caf\u00e9'],
  ['/%F0%9F%8D%B7', '/\u{1f377}'],
  ['/100%25', '/100%'],
  ['/admin;a=b', '/admin;a=b'],
  ['/c%23', '/c#'],
] as const

for (const [target, path] of accepted) {
  test(`canonical path: ${target} is ${JSON.stringify(path)}`, () => {
    assert.deepEqual(parseTarget(target), { path, rawQuery: '' })
  })
}

const dots = ['.', '%2e', '%2E']
const dotSegments = [...dots, ...dots.flatMap((a) => dots.map((b) => a + b))]
const ambiguousPieces = [
  ...dotSegments,
  'a%2Fb',
  'a%2fb',
  'a%5Cb',
  'a%5cb',
  'a\\b',
  '%2F',
  '%5C..',
  '..%2f',
  '%252e',
  '%252F',
  '%25%32%66',
  '%2561',
  '%',
  '%2',
  '%zz',
  'a%',
  '%u002e',
  '%C0%AF',
  '%C0%AE%C0%AE',
  '%E0%80%AF',
  '%F0%80%80%AF',
  '%ED%A0%80',
  '%F4%90%80%80',
  '%FF',
  '%C3',
  '%A9',
  '\u00e9',
  '\u2024',
  '#',
  'a#b',
  ' ',
  '<',
  '"',
]

test('[asvs 1.1.1] canonical path: every ambiguous spelling is refused wherever it stands', () => {
  let count = 0
  for (const piece of ambiguousPieces) {
    for (const target of [`/${piece}`, `/${piece}/x`, `/x/${piece}`, `/x/${piece}/y`]) {
      assert.equal(pathOf(target), 'request.path-ambiguous', target)
      count += 1
    }
  }
  assert.ok(count > 150)
})

test('canonical path: doubled slashes are refused, in any number and place', () => {
  for (const slashes of ['//', '///', '/////']) {
    for (const target of [slashes, `${slashes}admin`, `/admin${slashes}x`, `/admin${slashes}`]) {
      assert.equal(pathOf(target), 'request.path-ambiguous', target)
    }
  }
})

test('canonical path: control characters are refused raw and encoded', () => {
  const controls = [
    ...Array(0x20).keys(),
    0x7f,
    ...Array.from({ length: 0x20 }, (_, i) => 0x80 + i),
  ]
  for (const code of controls) {
    const raw = String.fromCharCode(code)
    assert.equal(pathOf(`/a${raw}b`), 'request.path-ambiguous', `raw ${code}`)
    assert.equal(pathOf(`/a${encodeURIComponent(raw)}b`), 'request.path-ambiguous', `enc ${code}`)
  }
})

test('canonical path: every single byte encoded means what it means plain, or is refused', () => {
  for (let code = 0x21; code < 0x7f; code += 1) {
    const hex = code.toString(16).padStart(2, '0')
    const lower = pathOf(`/x%${hex}y`)
    assert.equal(pathOf(`/x%${hex.toUpperCase()}y`), lower)
    const refusedHere = code === 0x2f || code === 0x5c
    assert.equal(lower, refusedHere ? 'request.path-ambiguous' : `/x${String.fromCharCode(code)}y`)
  }
})

for (const target of ['', '*', 'admin', 'http://site.example/', 'site.example:443', '?a', '\\x']) {
  test(`canonical path: ${JSON.stringify(target)} is not in origin-form`, () => {
    assert.equal(parseTarget(target), 'request.target')
  })
}

test('canonical path: the query is kept raw, up to its end', () => {
  assert.deepEqual(parseTarget('/a?b=%2F//..&c=?d'), { path: '/a', rawQuery: 'b=%2F//..&c=?d' })
  assert.deepEqual(parseTarget('/a?'), { path: '/a', rawQuery: '' })
})

for (const stray of ['#', ' ', '\u0000', '\r', '\n', '\u007f', '\u00e9', '\u2028']) {
  test(`canonical path: ${JSON.stringify(stray)} is refused in the query`, () => {
    assert.equal(parseTarget(`/a?b${stray}c`), 'request.target')
  })
}

test('canonical path: bounds are 2,048 for the path and 8,192 for all of it', () => {
  assert.equal(pathOf(`/${'a'.repeat(2_047)}`).length, 2_048)
  assert.equal(pathOf(`/${'a'.repeat(2_048)}`), 'request.target-too-long')
  assert.equal(pathOf(`/?${'a'.repeat(8_190)}`), '/')
  assert.equal(pathOf(`/?${'a'.repeat(8_191)}`), 'request.target-too-long')
})

const piece = fc.constantFrom(
  ...['/', '/', '.', '..', '%2e', '%2F', '%5c', '\\', 'a', 'B', '%61', '%C3%A9', '%25', '%', '#'],
  ...['?', ';', ':', '@', '%00', '%0a', '\t', ' ', '41', '|', '^', '[', '%7e', '~', '%E2%80%A8'],
)

test('[asvs 1.5.3] canonical path: agrees with new URL() on everything it accepts', () => {
  let accepts = 0
  const pieces = fc.array(piece, { maxLength: 8 }).map((all) => `/${all.join('')}`)
  const property = fc.property(fc.oneof(pieces, fc.webPath({ size: 'small' })), (target) => {
    const parsed = parseTarget(target)
    if (typeof parsed === 'string') return
    accepts += 1
    const url = new URL(`http://site.example${target}`)
    assert.equal(decodeURIComponent(url.pathname), parsed.path)
    assert.equal(url.host, 'site.example')
    assert.equal(url.hash, '')
    // A second reading of the canonical path, encoded anew, finds the same path.
    assert.equal(pathOf(parsed.path.split('/').map(encodeURIComponent).join('/')), parsed.path)
    assert.doesNotMatch(parsed.path, /\/\/|\\|(?:^|\/)\.{1,2}(?:\/|$)/)
  })
  fc.assert(property, { numRuns: 10_000 })
  assert.ok(accepts > 1_000, `only ${accepts} targets were accepted`)
})

test('canonical path: never throws', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      assert.ok(parseTarget(`/${text}`))
    }),
    { numRuns: 5_000 },
  )
})
