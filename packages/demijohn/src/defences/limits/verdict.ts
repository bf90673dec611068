/** From the decisions about each limit of a plan to the one about the request. */
import type { LimitDecision } from './decide.ts'
import type { LimitPlan, LimitVerdict, Standing } from './plan.ts'

const silent: readonly Standing[] = Object.freeze([])
const allowedSilently: LimitVerdict = Object.freeze({
  allowed: true,
  retryAfterMilliseconds: 0,
  standings: silent,
})

/** What is said where nobody could count, and the plan will not do without. */
export const unavailable: LimitVerdict = Object.freeze({
  allowed: false,
  retryAfterMilliseconds: 5_000,
  standings: silent,
  unavailable: true,
})

/** All have to allow. Whoever waits for the longest of the waits is let in by each. */
export function verdictOf(plan: LimitPlan, decisions: readonly LimitDecision[]): LimitVerdict {
  let wait = 0
  for (const decision of decisions) {
    if (!decision.allowed) wait = Math.max(wait, decision.retryAfterMilliseconds)
  }
  if (wait === 0 && !plan.announced) return allowedSilently
  const standings = decisions.map((decision) => standingOf(decision, wait > 0))
  return { allowed: wait === 0, retryAfterMilliseconds: wait, standings }
}

/** Of a request that another limit refused, nothing was taken here. */
function standingOf(decision: LimitDecision, refused: boolean): Standing {
  if (!decision.allowed) {
    return { remaining: 0, moreInMilliseconds: decision.retryAfterMilliseconds }
  }
  const { remaining, moreInMilliseconds } = decision
  return { remaining: refused ? remaining + 1 : remaining, moreInMilliseconds }
}
