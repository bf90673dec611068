import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { systemRandom } from './bytes.ts'
import { seal, unseal } from './seal.ts'

const key = Buffer.alloc(32, 7)
const other = Buffer.alloc(32, 8)

test('[asvs 11.3.2] seal: AES-256-GCM, test case 16 of its specification, opens', () => {
  // McGrew and Viega, The Galois/Counter Mode of Operation, appendix B.
  const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
  const knownKey = hex('feffe9928665731c6d6a8f9467308308 feffe9928665731c6d6a8f9467308308')
  // Test case 15: the same key and nonce without associated data.
  const nonce = hex('cafebabefacedbaddecaf888')
  const content = hex(
    '522dc1f099567d07f47f37a32a84427d 643a8cdcbfe5c0c97598a2bd2555d1aa 8cb08e48590dbb3da7b08b1056828838 c5f61e6393ba7a0abcc9f662898015ad',
  )
  const plain = hex(
    'd9313225f88406e5a55909c5aff5269a 86a7a9531534f7da2e4c303d8a318a72 1c3c0c95956809532fcf0e2449a6b525 b16aedf5aa0de657ba637b391aafd255',
  ).toString('utf8')
  const tag = hex('b094dac5d93471bdec1a502270e3cc6c')
  const sealed = Buffer.concat([nonce, tag, content]).toString('base64url')
  assert.equal(unseal([knownKey], { id: '', sealed }), plain)
})

test('seal: what was sealed opens under its id, with any of the keys, and is not to be read', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const sealed = seal([key], systemRandom, { id: 'a', text })
      const back = Buffer.from(text, 'utf8').toString('utf8')
      assert.equal(unseal([key], { id: 'a', sealed }), back)
      assert.equal(unseal([other, key], { id: 'a', sealed }), back)
      assert.equal(unseal([other], { id: 'a', sealed }), undefined)
      assert.equal(unseal([key], { id: 'b', sealed }), undefined)
    }),
  )
  const sealed = seal([key], systemRandom, { id: 'a', text: 'secret-of-the-link' })
  assert.equal(Buffer.from(sealed, 'base64url').includes('secret'), false)
  assert.notEqual(sealed, seal([key], systemRandom, { id: 'a', text: 'secret-of-the-link' }))
})

test('seal: a changed or cut text does not open', () => {
  const sealed = seal([key], systemRandom, { id: 'a', text: 'x' })
  const bytes = Buffer.from(sealed, 'base64url')
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ 1
    assert.equal(unseal([key], { id: 'a', sealed: changed.toString('base64url') }), undefined)
    const cut = bytes.subarray(0, at).toString('base64url')
    assert.equal(unseal([key], { id: 'a', sealed: cut }), undefined)
  }
})

test('seal: without a key nothing is sealed', () => {
  assert.throws(() => seal([], systemRandom, { id: 'a', text: 'x' }), RangeError)
})
