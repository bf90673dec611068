/** What the parts of the blueprint of tokens share. */
import type { DemijohnTables } from '../../data/tables.ts'
import type { AnyRoles } from '../../defences/access/roles.ts'
import type { Throttle } from '../../defences/throttle/store.ts'
import type { TokenOptions } from '../../defences/tokens/options.ts'
import type { Html } from '../../html/template.ts'
import type { Blueprint } from '../../pipeline/kit.ts'
import type { View } from '../../pipeline/route.ts'
import type { PageParts } from '../accounts/appearance.ts'
import type { Layout } from '../accounts/pages.ts'

export type TokenRoutes = Blueprint<DemijohnTables, string, ''>

export type TokensContext = {
  readonly layout: Layout
  readonly siteName: string
  readonly roles: AnyRoles
  /** Permissions that tokens may be given, and what each means, in the order of the page. */
  readonly scopes: ReadonlyMap<string, string>
  readonly options: TokenOptions
  readonly throttle: Throttle
}

/** Puts the parts of a page into the application's layout. */
export function show({ layout }: TokensContext, view: View, parts: PageParts): Html {
  return layout({ view, ...parts })
}

/** Of these scopes those that the role has at all, each with what it means. */
export function within(
  { roles, scopes }: TokensContext,
  role: string,
  asked: Iterable<string> = scopes.keys(),
): readonly (readonly [string, string])[] {
  return [...asked]
    .filter((scope) => roles.reach(role, scope) !== 'none')
    .map((scope) => [scope, scopes.get(scope) ?? scope] as const)
}

/** The app's name as the project wrote it, never as the app says. */
export function appName({ options }: TokensContext, clientId: string): string {
  return options.clients.get(clientId)?.name ?? clientId
}
