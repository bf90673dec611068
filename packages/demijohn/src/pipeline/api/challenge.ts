/**
 * What a client has to bring next time, as WWW-Authenticate. Fixed texts and names of permissions alone:
 * nothing that was sent comes back.
 */
import type { RefusalCode } from '../../core/refusals.ts'
import type { AccessRule } from '../../defences/access/decide.ts'
import {
  bearerChallenge,
  type ChallengeOptions,
  dpopChallenge,
} from '../../defences/tokens/authorization.ts'
import { proofAlgorithms } from '../../defences/tokens/dpop.ts'
import type { TokenProblem } from '../../defences/tokens/principal.ts'

const errors = {
  'token.missing': undefined,
  'token.malformed': 'invalid_request',
  'token.invalid': 'invalid_token',
  'token.proof-missing': 'invalid_token',
  'token.proof-invalid': 'invalid_dpop_proof',
  'access.scope-insufficient': 'insufficient_scope',
  'access.step-up-required': 'insufficient_user_authentication',
} as const satisfies { readonly [Code in RefusalCode]?: ChallengeOptions['error'] | undefined }

export type ChallengedCode = keyof typeof errors

export const codeOfProblem = {
  malformed: 'token.malformed',
  invalid: 'token.invalid',
  'proof-missing': 'token.proof-missing',
  'proof-invalid': 'token.proof-invalid',
} as const satisfies Record<TokenProblem, ChallengedCode>

/** The field for a refusal. `rule` is the route's, for what it asks beside a token. */
export function challengeFor(
  code: ChallengedCode,
  facts: { readonly requiresProof: boolean; readonly rule: AccessRule },
): Readonly<Record<string, string>> {
  const error = errors[code]
  const options = { ...(error === undefined ? {} : { error }), ...askedBy(code, facts.rule) }
  const withProof = facts.requiresProof || code.startsWith('token.proof')
  const field = withProof
    ? dpopChallenge({ ...options, algorithms: proofAlgorithms })
    : bearerChallenge(options)
  return { 'WWW-Authenticate': field }
}

function askedBy(code: ChallengedCode, rule: AccessRule): ChallengeOptions {
  if (code === 'access.scope-insufficient' && rule.kind === 'may') {
    return { scopes: [rule.permission] }
  }
  if (code === 'access.step-up-required' && 'freshMilliseconds' in rule) {
    return { maxAgeSeconds: Math.floor((rule.freshMilliseconds ?? 0) / 1_000) }
  }
  return {}
}
