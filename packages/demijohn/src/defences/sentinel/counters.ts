/**
 * Counting in bounded memory, with time passed in: everything here forgets by itself.
 *
 * - A decaying count halves every half-life. There are no window edges to hide behind, and a steady
 *   rate r settles at r × half-life / ln 2.
 * - A recent set counts different things exactly within a window, up to a bound, where it stays.
 * - A fresh map tells things seen before from new ones in a fixed number of bits, and how many new
 *   ones a new one stands for (the inverse of the chance that it was noticed: Ting, "Streamed
 *   approximate counting of distinct elements", KDD 2014), so that the sum is right on average.
 */
import type { Print } from './signals.ts'

/** A count after a while without additions. A clock that was set back does not make it grow. */
export function decayed(value: number, at: number, halfLife: number, now: number): number {
  const elapsed = now - at
  return elapsed <= 0 ? value : value * 2 ** (-elapsed / halfLife)
}

/** Different things, the one seen longest ago first. */
export type RecentSet = Map<Print, number>
export type RecentBounds = {
  readonly windowMilliseconds: number
  /** Where counting stops; the oldest makes room, so the count stays here while it goes on. */
  readonly most: number
}

export function remember(set: RecentSet, print: Print, bounds: RecentBounds, now: number): void {
  set.delete(print)
  set.set(print, now)
  if (set.size > bounds.most) dropFirst(set)
}

/** How many different ones there were within the window. Drops what is older. */
export function countRecent(set: RecentSet, bounds: RecentBounds, now: number): number {
  for (const seenAt of set.values()) {
    if (now - seenAt < bounds.windowMilliseconds) break
    dropFirst(set)
  }
  return set.size
}

function dropFirst(set: RecentSet): void {
  const first = set.keys().next()
  if (first.done !== true) set.delete(first.value)
}

/** What was seen in this stretch of time and in the one before it. */
export type FreshMap = {
  current: Uint8Array
  previous: Uint8Array
  ones: number
  previousOnes: number
  startedAt: number
}

const mapBits = 4_096

export function freshMap(now: number): FreshMap {
  const bytes = mapBits / 8
  const maps = { current: new Uint8Array(bytes), previous: new Uint8Array(bytes) }
  return { ...maps, ones: 0, previousOnes: 0, startedAt: now }
}

/**
 * 0 for what was seen before, else how many new ones this one stands for: 1 in an empty map, more as
 * it fills. A new stretch begins with the time, or when three quarters of the bits are set.
 */
export function freshness(map: FreshMap, print: Print, stretch: number, now: number): number {
  if (now - map.startedAt >= stretch || map.ones > mapBits * 0.75) turnOver(map, now)
  const byte = (print % mapBits) >>> 3
  const bit = 1 << (print & 7)
  const before = map.current[byte] ?? 0
  if ((before & bit) !== 0) return 0
  map.current[byte] = before | bit
  map.ones += 1
  if (((map.previous[byte] ?? 0) & bit) !== 0) return 0
  const missed = (mapBits - map.ones + 1) * (mapBits - map.previousOnes)
  return (mapBits * mapBits) / missed
}

function turnOver(map: FreshMap, now: number): void {
  const empty = map.previous.fill(0)
  map.previous = map.current
  map.current = empty
  map.previousOnes = map.ones
  map.ones = 0
  map.startedAt = now
}
