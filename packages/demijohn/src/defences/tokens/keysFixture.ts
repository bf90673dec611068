/** Keys and tokens for tests, and tokens that our own signer would not make. */
import assert from 'node:assert/strict'
import { type Algorithm, algorithms, signatureOf } from './algorithms.ts'
import { keyOfSet } from './keySet.ts'
import {
  type GeneratedKey,
  generateSigningKey,
  readSigningKey,
  type SigningKey,
} from './signingKey.ts'

const made = new Map<Algorithm, GeneratedKey>()

/** One key for each algorithm, made when first asked for. Those of RSA are one, under other names. */
export function generated(algorithm: Algorithm): GeneratedKey {
  const known = made.get(algorithm) ?? make(algorithm)
  made.set(algorithm, known)
  return known
}

function make(algorithm: Algorithm): GeneratedKey {
  if (!/^[RP]S/.test(algorithm) || algorithm === 'RS256') return generateSigningKey(algorithm)
  const { kid, privateJwk, publicJwk } = generated('RS256')
  const alg = { alg: algorithm }
  return {
    ...{ kid, algorithm, privateJwk: { ...privateJwk, ...alg } },
    publicJwk: { ...publicJwk, ...alg },
  }
}

export function signingKey(algorithm: Algorithm, from = generated(algorithm)): SigningKey {
  const read = readSigningKey(from.privateJwk, { allowed: [algorithm] })
  assert.ok(read.ok)
  return read.key
}

export const everyAlgorithm: readonly Algorithm[] = algorithms

/** Signs any header and payload, as an attacker or a careless issuer would. */
export function signRaw(
  header: unknown,
  payload: unknown,
  key: Pick<SigningKey, 'algorithm' | 'key'>,
): string {
  const signed = `${encode(header)}.${encode(payload)}`
  return `${signed}.${signatureOf(key, Buffer.from(signed, 'latin1')).toString('base64url')}`
}

/** Text as it stands, anything else as JSON. */
export function encode(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return Buffer.from(text, 'utf8').toString('base64url')
}

/** 2026-01-01. */
export const now = 1_767_225_600_000
export const seconds = now / 1000

export const issuer = 'https://site.example'
export const audience = 'https://site.example/api/v1'

export const claims = {
  iss: issuer,
  aud: audience,
  sub: '0190a0c8-0000-7000-8000-000000000001',
  client_id: 'reader',
  iat: seconds,
  exp: seconds + 300,
  jti: '0190a0c8-0000-7000-8000-000000000002',
  scope: 'post:read post:write',
  auth_time: seconds - 60,
  fam: '0190a0c8-0000-7000-8000-000000000003',
}

export function expectedWith(key: SigningKey) {
  return {
    issuer,
    audience,
    now,
    toleranceSeconds: 0,
    keyOf: keyOfSet([key.verification]),
  }
}
