/** Signing in with providers of OpenID Connect: mounted where a project names any. */
import { Misconfiguration } from '../../../core/misconfiguration.ts'
import type { OpenIdProvider } from '../../../defences/openid/types.ts'
import type { RouteRecord } from '../../../pipeline/route.ts'
import type { AccountRoutes, AccountsContext } from '../context.ts'
import { beginRoutes } from './begin.ts'
import { callbackRoute } from './callback.ts'
import { manageRoutes } from './manageRoutes.ts'
import { registerRoute } from './register.ts'

/** Adds the pages, and gives what no blueprint can be told: the GET routes that may write. */
export function openIdRoutes(
  routes: AccountRoutes,
  context: AccountsContext,
): readonly RouteRecord[] {
  if (context.providers.length === 0) return []
  manageRoutes(routes, context)
  registerRoute(routes, context)
  return [...beginRoutes(context), callbackRoute(context)]
}

/** Of two under one id the second would sign people in as those of the first (ASVS 6.8.1). */
export function providersOf(given: readonly OpenIdProvider[] = []): readonly OpenIdProvider[] {
  const ids = given.map(({ id }) => id)
  const twice = ids.filter((id, at) => ids.indexOf(id) !== at)
  if (twice.length > 0) {
    throw new Misconfiguration(
      twice.map((id) => `accounts: two providers have the id "${id}"; give each its own`),
    )
  }
  return Object.freeze([...given])
}
