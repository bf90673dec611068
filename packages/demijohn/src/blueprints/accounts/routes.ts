/**
 * The accounts blueprint. An application gives it a layout and mounts it; it writes no code for
 * passwords. What each part stops stands at the head of its file.
 */
import type { DemijohnTables } from '../../data/tables.ts'
import type { Roles } from '../../defences/access/roles.ts'
import { passwordOptions } from '../../defences/passwords/options.ts'
import { createPasswordHasher } from '../../defences/passwords/verify.ts'
import { type AnyBlueprint, createBlueprint } from '../../pipeline/kit.ts'
import type { AccountsContext } from './context.ts'
import { linkRoutes } from './links.ts'
import { ownAccountRoutes } from './ownAccount.ts'
import type { Layout } from './pages.ts'
import { signInRoutes } from './signIn.ts'

export type AccountsOptions<Table> = {
  readonly roles: Roles<Table>
  readonly layout: Layout
  /** Words that a password may not mainly consist of: the site's name. */
  readonly siteName: string
  /** The role of whoever uses the setup link. */
  readonly administratorRole: keyof Table & string
  /** Where people go after signing in when they were not on their way elsewhere. */
  readonly afterSignIn?: `/${string}`
}

export function accounts<Table>(options: AccountsOptions<Table>): AnyBlueprint {
  const { layout, siteName, administratorRole, afterSignIn = '/' } = options
  const hasher = createPasswordHasher({ options: passwordOptions() })
  const context: AccountsContext = { layout, siteName, administratorRole, afterSignIn, hasher }
  const routes = createBlueprint<DemijohnTables, string, ''>('')
  signInRoutes(routes, context)
  linkRoutes(routes, context)
  ownAccountRoutes(routes, context)
  return routes
}
