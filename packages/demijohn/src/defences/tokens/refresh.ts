/**
 * What a refresh token that is shown gets: new tokens, or the end of its family (RFC 6749 section
 * 10.4, RFC 9700 section 4.14.2; ASVS 10.4.5, 10.4.8).
 *
 * Stops a stolen refresh token from living beside the real one: each is for one use, and one that is
 * shown again ends all that came from the same consent. Decides about a row that the caller has read;
 * that of twenty at once one is the first is for the one conditional write that follows.
 */

/** Times in UTC milliseconds; null where it has not happened. */
export type RefreshRow = {
  readonly clientId: string
  readonly expiresAt: number
  readonly usedAt: number | null
  readonly familyEndedAt: number | null
  /** When the family ends however often it is refreshed. */
  readonly familyExpiresAt: number
  /** Thumbprint of the key that it was given to (RFC 9449 section 5); null if to none. */
  readonly boundTo: string | null
}

export type Presented = {
  readonly clientId: string
  /** Thumbprint of the key that has proven itself beside it. */
  readonly boundTo: string | undefined
  /** UTC milliseconds. */
  readonly now: number
}

export type RefreshRefusal =
  | 'unknown'
  | 'family-ended'
  | 'reused'
  | 'expired'
  | 'wrong-client'
  | 'wrong-key'

export type RefreshDecision =
  | { readonly allowed: true }
  | {
      readonly allowed: false
      readonly reason: RefreshRefusal
      /** Whether the caller has to end the family, and to tell of it. */
      readonly endsFamily: boolean
    }

/** A used token ends its family even when it is expired or shown by somebody else: it was copied. */
export function decideRefresh(
  row: RefreshRow | undefined,
  { clientId, boundTo, now }: Presented,
): RefreshDecision {
  if (row === undefined) return refused('unknown')
  if (row.familyEndedAt !== null) return refused('family-ended')
  if (row.usedAt !== null) return { allowed: false, reason: 'reused', endsFamily: true }
  if (!(now < row.expiresAt) || !(now < row.familyExpiresAt)) return refused('expired')
  if (row.clientId !== clientId) return refused('wrong-client')
  if (row.boundTo !== null && row.boundTo !== boundTo) return refused('wrong-key')
  return { allowed: true }
}

function refused(reason: RefreshRefusal): RefreshDecision {
  return { allowed: false, reason, endsFamily: false }
}
