/**
 * Access tokens of our own: JWS of type `at+jwt` with the claims of RFC 9068, short-lived, for one
 * audience, and bound to a key where the client has one (RFC 9449 section 6).
 *
 * Stops a token of another kind, issuer, audience or time from being one (ASVS 9.2.1 to 9.2.4).
 * Pure: whether it was revoked, and what its person may do now, is for the caller.
 */
import {
  type AccessClaims,
  checkAccessClaims,
  type ExpectedClaims,
  isThumbprint,
} from './claims.ts'
import { longestToken, signCompact, verifyCompact } from './jws.ts'
import type { KeyOf } from './keySet.ts'
import type { Rejected, TokenProblem } from './problems.ts'
import type { SigningKey } from './signingKey.ts'

/** RFC 9068 section 2.1. */
export const accessTokenType = 'at+jwt'

export type AccessTokenFacts = {
  readonly issuer: string
  readonly audience: string
  readonly subject: string
  readonly clientId: string
  readonly tokenId: string
  readonly scopes: Iterable<string>
  /** UTC milliseconds. */
  readonly now: number
  readonly lifetimeSeconds: number
  /** UTC milliseconds: when the person last proved who they are. */
  readonly authenticatedAt: number
  readonly family: string
  /** Thumbprint of the client's key (RFC 7638). */
  readonly boundTo?: string
}

/**
 * Makes a token. What it could not verify itself, it does not sign: throws a `RangeError` for facts
 * that are malformed, without naming their values.
 */
export function issueAccessToken(facts: AccessTokenFacts, key: SigningKey): string {
  const { issuer, audience, now, lifetimeSeconds, boundTo } = facts
  const issuedAt = Math.floor(now / 1000)
  const payload = {
    iss: issuer,
    aud: audience,
    sub: facts.subject,
    client_id: facts.clientId,
    iat: issuedAt,
    exp: issuedAt + lifetimeSeconds,
    jti: facts.tokenId,
    scope: [...facts.scopes].join(' '),
    auth_time: Math.floor(facts.authenticatedAt / 1000),
    fam: facts.family,
    ...(boundTo === undefined ? {} : { cnf: { jkt: boundTo } }),
  }
  if (boundTo !== undefined && !isThumbprint(boundTo)) throw new RangeError('access token: boundTo')
  const bytes = Buffer.from(JSON.stringify(payload), 'utf8')
  const verdict = checkAccessClaims(bytes, { issuer, audience, now, toleranceSeconds: 0 })
  if (!verdict.ok) throw new RangeError(`access token: ${verdict.problem}`)
  const text = signCompact(payload, key, { typ: accessTokenType })
  if (text.length > longestToken) throw new RangeError('access token: too long')
  return text
}

export type VerifiedAccessToken = { readonly ok: true; readonly claims: AccessClaims }

/** Takes any text and never throws. */
export function verifyAccessToken(
  text: string,
  expected: ExpectedClaims & { readonly keyOf: KeyOf },
): VerifiedAccessToken | Rejected<TokenProblem> {
  const verified = verifyCompact(text, { keyOf: expected.keyOf, typ: accessTokenType })
  return verified.ok ? checkAccessClaims(verified.payload, expected) : verified
}
