/**
 * Whether a request with an Idempotency-Key is run, or answered from what is known of the first one
 * with that key (draft-ietf-httpapi-idempotency-key-header-07, section 2.6).
 *
 * Stops a payment from being made twice because its answer got lost on the way. When in doubt it is
 * not run again: a first request that began and never ended may have had its effect.
 */

export type KnownRequest = {
  readonly fingerprint: string
  readonly state: 'running' | 'finished'
  /** Whether its answer can be given again. */
  readonly isKept: boolean
  /** UTC milliseconds, as the next. */
  readonly createdAt: number
  readonly expiresAt: number
}

export type IdempotencyVerdict = 'run' | 'replay' | IdempotencyReason
/** Each is a refusal, `idempotency.…`. */
export type IdempotencyReason = 'in-progress' | 'outcome-unknown' | 'mismatch'

/** After that its process is taken for dead. Either way it is not run again. */
export const runningMilliseconds = 60_000

/** `known` is undefined where the key was not used, or is forgotten. `now` in UTC milliseconds. */
export function decideIdempotency(
  known: KnownRequest | undefined,
  fingerprint: string,
  now: number,
): IdempotencyVerdict {
  if (known === undefined || known.expiresAt <= now) return 'run'
  if (known.fingerprint !== fingerprint) return 'mismatch'
  if (known.state === 'finished') return known.isKept ? 'replay' : 'outcome-unknown'
  return now - known.createdAt < runningMilliseconds ? 'in-progress' : 'outcome-unknown'
}

/**
 * Whether an answer ends the matter. What was refused or broke has done nothing, so the same request
 * may be tried again under its key; a handler that writes does so in one transaction.
 */
export function isFinal(status: number): boolean {
  return status < 400
}
