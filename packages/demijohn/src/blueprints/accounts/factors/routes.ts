/** The routes of second factors, to be mounted with the rest of the accounts blueprint. */
import type { AccountRoutes } from '../context.ts'
import type { FactorsContext } from './context.ts'
import { overviewRoutes } from './overview.ts'
import { recoveryRoutes } from './recoveryRoutes.ts'
import { secondFactorRoute } from './secondFactor.ts'
import { totpRoutes } from './totpRoutes.ts'

export function factorRoutes(routes: AccountRoutes, context: FactorsContext): void {
  secondFactorRoute(routes, context)
  overviewRoutes(routes, context)
  totpRoutes(routes, context)
  recoveryRoutes(routes, context)
}
