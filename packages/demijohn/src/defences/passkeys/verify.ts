/**
 * Passkeys: is this a new one, made here just now; is this a proof by one that we know.
 *
 * Stops phishing (the origin is signed), replay (so is a challenge that works once), a stolen
 * database (it has public keys alone), another person's passkey (user handle), a copied one where
 * the authenticator counts (ASVS 6.3.3, 6.5.7, 6.7.2; WebAuthn Level 3,
 * sections 7.1 and 7.2). Pure: bytes and expectations in, a verdict out; never throws.
 *
 * The caller spends the challenge first (blueprints/accounts/passkeys/challenge.ts). Does not stop
 * whoever holds the unlocked device, and does not know what kind of device it is.
 */
import { hash } from 'node:crypto'
import { constantTimeEqual } from '../../core/bytes.ts'
import { attestationProblem, readAttestationObject } from './attestation.ts'
import { type AuthenticatorData, readAuthenticatorData } from './authenticatorData.ts'
import { type Ceremony, clientDataProblem } from './clientData.ts'
import { type PasskeyProblem, type Rejected, rejected } from './problems.ts'
import { isSignedBy, readPublicKey } from './publicKey.ts'
import type { RelyingParty } from './relyingParty.ts'

export type Expectations = {
  /** What was sent to the browser, in base64url. */
  readonly challenge: string
  readonly relyingParty: RelyingParty
  /** True: a PIN, a finger or a face, beside the touch. */
  readonly userVerification: boolean
}

export type RegistrationAnswer = {
  readonly credentialId: Uint8Array
  readonly clientData: Uint8Array
  readonly attestationObject: Uint8Array
}

export type NewPasskey = {
  readonly ok: true
  readonly credentialId: Uint8Array
  /** COSE_Key, to be stored as it is. */
  readonly publicKey: Uint8Array
  readonly signCount: number
  readonly userVerified: boolean
  /** Whether it may be on several devices, and is backed up now. */
  readonly backupEligible: boolean
  readonly backedUp: boolean
}

/** Section 7.1. That nobody has this credential id yet is for the store. */
export function verifyRegistration(
  answer: RegistrationAnswer,
  expected: Expectations,
): NewPasskey | Rejected {
  const clientProblem = clientDataProblem(
    answer.clientData,
    clientExpectations('webauthn.create', expected),
  )
  if (clientProblem !== undefined) return rejected(clientProblem)
  const object = readAttestationObject(answer.attestationObject)
  if (object === undefined) return rejected('attestation-object')
  const data = readAuthenticatorData(object.authenticatorData)
  if (data?.credential === undefined) return rejected('authenticator-data')
  const problem = authenticatorProblem(data, expected)
  if (problem !== undefined) return rejected(problem)
  const { id, publicKey } = data.credential
  if (!constantTimeEqual(id, answer.credentialId)) return rejected('credential-id')
  const key = readPublicKey(publicKey)
  if (key === undefined) return rejected('public-key')
  const attestation = attestationProblem(object, key, sha256(answer.clientData))
  if (attestation !== undefined) return rejected(attestation)
  const { signCount, userVerified, backupEligible, backedUp } = data
  const facts = { signCount, userVerified, backupEligible, backedUp }
  return { ok: true, credentialId: id, publicKey, ...facts }
}

export type AssertionAnswer = {
  readonly credentialId: Uint8Array
  readonly clientData: Uint8Array
  readonly authenticatorData: Uint8Array
  readonly signature: Uint8Array
  /** Empty or undefined when the authenticator gave none. */
  readonly userHandle: Uint8Array | undefined
}

export type StoredPasskey = {
  readonly credentialId: Uint8Array
  /** COSE_Key. */
  readonly publicKey: Uint8Array
  readonly signCount: number
  readonly userHandle: Uint8Array
  /**
   * Whether its owner was recognised when it was made, or with another factor beside it since. Who
   * finds a key that asks nobody for a PIN can give it one: until then that proves nothing.
   */
  readonly uvInitialized: boolean
  /** As it was made; never changes (section 6.1.3). */
  readonly backupEligible: boolean
}

export type ProvenPasskey = {
  readonly ok: true
  /** To be stored, if the stored one is still the one that this was judged by. */
  readonly signCount: number
  /** The device has recognised its owner, and counted as one that can. */
  readonly userVerified: boolean
  /** To be stored where another factor was given as well, and only there (section 7.2). */
  readonly uvInitialized: boolean
  readonly backedUp: boolean
}

/**
 * Section 7.2. `userHandle: 'required'` is for signing in without a name: then the authenticator
 * has to say whose passkey it is, too.
 */
export function verifyAssertion(
  answer: AssertionAnswer,
  stored: StoredPasskey,
  expected: Expectations & { readonly userHandle: 'required' | 'if-given' },
): ProvenPasskey | Rejected {
  if (!constantTimeEqual(answer.credentialId, stored.credentialId)) return rejected('credential-id')
  if (!isHandleOf(answer.userHandle, stored, expected.userHandle)) return rejected('user-handle')
  const clientProblem = clientDataProblem(
    answer.clientData,
    clientExpectations('webauthn.get', expected),
  )
  if (clientProblem !== undefined) return rejected(clientProblem)
  const data = readAuthenticatorData(answer.authenticatorData)
  // Section 6.1: an assertion carries no attested credential.
  if (data === undefined || data.credential !== undefined) return rejected('authenticator-data')
  const userVerified = data.userVerified && stored.uvInitialized
  const problem = authenticatorProblem({ ...data, userVerified }, expected)
  if (problem !== undefined) return rejected(problem)
  if (data.backupEligible !== stored.backupEligible) return rejected('backup-eligibility')
  const key = readPublicKey(stored.publicKey)
  if (key === undefined) return rejected('public-key')
  const signed = Buffer.concat([answer.authenticatorData, sha256(answer.clientData)])
  if (!isSignedBy(key, signed, answer.signature)) return rejected('signature')
  if (!isCountFurther(stored.signCount, data.signCount)) return rejected('sign-count')
  const { signCount, backedUp } = data
  const uvInitialized = data.userVerified || stored.uvInitialized
  return { ok: true, signCount, userVerified, uvInitialized, backedUp }
}

function clientExpectations(ceremony: Ceremony, { challenge, relyingParty }: Expectations) {
  return { ceremony, challenge, origin: relyingParty.origin }
}

function isHandleOf(
  given: Uint8Array | undefined,
  stored: StoredPasskey,
  need: 'required' | 'if-given',
): boolean {
  if (given === undefined || given.length === 0) return need === 'if-given'
  return constantTimeEqual(given, stored.userHandle)
}

function authenticatorProblem(
  data: AuthenticatorData,
  { relyingParty, userVerification }: Expectations,
): PasskeyProblem | undefined {
  if (!constantTimeEqual(data.rpIdHash, relyingParty.idHash)) return 'relying-party'
  if (!data.userPresent) return 'user-presence'
  if (userVerification && !data.userVerified) return 'user-verification'
  // Section 6.1.3: what may not be backed up is not backed up.
  return data.backedUp && !data.backupEligible ? 'backup-state' : undefined
}

/** Both zero: the authenticator does not count, as most that synchronise do not (section 6.1.1). */
function isCountFurther(before: number, now: number): boolean {
  return (before === 0 && now === 0) || now > before
}

function sha256(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer')
}
