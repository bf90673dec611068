/**
 * The signature algorithms of JWS that are verified here (RFC 7518 section 3, RFC 8037, RFC 9864),
 * as data: which key each needs, how strong, and how long its signatures are.
 *
 * Stops `none` in any spelling, for it is no row, and algorithm confusion: a row belongs to one type
 * of key, so a public key cannot be read as the secret of an HMAC (ASVS 9.1.2; RFC 8725 section 3.1).
 */
import {
  constants,
  createHmac,
  type KeyObject,
  sign as signAsymmetric,
  verify as verifyAsymmetric,
} from 'node:crypto'
import { constantTimeEqual } from '../../core/bytes.ts'

type Row =
  | { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly signatureBytes: 64 }
  | {
      readonly kty: 'EC'
      readonly crv: 'P-256' | 'P-384' | 'P-521'
      readonly hash: Hash
      readonly coordinateBytes: number
    }
  | { readonly kty: 'RSA'; readonly padding: 'pkcs1' | 'pss'; readonly hash: Hash }
  | { readonly kty: 'oct'; readonly hash: Hash; readonly hashBytes: number }
type Hash = 'sha256' | 'sha384' | 'sha512'

export const algorithmTable = {
  EdDSA: { kty: 'OKP', crv: 'Ed25519', signatureBytes: 64 },
  ES256: { kty: 'EC', crv: 'P-256', hash: 'sha256', coordinateBytes: 32 },
  ES384: { kty: 'EC', crv: 'P-384', hash: 'sha384', coordinateBytes: 48 },
  ES512: { kty: 'EC', crv: 'P-521', hash: 'sha512', coordinateBytes: 66 },
  RS256: { kty: 'RSA', padding: 'pkcs1', hash: 'sha256' },
  RS384: { kty: 'RSA', padding: 'pkcs1', hash: 'sha384' },
  RS512: { kty: 'RSA', padding: 'pkcs1', hash: 'sha512' },
  PS256: { kty: 'RSA', padding: 'pss', hash: 'sha256' },
  PS384: { kty: 'RSA', padding: 'pss', hash: 'sha384' },
  PS512: { kty: 'RSA', padding: 'pss', hash: 'sha512' },
  HS256: { kty: 'oct', hash: 'sha256', hashBytes: 32 },
  HS384: { kty: 'oct', hash: 'sha384', hashBytes: 48 },
  HS512: { kty: 'oct', hash: 'sha512', hashBytes: 64 },
} as const satisfies Record<string, Row>

export type Algorithm = keyof typeof algorithmTable
/** Those whose verifiers cannot sign. */
export type AsymmetricAlgorithm = Exclude<Algorithm, `HS${string}`>

export const algorithms = Object.freeze(Object.keys(algorithmTable).filter(isName))
export const asymmetricAlgorithms = Object.freeze(algorithms.filter(isAsymmetric))

function isName(name: string): name is Algorithm {
  return Object.hasOwn(algorithmTable, name)
}

function isAsymmetric(name: Algorithm): name is AsymmetricAlgorithm {
  return algorithmTable[name].kty !== 'oct'
}

/**
 * The algorithm of an `alg` member, compared letter by letter. `Ed25519` is the same algorithm as
 * `EdDSA` under a later name (RFC 9864 section 2.2), for Ed448 is not taken here.
 */
export function algorithmNamed(alg: unknown): Algorithm | undefined {
  if (typeof alg !== 'string') return undefined
  if (alg === 'Ed25519') return 'EdDSA'
  return isName(alg) ? alg : undefined
}

export function rowOf(algorithm: Algorithm): Row {
  return algorithmTable[algorithm]
}

/** Bytes that every signature of this key has (RFC 7518 sections 3.2 to 3.5, RFC 8037 section 3.1). */
export function signatureBytesOf(algorithm: Algorithm, key: KeyObject): number {
  const row = rowOf(algorithm)
  switch (row.kty) {
    case 'OKP':
      return row.signatureBytes
    case 'EC':
      return 2 * row.coordinateBytes
    case 'RSA':
      return Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8)
    case 'oct':
      return row.hashBytes
  }
}

/** Never throws for a signature of the right length; the caller checks that first. */
export function isSignatureOf(
  { algorithm, key }: { readonly algorithm: Algorithm; readonly key: KeyObject },
  data: Buffer,
  signature: Buffer,
): boolean {
  const row = rowOf(algorithm)
  if (row.kty === 'oct') return constantTimeEqual(macOf(row.hash, key, data), signature)
  if (row.kty === 'OKP') return verifyAsymmetric(null, data, key, signature)
  return verifyAsymmetric(row.hash, data, { key, ...encodingOf(row) }, signature)
}

export function signatureOf(
  { algorithm, key }: { readonly algorithm: Algorithm; readonly key: KeyObject },
  data: Buffer,
): Buffer {
  const row = rowOf(algorithm)
  if (row.kty === 'oct') return macOf(row.hash, key, data)
  if (row.kty === 'OKP') return signAsymmetric(null, data, key)
  return signAsymmetric(row.hash, data, { key, ...encodingOf(row) })
}

function macOf(hash: Hash, key: KeyObject, data: Buffer): Buffer {
  return createHmac(hash, key).update(data).digest()
}

/** Two numbers side by side for ECDSA; a salt as long as the hash for PSS (RFC 7518 section 3.5). */
function encodingOf(row: Extract<Row, { kty: 'EC' | 'RSA' }>) {
  if (row.kty === 'EC') return { dsaEncoding: 'ieee-p1363' } as const
  if (row.padding === 'pkcs1') return { padding: constants.RSA_PKCS1_PADDING }
  return {
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  }
}
