import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import test from 'node:test'
import fc from 'fast-check'
import { systemRandom } from '../../core/bytes.ts'
import { newRecoveryCodes, recoveryCodeId } from './recoveryCodes.ts'

/** "foobarfoobarfoo" in base32, by coreutils' `basenc --base32`. */
const code = 'MZXW-6YTB-OJTG-633C-MFZG-M33P'
const id = createHash('sha256').update('foobarfoobarfoo').digest('hex')

test('[asvs 6.5.2] a code of 120 bits is kept as their SHA-256', () => {
  assert.equal(recoveryCodeId(code), id)
})

test('[asvs 6.5.3] [asvs 6.5.4] ten codes, each of 120 bits of the given generator', () => {
  const asked: number[] = []
  const made = newRecoveryCodes((length) => {
    asked.push(length)
    return Buffer.from('foobarfoobarfoo')
  })
  assert.deepEqual(
    made,
    Array.from({ length: 10 }, () => code),
  )
  assert.deepEqual(
    asked,
    Array.from({ length: 10 }, () => 15),
  )
  const many = Array.from({ length: 200 }, () => newRecoveryCodes(systemRandom)).flat()
  assert.equal(new Set(many.map(recoveryCodeId)).size, 2000)
  for (const one of many) assert.match(one, /^(?:[A-Z2-7]{4}-){5}[A-Z2-7]{4}$/)
})

const typed = [
  code.toLowerCase(),
  code.replaceAll('-', ''),
  code.replaceAll('-', ' '),
  code.replaceAll('-', '\u2013'),
  ` ${code}\t\n`,
  [...code].join(' '),
]
for (const text of typed) {
  test(`recovery codes: ${JSON.stringify(text)} is the same code`, () => {
    assert.equal(recoveryCodeId(text), id)
  })
}

test('recovery codes: 0, 1 and 8, which no code has, are read as what they look like', () => {
  const shown = 'OOOO-IIII-BBBB-OIBO-IBOI-BOIB'
  const read = recoveryCodeId(shown)
  assert.notEqual(read, undefined)
  assert.equal(recoveryCodeId('0000-1111-8888-0180-1801-8018'), read)
  assert.equal(recoveryCodeId('o0O0 1i1I b8b8 oi80 1B0i 801b'), read)
})

test('recovery codes: every letter and digit that codes have stays what it is', () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const ids = [...alphabet].map((character) => recoveryCodeId(character.repeat(24)))
  assert.equal(new Set(ids).size, 32)
  assert.equal(ids.includes(undefined), false)
})

const wrong = [
  '',
  '-',
  code.slice(0, -1),
  `${code}A`,
  `${code}-${code}`,
  code.replace('M', '9'),
  code.replace('M', 'Ｍ'),
  code.replace('M', '='),
  '123456',
  'A'.repeat(100_000),
]
for (const text of wrong) {
  test(`recovery codes: ${JSON.stringify(text).slice(0, 36)} is none`, () => {
    assert.equal(recoveryCodeId(text), undefined)
  })
}

test('recovery codes: whatever is typed, nothing throws', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (typed) => {
      const known = recoveryCodeId(typed)
      if (known !== undefined) assert.match(known, /^[0-9a-f]{64}$/)
    }),
  )
})
