/** The routes of second factors, to be mounted with the rest of the accounts blueprint. */
import type { AccountRoutes, AccountsContext } from '../context.ts'
import { overviewRoutes } from './overview.ts'
import { recoveryRoutes } from './recoveryRoutes.ts'
import { secondFactorRoute } from './secondFactor.ts'
import { totpRoutes } from './totpRoutes.ts'

export function factorRoutes(routes: AccountRoutes, context: AccountsContext): void {
  secondFactorRoute(routes, context)
  overviewRoutes(routes, context)
  totpRoutes(routes, context)
  recoveryRoutes(routes, context)
}
