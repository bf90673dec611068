/**
 * Where limits are remembered: in this process, bounded.
 *
 * When the table is full, entries whose allowance has refilled are dropped first; a key that is
 * being limited is never dropped in favour of new ones. When nothing can be dropped, an unknown key
 * is refused: an attacker's noise costs the attacker's requests, not the limit.
 */
import type { Clock } from '../../core/clock.ts'
import { decideLimit, type LimitDecision } from './decide.ts'
import type { ParsedLimit } from './options.ts'

export type LimitStore = {
  /** Takes one request from the key's allowance, if there is one left. */
  readonly take: (key: string, limit: ParsedLimit) => LimitDecision
  readonly size: () => number
}

export function memoryLimitStore(deps: { clock: Clock; maxKeys?: number }): LimitStore {
  const maxKeys = deps.maxKeys ?? 100_000
  const arrivals = new Map<string, number>()

  function makeRoom(now: number): boolean {
    for (const [key, arrivalTime] of arrivals) if (arrivalTime <= now) arrivals.delete(key)
    return arrivals.size < maxKeys
  }

  // A sweep reads the whole table, so it runs at most once a second.
  let sweptAt = Number.NEGATIVE_INFINITY

  return {
    take(key, limit) {
      const now = deps.clock.now()
      const stored = arrivals.get(key)
      if (stored === undefined && arrivals.size >= maxKeys) {
        const mayTry = now - sweptAt >= 1000
        if (mayTry) sweptAt = now
        if (!mayTry || !makeRoom(now)) return { allowed: false, retryAfterMilliseconds: 1000 }
      }
      const decision = decideLimit(limit, stored, now)
      if (decision.allowed) arrivals.set(key, decision.arrivalTime)
      return decision
    },
    size: () => arrivals.size,
  }
}
