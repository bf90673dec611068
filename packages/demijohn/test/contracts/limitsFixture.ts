/** Plans for tests, as a route would have them. */
import assert from 'node:assert/strict'
import type { KeyedLimit } from '../../src/defences/limits/options.ts'
import { type LimitPlan, planRoute } from '../../src/defences/limits/plan.ts'

let made = 0

/** A plan of its own route each time. */
export function planOf(...entries: readonly (string | KeyedLimit)[]): LimitPlan {
  made += 1
  const { client, account } = planRoute(`GET /contract/${made}`, entries, [])
  const plan = client ?? account
  assert.ok(plan)
  return plan
}
