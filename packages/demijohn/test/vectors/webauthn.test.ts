/** The test vectors of Web Authentication Level 3, section 16. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { relyingPartyOf } from '../../src/defences/passkeys/relyingParty.ts'
import { verifyAssertion, verifyRegistration } from '../../src/defences/passkeys/verify.ts'

type Vector = {
  readonly name: string
  readonly credentialId: string
  readonly publicKey: string
  readonly registration: {
    readonly challenge: string
    readonly attestationObject: string
    readonly clientDataJSON: string
    readonly verdict: string
  }
  readonly authentication: {
    readonly challenge: string
    readonly authenticatorData: string
    readonly clientDataJSON: string
    readonly signature: string
  }
}
const file: {
  readonly origin: string
  readonly rpId: string
  readonly vectors: readonly Vector[]
} = JSON.parse(readFileSync(join(import.meta.dirname, 'webauthn.json'), 'utf8'))

const hex = (text: string): Buffer => Buffer.from(text, 'hex')
const challengeOf = (text: string): string => hex(text).toString('base64url')
const relyingParty = relyingPartyOf(file.origin)

test('webauthn vectors: there are some, and their relying party is the host of their origin', () => {
  assert.ok(file.vectors.length >= 3)
  assert.equal(relyingParty?.id, file.rpId)
})

for (const { name, credentialId, publicKey, registration, authentication } of file.vectors) {
  test(`webauthn vectors: registration, ${name}: ${registration.verdict}`, () => {
    assert.ok(relyingParty !== undefined)
    const verdict = verifyRegistration(
      {
        credentialId: hex(credentialId),
        clientData: hex(registration.clientDataJSON),
        attestationObject: hex(registration.attestationObject),
      },
      { challenge: challengeOf(registration.challenge), relyingParty, userVerification: false },
    )
    assert.equal(verdict.ok ? 'accepted' : verdict.problem, registration.verdict)
    if (verdict.ok) assert.equal(Buffer.from(verdict.publicKey).toString('hex'), publicKey)
  })

  const answer = {
    credentialId: hex(credentialId),
    clientData: hex(authentication.clientDataJSON),
    authenticatorData: hex(authentication.authenticatorData),
    signature: hex(authentication.signature),
    userHandle: undefined,
  }
  const stored = {
    credentialId: hex(credentialId),
    publicKey: hex(publicKey),
    signCount: 0,
    userHandle: Buffer.alloc(16),
    uvInitialized: true,
    // The flags are the byte after the hash of the relying party; 0x08 is BE (section 6.1).
    backupEligible: (answer.authenticatorData.readUInt8(32) & 0x08) !== 0,
  }
  test(`webauthn vectors: authentication, ${name}`, () => {
    assert.ok(relyingParty !== undefined)
    const expected = {
      challenge: challengeOf(authentication.challenge),
      relyingParty,
      userVerification: false,
      userHandle: 'if-given',
    } as const
    assert.equal(verifyAssertion(answer, stored, expected).ok, true)
    // The same answer under the question of the registration.
    const other = { ...expected, challenge: challengeOf(registration.challenge) }
    assert.deepEqual(verifyAssertion(answer, stored, other), { ok: false, problem: 'challenge' })
    const [signature, at] = [Buffer.from(answer.signature), answer.signature.length - 1]
    signature.writeUInt8(signature.readUInt8(at) ^ 1, at)
    const bent = verifyAssertion({ ...answer, signature }, stored, expected)
    assert.deepEqual(bent, { ok: false, problem: 'signature' })
  })
}
