/**
 * Public keys of passkeys: COSE_Key (RFC 9052 section 7, RFC 9053 section 7, RFC 8230 section 4) of
 * the three algorithms that we ask browsers for.
 *
 * Stops keys of another algorithm than they are used with, points that are not on their curve
 * (OpenSSL refuses them when a key is made), RSA below 2048 bits, and optional members, which
 * WebAuthn section 6.5.1 forbids.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { type CborMap, type CborValue, decodeCbor, isCborMap } from './cbor.ts'

/** In the order in which we prefer them (IANA COSE Algorithms): Ed25519, ES256, RS256. */
export const algorithms = [-8, -7, -257] as const
export type Algorithm = (typeof algorithms)[number]

export type PublicKey = { readonly algorithm: Algorithm; readonly key: KeyObject }

/** RSA beyond this costs more to check than it is worth. */
const maxModulusBytes = 1024
const minModulusBits = 2048
const maxSignatureBytes = 1024

/** Undefined for a key that is malformed, weak, or of an algorithm that we did not ask for. */
export function readPublicKey(cose: Uint8Array): PublicKey | undefined {
  const map = decodeCbor(cose)
  if (!isCborMap(map)) return undefined
  const algorithm = map.get(3)
  switch (algorithm) {
    case -7:
      return keyOf(algorithm, ecJwk(map))
    case -8:
      return keyOf(algorithm, edJwk(map))
    case -257:
      return keyOf(algorithm, rsaJwk(map))
    default:
      return undefined
  }
}

type Jwk = Readonly<Record<string, string>>

function keyOf(algorithm: Algorithm, jwk: Jwk | undefined): PublicKey | undefined {
  if (jwk === undefined) return undefined
  try {
    return { algorithm, key: createPublicKey({ format: 'jwk', key: { ...jwk } }) }
  } catch (error) {
    // How OpenSSL says that a point is not on the curve; its class is no part of Node's interface.
    if (error instanceof Error) return undefined
    throw error
  }
}

/** kty EC2, crv P-256, both coordinates: a compressed point is not allowed (section 5.8.5). */
function ecJwk(map: CborMap): Jwk | undefined {
  const x = bytesOf(map.get(-2), 32)
  const y = bytesOf(map.get(-3), 32)
  if (map.size !== 5 || map.get(1) !== 2 || map.get(-1) !== 1) return undefined
  return x === undefined || y === undefined ? undefined : { kty: 'EC', crv: 'P-256', x, y }
}

/** kty OKP, crv Ed25519. */
function edJwk(map: CborMap): Jwk | undefined {
  const x = bytesOf(map.get(-2), 32)
  if (map.size !== 4 || map.get(1) !== 1 || map.get(-1) !== 6) return undefined
  return x === undefined ? undefined : { kty: 'OKP', crv: 'Ed25519', x }
}

/** kty RSA, a modulus without leading zeros, and the one exponent that authenticators use. */
function rsaJwk(map: CborMap): Jwk | undefined {
  const modulus = map.get(-1)
  const exponent = bytesOf(map.get(-2), 3)
  if (map.size !== 4 || map.get(1) !== 3 || exponent !== 'AQAB') return undefined
  if (!(modulus instanceof Uint8Array) || modulus.length > maxModulusBytes) return undefined
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24
  if (modulus[0] === 0 || bits < minModulusBits) return undefined
  return { kty: 'RSA', n: base64url(modulus), e: exponent }
}

function bytesOf(value: CborValue | undefined, length: number): string | undefined {
  return value instanceof Uint8Array && value.length === length ? base64url(value) : undefined
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
}

/** ECDSA in ASN.1 DER, Ed25519, RSASSA-PKCS1-v1_5 with SHA-256 (section 6.5.5). Never throws. */
export function isSignedBy(
  { algorithm, key }: PublicKey,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (signature.length === 0 || signature.length > maxSignatureBytes) return false
  return verify(algorithm === -8 ? null : 'sha256', data, key, signature)
}
