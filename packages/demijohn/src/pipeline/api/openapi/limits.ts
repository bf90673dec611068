/** The limits of a route in words and numbers, for whoever writes a client. */
import type { LimitPlan, RoutePlans } from '../../../defences/limits/plan.ts'

export type Announced = {
  /** As it stands in RateLimit-Policy. */
  readonly name: string
  readonly requests: number
  readonly windowSeconds: number
  readonly countedBy: 'client' | 'account' | 'key'
  /** Whether answers say what is left of it. */
  readonly isAnnounced: boolean
}

export function limitsOf({ client, account }: RoutePlans): readonly Announced[] {
  return [...ofPlan(client, 'client'), ...ofPlan(account, 'account')]
}

function ofPlan(
  plan: LimitPlan | undefined,
  countedBy: 'client' | 'account',
): readonly Announced[] {
  if (plan === undefined) return []
  return plan.limits.map(({ name, requests, windowMilliseconds, keyOf }) => ({
    ...{ name, requests, windowSeconds: windowMilliseconds / 1_000 },
    countedBy: keyOf === undefined ? countedBy : 'key',
    isAnnounced: plan.announced,
  }))
}
