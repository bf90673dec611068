/** The JOSE cookbook (RFC 7520 and its later chapters): what is supported is taken, the rest is listed. */
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { algorithmNamed, signatureOf } from '../../src/defences/tokens/algorithms.ts'
import { readVerificationKey } from '../../src/defences/tokens/jwk.ts'
import { verifyCompact } from '../../src/defences/tokens/jws.ts'
import { keyOfSet } from '../../src/defences/tokens/keySet.ts'
import { readSigningKey } from '../../src/defences/tokens/signingKey.ts'

const folder = new URL('../../../../../shared/reference/corpora/jose-cookbook/', import.meta.url)
const missing = existsSync(folder) ? false : 'the outside corpora are not here'
const skip = process.env.CI === 'true' ? false : missing

type Sample = {
  readonly reproducible?: boolean
  readonly input: {
    readonly payload: string
    readonly key: Readonly<Record<string, string>>
    readonly alg: string
  }
  readonly signing: { readonly 'sig-input': string; readonly sig: string }
  readonly output: {
    readonly compact?: string
    readonly json: unknown
    readonly json_flat: unknown
  }
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, folder), 'utf8'))
}
// The file is outside data; what is missing of it makes a test fail.
const sampleOf = (path: string): Sample => readJson(path) as Sample

const signatures = [
  'jws/4_1.rsa_v15_signature.json',
  'jws/4_2.rsa-pss_signature.json',
  'jws/4_3.ecdsa_signature.json',
  'jws/4_4.hmac-sha2_integrity_protection.json',
  'curve25519/jws.json',
]

/** What is not supported, and why; the text of each is refused. */
const unsupported: Readonly<Record<string, string>> = {
  'jws/4_5.signature_with_detached_content.json': 'a token carries its own payload',
  'jws/4_6.protecting_specific_header_fields.json': 'a header that is not signed says nothing',
  'jws/4_7.protecting_content_only.json': 'a header that is not signed says nothing',
  'jws/4_8.multiple_signatures.json': 'a token has one signature and one meaning',
  'rfc7797/4.2.hmac-sha2_b64_false.json': 'a payload that is not encoded is another syntax (b64)',
  'rfc7797/hmac-sha2_b64_false.json': 'a payload that is not encoded is another syntax (b64)',
}

/** Keys of the cookbook: the algorithm they are read for, and what is said of them. */
const keys: Readonly<Record<string, { readonly alg: string; readonly verdict: string }>> = {
  'jwk/3_1.ec_public_key.json': { alg: 'ES512', verdict: 'taken' },
  'jwk/3_2.ec_private_key.json': { alg: 'ES512', verdict: 'private' },
  'jwk/3_3.rsa_public_key.json': { alg: 'RS256', verdict: 'taken' },
  'jwk/3_4.rsa_private_key.json': { alg: 'RS256', verdict: 'private' },
  'jwk/3_5.symmetric_key_mac_computation.json': { alg: 'HS256', verdict: 'taken' },
  'jwk/3_6.symmetric_key_encryption.json': { alg: 'HS256', verdict: 'algorithm' },
}
/** A key agreement and no signature: there is no encryption of tokens here. */
const encryption = 'curve25519/ecdh-es.json'

function algorithmOf(name: string) {
  const algorithm = algorithmNamed(name)
  assert.ok(algorithm !== undefined, name)
  return algorithm
}

/** The key's public half, bound to the algorithm of the sample. */
function keyOf({ input }: Sample) {
  const { kty, kid, crv, x, y, n, e, k } = input.key
  const jwk = kty === 'oct' ? { kty, kid, k } : { kty, kid, crv, x, y, n, e }
  const half = Object.fromEntries(Object.entries(jwk).filter(([, value]) => value !== undefined))
  const read = readVerificationKey(half, { allowed: [algorithmOf(input.alg)] })
  assert.ok(read.ok)
  return keyOfSet([read.key])
}

test('cookbook: every file is taken, refused or listed', { skip }, () => {
  const files = globSync('**/*.json', { cwd: fileURLToPath(folder) }).sort()
  assert.ok(files.length > 15)
  const known = [...signatures, ...Object.keys(unsupported), ...Object.keys(keys), encryption]
  assert.deepEqual(files, known.sort())
})

for (const path of signatures) {
  test(`cookbook: ${path}: taken, and the payload is the one that was signed`, { skip }, () => {
    const sample = sampleOf(path)
    const verdict = verifyCompact(sample.output.compact ?? '', {
      keyOf: keyOf(sample),
      typ: undefined,
    })
    assert.ok(verdict.ok)
    assert.equal(verdict.payload.toString('utf8'), sample.input.payload)
    for (const json of [sample.output.json, sample.output.json_flat]) {
      const options = { keyOf: keyOf(sample), typ: undefined }
      assert.equal(verifyCompact(JSON.stringify(json), options).ok, false)
    }
  })

  test(`cookbook: ${path}: signed again it gets the same signature, or one that holds`, {
    skip,
  }, () => {
    const sample = sampleOf(path)
    const allowed = [algorithmOf(sample.input.alg)]
    const read = readSigningKey({ kid: 'a', ...sample.input.key }, { allowed })
    assert.ok(read.ok)
    const signed = sample.signing['sig-input']
    const signature = signatureOf(read.key, Buffer.from(signed)).toString('base64url')
    if (sample.reproducible === true) assert.equal(signature, sample.signing.sig)
    const options = { keyOf: keyOf(sample), typ: undefined }
    assert.equal(verifyCompact(`${signed}.${signature}`, options).ok, true)
  })
}

for (const [path, because] of Object.entries(unsupported)) {
  test(`cookbook: ${path}: refused, for ${because}`, { skip }, () => {
    const sample = sampleOf(path)
    const { kty, k } = Array.isArray(sample.input.key) ? sample.input.key[2] : sample.input.key
    const read = readVerificationKey({ kty, k }, { allowed: ['HS256'] })
    assert.ok(read.ok)
    const { key } = read
    const texts = [sample.output.json, sample.output.json_flat]
      .filter((one) => one !== undefined)
      .map((one) => JSON.stringify(one))
    if (sample.output.compact !== undefined) texts.push(sample.output.compact)
    assert.ok(texts.length > 0)
    for (const text of texts) {
      // Whatever key the header names, it gets the right one.
      assert.equal(verifyCompact(text, { keyOf: () => key, typ: undefined }).ok, false)
    }
  })
}

for (const [path, { alg, verdict }] of Object.entries(keys)) {
  test(`cookbook: ${path}: as a key that verifies: ${verdict}`, { skip }, () => {
    const read = readVerificationKey(readJson(path), { allowed: [algorithmOf(alg)] })
    assert.equal(read.ok ? 'taken' : read.problem, verdict)
  })
}

test('cookbook: an encrypted text is no token, and its key no key that verifies', { skip }, () => {
  const sample = sampleOf(encryption)
  assert.equal(algorithmNamed(sample.input.alg), undefined)
  const read = readVerificationKey(sample.input.key, { allowed: ['EdDSA'] })
  assert.deepEqual(read, { ok: false, problem: 'algorithm' })
  const options = { keyOf: () => undefined, typ: undefined }
  const verdict = verifyCompact(sample.output.compact ?? '', options)
  assert.deepEqual(verdict, { ok: false, problem: 'parts' })
})
