/**
 * Limits how often one client may ask for one route (ASVS 2.4.1, 6.3.1).
 *
 * The generic cell rate algorithm, in its virtual scheduling form (ITU-T I.371): one number per key,
 * exact at any instant, no window edges to double up at. A burst of N is allowed, after which one
 * request becomes possible every window/N: a stretch of time t sees at most N + t × N/window of them.
 */

/**
 * Moments and intervals are whole numbers of this many parts of a millisecond, so that sums of them
 * are exact in a double until the year 2248. Left as they are, 6 per second would admit five at once.
 */
export const partsOfMillisecond = 1024

/** The theoretical arrival time that is stored for a key, in UTC milliseconds. */
export type ArrivalTime = number

export type LimitDecision =
  | {
      readonly allowed: true
      readonly arrivalTime: ArrivalTime
      readonly remaining: number
      /** Until one more than `remaining` is possible. */
      readonly moreInMilliseconds: number
    }
  | { readonly allowed: false; readonly retryAfterMilliseconds: number }

type Rate = { readonly requests: number; readonly windowMilliseconds: number }

/** The time that one request takes up, in parts of a millisecond: never less than window/N. */
export function intervalParts({ requests, windowMilliseconds }: Rate): number {
  return Math.ceil((windowMilliseconds * partsOfMillisecond) / requests)
}

export function decideLimit(
  limit: Rate,
  stored: ArrivalTime | undefined,
  now: number,
): LimitDecision {
  const interval = intervalParts(limit) / partsOfMillisecond
  const burst = interval * limit.requests
  const next = Math.max(stored ?? now, now) + interval
  const early = next - burst - now
  if (early > 0) return { allowed: false, retryAfterMilliseconds: Math.ceil(early) }
  const remaining = Math.floor((now + burst - next) / interval)
  return {
    allowed: true,
    arrivalTime: next,
    remaining,
    moreInMilliseconds: early + (remaining + 1) * interval,
  }
}
