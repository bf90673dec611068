/**
 * Proofs that a client has the key that its token is bound to (RFC 9449, DPoP).
 *
 * Stops a stolen token from being of use by itself (ASVS 10.3.5): each request carries a fresh
 * signature over its method, its address and the token. Stops that signature from being sent again,
 * to another route, later, or beside another token.
 * Does not stop whoever has the key, or whoever can make the client sign. There is no nonce of the
 * server, so a proof may have been made in advance, for a moment that its maker had to choose.
 */
import { hash } from 'node:crypto'
import { constantTimeEqual } from '../../core/bytes.ts'
import { type Algorithm, type AsymmetricAlgorithm, algorithmNamed } from './algorithms.ts'
import { dateOf } from './claims.ts'
import { isPlainText, type Members, readJsonObject } from './json.ts'
import { readVerificationKey } from './jwk.ts'
import { headerProblem, parseCompact, verifyParts } from './jws.ts'
import { type ProofProblem, type Rejected, rejected } from './problems.ts'
import { normaliseUri } from './uri.ts'

const proofType = 'dpop+jwt'
const longestProof = 4096
const longestTokenId = 128
const defaultToleranceSeconds = 60

/** What proofs may be signed with where nothing else is said, for `algs` of a challenge as well. */
export const proofAlgorithms: readonly AsymmetricAlgorithm[] = Object.freeze(['EdDSA', 'ES256'])

export type ProofExpectations = {
  /** As it stands in the request line. */
  readonly method: string
  /** The address as the client sees it: our configured origin and the path. */
  readonly uri: string
  /** The token beside the proof. Left out where tokens are asked for (RFC 9449 section 5). */
  readonly accessToken?: string
  /** The thumbprint that the token names: required with a token, which proves nothing without it. */
  readonly boundTo?: string
  /** UTC milliseconds. */
  readonly now: number
  /** How old or how new a proof may be. */
  readonly toleranceSeconds?: number
  readonly algorithms?: readonly AsymmetricAlgorithm[]
  /**
   * Whether this id was seen from this key before; keeps it until `expiresAt` (UTC milliseconds).
   * Asked last, for proofs alone that hold.
   */
  readonly isReplay: (jkt: string, tokenId: string, expiresAt: number) => boolean
}

/** Judges the one value of the DPoP field. Takes any text and never throws. */
export function verifyProof(
  proof: string,
  expected: ProofExpectations,
): { readonly ok: true; readonly jkt: string } | Rejected<ProofProblem> {
  const parts = parseCompact(proof, longestProof)
  if (!parts.ok) return parts
  const problem = headerProblem(parts, proofType)
  if (problem !== undefined) return rejected(problem)
  const allowed = algorithmFor(parts.alg, expected.algorithms ?? proofAlgorithms)
  const read = readVerificationKey(parts.header.get('jwk'), { allowed })
  if (!read.ok) return rejected('key')
  const verified = verifyParts(parts, read.key)
  if (!verified.ok) return verified
  const members = readJsonObject(verified.payload)
  if (members === undefined) return rejected('claims')
  const jkt = read.key.thumbprint
  const wrong = requestProblem(members, expected) ?? tokenProblem(members, jkt, expected)
  return wrong === undefined ? freshness(members, jkt, expected) : rejected(wrong)
}

/** The client's own key says by its header which of the allowed algorithms it is for. */
function algorithmFor(
  alg: string,
  algorithms: readonly AsymmetricAlgorithm[],
): readonly Algorithm[] {
  const named = algorithmNamed(alg)
  return algorithms.filter((one) => one === named)
}

function requestProblem(
  members: Members,
  { method, uri }: ProofExpectations,
): ProofProblem | undefined {
  if (members.get('htm') !== method) return 'method'
  const htu = members.get('htu')
  const claimed = typeof htu === 'string' ? normaliseUri(htu) : undefined
  return claimed !== undefined && claimed === normaliseUri(uri) ? undefined : 'uri'
}

/** RFC 9449 section 4.3, items 11 and 12: the token beside it, and the key that the token names. */
function tokenProblem(
  members: Members,
  jkt: string,
  { accessToken, boundTo }: ProofExpectations,
): ProofProblem | undefined {
  if (accessToken !== undefined) {
    const ath = members.get('ath')
    const digest = hash('sha256', accessToken, 'base64url')
    if (typeof ath !== 'string' || !isSame(ath, digest)) return 'access-token'
    if (boundTo === undefined) return 'binding'
  }
  return boundTo === undefined || isSame(boundTo, jkt) ? undefined : 'binding'
}

function isSame(a: string, b: string): boolean {
  return constantTimeEqual(Buffer.from(a), Buffer.from(b))
}

function freshness(
  members: Members,
  jkt: string,
  { now, toleranceSeconds = defaultToleranceSeconds, isReplay }: ProofExpectations,
): { readonly ok: true; readonly jkt: string } | Rejected<ProofProblem> {
  const issuedAt = dateOf(members.get('iat'))
  const tolerance = toleranceSeconds * 1000
  if (issuedAt === undefined || !(Math.abs(now - issuedAt) <= tolerance)) {
    return rejected('issued-at')
  }
  const tokenId = members.get('jti')
  if (!isPlainText(tokenId, longestTokenId)) return rejected('token-id')
  return isReplay(jkt, tokenId, issuedAt + tolerance) ? rejected('replayed') : { ok: true, jkt }
}
