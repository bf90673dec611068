/**
 * The path of a request: every step, in order, with the reason for its place. This is the only file
 * that knows the order. A step in the wrong place does not compile, for its needs are not met yet.
 *
 * Whatever refuses ends the walk: nothing after it runs, and `observe` sees at which step.
 */
import type { Arrival, Parts } from './parts.ts'
import { begin } from './step.ts'
import {
  identifyClient,
  limitAccount,
  limitRate,
  matchRoute,
  readHygiene,
  screen,
  shedStrangers,
} from './steps/admit.ts'
import { checkAccess, checkOrigin, readCredential, refuseEmbedded } from './steps/authorise.ts'
import { handle } from './steps/handle.ts'
import { loadResource, readBody, readNames } from './steps/input.ts'
import { meetClient } from './steps/sentinel.ts'

export function requestPath(parts: Parts) {
  return (
    begin<Arrival>()
      // First, so that nothing after it has to doubt framing, host or path.
      .step(readHygiene(parts))
      // Before anything that counts or bans, for that is who is counted and banned.
      .step(identifyClient(parts))
      // Costs nothing, so it stands before everything that costs something.
      .step(screen(parts))
      // Before what counts and remembers: whoever looks at a page elsewhere did not ask for this.
      .step(refuseEmbedded(parts))
      // From memory, and before anything that an attacker could make us look up.
      .step(meetClient(parts))
      // By the canonical path alone. From here on everything keys on the route.
      .step(matchRoute(parts))
      // Before any look at the database: a flood of bad cookies is counted, not looked up.
      .step(limitRate(parts))
      .step(readCredential(parts))
      // While there is too much to do, nobody is known by now to be nobody.
      .step(shedStrangers(parts))
      // Headers only. A request from another site gets no further, whoever is signed in.
      .step(checkOrigin(parts))
      // By role. No body is read for somebody who may not enter.
      .step(checkAccess(parts))
      // After origin and access: a request from another site uses up nobody's allowance.
      .step(limitAccount(parts))
      .step(readNames(parts))
      // Within limits, and with the form token: the last proof of where a write came from.
      .step(readBody(parts))
      // The object, and whether this person may touch this one.
      .step(loadResource(parts))
      .step(handle(parts))
  )
}

export type RequestPath = ReturnType<typeof requestPath>
