/** Is this a request we answer at all, from whom, for what, and not too often. */
import { isRefusal, type Refusal, refuse } from '../../core/refusals.ts'
import { policyField, seconds, standingField } from '../../defences/limits/fields.ts'
import type { LimitFacts } from '../../defences/limits/options.ts'
import type { LimitPlan, LimitVerdict } from '../../defences/limits/plan.ts'
import { decideLoad } from '../../defences/load/decide.ts'
import { clientKey, findClient } from '../../web/client.ts'
import { readCookie } from '../../web/cookies.ts'
import { readHead } from '../../web/hygiene.ts'
import { healthPath } from '../assetRoutes.ts'
import { deviceIdOf } from '../deviceControl.ts'
import type {
  Arrival,
  Effects,
  Parts,
  WithClient,
  WithCredential,
  WithHead,
  WithMatch,
  WithVerdict,
} from '../parts.ts'
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
const soon = Object.freeze({ headers: Object.freeze({ 'Retry-After': '5' }) })

/** Stopping, or more to do than can be done: refused before anything is looked up. */
export function screen(parts: Parts): Step<WithHead & WithClient, object> {
  return {
    name: 'screen',
    run: ({ head }) => {
      const decision = decideLoad({
        ...parts.load,
        isHealthCheck: head.path === healthPath,
        isStranger: () => !bringsCredential(parts, head),
      })
      return decision.allowed ? nothing : refuse(`server.${decision.reason}`, soon)
    },
  }
}

/** A cookie or a token that may be one of somebody: whose it is, is looked up later. */
function bringsCredential({ sessionCookie, rememberCookie }: Parts, { headers }: WithHead['head']) {
  if (headers.has('authorization')) return true
  const cookie = headers.get('cookie')
  return [sessionCookie, rememberCookie].some(({ name }) => readCookie(cookie, name) !== undefined)
}

/** The same once it is known who asks: what is made up does not make somebody of nobody. */
export function shedStrangers(parts: Parts): Step<WithHead & WithMatch & WithCredential, object> {
  return {
    name: 'shed',
    run: ({ head, match, session, token }) => {
      // Nobody is told apart there: screen has decided already.
      if (match.route.credential === 'none') return nothing
      const isHealthCheck = head.path === healthPath
      const decision = decideLoad({
        ...parts.load,
        ...{ isHealthCheck, stopping: false },
        isStranger: () => session === null && token === null,
      })
      return decision.allowed ? nothing : refuse(`server.${decision.reason}`, soon)
    },
  }
}

/** The route for the canonical path; HEAD is GET, any other spelling is another path. */
export function matchRoute(parts: Parts): Step<WithHead & WithClient, WithMatch> {
  const { table, limits } = parts
  return {
    name: 'match',
    run: ({ head, clientAddress }) => {
      const found = table.match(head.method, head.path)
      if (found !== undefined && !('allow' in found)) return { match: found }
      const refusal =
        found === undefined
          ? refuse('route.unknown')
          : refuse('route.method', { headers: { Allow: found.allow } })
      // Counted together: a scanner has no allowance for each path that it makes up.
      if (table.unknown === undefined) return refusal
      const verdict = limits.take(table.unknown, clientKey(clientAddress))
      return verdict instanceof Promise
        ? verdict.then((later) => tooMany(table.unknown, later) ?? refusal)
        : (tooMany(table.unknown, verdict) ?? refusal)
    },
  }
}

/** The route's limits, by client and route id: no spelling of a path gives a second allowance. */
export function limitRate(parts: Parts): Step<Arrival & WithHead & WithMatch & WithClient, object> {
  return {
    name: 'limit',
    run: ({ head, match, clientAddress, effects }) => {
      const plan = match.route.plans.client
      if (plan === undefined) return nothing
      const client = clientKey(clientAddress)
      const own = plan.ownKeys
        ? ownKeysOf(plan, {
            client,
            device: deviceIdOf(parts, head),
            method: match.route.method,
            params: match.rawParams,
          })
        : undefined
      return settle(plan, parts.limits.take(plan, client, own), effects)
    },
  }
}

/** The limits of the route that are counted by account, wherever its sessions are, and by token. */
export function limitAccount(
  parts: Parts,
): Step<Arrival & WithMatch & WithClient & WithCredential & WithVerdict, object> {
  type Known = Arrival & WithMatch & WithClient & WithCredential & WithVerdict
  const take = (plan: LimitPlan | undefined, key: string, { effects }: Known) =>
    plan === undefined ? nothing : settle(plan, parts.limits.take(plan, key), effects)

  return {
    name: 'allowance',
    run: (known) => {
      const { match, clientAddress, user, token } = known
      const { plans } = match.route
      if (plans.account === undefined && plans.token === undefined) return nothing
      const account = user === null ? clientKey(clientAddress) : `account ${user.id}`
      const taken = take(plans.account, account, known)
      const byToken = token === null ? account : `token ${token.tokenId}`
      const then = (first: object | Refusal) =>
        isRefusal(first) ? first : take(plans.token, byToken, known)
      return taken instanceof Promise ? taken.then(then) : then(taken)
    },
  }
}

/** Apart from addresses and accounts, whatever the function makes of the facts. */
function ownKeysOf(plan: LimitPlan, facts: LimitFacts): readonly (string | undefined)[] {
  return plan.limits.map(({ keyOf }) => (keyOf === undefined ? undefined : `key ${keyOf(facts)}`))
}

function settle(
  plan: LimitPlan,
  verdict: LimitVerdict | Promise<LimitVerdict>,
  effects: Effects,
): object | Refusal | Promise<object | Refusal> {
  if (verdict instanceof Promise) return verdict.then((later) => conclude(plan, later, effects))
  return conclude(plan, verdict, effects)
}

function conclude(plan: LimitPlan, verdict: LimitVerdict, effects: Effects): object | Refusal {
  if (!verdict.allowed) return tooMany(plan, verdict) ?? nothing
  if (plan.announced) {
    effects.fields.push('RateLimit-Policy', policyField(plan))
    effects.fields.push('RateLimit', standingField(plan, verdict))
  }
  return nothing
}

/** The refusal that a verdict is, with what the client has to know to come back in time. */
function tooMany(plan: LimitPlan | undefined, verdict: LimitVerdict): Refusal | undefined {
  if (verdict.allowed || plan === undefined) return undefined
  const wait = String(seconds(verdict.retryAfterMilliseconds))
  if (verdict.unavailable === true) {
    const detail = 'the store of the limits does not answer'
    return refuse('server.busy', { headers: { 'Retry-After': wait }, detail })
  }
  const exhausted = plan.limits.filter((_, at) => verdict.standings[at]?.remaining === 0)
  return refuse('limit.exceeded', {
    headers: {
      'Retry-After': wait,
      'RateLimit-Policy': policyField(plan),
      RateLimit: standingField(plan, verdict),
    },
    detail: exhausted.map(({ name }) => name).join(', '),
  })
}
