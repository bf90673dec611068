/**
 * Everything that goes by a one-time link. Looking at a page uses nothing up, so that a mail scanner
 * does not spend the link; sending its form does, in the same transaction as what it was for.
 */
import type { AccountRoutes, AccountsContext } from './context.ts'
import { emailRoutes } from './links/emailRoutes.ts'
import { invitationRoute } from './links/invitation.ts'
import { registrationRoutes } from './links/registration.ts'
import { resetRoutes } from './links/reset.ts'
import { setupRoute } from './links/setup.ts'
import { welcomeRoute } from './links/welcome.ts'

export { setupPurpose, welcomePurpose } from './links/purposes.ts'

export function linkRoutes(routes: AccountRoutes, context: AccountsContext): void {
  setupRoute(routes, context)
  welcomeRoute(routes, context)
  registrationRoutes(routes, context)
  invitationRoute(routes, context)
  resetRoutes(routes, context)
  emailRoutes(routes, context)
}
