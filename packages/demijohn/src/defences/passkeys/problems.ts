/** Why an answer was not taken: for the log. People are told one and the same thing for all. */
export type PasskeyProblem =
  | 'client-data'
  | 'ceremony'
  | 'challenge'
  | 'origin'
  | 'cross-origin'
  | 'authenticator-data'
  | 'relying-party'
  | 'user-presence'
  | 'user-verification'
  | 'backup-state'
  | 'backup-eligibility'
  | 'attestation-object'
  | 'attestation-format'
  | 'attestation-statement'
  | 'credential-id'
  | 'public-key'
  | 'signature'
  | 'sign-count'
  | 'user-handle'

export type Rejected = { readonly ok: false; readonly problem: PasskeyProblem }

export function rejected(problem: PasskeyProblem): Rejected {
  return { ok: false, problem }
}
