/**
 * Whether a try at a secret may be made now. Pure: counts and times in, decision out.
 *
 * Stops guessing (CWE-307, ASVS 6.3.1) by waits that grow: some tries are free, then each failure
 * doubles the wait up to a bound. Time forgets failures one by one, so no state is for ever.
 * Over any stretch T at most `mostFailures + 1 + T / longestWait + T / forgetEvery` tries fail: each
 * one below the top raises the count, which only time lowers, and at the top the longest wait lies
 * between any two.
 *
 * Does not tell a guesser from a forgetful person: whose count it is decides that (`keys.ts`).
 */

import type { Allowance } from './options.ts'

export type Counted = {
  readonly failures: number
  /** UTC milliseconds. */
  readonly lastFailureAt: number
}

export type TryDecision =
  /** The count with this try in it: it is taken for a failure until it has turned out well. */
  | { readonly allowed: true; readonly counted: Counted }
  | { readonly allowed: false; readonly waitMilliseconds: number }

/** Where the count stops growing: the wait has reached its bound. */
export function mostFailures(allowance: Allowance): number {
  const { freeTries, firstWaitMilliseconds, longestWaitMilliseconds } = allowance
  return freeTries + Math.ceil(Math.log2(longestWaitMilliseconds / firstWaitMilliseconds))
}

/** How long a count takes to be forgotten whole. */
export function memoryMilliseconds(allowance: Allowance): number {
  return mostFailures(allowance) * allowance.forgetEveryMilliseconds
}

export function decideTry(
  allowance: Allowance,
  stored: Counted | undefined,
  now: number,
): TryDecision {
  const known = stored === undefined || isOfAnotherClock(allowance, stored, now) ? none : stored
  const elapsed = Math.max(0, now - known.lastFailureAt)
  const forgotten = Math.floor(elapsed / allowance.forgetEveryMilliseconds)
  const failures = Math.max(0, known.failures - forgotten)
  const left = waitAfter(allowance, failures) - elapsed
  if (left > 0) return { allowed: false, waitMilliseconds: left }
  const counted = Math.min(failures + 1, mostFailures(allowance))
  return { allowed: true, counted: { failures: counted, lastFailureAt: now } }
}

const none: Counted = Object.freeze({ failures: 0, lastFailureAt: Number.NEGATIVE_INFINITY })

/** A clock that ran ahead and was set back would otherwise keep people out until it is there again. */
function isOfAnotherClock(allowance: Allowance, stored: Counted, now: number): boolean {
  return stored.lastFailureAt - now > allowance.longestWaitMilliseconds
}

function waitAfter(allowance: Allowance, failures: number): number {
  const { freeTries, firstWaitMilliseconds, longestWaitMilliseconds } = allowance
  if (failures < freeTries) return 0
  return Math.min(longestWaitMilliseconds, firstWaitMilliseconds * 2 ** (failures - freeTries))
}
