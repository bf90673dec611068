/**
 * Public keys and secrets that verify, read from JWK (RFC 7517, RFC 7518 section 6, RFC 8037), each
 * bound to one algorithm when it is read (RFC 8725 section 3.1; ASVS 9.1.2).
 *
 * Stops a token's header from choosing how it is checked, keys made for another use, points that
 * are not on their curve, weak keys (strength.ts), and a private key that was published.
 * Does not know whether a key is the issuer's: where it comes from is the caller's.
 */
import { createPublicKey, createSecretKey, hash, type KeyObject } from 'node:crypto'
import { type Algorithm, algorithmNamed, algorithms, rowOf } from './algorithms.ts'
import { decodeBase64url } from './base64url.ts'
import { isPlainText, type Members, membersOf } from './json.ts'
import { type KeyProblem, type Rejected, rejected } from './problems.ts'
import { isStrongEd25519, isStrongRsa } from './strength.ts'

declare const brand: unique symbol

/** A key that was read and judged here, for one algorithm. */
export type VerificationKey = {
  readonly [brand]: 'VerificationKey'
  readonly kid: string | undefined
  readonly algorithm: Algorithm
  readonly key: KeyObject
  /** RFC 7638 with SHA-256, in base64url. */
  readonly thumbprint: string
}

const longestKeyId = 255
/** RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1, RFC 8037 section 2: what only the owner may know. */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const

export type ReadKey = { readonly ok: true; readonly key: VerificationKey }

/**
 * Reads a key that may verify. `allowed` are the algorithms of this place; without an `alg` of its
 * own the key gets the only one of them that it fits, and is refused if there are several.
 */
export function readVerificationKey(
  jwk: unknown,
  { allowed }: { readonly allowed: readonly Algorithm[] },
): ReadKey | Rejected<KeyProblem> {
  const members = membersOf(jwk)
  if (members === undefined) return rejected('not-an-object')
  const algorithm = bindAlgorithm(members, allowed)
  if (typeof algorithm !== 'string') return algorithm
  if (!isForUse(members, 'verify')) return rejected('use')
  if (hasPrivateMember(members)) return rejected('private')
  const kid = members.get('kid')
  if (kid !== undefined && !isPlainText(kid, longestKeyId)) return rejected('key-id')
  return readMaterial(members, algorithm, kid)
}

/** Whether a JWK tells what only its owner may know. A secret of HMAC is meant to be here. */
export function hasPrivateMember(members: Members): boolean {
  return privateMembers.some(
    (name) => members.has(name) && !(name === 'k' && members.get('kty') === 'oct'),
  )
}

/** The one algorithm for this key, by its own word or because only one of the allowed fits. */
export function bindAlgorithm(
  members: Members,
  allowed: readonly Algorithm[],
): Algorithm | Rejected<KeyProblem> {
  if (!algorithms.some((name) => rowOf(name).kty === members.get('kty'))) return rejected('type')
  const fitting = allowed.filter((name) => fits(members, name))
  const alg = members.get('alg')
  if (alg !== undefined) {
    const named = algorithmNamed(alg)
    return named !== undefined && fitting.includes(named) ? named : rejected('algorithm')
  }
  const [only, ...others] = fitting
  if (only === undefined) return rejected('algorithm')
  return others.length === 0 ? only : rejected('algorithm-ambiguous')
}

function fits(members: Members, algorithm: Algorithm): boolean {
  const row = rowOf(algorithm)
  if (row.kty !== members.get('kty')) return false
  return !('crv' in row) || row.crv === members.get('crv')
}

/** RFC 7517 sections 4.2 and 4.3: what says that it is for something else is not for this. */
export function isForUse(members: Members, operation: 'sign' | 'verify'): boolean {
  const use = members.get('use')
  if (use !== undefined && use !== 'sig') return false
  const operations = members.get('key_ops')
  if (operations === undefined) return true
  return Array.isArray(operations) && operations.includes(operation)
}

function readMaterial(
  members: Members,
  algorithm: Algorithm,
  kid: string | undefined,
): ReadKey | Rejected<KeyProblem> {
  const row = rowOf(algorithm)
  if (row.kty === 'oct') return readSecret(members, algorithm, kid, row.hashBytes)
  const jwk = row.kty === 'RSA' ? rsaOf(members) : pointOf(members, algorithm)
  if (typeof jwk === 'string') return rejected(jwk)
  const key = importPublic(jwk)
  if (key === undefined) return rejected('not-on-curve')
  return bound({ kid, algorithm, key, thumbprint: sha256(JSON.stringify(jwk)) })
}

/** RFC 7518 section 3.2: a secret is at least as long as the hash. */
function readSecret(
  members: Members,
  algorithm: Algorithm,
  kid: string | undefined,
  minBytes: number,
): ReadKey | Rejected<KeyProblem> {
  const k = members.get('k')
  const bytes = typeof k === 'string' ? decodeBase64url(k) : undefined
  if (bytes === undefined) return rejected('malformed')
  if (bytes.length < minBytes || bytes.length > maxSecretBytes) return rejected('weak')
  const key = createSecretKey(bytes)
  return bound({ kid, algorithm, key, thumbprint: sha256(JSON.stringify({ k, kty: 'oct' })) })
}

const maxSecretBytes = 1024

/** The brand is given here and nowhere else, after every check of this file. */
function bound(key: Omit<VerificationKey, typeof brand>): ReadKey {
  return { ok: true, key: Object.freeze(key) as VerificationKey }
}

/** The members that a thumbprint is made of, in its order (RFC 7638 section 3.2). */
type Required = Readonly<Record<string, string>>

function rsaOf(members: Members): Required | KeyProblem {
  const [e, n] = [members.get('e'), members.get('n')]
  if (typeof e !== 'string' || typeof n !== 'string') return 'malformed'
  const [exponent, modulus] = [decodeBase64url(e), decodeBase64url(n)]
  if (exponent === undefined || modulus === undefined) return 'malformed'
  return isStrongRsa(modulus, exponent) ? { e, kty: 'RSA', n } : 'weak'
}

function pointOf(members: Members, algorithm: Algorithm): Required | KeyProblem {
  const row = rowOf(algorithm)
  const [x, y] = [members.get('x'), members.get('y')]
  const xBytes = typeof x === 'string' ? decodeBase64url(x) : undefined
  if (typeof x !== 'string' || xBytes === undefined) return 'malformed'
  if (row.kty === 'OKP') {
    if (xBytes.length !== 32 || y !== undefined) return 'malformed'
    return isStrongEd25519(xBytes) ? { crv: row.crv, kty: 'OKP', x } : 'not-on-curve'
  }
  if (row.kty !== 'EC' || typeof y !== 'string') return 'malformed'
  // RFC 7518 section 6.2.1.2: the full size of a coordinate, leading zeros and all.
  const sizes = [xBytes.length, decodeBase64url(y)?.length]
  if (sizes.some((size) => size !== row.coordinateBytes)) return 'malformed'
  return { crv: row.crv, kty: 'EC', x, y }
}

function importPublic(jwk: Required): KeyObject | undefined {
  try {
    return createPublicKey({ format: 'jwk', key: { ...jwk } })
  } catch (error) {
    // How OpenSSL says that a point is not on the curve; its class is no part of Node's interface.
    if (error instanceof Error) return undefined
    throw error
  }
}

function sha256(text: string): string {
  return hash('sha256', text, 'base64url')
}

/** RFC 7638 with SHA-256, of a key that was read here for any algorithm; undefined for others. */
export function thumbprint(jwk: unknown): string | undefined {
  const members = membersOf(jwk)
  if (members === undefined) return undefined
  const fitting = algorithms.find((name) => fits(members, name))
  if (fitting === undefined) return undefined
  const read = readMaterial(members, fitting, undefined)
  return read.ok ? read.key.thumbprint : undefined
}
