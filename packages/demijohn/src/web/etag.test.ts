import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codedEtag, matchesEtag } from './etag.ts'

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
