/** The routes of passkeys, to be mounted with the rest of the accounts blueprint. */
import type { AccountRoutes, AccountsContext } from '../context.ts'
import { passkeyManageRoutes } from './manageRoutes.ts'
import { passkeySignInRoutes } from './signInRoutes.ts'

export function passkeyRoutes(routes: AccountRoutes, context: AccountsContext): void {
  passkeySignInRoutes(routes, context)
  passkeyManageRoutes(routes, context)
}
