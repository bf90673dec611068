/**
 * What a client is told about its allowance: the RateLimit and RateLimit-Policy fields of
 * draft-ietf-httpapi-ratelimit-headers-10, lists of structured fields (RFC 9651), and Retry-After
 * (RFC 9110 section 10.2.3).
 *
 * `r` is what remains, `t` the seconds until it is one more. In a refusal `t` of the limit that
 * refuses is never more than Retry-After, which covers them all.
 *
 * Tells nobody what another client has left: the numbers are of the key that was counted.
 */
import type { LimitPlan, LimitVerdict, PlannedLimit } from './plan.ts'

/** `"10 per minute";q=10;w=60`, a policy for each limit. */
export function policyField(plan: LimitPlan): string {
  const known = policies.get(plan)
  if (known !== undefined) return known
  const text = plan.limits.map(policy).join(', ')
  policies.set(plan, text)
  return text
}

const policies = new WeakMap<LimitPlan, string>()

function policy({ name, requests, windowMilliseconds }: PlannedLimit): string {
  return `"${name}";q=${requests};w=${windowMilliseconds / 1000}`
}

/** `"10 per minute";r=3;t=6`, the standing of each limit. */
export function standingField(plan: LimitPlan, { standings }: LimitVerdict): string {
  let text = ''
  for (const [at, { remaining, moreInMilliseconds }] of standings.entries()) {
    const name = plan.limits[at]?.name ?? ''
    text += `${at === 0 ? '' : ', '}"${name}";r=${remaining};t=${seconds(moreInMilliseconds)}`
  }
  return text
}

/** Whole seconds, never too few: who comes back by them is let in. */
export function seconds(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000))
}
