/** Why a token was not taken: for the log. Clients are told one and the same thing for all. */
export type TokenProblem =
  | 'too-long'
  | 'parts'
  | 'encoding'
  | 'header'
  | 'critical'
  | 'embedded-key'
  | 'type'
  | 'key-unknown'
  | 'signature'
  | ClaimProblem

export type ClaimProblem =
  | 'claims'
  | 'issuer'
  | 'audience'
  | 'expiry'
  | 'expired'
  | 'not-yet'
  | 'issued-at'
  | 'subject'
  | 'token-id'
  | 'client'
  | 'scope'
  | 'authenticated-at'
  | 'family'
  | 'confirmation'

/** Why a proof of possession was not taken. */
export type ProofProblem =
  | Exclude<TokenProblem, ClaimProblem>
  | 'key'
  | 'claims'
  | 'method'
  | 'uri'
  | 'issued-at'
  | 'token-id'
  | 'access-token'
  | 'binding'
  | 'replayed'

/** Why a key was not taken. */
export type KeyProblem =
  | 'not-an-object'
  | 'type'
  | 'algorithm'
  | 'algorithm-ambiguous'
  | 'use'
  | 'key-id'
  | 'private'
  | 'malformed'
  | 'not-on-curve'
  | 'weak'

export type KeySetProblem =
  | 'not-a-set'
  | 'too-many'
  | 'duplicate-key-id'
  | 'mixed'
  | 'private'
  | 'key-id-missing'
  | 'none-usable'

/** Why the keys of an outside issuer could not be read anew. */
export type RemoteProblem = 'unreachable' | 'status' | 'too-long' | 'not-json' | KeySetProblem

export type Rejected<Problem extends string> = { readonly ok: false; readonly problem: Problem }

export function rejected<const Problem extends string>(problem: Problem): Rejected<Problem> {
  return { ok: false, problem }
}
