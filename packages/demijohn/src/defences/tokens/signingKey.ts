/**
 * Keys that sign: made here, kept by the caller (sealed), read again as they were judged.
 *
 * A key is for one algorithm for all its life, and its public half is read as strictly as anybody
 * else's. Key pairs come from OpenSSL's generator; secrets of HMAC from what is passed in.
 */
import { createPrivateKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto'
import { type Random, systemRandom } from '../../core/bytes.ts'
import { type Algorithm, isSignatureOf, rowOf, signatureOf } from './algorithms.ts'
import { decodeBase64url } from './base64url.ts'
import { isPlainText, type Members, membersOf } from './json.ts'
import { bindAlgorithm, isForUse, readVerificationKey, type VerificationKey } from './jwk.ts'
import { type KeyProblem, type Rejected, rejected } from './problems.ts'

export type SigningKey = {
  readonly kid: string
  readonly algorithm: Algorithm
  readonly key: KeyObject
  /** What verifies its signatures. */
  readonly verification: VerificationKey
}

export type GeneratedKey = {
  /** The thumbprint (RFC 7638); for a secret random, so that a published name tells nothing of it. */
  readonly kid: string
  readonly algorithm: Algorithm
  /** Secret. With `kid`, `alg` and `use`. */
  readonly privateJwk: Readonly<Record<string, string>>
  /** For the JWKS; undefined for a secret, which is never published. */
  readonly publicJwk: Readonly<Record<string, string>> | undefined
}

/** Between the 2048 bits of RFC 7518 section 3.3 and what a signature may cost. */
const modulusLength = 3072

/** Makes a key. RSA takes some hundred milliseconds: not for the path of a request. */
export function generateSigningKey(
  algorithm: Algorithm,
  { random = systemRandom }: { readonly random?: Random } = {},
): GeneratedKey {
  const row = rowOf(algorithm)
  if (row.kty === 'oct') {
    const kid = random(16).toString('base64url')
    const k = random(row.hashBytes).toString('base64url')
    const privateJwk = { kty: 'oct', kid, alg: algorithm, use: 'sig', k }
    return { kid, algorithm, privateJwk, publicJwk: undefined }
  }
  const pair = generatePair(algorithm)
  const publicMembers = exported(pair.publicKey)
  const read = readVerificationKey(publicMembers, { allowed: [algorithm] })
  if (!read.ok) throw new TypeError(`generateSigningKey: made a key that is ${read.problem}`)
  const kid = read.key.thumbprint
  const named = { kid, alg: algorithm, use: 'sig' }
  return {
    kid,
    algorithm,
    privateJwk: { ...exported(pair.privateKey), ...named },
    publicJwk: { ...publicMembers, ...named },
  }
}

function generatePair(algorithm: Algorithm): { publicKey: KeyObject; privateKey: KeyObject } {
  const row = rowOf(algorithm)
  if (row.kty === 'EC') return generateKeyPairSync('ec', { namedCurve: row.crv })
  if (row.kty === 'RSA') return generateKeyPairSync('rsa', { modulusLength })
  return generateKeyPairSync('ed25519')
}

function exported(key: KeyObject): Readonly<Record<string, string>> {
  const jwk: JsonWebKey = key.export({ format: 'jwk' })
  return Object.fromEntries(
    Object.entries(jwk).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value] as const] : [],
    ),
  )
}

/** Reads what `generateSigningKey` made, or another private JWK that has a `kid`. */
export function readSigningKey(
  privateJwk: unknown,
  { allowed }: { readonly allowed: readonly Algorithm[] },
): { readonly ok: true; readonly key: SigningKey } | Rejected<KeyProblem> {
  const members = membersOf(privateJwk)
  if (members === undefined) return rejected('not-an-object')
  const algorithm = bindAlgorithm(members, allowed)
  if (typeof algorithm !== 'string') return algorithm
  const kid = members.get('kid')
  if (!isPlainText(kid, 255)) return rejected('key-id')
  if (!isForUse(members, 'sign')) return rejected('use')
  const verification = readVerificationKey(publicHalf(members, algorithm), { allowed: [algorithm] })
  if (!verification.ok) return verification
  const key =
    rowOf(algorithm).kty === 'oct' ? verification.key.key : importPrivate(members, verification.key)
  if (key === undefined) return rejected('malformed')
  return { ok: true, key: Object.freeze({ kid, algorithm, key, verification: verification.key }) }
}

function publicHalf(members: Members, algorithm: Algorithm): object {
  const names = rowOf(algorithm).kty === 'oct' ? ['k'] : ['crv', 'x', 'y', 'n', 'e']
  const half = [...members].filter(([name]) => ['kty', 'kid', ...names].includes(name))
  return Object.fromEntries(half)
}

const privateNames = ['kty', 'crv', 'x', 'y', 'n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi']

/** Undefined where the private half is malformed, or of another key than its public half says. */
function importPrivate(members: Members, verification: VerificationKey): KeyObject | undefined {
  const jwk: Record<string, string> = {}
  for (const name of privateNames) {
    const value = members.get(name)
    if (value === undefined) continue
    if (typeof value !== 'string' || (name !== 'kty' && name !== 'crv' && !isEncoded(value))) {
      return undefined
    }
    jwk[name] = value
  }
  try {
    const key = createPrivateKey({ format: 'jwk', key: jwk })
    const { algorithm } = verification
    const probe = Buffer.from('demijohn signing key 1')
    return isSignatureOf(verification, probe, signatureOf({ algorithm, key }, probe))
      ? key
      : undefined
  } catch (error) {
    if (error instanceof Error) return undefined
    throw error
  }
}

function isEncoded(text: string): boolean {
  return decodeBase64url(text) !== undefined
}
