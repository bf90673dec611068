/** The routes of second factors, to be mounted with the rest of the accounts blueprint. */
import type { AccountRoutes, AccountsContext } from '../context.ts'
import { factorsContext } from './context.ts'
import { overviewRoutes } from './overview.ts'
import { recoveryRoutes } from './recoveryRoutes.ts'
import { secondFactorRoute } from './secondFactor.ts'
import { totpRoutes } from './totpRoutes.ts'

export function factorRoutes(routes: AccountRoutes, context: AccountsContext): void {
  const inside = factorsContext(context)
  secondFactorRoute(routes, inside)
  overviewRoutes(routes, inside)
  totpRoutes(routes, inside)
  recoveryRoutes(routes, inside)
}
