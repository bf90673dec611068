import assert from 'node:assert/strict'
import { createECDH, generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Algorithm, algorithms, asymmetricAlgorithms } from './algorithms.ts'
import { readVerificationKey, thumbprint } from './jwk.ts'
import { everyAlgorithm, generated, signingKey } from './keysFixture.ts'
import { generateSigningKey, readSigningKey } from './signingKey.ts'
import { isStrongEd25519, isStrongRsa } from './strength.ts'

function verdictOf(jwk: unknown, allowed: readonly Algorithm[] = algorithms): string {
  const read = readVerificationKey(jwk, { allowed })
  return read.ok ? read.key.algorithm : read.problem
}

/** What may verify: the public half, or the secret. */
function publicOf(algorithm: Algorithm): Readonly<Record<string, string>> {
  const { publicJwk, privateJwk } = generated(algorithm)
  return publicJwk ?? privateJwk
}

function without(jwk: object, ...names: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(jwk).filter(([name]) => !names.includes(name)))
}

test('keys: the thumbprint of RFC 7638 section 3.1, and of RFC 8037 appendix A.3', () => {
  const rsa = {
    kty: 'RSA',
    n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
    e: 'AQAB',
    alg: 'RS256',
    kid: '2011-04-29',
  }
  assert.equal(thumbprint(rsa), 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs')
  const ed = { crv: 'Ed25519', kty: 'OKP', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }
  assert.equal(thumbprint(ed), 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k')
  assert.equal(thumbprint({ ...ed, x: 'AA' }), undefined)
  for (const odd of [undefined, null, 'x', [], { kty: 'RSA' }, { kty: 'AKP' }, {}])
    assert.equal(thumbprint(odd), undefined)
})

for (const algorithm of everyAlgorithm) {
  test(`[asvs 9.1.2] keys: a key of ${algorithm} is bound to it, and is nothing else`, () => {
    const jwk = publicOf(algorithm)
    assert.equal(verdictOf(jwk), algorithm)
    assert.equal(verdictOf(without(jwk, 'alg'), [algorithm]), algorithm)
    for (const other of everyAlgorithm.filter((one) => one !== algorithm)) {
      assert.equal(verdictOf(jwk, [other]), 'algorithm', other)
      const verdict = verdictOf({ ...jwk, alg: other })
      const sameKind = (a: string) => a.slice(0, 2).replace('PS', 'RS')
      const fitting = sameKind(algorithm) === sameKind(other) && /^[RPH]S/.test(algorithm)
      if (fitting) assert.ok([other, 'weak'].includes(verdict), other)
      else assert.equal(verdict, 'algorithm', other)
    }
  })

  test(`keys: ${algorithm}: members of a wrong type or spelling`, () => {
    const jwk = publicOf(algorithm)
    const material = Object.keys(jwk).filter((name) => !['kid', 'alg', 'use'].includes(name))
    for (const name of material) {
      for (const wrong of [
        undefined,
        null,
        1,
        true,
        [],
        {},
        [jwk[name]],
        '',
        `${jwk[name]}=`,
        `${jwk[name]} `,
      ]) {
        const verdict = verdictOf({ ...jwk, [name]: wrong })
        const problems = ['type', 'algorithm', 'malformed', 'weak', 'not-on-curve']
        assert.ok(problems.includes(verdict), `${name} ${String(wrong)}: ${verdict}`)
      }
    }
  })
}

test('[asvs 9.1.2] keys: no key for none, in any spelling, or for what is no signature', () => {
  const names = [
    'none',
    'None',
    'NONE',
    'nOnE',
    ' none',
    '',
    'es256',
    'ES256 ',
    'RSA1_5',
    'A256GCM',
  ]
  for (const alg of [
    ...names,
    'dir',
    'ES256K',
    'ES521',
    'Ed448',
    'toString',
    '__proto__',
    1,
    null,
    ['ES256'],
  ]) {
    for (const algorithm of everyAlgorithm) {
      assert.equal(verdictOf({ ...publicOf(algorithm), alg }), 'algorithm', String(alg))
    }
  }
})

test('keys: a key that fits several algorithms and says none is refused', () => {
  const rsa = without(publicOf('RS256'), 'alg')
  assert.equal(verdictOf(rsa, ['RS256', 'PS256']), 'algorithm-ambiguous')
  assert.equal(verdictOf(rsa, ['RS256', 'ES256', 'EdDSA']), 'RS256')
  assert.equal(verdictOf(rsa, []), 'algorithm')
  assert.equal(
    verdictOf(without(publicOf('HS512'), 'alg'), ['HS256', 'HS512']),
    'algorithm-ambiguous',
  )
  assert.equal(verdictOf({ ...publicOf('EdDSA'), alg: 'Ed25519' }), 'EdDSA')
})

test('keys: made for something else is not made for this', () => {
  const jwk = publicOf('ES256')
  for (const use of ['enc', 'SIG', '', null, 1, ['sig']])
    assert.equal(verdictOf({ ...jwk, use }), 'use')
  const operations = [
    ['sign'],
    ['encrypt'],
    [],
    'verify',
    null,
    { verify: true },
    ['sign, verify'],
    ['Verify'],
  ]
  for (const key_ops of operations) assert.equal(verdictOf({ ...jwk, key_ops }), 'use')
  assert.equal(verdictOf({ ...jwk, key_ops: ['sign', 'verify'] }), 'ES256')
  assert.equal(verdictOf(without(jwk, 'use')), 'ES256')
})

for (const algorithm of asymmetricAlgorithms) {
  test(`keys: ${algorithm}: a private key does not verify, whichever of its members is there`, () => {
    assert.equal(verdictOf(generated(algorithm).privateJwk), 'private')
    for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']) {
      assert.equal(verdictOf({ ...publicOf(algorithm), [name]: '' }), 'private', name)
    }
  })
}

test('keys: no object is a key', () => {
  for (const odd of [
    undefined,
    null,
    1,
    'x',
    true,
    [],
    [publicOf('ES256')],
    () => publicOf('ES256'),
  ]) {
    assert.equal(verdictOf(odd), 'not-an-object')
  }
  for (const kid of ['', 1, null, {}, 'a\u0000b', 'x'.repeat(256)]) {
    assert.equal(verdictOf({ ...publicOf('ES256'), kid }), 'key-id')
  }
})

test('keys: secrets of HMAC are as long as the hash (RFC 7518 section 3.2), and never empty', () => {
  for (const [alg, least] of [
    ['HS256', 32],
    ['HS384', 48],
    ['HS512', 64],
  ] as const) {
    for (const length of [0, 1, 5, least - 1]) {
      const k = Buffer.alloc(length, 7).toString('base64url')
      assert.equal(verdictOf({ kty: 'oct', alg, k }), 'weak', `${alg} ${length}`)
    }
    const k = Buffer.alloc(least, 7).toString('base64url')
    assert.equal(verdictOf({ kty: 'oct', alg, k }), alg)
  }
})

test('keys: points have to be on their curve, in full size', () => {
  for (const [alg, size] of [
    ['ES256', 32],
    ['ES384', 48],
    ['ES512', 66],
  ] as const) {
    const jwk = publicOf(alg)
    const x = Buffer.from(String(jwk.x), 'base64url')
    x.writeUInt8(x.readUInt8(size - 1) ^ 1, size - 1)
    assert.equal(verdictOf({ ...jwk, x: x.toString('base64url') }), 'not-on-curve')
    const zero = Buffer.alloc(size).toString('base64url')
    assert.equal(verdictOf({ ...jwk, x: zero, y: zero }), 'not-on-curve')
    const long = Buffer.concat([Buffer.alloc(1), Buffer.from(String(jwk.x), 'base64url')])
    assert.equal(verdictOf({ ...jwk, x: long.toString('base64url') }), 'malformed')
    assert.equal(verdictOf({ ...jwk, crv: 'P-257' }), 'algorithm')
    assert.equal(verdictOf({ ...jwk, crv: 'secp256k1' }), 'algorithm')
  }
  for (let i = 0; i < 20; i += 1) {
    const point = createECDH('prime256v1').generateKeys()
    const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) =>
      half.toString('base64url'),
    )
    assert.equal(verdictOf({ kty: 'EC', crv: 'P-256', x, y }), 'ES256')
  }
})

test('keys: Ed25519: what OpenSSL makes is strong; small orders and what is no point are not', () => {
  for (let i = 0; i < 20; i += 1) {
    const { x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
    assert.equal(isStrongEd25519(Buffer.from(String(x), 'base64url')), true)
  }
  // RFC 8032 section 7.1, tests 1 to 3.
  for (const hex of [
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
  ]) {
    assert.equal(isStrongEd25519(Buffer.from(hex, 'hex')), true)
  }
  const f = 'f'.repeat(60)
  const small = [
    '00'.repeat(32),
    `01${'00'.repeat(31)}`,
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    `ec${f}7f`,
    `ed${f}7f`,
    `ee${f}7f`,
  ]
  for (const hex of small) {
    const point = Buffer.from(hex, 'hex')
    assert.equal(isStrongEd25519(point), false, hex)
    point.writeUInt8(point.readUInt8(31) | 0x80, 31)
    assert.equal(isStrongEd25519(point), false, `${hex} with a sign`)
    assert.equal(
      verdictOf({ kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') }),
      'not-on-curve',
    )
  }
  // Half of all numbers are the y of no point: 2 is the first of them.
  assert.equal(isStrongEd25519(Buffer.from(`02${'00'.repeat(31)}`, 'hex')), false)
  const { x } = publicOf('EdDSA')
  const point = Buffer.from(String(x), 'base64url')
  assert.equal(isStrongEd25519(point.subarray(1)), false)
  for (const longer of [
    [point, Buffer.of(0)],
    [Buffer.of(0), point],
  ]) {
    assert.equal(isStrongEd25519(Buffer.concat(longer)), false)
  }
  for (const y of ['AA', '', 1, null])
    assert.equal(verdictOf({ ...publicOf('EdDSA'), y }), 'malformed')
})

test('keys: RSA below 2048 bits, with an even number in it, or over 8192 bits', () => {
  const n = Buffer.from(String(publicOf('RS256').n), 'base64url')
  const e = Buffer.from('AQAB', 'base64url')
  assert.equal(isStrongRsa(n, e), true)
  assert.equal(isStrongRsa(n, Buffer.of(3)), true)
  for (const bad of ['', '00', '01', '02', '04', '00010001', '010000', '010000000000000000ff']) {
    const exponent = Buffer.from(bad, 'hex')
    assert.equal(isStrongRsa(n, exponent), false, bad)
  }
  const even = Buffer.from(n)
  even.writeUInt8(even.readUInt8(even.length - 1) & 0xfe, even.length - 1)
  assert.equal(isStrongRsa(even, e), false)
  assert.equal(isStrongRsa(Buffer.concat([Buffer.of(0), n]), e), false)
  const of = (bits: number) => {
    const bytes = Buffer.alloc(Math.ceil(bits / 8), 0xff)
    bytes.writeUInt8(0xff >> (bytes.length * 8 - bits), 0)
    return bytes
  }
  const sizes = { 1024: false, 2047: false, 2048: true, 2049: true, 8192: true, 8193: false }
  for (const [bits, strong] of Object.entries(sizes))
    assert.equal(isStrongRsa(of(Number(bits)), e), strong, bits)
})

test('keys: moduli as the chips of ROCA made them are weak (CVE-2017-15361)', () => {
  // Section 3 of the paper: each prime is k times the product of small primes, plus a power of 65537.
  let product = 1n
  for (let one = 2n; one <= 167n; one += 1n) {
    let isPrime = true
    for (let by = 2n; by * by <= one; by += 1n) if (one % by === 0n) isPrime = false
    if (isPrime) product *= one
  }
  const bytesOf = (n: bigint) => Buffer.from(n.toString(16).padStart(512, '0'), 'hex')
  const start = ((1n << 2047n) / product + 1n) * product
  for (const exponent of [1n, 2n, 77n, 1009n]) {
    let residue = 1n
    for (let i = 0n; i < exponent; i += 1n) residue = (residue * 65_537n) % product
    assert.equal(isStrongRsa(bytesOf(start + residue), Buffer.from('AQAB', 'base64url')), false)
    assert.equal(isStrongRsa(bytesOf(start + residue + 2n), Buffer.from('AQAB', 'base64url')), true)
  }
})

test('keys: what was made signs, and is read again with its algorithm and name', () => {
  for (const algorithm of everyAlgorithm) {
    const made = generated(algorithm)
    const key = signingKey(algorithm)
    assert.deepEqual([key.kid, key.algorithm], [made.kid, algorithm])
    if (made.publicJwk === undefined) continue
    assert.equal(thumbprint(made.publicJwk), made.kid)
    const secrets = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'].filter(
      (name) => name in (made.publicJwk ?? {}),
    )
    assert.deepEqual(secrets, [])
  }
})

test('keys: a secret of HMAC comes from the randomness that is passed in, and has no public half', () => {
  const made = generateSigningKey('HS256', { random: (length) => Buffer.alloc(length, 7) })
  assert.equal(made.privateJwk.k, Buffer.alloc(32, 7).toString('base64url'))
  assert.equal(made.publicJwk, undefined)
})

test('keys: halves of two keys are no key that signs', () => {
  for (const algorithm of ['EdDSA', 'ES256', 'RS256'] as const) {
    const [one, two] = [generated(algorithm).privateJwk, generateSigningKey(algorithm).privateJwk]
    const { kty, kid, alg, use, crv, x, y, n, e } = one
    const half = { kty, kid, alg, use, crv, x, y, n, e }
    const own = Object.fromEntries(Object.entries(half).filter(([, value]) => value !== undefined))
    const mixed = { ...two, ...own }
    assert.equal(readSigningKey(mixed, { allowed: [algorithm] }).ok, false, algorithm)
    assert.equal(readSigningKey(generated(algorithm).publicJwk, { allowed: [algorithm] }).ok, false)
    // RSA signs by its primes: that they belong to the public half is what counts.
    for (const d of algorithm === 'RS256' ? ['!', 1, null] : ['', 'AA', '!', 1, null]) {
      assert.equal(readSigningKey({ ...one, d }, { allowed: [algorithm] }).ok, false)
    }
    for (const name of ['x', 'y', 'n', 'e'].filter((member) => member in one)) {
      assert.equal(readSigningKey({ ...one, [name]: 'AA' }, { allowed: [algorithm] }).ok, false)
    }
    assert.equal(readSigningKey(without(one, 'kid'), { allowed: [algorithm] }).ok, false)
    assert.equal(readSigningKey({ ...one, use: 'enc' }, { allowed: [algorithm] }).ok, false)
    assert.equal(
      readSigningKey({ ...one, key_ops: ['verify'] }, { allowed: [algorithm] }).ok,
      false,
    )
    assert.equal(readSigningKey(one, { allowed: ['HS256'] }).ok, false)
  }
})

test('keys: no value makes the readers throw', () => {
  const names = ['kty', 'crv', 'x', 'y', 'n', 'e', 'd', 'k', 'kid', 'alg', 'use', 'key_ops']
  const text = fc.constantFrom('RSA', 'EC', 'OKP', 'oct', 'P-256', 'Ed25519', 'AQAB', 'AA', 'sig')
  const value = fc.oneof(text, fc.string(), fc.jsonValue(), fc.base64String())
  const jwk = fc.oneof(fc.anything(), fc.dictionary(fc.constantFrom(...names), value))
  fc.assert(
    fc.property(jwk, (one) => {
      assert.equal(typeof readVerificationKey(one, { allowed: algorithms }).ok, 'boolean')
      assert.equal(readSigningKey(one, { allowed: algorithms }).ok, false)
    }),
    { numRuns: 500 },
  )
})
