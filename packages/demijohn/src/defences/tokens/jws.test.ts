import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { type Algorithm, algorithms, asymmetricAlgorithms } from './algorithms.ts'
import { verifyCompact } from './jws.ts'
import { keyOfSet, readKeySet } from './keySet.ts'
import { claims, encode, everyAlgorithm, generated, signingKey, signRaw } from './keysFixture.ts'

const key = signingKey('EdDSA')
const header = { alg: 'EdDSA', typ: 'at+jwt', kid: key.kid }

function verdictOf(text: string, own = key): string {
  const verdict = verifyCompact(text, { keyOf: keyOfSet([own.verification]), typ: 'at+jwt' })
  return verdict.ok ? 'accepted' : verdict.problem
}

const spellings = (word: string): readonly string[] =>
  Array.from({ length: 2 ** word.length }, (_, bits) =>
    [...word]
      .map((letter, at) => ((bits >> at) % 2 === 1 ? letter.toUpperCase() : letter))
      .join(''),
  )

test('[asvs 9.1.2] jws: none in every spelling, signed or not, is no algorithm', () => {
  const signature = signRaw(header, claims, key).split('.')[2] ?? ''
  for (const name of [
    ...spellings('none'),
    'none ',
    ' none',
    'no\u006ee',
    'nöne',
    'null',
    'NULL',
  ]) {
    for (const { kid } of [key, { kid: undefined }]) {
      const start = `${encode({ ...header, alg: name, kid })}.${encode(claims)}`
      assert.equal(verdictOf(`${start}.`), 'parts', name)
      assert.equal(verdictOf(start), 'parts', name)
      for (const tail of [signature, 'AA', encode('none')]) {
        assert.equal(verdictOf(`${start}.${tail}`), 'key-unknown', name)
      }
    }
  }
})

for (const algorithm of everyAlgorithm) {
  test(`[asvs 9.1.2] jws: ${algorithm}: the header does not choose how it is checked`, () => {
    const own = signingKey(algorithm)
    const fine = signRaw({ ...header, alg: algorithm, kid: own.kid }, claims, own)
    assert.equal(verdictOf(fine, own), 'accepted')
    for (const alg of everyAlgorithm.filter((one) => one !== algorithm)) {
      const swapped = signRaw({ ...header, alg, kid: own.kid }, claims, own)
      assert.equal(verdictOf(swapped, own), 'key-unknown', alg)
    }
    const odd = [undefined, null, '', 1, true, [algorithm], { alg: algorithm }, 'x'.repeat(33)]
    for (const alg of odd) {
      assert.equal(verdictOf(signRaw({ ...header, alg, kid: own.kid }, claims, own), own), 'header')
    }
    for (const alg of [
      algorithm.toLowerCase(),
      `${algorithm} `,
      `${algorithm}\u200b`,
      'constructor',
      '__proto__',
    ]) {
      assert.equal(
        verdictOf(signRaw({ ...header, alg, kid: own.kid }, claims, own), own),
        'key-unknown',
      )
    }
  })
}

/** Every text and bytes of a public key that somebody could have handed to an HMAC as its secret. */
function encodingsOf(algorithm: Algorithm): readonly Buffer[] {
  const { verification } = signingKey(algorithm)
  const jwk = generated(algorithm).publicJwk ?? {}
  const types = ['spki', ...(jwk.kty === 'RSA' ? ['pkcs1'] : [])] as const
  const pems = types.map((type) =>
    String(verification.key.export({ type: type as 'spki', format: 'pem' })),
  )
  const ders = types.map((type) => verification.key.export({ type: type as 'spki', format: 'der' }))
  const members = ['x', 'y', 'n', 'e'].flatMap((name) => jwk[name] ?? [])
  const texts = [
    ...pems.flatMap((pem) => [
      pem,
      pem.trim(),
      pem.replaceAll('\n', '\r\n'),
      pem.replaceAll('\n', ''),
    ]),
    ...pems.map((pem) => pem.replace(/-----[A-Z ]+-----|\n/g, '')),
    ...[JSON.stringify(jwk), JSON.stringify({ keys: [jwk] }), verification.thumbprint],
    ...members,
  ]
  const bytes = [...ders, ...members.map((text) => Buffer.from(text, 'base64url')), Buffer.alloc(0)]
  return [...texts.map((text) => Buffer.from(text)), ...bytes]
}

for (const algorithm of asymmetricAlgorithms) {
  test(`[asvs 9.1.2] jws: ${algorithm}: the public key is no secret of an HMAC, in any encoding`, async () => {
    const { createSecretKey } = await import('node:crypto')
    const own = signingKey(algorithm)
    let cases = 0
    for (const secret of encodingsOf(algorithm)) {
      for (const alg of ['HS256', 'HS384', 'HS512'] as const) {
        const forger = { algorithm: alg, key: createSecretKey(secret) }
        for (const named of [alg, algorithm]) {
          const forged = signRaw({ ...header, alg: named, kid: own.kid }, claims, forger)
          const verdict = verdictOf(forged, own)
          assert.ok(verdict === 'key-unknown' || verdict === 'signature', verdict)
          cases += 1
        }
      }
    }
    assert.ok(cases > 60)
  })
}

test('[asvs 9.1.3] jws: keys that a token brings or points to are never used', () => {
  const stranger = signingKey('ES256')
  const jwk = generated('ES256').publicJwk
  const members: Readonly<Record<string, readonly unknown[]>> = {
    jwk: [jwk, { ...jwk, kid: key.kid }, generated('EdDSA').publicJwk, null, {}, ''],
    jku: ['https://evil.example/jwks.json', 'https://site.example/jwks.json', '', null],
    x5u: ['https://evil.example/chain.pem', 'file:///etc/passwd', null],
    x5c: [['AAAA'], [], 'AAAA', null],
  }
  for (const [name, values] of Object.entries(members)) {
    for (const value of values) {
      for (const [alg, kid, signer] of [
        ['EdDSA', key.kid, key],
        ['ES256', stranger.kid, stranger],
        ['ES256', undefined, stranger],
      ] as const) {
        const text = signRaw({ ...header, alg, kid, [name]: value }, claims, signer)
        assert.equal(verdictOf(text), 'embedded-key', name)
      }
    }
  }
  // Fingerprints of certificates point nowhere, and some issuers send them.
  assert.equal(
    verdictOf(signRaw({ ...header, x5t: 'AAAA', 'x5t#S256': 'AAAA' }, claims, key)),
    'accepted',
  )
})

test('[asvs 9.1.3] jws: a kid is a name in a fixed map, whatever it looks like', () => {
  const odd: readonly unknown[] = [
    ...[
      '__proto__',
      'constructor',
      'toString',
      'hasOwnProperty',
      'size',
      '0',
      '-1',
      'undefined',
      'null',
    ],
    ...[
      '../../../../dev/null',
      '/dev/null',
      'file:///dev/null',
      'C:\\nul',
      '%2e%2e%2f',
      '..\\..\\x',
    ],
    ...[
      "x' OR '1'='1",
      "' UNION SELECT 'AAAA",
      '; cat /etc/passwd',
      '$(id)',
      '`id`',
      '|id',
      '{{7*7}}',
    ],
    ...[
      'https://evil.example/key',
      '*',
      '',
      ' ',
      key.kid.toLowerCase(),
      `${key.kid} `,
      ` ${key.kid}`,
    ],
    ...[`${key.kid}\u0000`, `${key.kid}/`, key.kid.slice(0, -1), 'x'.repeat(255), 'x'.repeat(256)],
    ...[null, 0, true, [], [key.kid], { kid: key.kid }, { toString: key.kid }],
  ]
  for (const kid of odd) {
    const isName = typeof kid === 'string' && kid !== '' && kid.length < 256 && !/\0/.test(kid)
    const verdict = verdictOf(signRaw({ ...header, kid }, claims, key))
    assert.equal(verdict, isName ? 'key-unknown' : 'header', JSON.stringify(kid))
  }
  assert.equal(verdictOf(signRaw(header, claims, key)), 'accepted')
})

test('jws: without a kid the only key of a set is meant, and of two none', () => {
  const text = signRaw({ alg: 'EdDSA', typ: 'at+jwt' }, claims, key)
  assert.equal(verdictOf(text), 'accepted')
  const keyOf = keyOfSet([key.verification, signingKey('ES256').verification])
  assert.deepEqual(verifyCompact(text, { keyOf, typ: 'at+jwt' }), {
    ok: false,
    problem: 'key-unknown',
  })
  assert.equal(keyOfSet([])(undefined, 'EdDSA'), undefined)
})

test('jws: crit in every form, and b64, are refused', () => {
  const crits = [
    ['b64'],
    ['exp'],
    ['alg'],
    ['x'],
    [],
    [''],
    'b64',
    '',
    null,
    0,
    false,
    {},
    [null],
    [['b64']],
  ]
  for (const crit of crits) {
    const text = signRaw({ ...header, crit, exp: 1, x: 1 }, claims, key)
    assert.equal(verdictOf(text), 'critical', JSON.stringify(crit))
  }
  for (const b64 of [true, false, null, 'false', 0]) {
    assert.equal(verdictOf(signRaw({ ...header, b64 }, claims, key)), 'critical')
    assert.equal(verdictOf(signRaw({ ...header, b64, crit: ['b64'] }, claims, key)), 'critical')
  }
  // Other members that nobody here knows are ignored (RFC 7515 section 4).
  assert.equal(
    verdictOf(signRaw({ ...header, cty: 'x', Crit: ['x'], zip: 'DEF' }, claims, key)),
    'accepted',
  )
})

test('jws: a header with a member twice, in whatever spelling, is refused', () => {
  const texts = [
    `{"alg":"none","alg":"EdDSA","typ":"at+jwt","kid":"${key.kid}"}`,
    `{"alg":"EdDSA","typ":"at+jwt","kid":"x","kid":"${key.kid}"}`,
    `{"alg":"EdDSA","typ":"at+jwt","kid":"${key.kid}","\\u0061lg":"EdDSA"}`,
    `{"alg":"EdDSA","typ":"JWT","typ":"at+jwt","kid":"${key.kid}"}`,
    `{"alg":"EdDSA","typ":"at+jwt","kid":"${key.kid}","x":{"__proto__":1,"__proto__":2}}`,
  ]
  for (const text of texts) assert.equal(verdictOf(signRaw(text, claims, key)), 'header', text)
  const colons = `{"alg":"EdDSA","typ":"at+jwt","kid":"${key.kid}","a:\\":b":":\\\\","__proto__":{"alg":"x:"}}`
  assert.equal(verdictOf(signRaw(colons, claims, key)), 'accepted')
  const odd = [
    '',
    'null',
    '[]',
    '"x"',
    '1',
    '{',
    '{}',
    `\ufeff${JSON.stringify(header)}`,
    `${JSON.stringify(header)},`,
  ]
  for (const text of odd) {
    const verdict = verdictOf(signRaw(text, claims, key))
    assert.ok(verdict === 'header' || verdict === 'parts', text)
  }
})

test('jws: parts are three, and each has one spelling', () => {
  const fine = signRaw(header, claims, key)
  const [first = '', second = '', third = ''] = fine.split('.')
  const wrong = [
    '',
    '.',
    '..',
    '...',
    first,
    `${first}.${second}`,
    `.${second}.${third}`,
    `${fine}.`,
    `${fine}.x`,
    `.${fine}`,
  ]
  for (const text of wrong) assert.equal(verdictOf(text), 'parts', text)
  const texts = [
    ` ${fine}`,
    `${fine} `,
    `${fine}\n`,
    `${fine}=`,
    `${fine}==`,
    `Bearer ${fine}`,
    fine.replaceAll('.', '. '),
  ]
  for (const text of texts) assert.equal(verdictOf(text), 'encoding', text)
  // Two of six bits of the last character are not used: each other spelling is refused.
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet.indexOf(third.slice(-1))
  for (let bits = 1; bits < 16; bits += 1) {
    const other = `${first}.${second}.${third.slice(0, -1)}${alphabet.charAt(last ^ bits)}`
    assert.equal(verdictOf(other), 'encoding')
  }
  assert.match(third, /[-_]|./)
  const standard = third.replaceAll('-', '+').replaceAll('_', '/')
  if (standard !== third) assert.equal(verdictOf(`${first}.${second}.${standard}`), 'encoding')
})

test('jws: signatures of another length than the algorithm has are refused before they are looked at', () => {
  for (const algorithm of everyAlgorithm) {
    const own = signingKey(algorithm)
    const fine = signRaw({ ...header, alg: algorithm, kid: own.kid }, claims, own)
    const [first = '', second = '', third = ''] = fine.split('.')
    const bytes = Buffer.from(third, 'base64url')
    const der = createHash('sha256').update(bytes).digest()
    const spoiled = [
      bytes.subarray(1),
      bytes.subarray(0, -1),
      Buffer.concat([bytes, Buffer.of(0)]),
      Buffer.concat([Buffer.of(0), bytes]),
      Buffer.concat([bytes, bytes]),
      Buffer.alloc(bytes.length),
      Buffer.alloc(bytes.length, 0xff),
      Buffer.alloc(1),
      Buffer.concat([Buffer.of(0x30, 0x44, 0x02, 0x20), der, Buffer.of(0x02, 0x20), der]),
    ]
    for (const one of spoiled) {
      assert.equal(verdictOf(`${first}.${second}.${one.toString('base64url')}`, own), 'signature')
    }
  }
})

test('[asvs 9.1.2] key sets: secrets beside public keys, two of a name, a private key: all refused', () => {
  const set = (...keys: readonly unknown[]) => {
    const read = readKeySet({ keys }, { allowed: algorithms })
    return read.ok ? read.keys.length : read.problem
  }
  const [ed, es, rs] = (['EdDSA', 'ES256', 'RS256'] as const).map(
    (name) => generated(name).publicJwk,
  )
  const hs = generated('HS256').privateJwk
  assert.equal(set(ed, es, rs), 3)
  assert.equal(set(hs), 1)
  assert.equal(set(hs, es), 'mixed')
  assert.equal(set(es, { kty: 'oct', use: 'enc' }), 'mixed')
  assert.equal(set(ed, { ...es, kid: ed?.kid }), 'duplicate-key-id')
  assert.equal(set(ed, { ...ed, use: 'enc' }), 'duplicate-key-id')
  assert.equal(set(ed, generated('ES256').privateJwk), 'private')
  assert.equal(set(ed, { kty: 'unknown', kid: 'x', d: 'AA' }), 'private')
  assert.equal(set(ed, { ...es, kid: undefined }), 'key-id-missing')
  assert.equal(set({ ...es, kid: undefined }), 1)
  assert.equal(set(), 'none-usable')
  assert.equal(set({ ...es, use: 'enc' }, null, 'x', { kty: 'RSA' }), 'none-usable')
  // Section 5: what is of another use or kind is left out, and the rest stands.
  assert.equal(set(ed, { ...es, use: 'enc' }, { kty: 'AKP', kid: 'pq', alg: 'ML-DSA-44' }, null), 1)
  assert.equal(set(...Array.from({ length: 33 }, (_, at) => ({ ...es, kid: `${at}` }))), 'too-many')
  assert.equal(set(...Array.from({ length: 32 }, (_, at) => ({ ...es, kid: `${at}` }))), 32)
  for (const odd of [undefined, null, [], 'x', { keys: {} }, { keys: null }, { keys: 'x' }, [es]]) {
    assert.deepEqual(readKeySet(odd, { allowed: algorithms }), { ok: false, problem: 'not-a-set' })
  }
})
