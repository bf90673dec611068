/** Steps 1 to 5: is this a request we answer at all, from whom, for what, and not too often. */
import { isRefusal, refuse } from '../../core/refusals.ts'
import { clientKey, findClient } from '../../web/client.ts'
import { readHead } from '../../web/hygiene.ts'
import type { Arrival, Parts, WithClient, WithHead, WithMatch } from '../parts.ts'
import type { Step } from '../step.ts'

/** What Node accepts and we do not; one canonical path. */
export function readHygiene(parts: Parts): Step<Arrival, WithHead> {
  const options = { hosts: parts.hosts }
  return {
    name: 'hygiene',
    run: ({ wire }) => {
      const head = readHead(wire, options)
      return isRefusal(head) ? head : { head }
    },
  }
}

/** The peer, or whom a trusted peer speaks for. */
export function identifyClient(parts: Parts): Step<Arrival & WithHead, WithClient> {
  return {
    name: 'client',
    run: ({ wire, head }) => {
      const clientAddress = findClient({
        peerAddress: wire.peerAddress,
        forwardedFor: head.headers.get('x-forwarded-for'),
        trustedProxies: parts.trustedProxies,
      })
      return { clientAddress }
    },
  }
}

const nothing = Object.freeze({})
const retrySoon = Object.freeze({ 'Retry-After': '5' })

/** Stopping, or more at work than fits: refused before anything is looked up. */
export function screen(parts: Parts): Step<WithClient, object> {
  return {
    name: 'screen',
    run: () => {
      if (parts.load.stopping) return refuse('server.stopping', { headers: retrySoon })
      if (parts.load.inFlight > parts.maxInFlight)
        return refuse('server.busy', { headers: retrySoon })
      return nothing
    },
  }
}

/** The route for the canonical path; HEAD is GET, any other spelling is another path. */
export function matchRoute(parts: Parts): Step<WithHead, WithMatch> {
  return {
    name: 'match',
    run: ({ head }) => {
      const found = parts.table.match(head.method, head.path)
      if (found === undefined) return refuse('route.unknown')
      if ('allow' in found) return refuse('route.method', { headers: { Allow: found.allow } })
      return { match: found }
    },
  }
}

/** The route's limits, by client and route id: no spelling of a path gives a second allowance. */
export function limitRate(parts: Parts): Step<WithMatch & WithClient, object> {
  return {
    name: 'limit',
    run: ({ match, clientAddress }) => {
      for (const limit of match.route.limits) {
        const decision = parts.limits.take(
          `${clientKey(clientAddress)} ${match.route.id} ${limit.text}`,
          limit,
        )
        if (decision.allowed) continue
        const seconds = Math.max(1, Math.ceil(decision.retryAfterMilliseconds / 1000))
        return refuse('limit.exceeded', {
          headers: { 'Retry-After': String(seconds) },
          detail: limit.text,
        })
      }
      return nothing
    },
  }
}
