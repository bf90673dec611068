/**
 * The blueprint of tokens: apps that people let act for them, personal tokens for scripts, and what
 * programs have to know to use both. It stands beside the accounts blueprint, whose sign-in it uses.
 */
import { Misconfiguration } from '../../core/misconfiguration.ts'
import type { DemijohnTables } from '../../data/tables.ts'
import type { AnyRoles, PermissionOf, Roles } from '../../defences/access/roles.ts'
import { type ThrottleOptions, throttleOptions } from '../../defences/throttle/options.ts'
import { createThrottle } from '../../defences/throttle/store.ts'
import { type TokenChoices, tokenOptions } from '../../defences/tokens/options.ts'
import { type AnyBlueprint, createBlueprint } from '../../pipeline/kit.ts'
import type { Layout } from '../accounts/pages.ts'
import { accountRoutes } from './accountRoutes.ts'
import type { TokensContext } from './context.ts'
import { deviceRoutes } from './deviceRoutes.ts'
import { appTokenCopied, mailProblemOf } from './mails.ts'
import { oauthRoutes } from './oauthRoutes.ts'

export type TokensOptions<Table> = TokenChoices & {
  readonly roles: Roles<Table>
  readonly layout: Layout
  readonly siteName: string
  /**
   * The permissions that a token may be given, each with what it means to a person: `'post:read':
   * 'Read posts'`. What does not stand here no token has, whoever asks.
   */
  readonly scopes: { readonly [Permission in PermissionOf<Table>]?: string }
  /** How many tries at a code there are before somebody has to wait. */
  readonly throttle?: Partial<ThrottleOptions>
}

/** @throws Misconfiguration naming everything that is wrong. */
export function tokens<Table>(options: TokensOptions<Table>): AnyBlueprint {
  const context = contextOf(options)
  const { siteName } = context
  const routes = createBlueprint<DemijohnTables, string, ''>('')
  accountRoutes(routes, context)
  deviceRoutes(routes, context)
  return {
    prefix: '',
    routes: [...routes.routes, ...oauthRoutes(context)],
    tokens: {
      options: context.options,
      copiedMail: (app) => appTokenCopied({ siteName, app }),
    },
  }
}

function contextOf<Table>(given: TokensOptions<Table>): TokensContext {
  const { layout, siteName, scopes: meanings, throttle, ...rest } = given
  const { roles: typed, ...choices } = rest
  const roles: AnyRoles = typed
  const prefix = choices.prefix ?? prefixOf(siteName)
  const options = tokenOptions({ ...choices, prefix })
  const scopes = new Map<string, string>()
  for (const [scope, meaning] of Object.entries<string | undefined>(meanings)) {
    if (meaning !== undefined) scopes.set(scope, meaning)
  }
  const problems = [
    ...[...scopes.keys()]
      .filter((scope) => !roles.permissions.includes(scope))
      .map((scope) => `tokens.scopes: no role holds "${scope}"; grant it or leave it out.`),
    ...[...options.clients].flatMap(([id, client]) =>
      client.scopes
        .filter((scope) => !scopes.has(scope))
        .map((scope) => `tokens.clients.${id}: "${scope}" does not stand in tokens.scopes.`),
    ),
    ...[...options.clients].flatMap(([id, { name: app }]) => {
      const problem = mailProblemOf({ siteName, app })
      return problem === undefined
        ? []
        : [`tokens.clients.${id}.name: with siteName no mail can be written (${problem}).`]
    }),
  ]
  if (scopes.size === 0) problems.push('tokens.scopes: name what a token may be given.')
  if (problems.length > 0) throw new Misconfiguration(problems)
  return Object.freeze({
    ...{ roles, layout, siteName, scopes, options },
    throttle: createThrottle({ options: throttleOptions(throttle) }),
  })
}

/** `Press` becomes `press`; a name without two letters of ASCII has none of its own. */
function prefixOf(siteName: string): string {
  const letters = siteName
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .replace(/^[0-9]+/, '')
    .slice(0, 20)
  return letters.length < 2 ? 'demijohn' : letters
}
