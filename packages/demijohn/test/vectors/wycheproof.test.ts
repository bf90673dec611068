/**
 * The JOSE vectors of Project Wycheproof: 401 signatures and 26 keys, most of them attacks that some
 * library fell for. The key of a group is read alone, which binds it to its algorithm, and judges.
 */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { algorithms } from '../../src/defences/tokens/algorithms.ts'
import { verifyCompact } from '../../src/defences/tokens/jws.ts'
import { readKeySet } from '../../src/defences/tokens/keySet.ts'

const folder = new URL('../../../../../shared/reference/corpora/jose-wycheproof/', import.meta.url)
const missing = existsSync(folder) ? false : 'the outside corpora are not here'
const skip = process.env.CI === 'true' ? false : missing

type Case = {
  readonly tcId: number
  readonly comment: string
  readonly jws: string
  readonly result: 'valid' | 'invalid'
}
type Group = {
  readonly comment: string
  readonly public?: unknown
  readonly private: unknown
  readonly tests: readonly Case[]
}

function read(name: string): readonly Group[] {
  const file: { readonly numberOfTests: number; readonly testGroups: readonly Group[] } =
    JSON.parse(readFileSync(new URL(name, folder), 'utf8'))
  const cases = file.testGroups.flatMap(({ tests }) => tests)
  assert.equal(cases.length, file.numberOfTests)
  return file.testGroups
}

/** Marked valid, and refused here, with the reason. */
const debatable: Readonly<Record<number, { readonly because: string; readonly verdict: string }>> =
  {
    346: { because: 'the key says PS256, the token PS384', verdict: 'key-unknown' },
    347: { because: 'the key says ES521, which is no algorithm', verdict: 'none-usable' },
    350: { because: 'the key says PS256, the token PS384', verdict: 'key-unknown' },
    351: { because: 'the key says ES521, which is no algorithm', verdict: 'none-usable' },
    372: { because: 'the header has a character that base64url has not', verdict: 'encoding' },
    373: { because: 'the payload has a character that base64url has not', verdict: 'encoding' },
  }

/**
 * Marked invalid for padding that is not there: byte for byte they are case 357, which is valid
 * (C2SP/wycheproof issue 236). What they mean to try is tried below.
 */
const sameAs357 = new Set([367, 370])

function judge(jwks: unknown, jws: string): string {
  const set = readKeySet(jwks, { allowed: algorithms })
  if (!set.ok) return set.problem
  const verdict = verifyCompact(jws, { keyOf: set.keyOf, typ: undefined })
  return verdict.ok ? 'valid' : verdict.problem
}

function caseOf(tcId: number): { readonly jwks: unknown; readonly jws: string } {
  for (const group of read('json_web_signature_test.json')) {
    const found = group.tests.find((one) => one.tcId === tcId)
    if (found !== undefined) {
      return { jwks: { keys: [group.public ?? group.private] }, jws: found.jws }
    }
  }
  throw new TypeError(`there is no case ${tcId}`)
}

test('wycheproof: two cases are mislabelled; with the padding that they speak of they are refused', {
  skip,
}, () => {
  const { jwks, jws } = caseOf(357)
  for (const tcId of sameAs357) assert.equal(caseOf(tcId).jws, jws)
  assert.equal(judge(jwks, jws), 'valid')
  const parts = jws.split('.')
  for (const at of parts.keys()) {
    for (const padding of ['=', '==', '===', '%3D', '%3d%3d', '\n', '\r\n', ' ', '\0']) {
      const padded = parts.map((part, one) => (one === at ? part + padding : part)).join('.')
      assert.equal(judge(jwks, padded), 'encoding', JSON.stringify(padded))
    }
  }
})

test('[asvs 9.1.1] wycheproof: every signature gets the verdict of the file, or stands in the list', {
  skip,
}, () => {
  let [valid, invalid] = [0, 0]
  for (const group of read('json_web_signature_test.json')) {
    const jwks = { keys: [group.public ?? group.private] }
    for (const { tcId, comment, jws, result } of group.tests) {
      const verdict = judge(jwks, jws)
      const listed = debatable[tcId]
      if (listed !== undefined) {
        assert.deepEqual([result, verdict], ['valid', listed.verdict], `${tcId}`)
      } else {
        const expected = result === 'valid' || sameAs357.has(tcId)
        assert.equal(verdict === 'valid', expected, `${tcId} ${comment}: ${verdict}`)
      }
      if (verdict === 'valid') valid += 1
      else invalid += 1
    }
  }
  assert.deepEqual([valid, invalid], [42, 359])
})

/** What is wrong with each key or set, by the number of its case. */
const keyVerdicts: Readonly<Record<number, string>> = {
  1: 'mixed',
  3: 'signature',
  4: 'duplicate-key-id',
}

test('[asvs 9.1.2] wycheproof: every key and key set gets the verdict of the file', {
  skip,
}, () => {
  let [valid, invalid] = [0, 0]
  for (const group of read('json_web_key_test.json')) {
    for (const { tcId, comment, jws, result } of group.tests) {
      const verdict = judge(group.public ?? group.private, jws)
      const expected = result === 'valid' ? 'valid' : (keyVerdicts[tcId] ?? 'none-usable')
      assert.equal(verdict, expected, `${tcId} ${comment}`)
      if (verdict === 'valid') valid += 1
      else invalid += 1
    }
  }
  assert.deepEqual([valid, invalid], [5, 21])
})

test('[asvs 9.1.3] wycheproof: the private halves of public keys are no key set for verifying', {
  skip,
}, () => {
  let refused = 0
  for (const group of read('json_web_key_test.json')) {
    if (group.public === undefined) continue
    refused += 1
    for (const { jws } of group.tests) assert.notEqual(judge(group.private, jws), 'valid')
  }
  assert.ok(refused > 5)
})
