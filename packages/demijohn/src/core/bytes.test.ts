import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { constantTimeEqual, isSecretShape, randomSecret, sha256Hex, systemRandom } from './bytes.ts'

test('[asvs 11.5.1] bytes: a secret has 256 bits, and no two are alike', () => {
  const secrets = new Set(Array.from({ length: 20_000 }, () => randomSecret()))
  assert.equal(secrets.size, 20_000)
  for (const secret of secrets) {
    assert.match(secret, /^[A-Za-z0-9_-]{43}$/)
    assert.equal(Buffer.from(secret, 'base64url').length, 32)
  }
})

test('bytes: no stretch is handed out twice, whatever is asked for in between', () => {
  const seen = new Set<string>()
  for (let round = 0; round < 2_000; round += 1) {
    const hex = systemRandom(8 + (round % 40)).toString('hex')
    // Eight bytes are enough to tell: two equal by chance once in 2^42 runs of this.
    for (let at = 0; at + 16 <= hex.length; at += 16) {
      const part = hex.slice(at, at + 16)
      assert.equal(seen.has(part), false)
      seen.add(part)
    }
  }
})

test('bytes: what was handed out is its own memory, and as long as asked for', () => {
  for (const length of [0, 1, 16, 32, 2047, 2048, 2049, 8192, 20_000]) {
    const first = systemRandom(length)
    const copy = Buffer.from(first)
    systemRandom(length).fill(7)
    assert.equal(first.length, length)
    assert.deepEqual(first, copy)
  }
})

test('bytes: every bit of a byte comes up', () => {
  let ones = 0
  let zeros = 0
  for (const byte of systemRandom(1_000)) {
    ones |= byte
    zeros |= ~byte & 0xff
  }
  assert.equal(ones, 0xff)
  assert.equal(zeros, 0xff)
})

test('bytes: SHA-256 of FIPS 180-2 appendix B.1', () => {
  assert.equal(sha256Hex('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  const text = 'ä€𝄞'
  assert.equal(
    sha256Hex(text),
    createHash('sha256').update(Buffer.from(text, 'utf8')).digest('hex'),
  )
})

test('[asvs 11.2.4] bytes: equal means the same bytes; unequal lengths are unequal, not an error', () => {
  const bytes = fc.uint8Array({ maxLength: 40 })
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      assert.equal(constantTimeEqual(a, b), Buffer.compare(a, b) === 0)
      assert.equal(constantTimeEqual(a, Uint8Array.from(a)), true)
    }),
  )
  assert.equal(constantTimeEqual(new Uint8Array(0), new Uint8Array(1)), false)
})

test('bytes: only 43 characters of base64url have the shape of a secret', () => {
  assert.equal(isSecretShape(randomSecret()), true)
  for (const text of [
    '',
    'a'.repeat(42),
    'a'.repeat(44),
    `${'a'.repeat(42)}=`,
    `${'a'.repeat(42)}+`,
    `${'a'.repeat(42)}/`,
    `${'a'.repeat(43)}\n`,
  ]) {
    assert.equal(isSecretShape(text), false, JSON.stringify(text))
  }
})
