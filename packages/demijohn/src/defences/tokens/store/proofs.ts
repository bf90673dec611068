/**
 * Proofs of possession as the store of tokens asks for them, with a memory of what was seen for each
 * use: anybody can bring keys of their own where tokens are given out, and must not fill the memory that
 * live tokens depend on.
 */

import type { Clock } from '../../../core/clock.ts'
import { verifyProof } from '../dpop.ts'
import { createReplayMemory } from '../replays.ts'

export type ProofFacts = {
  /** The DPoP field. */
  readonly proof: string
  readonly method: string
  readonly uri: string
  /** UTC milliseconds. */
  readonly now: number
}

export type Proofs = {
  /** Whether the proof is for this request, this access token and the key that the token names. */
  readonly isProven: (
    facts: ProofFacts & { readonly accessToken: string; readonly boundTo: string },
  ) => boolean
  /** The thumbprint of the key that a request for tokens came with; undefined where it proves none. */
  readonly provenKey: (facts: ProofFacts) => string | undefined
}

export function createProofs(clock: Clock): Proofs {
  const ofTokens = createReplayMemory({ clock })
  const ofRequests = createReplayMemory({ clock })
  return Object.freeze({
    isProven: ({ proof, ...facts }) =>
      verifyProof(proof, { ...facts, isReplay: ofTokens.isReplay }).ok,
    provenKey: ({ proof, ...facts }) => {
      const verdict = verifyProof(proof, { ...facts, isReplay: ofRequests.isReplay })
      return verdict.ok ? verdict.jkt : undefined
    },
  } satisfies Proofs)
}
