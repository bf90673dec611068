/**
 * What the authenticator signs (WebAuthn Level 3, section 6.1).
 *
 * Stops bytes that two readers take for different things: every byte has its place, and none is
 * left over. Whose data it is and what it proves is judged in verify.ts.
 */
import { decodeCborAt, isCborMap } from './cbor.ts'

export type AttestedCredential = {
  /** Up to 1,023 bytes (section 4, credential id). */
  readonly id: Uint8Array
  /** COSE_Key, as it stood there. */
  readonly publicKey: Uint8Array
}

export type AuthenticatorData = {
  readonly rpIdHash: Uint8Array
  readonly userPresent: boolean
  readonly userVerified: boolean
  readonly backupEligible: boolean
  readonly backedUp: boolean
  readonly signCount: number
  /** Only where a credential was made. */
  readonly credential: AttestedCredential | undefined
}

const fixedBytes = 37
const aaguidBytes = 16
export const maxCredentialIdBytes = 1023
const maxBytes = 8192

const flag = {
  userPresent: 0x01,
  userVerified: 0x04,
  backupEligible: 0x08,
  backedUp: 0x10,
  attestedCredential: 0x40,
  extensions: 0x80,
} as const

/** Undefined when the bytes are not authenticator data to the last one. */
export function readAuthenticatorData(bytes: Uint8Array): AuthenticatorData | undefined {
  if (bytes.length < fixedBytes || bytes.length > maxBytes) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const flags = view.getUint8(32)
  const has = (bit: number): boolean => (flags & bit) !== 0
  const attested = has(flag.attestedCredential) ? readCredential(bytes, view) : undefined
  if (has(flag.attestedCredential) && attested === undefined) return undefined
  const credentialEnd = attested?.end ?? fixedBytes
  const end = has(flag.extensions) ? endOfExtensions(bytes, credentialEnd) : credentialEnd
  if (end !== bytes.length) return undefined
  return {
    rpIdHash: bytes.subarray(0, 32),
    userPresent: has(flag.userPresent),
    userVerified: has(flag.userVerified),
    backupEligible: has(flag.backupEligible),
    backedUp: has(flag.backedUp),
    signCount: view.getUint32(33),
    credential: attested?.credential,
  }
}

function readCredential(
  bytes: Uint8Array,
  view: DataView,
): { readonly credential: AttestedCredential; readonly end: number } | undefined {
  const lengthAt = fixedBytes + aaguidBytes
  const idAt = lengthAt + 2
  if (bytes.length < idAt) return undefined
  const length = view.getUint16(lengthAt)
  const keyAt = idAt + length
  if (length === 0 || length > maxCredentialIdBytes || keyAt > bytes.length) return undefined
  const key = decodeCborAt(bytes, keyAt)
  if (key === undefined || !isCborMap(key.value)) return undefined
  return {
    credential: { id: bytes.subarray(idAt, keyAt), publicKey: bytes.subarray(keyAt, key.end) },
    end: key.end,
  }
}

/** We ask for no extensions; what an authenticator says unasked has to be a map, and is dropped. */
function endOfExtensions(bytes: Uint8Array, at: number): number | undefined {
  const item = decodeCborAt(bytes, at)
  return item !== undefined && isCborMap(item.value) ? item.end : undefined
}
