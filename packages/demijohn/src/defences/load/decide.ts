/**
 * Whom to let in when there is more to do than can be done.
 *
 * Stops a flood from taking the site from the people who are at work on it: whoever is nobody is
 * refused first, by their headers alone, which costs least of all; whoever is signed in goes on, and so
 * do the checks that tell an operator whether the process is alive. ASVS 2.4.1, 15.2.2.
 *
 * Does not stop a flood by people who are signed in: limits by account do. Nobody signs in while
 * strangers are shed.
 */
import { allowed, type Decision, refused } from '../../core/decision.ts'

/** Requests at work at once; more are refused, whoever asks. */
export const maxInFlight = 1_000
/** From here on what is left is for people who are signed in. */
export const maxInFlightOfStrangers = 750

export type LoadFacts = {
  readonly stopping: boolean
  /** With the request that is decided about. */
  readonly inFlight: number
  /** The event loop is late, and has been for a while: see `strain.ts`. */
  readonly strained: boolean
  /** Asks whether the process is alive. */
  readonly isHealthCheck: boolean
  /** Called only where it matters. Before a session is looked up, whether there may be one. */
  readonly isStranger: () => boolean
}

export function decideLoad(facts: LoadFacts): Decision<'stopping' | 'busy'> {
  const { stopping, inFlight, strained, isHealthCheck, isStranger } = facts
  // Told to health checks as well: a balancer then sends nobody here any more.
  if (stopping) return refused('stopping')
  if (isHealthCheck) return allowed
  if (inFlight > maxInFlight) return refused('busy')
  const isTight = strained || inFlight > maxInFlightOfStrangers
  return isTight && isStranger() ? refused('busy') : allowed
}
