/**
 * Access tokens of an outside issuer, by the keys that it publishes (remoteKeys.ts).
 *
 * As strict as with tokens of our own, but for claims that only RFC 9068 demands. Which of our people
 * a subject is, and whether it is one at all, is the project's to say (ASVS 10.3.3: by `iss` and `sub`).
 */
import { accessTokenType } from './accessToken.ts'
import { type Claims, checkClaims, type ExpectedClaims } from './claims.ts'
import { verifyCompact } from './jws.ts'
import type { Rejected, TokenProblem } from './problems.ts'
import type { RemoteKeys } from './remoteKeys.ts'

type Verdict = { readonly ok: true; readonly claims: Claims } | Rejected<TokenProblem>

/**
 * Waits for the issuer only where its keys are due or the token's key is not among them. `typ` is
 * `at+jwt` unless this issuer writes another one, which must not be that of its other tokens.
 */
export async function verifyOutsideToken(
  text: string,
  expected: ExpectedClaims & { readonly keys: RemoteKeys; readonly typ?: string },
): Promise<Verdict> {
  const { keys } = expected
  const due = keys.refreshIfDue()
  if (due !== undefined) await due
  const verdict = verifyOnce(text, expected)
  if (verdict.ok || verdict.problem !== 'key-unknown') return verdict
  return (await keys.refreshForUnknown()) ? verifyOnce(text, expected) : verdict
}

function verifyOnce(
  text: string,
  expected: ExpectedClaims & { readonly keys: RemoteKeys; readonly typ?: string },
): Verdict {
  const { keys, typ = accessTokenType } = expected
  const verified = verifyCompact(text, { keyOf: keys.keyOf, typ })
  return verified.ok ? checkClaims(verified.payload, expected) : verified
}
