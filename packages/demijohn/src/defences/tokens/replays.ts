/**
 * Remembers which proofs were seen, for as long as they would be taken (RFC 9449 section 11.1).
 *
 * Bounded, and fails closed: while it is full of proofs that could still be sent again, every new
 * one counts as seen. So it is asked for proofs that hold alone, behind the limits of a route. In
 * the memory of one process: another one does not know what was seen here.
 */
import { hash } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'

export type ReplayMemory = {
  /** Whether it was seen before, or cannot be remembered; `expiresAt` in UTC milliseconds. */
  readonly isReplay: (jkt: string, tokenId: string, expiresAt: number) => boolean
  readonly size: () => number
}

/** About 150 bytes an entry. */
const defaultEntries = 100_000

export function createReplayMemory({
  clock,
  maxEntries = defaultEntries,
}: {
  readonly clock: Clock
  readonly maxEntries?: number
}): ReplayMemory {
  if (!Number.isInteger(maxEntries) || maxEntries < 1) throw new RangeError('maxEntries')
  const seen = new Map<string, number>()

  /** In the order of arrival, which is that of ending up to twice the tolerance. */
  const forget = (now: number): void => {
    for (const [key, expiresAt] of seen) {
      if (expiresAt >= now) return
      seen.delete(key)
    }
  }

  return {
    isReplay(jkt, tokenId, expiresAt) {
      const now = clock.now()
      forget(now)
      if (!Number.isFinite(expiresAt)) return true
      // One size for every entry. A thumbprint has one length, so no two pairs make one text.
      const key = hash('sha256', `${jkt} ${tokenId}`, 'base64url')
      if (seen.has(key) || seen.size >= maxEntries) return true
      seen.set(key, expiresAt)
      return false
    },
    size: () => seen.size,
  }
}
