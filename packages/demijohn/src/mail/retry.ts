/** When a mail that did not go is tried again: exponential backoff with jitter, and an end. */
import type { Random } from '../core/bytes.ts'

export const retryLimits = Object.freeze({
  /** With the delays below: about five hours. */
  maxAttempts: 12,
  firstDelayMilliseconds: 30_000,
  maxDelayMilliseconds: 3_600_000,
  /**
   * For so long nobody else takes a mail that is being sent. Twice as long as a delivery may take,
   * so it runs out only where the worker has died.
   */
  leaseMilliseconds: 120_000,
  deliveryMilliseconds: 60_000,
})

/**
 * Milliseconds until the next attempt, after `attempts` have failed; undefined when it is given up.
 * Half of the delay is certain and half is chance, so that mails that failed together are not tried
 * together.
 */
export function delayAfter(attempts: number, random: Random): number | undefined {
  const { maxAttempts, firstDelayMilliseconds, maxDelayMilliseconds } = retryLimits
  if (attempts >= maxAttempts) return undefined
  const full = Math.min(firstDelayMilliseconds * 2 ** (attempts - 1), maxDelayMilliseconds)
  const chance = random(4).readUInt32BE(0) / 2 ** 32
  return Math.round(full / 2 + (full / 2) * chance)
}
