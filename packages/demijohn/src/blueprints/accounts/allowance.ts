/**
 * How often a page of accounts may be sent to: for each browser in which somebody has signed in
 * before, and for all others of a client together.
 *
 * Stops whoever shares a network with an account's owner from keeping them out of signing in, of a
 * new password or of their sessions, by using up what the network may do. What a limit refuses is
 * charged to none, so strangers never come near the client's own.
 */
import type { RouteLimits } from '../../defences/limits/options.ts'

/** Browsers that may use up theirs before the client that they all belong to has used up its own. */
const browsersOfAClient = 5

export function perBrowser(requests: number, window: 'minute' | 'hour'): RouteLimits {
  return [
    `${requests * browsersOfAClient} per ${window}`,
    { allow: `${requests} per ${window}`, keyedBy: 'device' },
  ]
}
