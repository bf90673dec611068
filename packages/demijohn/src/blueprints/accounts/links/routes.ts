/**
 * Everything that goes by a one-time link. Looking at a page uses nothing up, so that a mail scanner
 * does not spend the link; sending its form does, in the same transaction as what it was for.
 */
import type { AccountRoutes, AccountsContext } from '../context.ts'
import { emailRoutes } from './emailRoutes.ts'
import { invitationRoute } from './invitation.ts'
import { welcomeRoute } from './newPassword.ts'
import { registrationRoutes } from './registration.ts'
import { resetRoutes } from './reset.ts'
import { setupRoute } from './setup.ts'

export function linkRoutes(routes: AccountRoutes, context: AccountsContext): void {
  setupRoute(routes, context)
  welcomeRoute(routes, context)
  registrationRoutes(routes, context)
  invitationRoute(routes, context)
  resetRoutes(routes, context)
  emailRoutes(routes, context)
}
