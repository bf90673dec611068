import assert from 'node:assert/strict'
import test from 'node:test'
import { systemRandom } from '../../core/bytes.ts'
import { hotp, newTotpSecret, timeStep, totp } from './oneTimeCodes.ts'

const seed = '1234567890'
const key20 = Buffer.from(seed.repeat(2))

/** RFC 4226 appendix D: counts 0 to 9. */
const counted = [
  '755224 287082 359152 969429 338314',
  '254676 287922 162583 399871 520489',
].flatMap((line) => line.split(' '))

test('hotp: the values of RFC 4226 appendix D', () => {
  assert.equal(counted.length, 10)
  assert.deepEqual(
    counted.map((_, count) => hotp(key20, count)),
    counted,
  )
})

/** RFC 6238 appendix B, with the seeds of its errata: as long as the digest of each algorithm. */
const keys = {
  sha1: key20,
  sha256: Buffer.from(`${seed.repeat(3)}12`),
  sha512: Buffer.from(`${seed.repeat(6)}1234`),
}
const timed = [
  [59, '94287082', '46119246', '90693936'],
  [1_111_111_109, '07081804', '68084774', '25091201'],
  [1_111_111_111, '14050471', '67062674', '99943326'],
  [1_234_567_890, '89005924', '91819424', '93441116'],
  [2_000_000_000, '69279037', '90698825', '38618901'],
  [20_000_000_000, '65353130', '77737706', '47863826'],
] as const

for (const [seconds, ...expected] of timed) {
  for (const [at, algorithm] of (['sha1', 'sha256', 'sha512'] as const).entries()) {
    test(`totp: ${algorithm} at ${seconds} seconds, RFC 6238 appendix B`, () => {
      const code = totp(keys[algorithm], seconds * 1000, { algorithm, digits: 8 })
      assert.equal(code, expected[at])
    })
  }
}

test('totp: steps are of 30 seconds from 1970 on', () => {
  assert.deepEqual(
    [0, 29_999, 30_000, 59_999, 60_000].map((now) => timeStep(now)),
    [0, 0, 1, 1, 2],
  )
})

test('hotp: what is no counter throws', () => {
  for (const counter of [-1, 0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY]) {
    assert.throws(() => hotp(key20, counter), RangeError)
  }
})

test('[asvs 6.5.3] a secret is 160 bits of the generator that it is given', () => {
  const asked: number[] = []
  const secret = newTotpSecret((length) => {
    asked.push(length)
    return Buffer.alloc(length, 7)
  })
  assert.deepEqual([asked, secret.length], [[20], 20])
  const made = new Set(
    Array.from({ length: 1000 }, () => newTotpSecret(systemRandom).toString('hex')),
  )
  assert.equal(made.size, 1000)
})
