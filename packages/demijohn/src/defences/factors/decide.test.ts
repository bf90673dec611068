import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { decideCode } from './decide.ts'
import { hotp } from './oneTimeCodes.ts'

const secret = Buffer.from('12345678901234567890')
/** RFC 6238 appendix B: at 59 seconds the step is 1; RFC 4226 appendix D has the codes. */
const now = 59_000
const codes = ['755224', '287082', '359152', '969429'] as const
const facts = { secret, now, lastStep: null }

const taken = [
  { name: 'of this step', typed: codes[1], step: 1 },
  { name: 'of the step before', typed: codes[0], step: 0 },
  { name: 'of the step after', typed: codes[2], step: 2 },
  { name: 'as apps show it', typed: ' 287 082 ', step: 1 },
  { name: 'with a hyphen', typed: '287-082', step: 1 },
  { name: 'with a blank that does not break', typed: '287\u00a0082', step: 1 },
]
for (const { name, typed, step } of taken) {
  test(`codes: one ${name} is taken`, () => {
    assert.deepEqual(decideCode({ ...facts, typed }), { allowed: true, step })
  })
}

const wrong = { allowed: false, reason: 'wrong' }
const refusedOnes = [
  '',
  ' ',
  '287083',
  '28708',
  '2870820',
  '0287082',
  '+287082',
  '28708２',
  '٢٨٧٠٨٢',
  '287082\n',
  '2.87082e5',
  '0x2870',
  '-',
  'abcdef',
  '1'.repeat(10_000),
]
for (const typed of refusedOnes) {
  test(`codes: ${JSON.stringify(typed).slice(0, 20)} is no code`, () => {
    assert.deepEqual(decideCode({ ...facts, typed }), wrong)
  })
}

test('[asvs 6.5.8] a code counts by the given time: its step and one to either side', () => {
  for (let seconds = 0; seconds < 300; seconds += 1) {
    const step = Math.floor(seconds / 30)
    for (const [code, typed] of codes.entries()) {
      const decision = decideCode({ ...facts, now: seconds * 1000, typed })
      assert.equal(decision.allowed, Math.abs(code - step) <= 1, `code ${code} at ${seconds} s`)
    }
  }
})

test('[asvs 6.5.1] of a step that was taken, and of those before it, no code counts again', () => {
  const used = { allowed: false, reason: 'used' }
  for (const lastStep of [0, 1, 2, 3]) {
    for (const step of [0, 1, 2] as const) {
      const decision = decideCode({ ...facts, lastStep, typed: codes[step] })
      assert.deepEqual(decision, step > lastStep ? { allowed: true, step } : used)
    }
  }
})

test('codes: where two steps have the same code, the later one is used up', () => {
  // The first two such steps of this secret, found by trying.
  const step = 910_737
  const typed = '911617'
  assert.deepEqual([hotp(secret, step), hotp(secret, step + 1)], [typed, typed])
  const decision = decideCode({ ...facts, now: step * 30_000, typed })
  assert.deepEqual(decision, { allowed: true, step: step + 1 })
})

test('codes: another secret, and no secret, take none of them', () => {
  for (const other of [Buffer.from('12345678901234567891'), Buffer.alloc(20)]) {
    for (const typed of codes) {
      assert.deepEqual(decideCode({ ...facts, secret: other, typed }), wrong)
    }
  }
})

test('codes: a secret that is short, or none, takes no code and throws', () => {
  for (const length of [0, 1, 15]) {
    const short = Buffer.alloc(length)
    const typed = hotp(short, 1)
    assert.throws(() => decideCode({ ...facts, secret: short, typed }), RangeError)
  }
  assert.equal(decideCode({ ...facts, secret: Buffer.alloc(16), typed: '' }).allowed, false)
})

test('codes: whatever is typed, nothing throws, and only the digits of a code are one', () => {
  const digits = new Set<string>(codes.slice(0, 3))
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (typed) => {
      const { allowed } = decideCode({ ...facts, typed })
      assert.equal(allowed, digits.has(typed.replace(/[ \u00a0-]/g, '')))
    }),
  )
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999_999 }), (number) => {
      const typed = String(number).padStart(6, '0')
      assert.equal(decideCode({ ...facts, typed }).allowed, digits.has(typed))
    }),
  )
})
