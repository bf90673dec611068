/**
 * A second opinion: @simplewebauthn/server judges what our verifier judges. It never refuses what
 * we take, and we refuse what it takes only for the reasons that stand below.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server'
import fc from 'fast-check'
import type { CborKey, CborValue } from '../../src/defences/passkeys/cbor.ts'
import type { PasskeyProblem } from '../../src/defences/passkeys/problems.ts'
import { relyingPartyOf } from '../../src/defences/passkeys/relyingParty.ts'
import {
  algorithmNames,
  attestationObject,
  authenticatorData,
  clientData,
  encodeCbor,
  makeKey,
  signWith,
} from '../../src/defences/passkeys/softAuthenticatorFixture.ts'
import { verifyAssertion, verifyRegistration } from '../../src/defences/passkeys/verify.ts'

const origin = 'https://site.example'
const relyingParty = relyingPartyOf(origin)
assert.ok(relyingParty !== undefined)
const party = relyingParty
const userHandle = Buffer.alloc(16, 3)
const keys = algorithmNames.map(makeKey)
const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')

type Verdict = 'accepted' | PasskeyProblem
type Registration = {
  readonly challenge: string
  readonly credentialId: Buffer
  readonly clientData: Buffer
  readonly attestationObject: Buffer
  readonly userVerification: boolean
}
type Assertion = {
  readonly challenge: string
  readonly credentialId: Buffer
  readonly clientData: Buffer
  readonly authenticatorData: Buffer
  readonly signature: Buffer
  readonly publicKey: Buffer
  readonly signCount: number
  readonly backupEligible: boolean
  readonly userVerification: boolean
}

function ourRegistration(answer: Registration): Verdict {
  const { challenge, userVerification } = answer
  const verdict = verifyRegistration(answer, { challenge, relyingParty: party, userVerification })
  return verdict.ok ? 'accepted' : verdict.problem
}

/** Its refusals are thrown, or a false. Whatever it throws is a refusal. */
async function theirs(judge: () => Promise<{ readonly verified: boolean }>): Promise<boolean> {
  try {
    return (await judge()).verified
  } catch (error) {
    assert.ok(error instanceof Error)
    return false
  }
}

function theirRegistration(answer: Registration): Promise<boolean> {
  const id = base64url(answer.credentialId)
  return theirs(() =>
    verifyRegistrationResponse({
      response: {
        id,
        rawId: id,
        type: 'public-key',
        clientExtensionResults: {},
        response: {
          clientDataJSON: base64url(answer.clientData),
          attestationObject: base64url(answer.attestationObject),
        },
      },
      expectedChallenge: answer.challenge,
      expectedOrigin: origin,
      expectedRPID: party.id,
      requireUserVerification: answer.userVerification,
      supportedAlgorithmIDs: [-8, -7, -257],
    }),
  )
}

function ourAssertion(answer: Assertion): Verdict {
  const { challenge, userVerification, publicKey, credentialId, signCount } = answer
  const { backupEligible } = answer
  const verdict = verifyAssertion(
    { ...answer, userHandle: undefined },
    { credentialId, publicKey, signCount, userHandle, uvInitialized: true, backupEligible },
    { challenge, relyingParty: party, userVerification, userHandle: 'if-given' },
  )
  return verdict.ok ? 'accepted' : verdict.problem
}

function theirAssertion(answer: Assertion): Promise<boolean> {
  const id = base64url(answer.credentialId)
  return theirs(() =>
    verifyAuthenticationResponse({
      response: {
        id,
        rawId: id,
        type: 'public-key',
        clientExtensionResults: {},
        response: {
          clientDataJSON: base64url(answer.clientData),
          authenticatorData: base64url(answer.authenticatorData),
          signature: base64url(answer.signature),
        },
      },
      expectedChallenge: answer.challenge,
      expectedOrigin: origin,
      expectedRPID: party.id,
      requireUserVerification: answer.userVerification,
      credential: {
        id,
        publicKey: new Uint8Array(answer.publicKey),
        counter: answer.signCount,
      },
    }),
  )
}

/**
 * Where we are stricter, and why that is right: each is a rule of the specification that it leaves
 * out, or a limit of ours. A problem that is missing here has to be one that both see.
 */
const stricter: Readonly<Partial<Record<PasskeyProblem, string>>> = {
  'client-data': 'a byte order mark, other bytes than UTF-8, a size',
  'cross-origin': 'it takes crossOrigin without topOrigin (section 7.2, step 10)',
  'attestation-object': 'lengths longer than needed, other members, keys that stand twice, a size',
  'attestation-format': 'it verifies makers’ certificates, which we do not ask for',
  'attestation-statement': 'members beside alg and sig, another alg than the key’s',
  'authenticator-data': 'attested data in an assertion (section 6.1), CBOR that is not canonical',
  'backup-eligibility': 'it does not keep what the passkey was made as (section 7.2)',
  'credential-id': 'it does not compare the id beside the object with the one in it',
  'public-key': 'optional members, points off their curve, short RSA: found at the first use there',
}

function agree(ours: Verdict, their: boolean, what: string, also?: PasskeyProblem): void {
  if (ours === 'accepted') assert.ok(their, `${what}: taken by us alone`)
  else if (their) {
    assert.ok(
      stricter[ours] !== undefined || ours === also,
      `${what}: refused by us alone: ${ours}`,
    )
  }
}

const [UP, UV, AT, ED] = [0x01, 0x04, 0x40, 0x80]

const challenge = fc.uint8Array({ minLength: 16, maxLength: 64 }).map(base64url)
const credentialId = fc
  .uint8Array({ minLength: 1, maxLength: 1023 })
  .map((bytes) => Buffer.from(bytes))
const key = fc.constantFrom(...keys)
const backup = fc.constantFrom(0, 0x08, 0x18)
const count = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2 ** 32 - 1 }))
const extensions = fc.option(
  fc
    .dictionary(fc.string(), fc.oneof(fc.boolean(), fc.nat()))
    .map((one) => new Map(Object.entries(one))),
  { nil: undefined },
)
const more = fc.constantFrom({}, { crossOrigin: false }, { androidPackageName: 'org.example' })

const parts = fc.record({
  ...{ challenge, credentialId, key, backup, count, extensions, more },
  selfAttested: fc.boolean(),
  userVerification: fc.boolean(),
})
type PartsOf = typeof parts extends fc.Arbitrary<infer T> ? T : never

function registrationOf(made: PartsOf): Registration {
  const { extensions: extra } = made
  const client = clientData({
    type: 'webauthn.create',
    challenge: made.challenge,
    origin,
    ...made.more,
  })
  const data = authenticatorData({
    rpId: party.id,
    flags: UP | UV | AT | made.backup | (extra === undefined ? 0 : ED),
    signCount: made.count,
    credential: { id: made.credentialId, key: encodeCbor(made.key.cose) },
    ...(extra === undefined ? {} : { extensions: extra }),
  })
  const statement = new Map<CborKey, CborValue>([
    ['alg', made.key.cose.get(3) ?? 0],
    ['sig', signWith(made.key, data, client)],
  ])
  return {
    challenge: made.challenge,
    credentialId: made.credentialId,
    clientData: client,
    attestationObject: made.selfAttested
      ? attestationObject(data, 'packed', statement)
      : attestationObject(data),
    userVerification: made.userVerification,
  }
}

function assertionOf(made: PartsOf): Assertion {
  const { extensions: extra } = made
  const client = clientData({
    type: 'webauthn.get',
    challenge: made.challenge,
    origin,
    ...made.more,
  })
  const data = authenticatorData({
    rpId: party.id,
    flags: UP | UV | made.backup | (extra === undefined ? 0 : ED),
    signCount: made.count,
    ...(extra === undefined ? {} : { extensions: extra }),
  })
  return {
    challenge: made.challenge,
    credentialId: made.credentialId,
    clientData: client,
    authenticatorData: data,
    signature: signWith(made.key, data, client),
    publicKey: encodeCbor(made.key.cose),
    signCount: Math.max(0, made.count - 1),
    backupEligible: made.backup !== 0,
    userVerification: made.userVerification,
  }
}

test('oracle: both take every good registration and every good proof', async () => {
  await fc.assert(
    fc.asyncProperty(parts, async (made) => {
      const registration = registrationOf(made)
      assert.equal(ourRegistration(registration), 'accepted')
      assert.equal(await theirRegistration(registration), true)
      const assertion = assertionOf(made)
      assert.equal(ourAssertion(assertion), 'accepted')
      assert.equal(await theirAssertion(assertion), true)
    }),
    { numRuns: 300 },
  )
})

/** One way to spoil bytes: flip bits, cut, put in, take out, double. */
const spoiling = fc.record({
  how: fc.constantFrom('flip', 'cut', 'insert', 'remove', 'set', 'swell'),
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  byte: fc.integer({ min: 1, max: 255 }),
})
type Spoiling = typeof spoiling extends fc.Arbitrary<infer T> ? T : never

function spoil(bytes: Buffer, { how, at, byte }: Spoiling): Buffer {
  const index = Math.floor(at * bytes.length)
  const before = bytes.subarray(0, index)
  const after = bytes.subarray(index)
  if (how === 'cut') return Buffer.from(before)
  if (how === 'insert') return Buffer.concat([before, Buffer.of(byte), after])
  if (how === 'remove') return Buffer.concat([before, after.subarray(1)])
  if (how === 'swell') return Buffer.concat([bytes, Buffer.of(byte)])
  const changed = Buffer.from(bytes)
  const old = bytes.length === 0 ? 0 : changed.readUInt8(index)
  if (bytes.length > 0) changed.writeUInt8(how === 'flip' ? old ^ (1 << (byte % 8)) : byte, index)
  return changed
}

const registrationFields = ['clientData', 'attestationObject', 'credentialId'] as const
for (const field of registrationFields) {
  test(`oracle: registrations with a spoiled ${field}`, async () => {
    let refused = 0
    await fc.assert(
      fc.asyncProperty(parts, spoiling, async (made, how) => {
        const good = registrationOf(made)
        const bad = { ...good, [field]: spoil(good[field], how) }
        const ours = ourRegistration(bad)
        if (ours !== 'accepted') refused += 1
        agree(ours, await theirRegistration(bad), `${field} ${how.how}`)
      }),
      { numRuns: 1000 },
    )
    assert.ok(refused > 100)
  })
}

const assertionFields = ['clientData', 'authenticatorData', 'signature', 'publicKey'] as const
for (const field of assertionFields) {
  test(`oracle: proofs with a spoiled ${field}`, async () => {
    let refused = 0
    await fc.assert(
      fc.asyncProperty(parts, spoiling, async (made, how) => {
        const good = assertionOf(made)
        const bad = { ...good, [field]: spoil(good[field], how) }
        const ours = ourAssertion(bad)
        if (ours !== 'accepted') refused += 1
        // It reads ECDSA's two numbers from anything that is roughly DER; OpenSSL from DER alone.
        const also = field === 'signature' && made.key.name === 'ES256' ? field : undefined
        agree(ours, await theirAssertion(bad), `${field} ${how.how}`, also)
      }),
      { numRuns: 1000 },
    )
    assert.ok(refused > 500)
  })
}

/** Spoiled before it is signed, so that the signature holds and only the check itself is left. */
const members: Readonly<Record<string, readonly unknown[]>> = {
  type: ['webauthn.create', 'webauthn.get', 'payment.get', '', null, 1, undefined],
  challenge: ['', 'AAAA', null, [], undefined],
  origin: ['https://evil.example', 'http://site.example', `${origin}/`, `${origin}:443`, null],
  crossOrigin: [true, false, null, 'false', 0],
  topOrigin: [origin, 'https://evil.example', '', null],
}

test('oracle: every member of the client data, and every flag and counter, signed as it is', async () => {
  let cases = 0
  for (const signer of keys) {
    const made: PartsOf = {
      ...{ challenge: 'A'.repeat(43), credentialId: Buffer.alloc(20, 1), key: signer, backup: 0 },
      ...{ count: 9, extensions: undefined, more: {}, selfAttested: false, userVerification: true },
    }
    for (const [name, values] of Object.entries(members)) {
      for (const value of values) {
        const usual = { challenge: made.challenge, origin }
        const creating = clientData({ type: 'webauthn.create', ...usual, [name]: value })
        const registration = { ...registrationOf(made), clientData: creating }
        agree(ourRegistration(registration), await theirRegistration(registration), name)
        const getting = clientData({ type: 'webauthn.get', ...usual, [name]: value })
        const proof = assertionOf(made)
        const signature = signWith(signer, proof.authenticatorData, getting)
        const spoiled = { ...proof, clientData: getting, signature }
        agree(ourAssertion(spoiled), await theirAssertion(spoiled), `${name}: ${String(value)}`)
        cases += 2
      }
    }
    for (let flags = 0; flags < 256; flags += 1) {
      for (const [signCount, before] of [
        [0, 0],
        [9, 8],
        [9, 9],
        [8, 9],
        [0, 9],
      ] as const) {
        const data = authenticatorData({ rpId: party.id, flags, signCount })
        const proof = { ...assertionOf(made), authenticatorData: data, signCount: before }
        const signed = { ...proof, signature: signWith(signer, data, proof.clientData) }
        agree(ourAssertion(signed), await theirAssertion(signed), `${flags} ${before}→${signCount}`)
        cases += 1
      }
      if (signer.name === 'RS256') break
    }
  }
  assert.ok(cases > 2000)
})
