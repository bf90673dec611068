import assert from 'node:assert/strict'
import { createECDH } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import type { CborKey, CborValue } from './cbor.ts'
import type { PasskeyProblem } from './problems.ts'
import { readPublicKey } from './publicKey.ts'
import { type RelyingParty, relyingPartyOf } from './relyingParty.ts'
import {
  algorithmNames,
  attestationObject,
  authenticatorData,
  clientData,
  encodeCbor,
  makeKey,
  signWith,
} from './softAuthenticatorFixture.ts'
import { verifyAssertion, verifyRegistration } from './verify.ts'

function partyOf(origin: string): RelyingParty {
  const party = relyingPartyOf(origin)
  assert.ok(party !== undefined)
  return party
}

const origin = 'https://site.example'
const relyingParty = partyOf(origin)
const challenge = Buffer.alloc(32, 5).toString('base64url')
const credentialId = Buffer.alloc(32, 9)
const userHandle = Buffer.alloc(16, 3)
const keys = algorithmNames.map(makeKey)
const [ecKey = makeKey('ES256')] = keys

const [UP, UV, BE, BS, AT, ED] = [0x01, 0x04, 0x08, 0x10, 0x40, 0x80]

const made = { type: 'webauthn.create', challenge, origin, crossOrigin: false }
const got = { type: 'webauthn.get', challenge, origin, crossOrigin: false }
const wanted = { challenge, relyingParty, userVerification: true }

type RegistrationSpoil = {
  readonly client?: Buffer
  readonly data?: Partial<Parameters<typeof authenticatorData>[0]>
  readonly key?: Uint8Array
  readonly object?: (data: Buffer) => Buffer
  readonly credentialId?: Uint8Array
}

function register(spoil: RegistrationSpoil = {}, { key = ecKey, expected = wanted } = {}) {
  const data = authenticatorData({
    rpId: 'site.example',
    flags: UP | UV | AT,
    signCount: 0,
    credential: { id: credentialId, key: spoil.key ?? encodeCbor(key.cose) },
    ...spoil.data,
  })
  const verdict = verifyRegistration(
    {
      credentialId: spoil.credentialId ?? credentialId,
      clientData: spoil.client ?? clientData(made),
      attestationObject: spoil.object?.(data) ?? attestationObject(data),
    },
    expected,
  )
  return verdict.ok ? 'accepted' : verdict.problem
}

for (const key of keys) {
  test(`passkeys: a new one with ${key.name} is taken, without attestation and with its own`, () => {
    assert.equal(register({}, { key }), 'accepted')
    const client = clientData(made)
    const object = (data: Buffer) => {
      const statement = new Map<CborKey, CborValue>([
        ['alg', key.cose.get(3) ?? 0],
        ['sig', signWith(key, data, client)],
      ])
      return attestationObject(data, 'packed', statement)
    }
    assert.equal(register({ client, object }, { key }), 'accepted')
  })
}

const withMember = (members: object): Buffer => clientData({ ...made, ...members })
const coseWith = (at: number, value: CborValue | undefined, from = ecKey): Buffer => {
  const map = new Map<CborKey, CborValue>(from.cose)
  if (value === undefined) map.delete(at)
  else map.set(at, value)
  return encodeCbor(map)
}
const [, edKey = ecKey, rsaKey = ecKey] = keys
const modulus = rsaKey.cose.get(-1)
assert.ok(modulus instanceof Uint8Array)

/** What is spoiled, and why it is refused: one row for each check of section 7.1. */
const registrations: Readonly<Record<string, readonly [RegistrationSpoil, PasskeyProblem]>> = {
  'no JSON': [{ client: Buffer.from('{') }, 'client-data'],
  'an array': [{ client: Buffer.from('[]') }, 'client-data'],
  'JSON with something behind it': [
    { client: Buffer.concat([clientData(made), Buffer.from('{}')]) },
    'client-data',
  ],
  'a byte order mark': [{ client: Buffer.from(`\ufeff${clientData(made)}`) }, 'client-data'],
  'no UTF-8': [{ client: Buffer.concat([clientData(made), Buffer.of(0xff)]) }, 'client-data'],
  'client data of 5 KB': [{ client: withMember({ more: 'x'.repeat(5000) }) }, 'client-data'],
  'a sign-in': [{ client: withMember({ type: 'webauthn.get' }) }, 'ceremony'],
  'no type': [{ client: withMember({ type: undefined }) }, 'ceremony'],
  'another challenge': [{ client: withMember({ challenge: 'A'.repeat(43) }) }, 'challenge'],
  'a challenge with padding': [{ client: withMember({ challenge: `${challenge}=` }) }, 'challenge'],
  'a longer challenge': [{ client: withMember({ challenge: [challenge] }) }, 'challenge'],
  'another site': [{ client: withMember({ origin: 'https://site.example.evil' }) }, 'origin'],
  'a subdomain': [{ client: withMember({ origin: 'https://a.site.example' }) }, 'origin'],
  'another port': [{ client: withMember({ origin: `${origin}:8443` }) }, 'origin'],
  'plain HTTP': [{ client: withMember({ origin: 'http://site.example' }) }, 'origin'],
  'an origin with a slash': [{ client: withMember({ origin: `${origin}/` }) }, 'origin'],
  'an origin in capitals': [{ client: withMember({ origin: 'https://SITE.example' }) }, 'origin'],
  'a frame of another site': [{ client: withMember({ crossOrigin: true }) }, 'cross-origin'],
  'a frame that says so oddly': [{ client: withMember({ crossOrigin: 'no' }) }, 'cross-origin'],
  'a top origin': [{ client: withMember({ topOrigin: 'https://evil.example' }) }, 'cross-origin'],
  'an object of no CBOR': [{ object: () => Buffer.from('no') }, 'attestation-object'],
  'an object with something behind it': [
    { object: (data) => Buffer.concat([attestationObject(data), Buffer.of(0)]) },
    'attestation-object',
  ],
  'an object of four members': [
    {
      object: (data) => {
        const map = new Map<CborKey, CborValue>([
          ['fmt', 'none'],
          ['more', 1],
        ])
        return encodeCbor(map.set('attStmt', new Map()).set('authData', data))
      },
    },
    'attestation-object',
  ],
  'an object of 20 KB': [
    { object: (data) => attestationObject(data, 'none', new Map([['x', Buffer.alloc(20_000)]])) },
    'attestation-object',
  ],
  'a statement where there is none': [
    { object: (data) => attestationObject(data, 'none', new Map([['x', 1]])) },
    'attestation-statement',
  ],
  'a format that nobody verifies': [
    { object: (data) => attestationObject(data, 'tpm') },
    'attestation-format',
  ],
  'self attestation without a signature': [
    { object: (data) => attestationObject(data, 'packed', new Map([['alg', -7]])) },
    'attestation-statement',
  ],
  'self attestation of another algorithm': [
    {
      object: (data) => {
        const sig = signWith(ecKey, data, clientData(made))
        const map = new Map<CborKey, CborValue>([
          ['alg', -8],
          ['sig', sig],
        ])
        return attestationObject(data, 'packed', map)
      },
    },
    'attestation-statement',
  ],
  'self attestation by another key': [
    {
      object: (data) => {
        const sig = signWith(makeKey('ES256'), data, clientData(made))
        const map = new Map<CborKey, CborValue>([
          ['alg', -7],
          ['sig', sig],
        ])
        return attestationObject(data, 'packed', map)
      },
    },
    'attestation-statement',
  ],
  'another relying party': [{ data: { rpId: 'evil.example' } }, 'relying-party'],
  'a parent domain': [{ data: { rpId: 'example' } }, 'relying-party'],
  'nobody present': [{ data: { flags: UV | AT } }, 'user-presence'],
  'nobody verified': [{ data: { flags: UP | AT } }, 'user-verification'],
  'a backup of what has none': [{ data: { flags: UP | UV | BS | AT } }, 'backup-state'],
  'no credential': [{ data: { flags: UP | UV } }, 'authenticator-data'],
  'bytes that trail': [{ data: { trailing: Buffer.of(0) } }, 'authenticator-data'],
  'extensions that are not there': [{ data: { flags: UP | UV | AT | ED } }, 'authenticator-data'],
  'extensions that are no map': [
    { data: { flags: UP | UV | AT | ED, extensions: [1] } },
    'authenticator-data',
  ],
  'extensions without their flag': [
    { data: { extensions: new Map([['credProtect', 2]]) } },
    'authenticator-data',
  ],
  'an id of no bytes': [
    { data: { credential: { id: Buffer.of(), key: encodeCbor(ecKey.cose) } } },
    'authenticator-data',
  ],
  'an id of 1,024 bytes': [
    { data: { credential: { id: Buffer.alloc(1024), key: encodeCbor(ecKey.cose) } } },
    'authenticator-data',
  ],
  'another id': [{ credentialId: Buffer.alloc(32, 8) }, 'credential-id'],
  'a part of the id': [{ credentialId: credentialId.subarray(1) }, 'credential-id'],
  'a key that is no map': [{ key: encodeCbor([1]) }, 'authenticator-data'],
  ES384: [{ key: coseWith(3, -35) }, 'public-key'],
  PS256: [{ key: coseWith(3, -37, rsaKey) }, 'public-key'],
  RS1: [{ key: coseWith(3, -65_535, rsaKey) }, 'public-key'],
  'no algorithm': [{ key: coseWith(3, undefined) }, 'public-key'],
  'another type of key': [{ key: coseWith(1, 1) }, 'public-key'],
  'another curve': [{ key: coseWith(-1, 2) }, 'public-key'],
  'a point off its curve': [{ key: coseWith(-3, Buffer.alloc(32, 1)) }, 'public-key'],
  'the point at zero': [
    { key: encodeCbor(new Map(ecKey.cose).set(-2, Buffer.alloc(32)).set(-3, Buffer.alloc(32))) },
    'public-key',
  ],
  'a compressed point': [{ key: coseWith(-3, true) }, 'public-key'],
  'a short coordinate': [{ key: coseWith(-2, Buffer.alloc(31, 1)) }, 'public-key'],
  'a key with one member more': [{ key: coseWith(4, 1) }, 'public-key'],
  Ed448: [{ key: coseWith(-1, 7, edKey) }, 'public-key'],
  'a short Ed25519': [{ key: coseWith(-2, Buffer.alloc(31), edKey) }, 'public-key'],
  'RSA of 1024 bits': [{ key: coseWith(-1, modulus.subarray(0, 128), rsaKey) }, 'public-key'],
  'RSA of 2047 bits': [{ key: coseWith(-1, halved(modulus), rsaKey) }, 'public-key'],
  'a modulus with a leading zero': [
    { key: coseWith(-1, Buffer.concat([Buffer.of(0), modulus]), rsaKey) },
    'public-key',
  ],
  'RSA with an exponent of 3': [{ key: coseWith(-2, Buffer.of(3), rsaKey) }, 'public-key'],
}

/** The same length, and the highest bit is gone. */
function halved(bytes: Uint8Array): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeUInt8((copy.readUInt8(0) & 0x7f) | 0x40, 0)
  return copy
}

for (const [what, [spoil, problem]] of Object.entries(registrations)) {
  test(`passkeys: a new one is refused: ${what}`, () => assert.equal(register(spoil), problem))
}

test('passkeys: what a new one may have beside: extensions, a backup, no user verification if so asked', () => {
  const flags = UP | UV | BE | BS | AT | ED
  assert.equal(register({ data: { flags, extensions: new Map([['credProtect', 2]]) } }), 'accepted')
  const expected = { ...wanted, userVerification: false }
  assert.equal(register({ data: { flags: UP | AT } }, { expected }), 'accepted')
  assert.equal(register({ client: clientData({ ...made, crossOrigin: undefined }) }), 'accepted')
})

type AssertionSpoil = {
  readonly client?: Buffer
  readonly data?: Partial<Parameters<typeof authenticatorData>[0]>
  readonly signature?: (signature: Buffer) => Buffer
  readonly handle?: Uint8Array | undefined
  readonly credentialId?: Uint8Array
  readonly stored?: number
  /** Whether its owner was recognised when it was made, or is known since to be. */
  readonly uvInitialized?: boolean
  readonly backupEligible?: boolean
  readonly signer?: typeof ecKey
  readonly afterwards?: (data: Buffer) => Buffer
}

function prove(
  spoil: AssertionSpoil = {},
  key = ecKey,
  need: 'required' | 'if-given' = 'required',
) {
  const data = authenticatorData({
    rpId: 'site.example',
    flags: UP | UV,
    signCount: 0,
    ...spoil.data,
  })
  const client = spoil.client ?? clientData(got)
  const signature = signWith(spoil.signer ?? key, data, client)
  const verdict = verifyAssertion(
    {
      credentialId: spoil.credentialId ?? credentialId,
      clientData: client,
      authenticatorData: spoil.afterwards?.(data) ?? data,
      signature: spoil.signature?.(signature) ?? signature,
      userHandle: 'handle' in spoil ? spoil.handle : userHandle,
    },
    {
      credentialId,
      publicKey: encodeCbor(key.cose),
      signCount: spoil.stored ?? 0,
      userHandle,
      uvInitialized: spoil.uvInitialized ?? true,
      backupEligible: spoil.backupEligible ?? false,
    },
    { ...wanted, userHandle: need },
  )
  return verdict.ok ? 'accepted' : verdict.problem
}

for (const key of keys) {
  test(`passkeys: a proof with ${key.name} is taken, and no other key's`, () => {
    assert.equal(prove({}, key), 'accepted')
    for (const signer of [makeKey(key.name), ...keys.filter((other) => other !== key)]) {
      assert.equal(prove({ signer }, key), 'signature')
    }
  })
}

const gotWith = (members: object): Buffer => clientData({ ...got, ...members })

/** One row for each check of section 7.2. */
const assertions: Readonly<Record<string, readonly [AssertionSpoil, PasskeyProblem]>> = {
  'a registration': [{ client: gotWith({ type: 'webauthn.create' }) }, 'ceremony'],
  'another challenge': [{ client: gotWith({ challenge: 'A'.repeat(43) }) }, 'challenge'],
  'another site': [{ client: gotWith({ origin: 'https://evil.example' }) }, 'origin'],
  'a frame of another site': [{ client: gotWith({ crossOrigin: true }) }, 'cross-origin'],
  'another relying party': [{ data: { rpId: 'evil.example' } }, 'relying-party'],
  'nobody present': [{ data: { flags: UV } }, 'user-presence'],
  'nobody verified': [{ data: { flags: UP } }, 'user-verification'],
  'a backup of what has none': [{ data: { flags: UP | UV | BS } }, 'backup-state'],
  'an owner recognised by what was made without one': [
    { uvInitialized: false },
    'user-verification',
  ],
  'a backup of what was tied to one device': [
    { data: { flags: UP | UV | BE | BS } },
    'backup-eligibility',
  ],
  'one device alone for what may be backed up': [{ backupEligible: true }, 'backup-eligibility'],
  'a credential in it': [
    {
      data: {
        flags: UP | UV | AT,
        credential: { id: credentialId, key: encodeCbor(ecKey.cose) },
      },
    },
    'authenticator-data',
  ],
  'bytes that trail': [{ data: { trailing: Buffer.of(0) } }, 'authenticator-data'],
  'a flag set afterwards': [
    {
      data: { flags: UP },
      afterwards: (data) => {
        data.writeUInt8(UP | UV, 32)
        return data
      },
    },
    'signature',
  ],
  'a counter raised afterwards': [
    {
      afterwards: (data) => {
        data.writeUInt32BE(7, 33)
        return data
      },
    },
    'signature',
  ],
  'no signature': [{ signature: () => Buffer.of() }, 'signature'],
  'a signature of 2 KB': [{ signature: () => Buffer.alloc(2048, 0x30) }, 'signature'],
  'a signature with something behind it': [
    { signature: (bytes) => Buffer.concat([bytes, Buffer.of(0)]) },
    'signature',
  ],
  'a signature of zeros': [
    // r = s = 0, which faulty verifiers have taken (CVE-2022-21449).
    { signature: () => Buffer.from('3006020100020100', 'hex') },
    'signature',
  ],
  'another id': [{ credentialId: Buffer.alloc(32, 8) }, 'credential-id'],
  'another person': [{ handle: Buffer.alloc(16, 4) }, 'user-handle'],
  'nobody said who': [{ handle: undefined }, 'user-handle'],
  'an empty name for who': [{ handle: Buffer.of() }, 'user-handle'],
  'a counter that stands still': [{ data: { signCount: 5 }, stored: 5 }, 'sign-count'],
  'a counter that goes back': [{ data: { signCount: 4 }, stored: 5 }, 'sign-count'],
  'a counter that is gone': [{ data: { signCount: 0 }, stored: 5 }, 'sign-count'],
}
for (const [what, [spoil, problem]] of Object.entries(assertions)) {
  test(`passkeys: a proof is refused: ${what}`, () => assert.equal(prove(spoil), problem))
}

test('passkeys: what may be backed up proves with a backup and without', () => {
  for (const flags of [UP | UV | BE, UP | UV | BE | BS]) {
    assert.equal(prove({ data: { flags }, backupEligible: true }), 'accepted')
  }
})

test('passkeys: an owner counts as recognised where the passkey was made so, and may count from then on', () => {
  const expected = { ...wanted, userVerification: false, userHandle: 'if-given' } as const
  const stored = { credentialId, publicKey: encodeCbor(ecKey.cose), signCount: 0, userHandle }
  const verdictOf = (flags: number, uvInitialized: boolean) => {
    const data = authenticatorData({ rpId: 'site.example', flags, signCount: 0 })
    const client = clientData(got)
    const signature = signWith(ecKey, data, client)
    const answer = { credentialId, clientData: client, authenticatorData: data, signature }
    const verdict = verifyAssertion(
      { ...answer, userHandle: undefined },
      { ...stored, uvInitialized, backupEligible: false },
      expected,
    )
    return verdict.ok ? [verdict.userVerified, verdict.uvInitialized] : verdict.problem
  }
  assert.deepEqual(verdictOf(UP, false), [false, false])
  assert.deepEqual(verdictOf(UP | UV, false), [false, true])
  assert.deepEqual(verdictOf(UP, true), [false, true])
  assert.deepEqual(verdictOf(UP | UV, true), [true, true])
})

test('passkeys: counters that may be: none, the first, one more', () => {
  for (const [stored, signCount] of [
    [0, 0],
    [0, 1],
    [5, 6],
    [5, 2 ** 32 - 1],
  ] as const) {
    assert.equal(prove({ data: { signCount }, stored }), 'accepted')
  }
})

test('passkeys: behind a password the authenticator need not say who, but nothing wrong', () => {
  assert.equal(prove({ handle: undefined }, ecKey, 'if-given'), 'accepted')
  assert.equal(prove({ handle: Buffer.alloc(16, 4) }, ecKey, 'if-given'), 'user-handle')
})

test('passkeys: every point on the curve that OpenSSL makes is taken', () => {
  for (let i = 0; i < 20; i += 1) {
    const point = createECDH('prime256v1').generateKeys()
    const map = new Map(ecKey.cose).set(-2, point.subarray(1, 33)).set(-3, point.subarray(33))
    assert.notEqual(readPublicKey(encodeCbor(map)), undefined)
  }
})

test('passkeys: no bytes make a verifier throw', () => {
  const bytes = fc.uint8Array({ maxLength: 80 })
  fc.assert(
    fc.property(bytes, bytes, bytes, bytes, (a, b, c, d) => {
      const registration = { credentialId: a, clientData: b, attestationObject: c }
      assert.equal(verifyRegistration(registration, wanted).ok, false)
      const flags = { uvInitialized: true, backupEligible: false }
      const stored = { credentialId: a, publicKey: d, signCount: 0, userHandle, ...flags }
      const answer = { credentialId: a, clientData: clientData(got), authenticatorData: b }
      const proof = { ...answer, signature: c, userHandle: undefined }
      const expected = { ...wanted, userHandle: 'if-given' } as const
      assert.equal(verifyAssertion(proof, stored, expected).ok, false)
    }),
  )
  for (const key of [...keys, { ...rsaKey, cose: new Map(rsaKey.cose).set(-1, halvedEven()) }]) {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (signature) => {
        assert.equal(
          prove({ signer: ecKey, signature: () => Buffer.from(signature) }, key),
          'signature',
        )
      }),
      { numRuns: 200 },
    )
  }
})

/** An even modulus, which no two primes give. */
function halvedEven(): Buffer {
  const copy = Buffer.from(modulus instanceof Uint8Array ? modulus : [])
  copy.writeUInt8(copy.readUInt8(copy.length - 1) & 0xfe, copy.length - 1)
  return copy
}

const noParties = [
  'http://site.example',
  'http://127.0.0.1:3000',
  'https://192.0.2.1',
  'https://[2001:db8::1]',
  'https://site.example/',
  'https://SITE.example',
  'ftp://site.example',
  'null',
  '',
]
for (const wrong of noParties) {
  test(`passkeys: ${JSON.stringify(wrong)} is no origin that browsers have passkeys for`, () => {
    assert.equal(relyingPartyOf(wrong), undefined)
  })
}

test('passkeys: the id of the relying party is the host name, without a port', () => {
  assert.equal(partyOf('https://press.example').id, 'press.example')
  assert.equal(partyOf('https://press.example:8443').id, 'press.example')
  assert.equal(partyOf('http://localhost:3000').id, 'localhost')
})

test('[asvs 6.3.3] passkeys: an answer that was given to another site proves nothing here', () => {
  // What a site in the middle gets: it may ask for its own name alone, and the browser says where.
  const phished = { client: gotWith({ origin: 'https://site-example.evil' }) }
  assert.equal(prove({ ...phished, data: { rpId: 'site-example.evil' } }), 'origin')
  assert.equal(prove(phished), 'origin')
  assert.equal(prove({ data: { rpId: 'site-example.evil' } }), 'relying-party')
  assert.equal(prove({ data: { flags: UV } }), 'user-presence')
  assert.equal(prove(), 'accepted')
})

test('[asvs 6.5.7] passkeys: a finger or a face counts beside the key that is had, never by itself', () => {
  assert.equal(prove({ data: { flags: UP | UV }, signer: makeKey('ES256') }), 'signature')
  assert.equal(prove({ data: { flags: UP | UV } }), 'accepted')
})
