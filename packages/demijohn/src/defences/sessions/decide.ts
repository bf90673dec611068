/**
 * Whether a stored session still counts. Pure: times in, decision out.
 *
 * Stops sessions that outlive their idle or absolute limit (ASVS 7.3.1, 7.3.2; CVE-2024-35220).
 * Does not stop a thief who uses a copied cookie within the limits.
 */

import { allowed, type Decision, refused } from '../../core/decision.ts'

export type SessionFacts = {
  readonly now: number
  readonly createdAt: number
  readonly lastSeenAt: number
  readonly expiresAt: number
  readonly authenticatedAt: number
  readonly isHalf: boolean
}

export type SessionLimits = {
  readonly idleMilliseconds: number
  readonly absoluteMilliseconds: number
}

/**
 * How long a sign-in may stay half done: long enough to set up an authenticator app, short enough
 * that a password alone opens no lasting door.
 */
export const halfSignedInMilliseconds = 15 * 60_000

/** How stale `lastSeenAt` may be before it is written again: one write a minute and session. */
export const touchEveryMilliseconds = 60_000

/** The bounds are exclusive: at the very millisecond of a limit the session is over. */
export function decideSession(
  facts: SessionFacts,
  limits: SessionLimits,
): Decision<'idle' | 'expired' | 'unfinished'> {
  // A limit that was shortened by a new configuration binds the sessions that exist, too.
  const end = Math.min(facts.expiresAt, facts.createdAt + limits.absoluteMilliseconds)
  if (facts.now >= end) return refused('expired')
  if (facts.now >= facts.lastSeenAt + limits.idleMilliseconds) return refused('idle')
  if (facts.isHalf && facts.now >= facts.authenticatedAt + halfSignedInMilliseconds) {
    return refused('unfinished')
  }
  return allowed
}

/** Whether this use of the session has to be written down. */
export function isTouchDue(now: number, lastSeenAt: number): boolean {
  return now - lastSeenAt >= touchEveryMilliseconds
}
