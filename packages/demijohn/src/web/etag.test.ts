import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codedEtag, etagOf, matchesEtag, parseEntityTags } from './etag.ts'

const cases = [
  ['"a"', true],
  ['W/"a"', true],
  ['*', true],
  ['"b", "a"', true],
  ['"b" ,\t"c",W/"a"', true],
  ['"b,", "a"', true],
  [undefined, false],
  ['', false],
  ['"b"', false],
  ['a', false],
  ['"A"', false],
  ['w/"a"', false],
  ['"b, "a"', false],
  ['"a" "b"', false],
  ['"b", *', false],
  ['"aa"', false],
  // Malformed after a member that names it: the whole list says nothing.
  ['"a", x', false],
] as const

for (const [header, want] of cases) {
  test(`etag: ${header} ${want ? 'names' : 'does not name'} "a"`, () => {
    assert.equal(matchesEtag(header, '"a"'), want)
    // Weak comparison (RFC 9110 section 8.8.3.2): which side is weak makes no difference.
    assert.equal(matchesEtag(header, 'W/"a"'), want)
  })
}

test('etag: each coding has a strong tag of its own, and none names another (RFC 9110 section 8.8.3.3)', () => {
  const codings = ['identity', 'gzip', 'br'] as const
  const tags = codings.map((coding) => codedEtag('"a1"', coding))
  assert.equal(new Set(tags).size, codings.length)
  assert.equal(tags[0], '"a1"')
  for (const tag of tags) {
    assert.match(tag, /^"[\x21\x23-\x7e]+"$/)
    for (const other of tags) assert.equal(matchesEtag(other, tag), other === tag)
  }
})

test('etag: a list is read with what is weak in it, and nothing else is read', () => {
  assert.equal(parseEntityTags('*'), '*')
  assert.deepEqual(parseEntityTags('"a" , W/"b"'), [
    { opaque: '"a"', isWeak: false },
    { opaque: '"b"', isWeak: true },
  ])
  for (const field of ['', ' ', '*, "a"', '**', 'a', '"a', "'a'", '"a" "b"', ', "a"', 'w/"a"']) {
    assert.equal(parseEntityTags(field), undefined, field)
  }
})

test('etag: of a version is strong, the same each time, another for another, and shows nothing of it', () => {
  const versions = ['', '1', '2', '01', 'post 7 of ann@site.example', '\u00e9', 'e\u0301']
  const tags = versions.map(etagOf)
  assert.deepEqual(versions.map(etagOf), tags)
  assert.equal(new Set(tags).size, versions.length)
  for (const tag of tags) assert.match(tag, /^"[A-Za-z0-9_-]{22}"$/)
  // SHA-256 of nothing, as FIPS 180-4 has it: e3b0c442 98fc1c14 9afbf4c8 996fb924 …
  const known = Buffer.from('e3b0c44298fc1c149afbf4c8996fb924', 'hex').toString('base64url')
  assert.equal(etagOf('').slice(1, 22), known.slice(0, 21))
})
