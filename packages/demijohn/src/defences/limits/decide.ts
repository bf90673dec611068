/**
 * Limits how often one client may ask for one route (ASVS 2.4.1, 6.3.1).
 *
 * The generic cell rate algorithm, in its virtual scheduling form (ITU-T I.371): one number per key,
 * exact at any instant, no window edges to double up at. A burst of N is allowed, after which one
 * request becomes possible every window/N: a stretch of time t sees at most N + t × N/window of them.
 */

/**
 * Intervals are whole numbers of this many parts of a millisecond, so that sums of them with a moment
 * are exact in a double until the year 2248. Left as they are, 6 per second would admit five at once.
 */
const partsOfMillisecond = 1024

/** The theoretical arrival time that is stored for a key, in UTC milliseconds. */
export type ArrivalTime = number

export type LimitDecision =
  | { readonly allowed: true; readonly arrivalTime: ArrivalTime; readonly remaining: number }
  | { readonly allowed: false; readonly retryAfterMilliseconds: number }

export function decideLimit(
  limit: { readonly requests: number; readonly windowMilliseconds: number },
  stored: ArrivalTime | undefined,
  now: number,
): LimitDecision {
  const { requests, windowMilliseconds } = limit
  const interval =
    Math.ceil((windowMilliseconds * partsOfMillisecond) / requests) / partsOfMillisecond
  const burst = interval * requests
  const next = Math.max(stored ?? now, now) + interval
  const early = next - burst - now
  if (early > 0) return { allowed: false, retryAfterMilliseconds: Math.ceil(early) }
  return {
    allowed: true,
    arrivalTime: next,
    remaining: Math.floor((now + burst - next) / interval),
  }
}
