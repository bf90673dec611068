import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { createOpaqueToken, parseOpaqueToken } from './opaque.ts'

const pat = { prefix: 'press', kind: 'pat' }
const bytes = (value: bigint) => () => Buffer.from(value.toString(16).padStart(64, '0'), 'hex')

test('opaque tokens: shape, checksum and hash are those of the description', () => {
  const { text, hash } = createOpaqueToken(pat, bytes(62n ** 3n + 61n))
  const start = `press_pat_${'0'.repeat(39)}100z`
  assert.equal(text.slice(0, -6), start)
  const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  const checksum = [...text.slice(-6)].reduce((sum, one) => sum * 62 + alphabet.indexOf(one), 0)
  assert.equal(checksum, crc32(start))
  assert.equal(hash, createHash('sha256').update(text).digest('hex'))
  assert.deepEqual(parseOpaqueToken(text, 'press'), { kind: 'pat', hash })
})

test('opaque tokens: 256 bits make 43 characters, all of them', () => {
  const texts = new Set<string>()
  for (let bit = 0n; bit < 256n; bit += 1n) texts.add(createOpaqueToken(pat, bytes(1n << bit)).text)
  texts.add(createOpaqueToken(pat, bytes(2n ** 256n - 1n)).text)
  assert.equal(texts.size, 257)
  for (const text of texts) assert.match(text, /^press_pat_[0-9A-Za-z]{49}$/)
})

test('opaque tokens: what is made is read, and another prefix does not read it', () => {
  const random = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((one) => Buffer.from(one))
  fc.assert(
    fc.property(random, fc.stringMatching(/^[a-z]{2,8}$/), (secret, kind) => {
      const { text, hash } = createOpaqueToken({ prefix: 'press', kind }, () => secret)
      assert.deepEqual(parseOpaqueToken(text, 'press'), { kind, hash })
      for (const prefix of ['pres', 'presss', 'other', 'PRESS', '']) {
        assert.equal(parseOpaqueToken(text, prefix), undefined)
      }
    }),
  )
})

test('opaque tokens: one character changed, put in or taken out is refused without a look anywhere', () => {
  const { text } = createOpaqueToken(pat)
  for (let at = 0; at < text.length; at += 1) {
    for (const other of ['0', 'A', 'z', '_', '-', ' ', '.', '\n', '\u0000', 'é', '０']) {
      const changed = text.slice(0, at) + other + text.slice(at + 1)
      if (changed !== text) assert.equal(parseOpaqueToken(changed, 'press'), undefined, changed)
      assert.equal(parseOpaqueToken(text.slice(0, at) + other + text.slice(at), 'press'), undefined)
    }
    assert.equal(parseOpaqueToken(text.slice(0, at) + text.slice(at + 1), 'press'), undefined)
  }
  for (const odd of [
    '',
    'press_',
    'press_pat_',
    `${text}${text}`,
    `${text}\n`,
    text.toUpperCase(),
    'x'.repeat(1e5),
  ]) {
    assert.equal(parseOpaqueToken(odd, 'press'), undefined)
  }
})

test('opaque tokens: a right checksum on a wrong shape is refused', () => {
  const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  const summed = (text: string): string => {
    let [sum, rest] = ['', crc32(text)]
    for (; sum.length < 6; rest = Math.floor(rest / 62)) sum = alphabet.charAt(rest % 62) + sum
    return text + sum
  }
  const secret = 'a'.repeat(43)
  assert.notEqual(parseOpaqueToken(summed(`press_pat_${secret}`), 'press'), undefined)
  const wrong = [
    `pat_${secret}a`,
    `pat_${secret.slice(1)}`,
    `PAT_${secret}`,
    `p_${secret}`,
    `_${secret}`,
  ]
  const odd = [
    `pat_x_${secret}`,
    `pat__${secret}`,
    `pat_${secret.slice(1)}-`,
    `pat_${secret.slice(1)}é`,
  ]
  for (const text of [...wrong, ...odd, `pat1_${secret}`, `pat_${secret.slice(2)}_a`, secret]) {
    assert.equal(parseOpaqueToken(summed(`press_${text}`), 'press'), undefined, text)
  }
})

test('opaque tokens: no text makes the reader throw', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((text) => `press_pat_${text}`),
      ),
      (text) => {
        assert.equal(parseOpaqueToken(text, 'press'), undefined)
      },
    ),
  )
})

test('opaque tokens: a prefix or kind that could not be read is not written', () => {
  for (const prefix of ['', 'a', 'Press', 'a_b', '1a', 'a-b', 'x'.repeat(21), 'pré']) {
    assert.throws(() => createOpaqueToken({ prefix, kind: 'pat' }), RangeError)
  }
  for (const kind of ['', 'a', 'Pat', 'p_t', 'p1', 'x'.repeat(9)]) {
    assert.throws(() => createOpaqueToken({ prefix: 'press', kind }), RangeError)
  }
})
