import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseLocalPath } from './localPath.ts'

const accepted = ['/', '/posts', '/posts/?page=2', '/a?next=//evil.example/', '/a#b', '/a?b#c?d/..']

for (const path of accepted) {
  test(`local path: ${path} is taken as it is`, () => assert.equal(parseLocalPath(path), path))
}

const hosts = [
  'evil.example',
  'evil.example/',
  'evil.example:443',
  'user@evil.example',
  '@evil.example',
]
const slashes = [
  '//',
  '/\\',
  '\\/',
  '\\\\',
  '///',
  '/\\/',
  '//\\',
  '/%2f',
  '/%5c',
  '/%2F/',
  '/.//',
  '/..//',
]
const schemes = ['http:', 'https:', 'HTTPS:', 'javascript:', 'data:', 'ftp:', 'x:']

test('[asvs 1.2.2] local path: nothing that points to another host is taken', () => {
  let count = 0
  for (const host of hosts) {
    for (const lead of slashes) {
      for (const scheme of ['', ...schemes]) {
        assert.equal(parseLocalPath(scheme + lead + host), undefined, scheme + lead + host)
        count += 1
      }
    }
    assert.equal(parseLocalPath(host), undefined)
  }
  assert.ok(count >= 400)
})

test('local path: what browsers strip or split at is refused wherever it stands', () => {
  for (const code of [
    ...Array(0x21).keys(),
    0x5c,
    0x7f,
    0x85,
    0xa0,
    0x2028,
    0x3002,
    0xff0f,
    0xff3c,
  ]) {
    const odd = String.fromCharCode(code)
    for (const path of [
      `${odd}/a`,
      `/${odd}/evil.example`,
      `/${odd}evil.example`,
      `/a${odd}`,
      `/a#${odd}`,
    ]) {
      assert.equal(parseLocalPath(path), undefined, JSON.stringify(path))
    }
  }
})

for (const path of [
  '',
  'a',
  '.',
  '..',
  '?a',
  '#a',
  './a',
  '../a',
  '/../a',
  '/a/./b',
  '/%2e%2e/a',
]) {
  test(`local path: ${JSON.stringify(path)} is refused`, () => {
    assert.equal(parseLocalPath(path), undefined)
  })
}

test('local path: 8,192 characters are the most', () => {
  assert.ok(parseLocalPath(`/#${'a'.repeat(8_190)}`))
  assert.equal(parseLocalPath(`/#${'a'.repeat(8_191)}`), undefined)
})

const bases = [
  'https://origin.example',
  'https://origin.example:8443/deep/path?query#hash',
  'http://127.0.0.1:8080/a/',
  'http://[::1]/x',
]
const piece = fc.constantFrom(
  ...[
    '/',
    '\\',
    '//',
    '@',
    ':',
    '.',
    '..',
    '?',
    '#',
    '\t',
    '\n',
    '\r',
    ' ',
    '%2f',
    '%5c',
    '%09',
    '%00',
  ],
  ...[
    'evil.example',
    'http:',
    'javascript:',
    'a',
    '[::1]',
    '\u3002',
    '\uff0f',
    '%E3%80%82',
    ';',
    '*',
  ],
)

test('local path: whatever is taken stays on the origin of any base', () => {
  let taken = 0
  const built = fc.array(piece, { maxLength: 7 }).map((all) => all.join(''))
  const led = built.map((text) => `/${text}`)
  const any = fc.string({ unit: 'binary', maxLength: 20 }).map((text) => `/${text}`)
  const property = fc.property(fc.oneof(built, led, any, fc.webPath(), fc.webUrl()), (input) => {
    const path = parseLocalPath(input)
    if (path === undefined) return
    taken += 1
    for (const base of bases) {
      const url = new URL(path, base)
      assert.equal(url.origin, new URL(base).origin)
      // Resolving what came out again changes nothing: no second reading leaves the origin either.
      assert.equal(new URL(url.pathname + url.search, base).origin, url.origin)
      assert.equal(new URL(url.pathname + url.search, base).pathname, url.pathname)
    }
  })
  fc.assert(property, { numRuns: 20_000 })
  assert.ok(taken > 1_000, `only ${taken} inputs were taken`)
})
