/**
 * The object that comes with a new passkey (WebAuthn Level 3, section 6.5.4).
 *
 * We ask for no attestation, so browsers send `none`; the one thing that they pass on all the same
 * is self attestation (section 5.1.3, step 21), where the new key signs for itself. That signature
 * is checked. Every other format would be a claim about a maker that nobody here verifies: refused
 * (docs/decisions/010-passkeys.md).
 */
import { type CborMap, decodeCbor, isCborMap } from './cbor.ts'
import type { PasskeyProblem } from './problems.ts'
import { isSignedBy, type PublicKey } from './publicKey.ts'

export type AttestationObject = {
  readonly format: string
  readonly statement: CborMap
  readonly authenticatorData: Uint8Array
}

/** Without attestation it is under 400 bytes, plus 1,023 for the longest id. */
const maxBytes = 16_384

/** Undefined when the bytes are not one attestation object, with its three members and no other. */
export function readAttestationObject(bytes: Uint8Array): AttestationObject | undefined {
  if (bytes.length > maxBytes) return undefined
  const map = decodeCbor(bytes)
  if (!isCborMap(map) || map.size !== 3) return undefined
  const format = map.get('fmt')
  const statement = map.get('attStmt')
  const authenticatorData = map.get('authData')
  if (typeof format !== 'string' || !isCborMap(statement)) return undefined
  if (!(authenticatorData instanceof Uint8Array)) return undefined
  return { format, statement, authenticatorData }
}

/** Undefined for `none` (section 8.7) and for packed self attestation that holds (section 8.2). */
export function attestationProblem(
  { format, statement, authenticatorData }: AttestationObject,
  key: PublicKey,
  clientDataHash: Uint8Array,
): PasskeyProblem | undefined {
  if (format === 'none') return statement.size === 0 ? undefined : 'attestation-statement'
  if (format !== 'packed' || statement.has('x5c')) return 'attestation-format'
  const signature = statement.get('sig')
  if (statement.size !== 2 || statement.get('alg') !== key.algorithm) return 'attestation-statement'
  if (!(signature instanceof Uint8Array)) return 'attestation-statement'
  const signed = Buffer.concat([authenticatorData, clientDataHash])
  return isSignedBy(key, signed, signature) ? undefined : 'attestation-statement'
}
