/**
 * The accounts blueprint. An application gives it a layout and mounts it; it writes no code for
 * passwords. What each part stops stands at the head of its file.
 */
import { Misconfiguration } from '../../core/misconfiguration.ts'
import type { DemijohnTables } from '../../data/tables.ts'
import type { Roles } from '../../defences/access/roles.ts'
import { startProblemsOf } from '../../defences/openid/options.ts'
import type { OpenIdProvider } from '../../defences/openid/types.ts'
import type { ImportedPasswords } from '../../defences/passwords/foreign/options.ts'
import { type PasswordOptions, passwordOptions } from '../../defences/passwords/options.ts'
import { createPasswordHasher } from '../../defences/passwords/verify.ts'
import { type ThrottleOptions, throttleOptions } from '../../defences/throttle/options.ts'
import { createThrottle } from '../../defences/throttle/store.ts'
import { type AnyBlueprint, createBlueprint } from '../../pipeline/kit.ts'
import type { AccountsContext, Registration } from './context.ts'
import { sessionRoutes, sessionsPath } from './devices/routes.ts'
import { factorRoutes } from './factors/routes.ts'
import { linkRoutes } from './links/routes.ts'
import { openIdRoutes, providersOf } from './openid/routes.ts'
import { ownAccountRoutes } from './ownAccount.ts'
import type { OwnData } from './ownData/hooks.ts'
import { ownDataRoutes } from './ownData/routes.ts'
import type { Layout } from './pages.ts'
import { passkeyRoutes } from './passkeys/routes.ts'
import { signInRoutes } from './signIn.ts'
import { type AccountMails, type AccountPages, usualMails, usualPages } from './usual.ts'

export type AccountsOptions<Table> = {
  readonly roles: Roles<Table>
  readonly layout: Layout
  /** Words that a password may not mainly consist of: the site's name. */
  readonly siteName: string
  /** The role of whoever uses the setup link. */
  readonly administratorRole: keyof Table & string
  /** Who may make an account; `closed` when left out: administrators make them. */
  readonly registration?: Registration
  /** The role of whoever registers; demanded where registration is open. */
  readonly memberRole?: keyof Table & string
  /** Where people go after signing in when they were not on their way elsewhere. */
  readonly afterSignIn?: `/${string}`
  /** Other sites that people may sign in with: `openIdProvider({ … })` of `demijohn/openid`. */
  readonly providers?: readonly OpenIdProvider[]
  /** Pages in the application's own words. */
  readonly pages?: Partial<AccountPages>
  /** Mails in the application's own words. */
  readonly mails?: Partial<AccountMails>
  /** What the application keeps of people, when they take their data along or delete it. */
  readonly ownData?: OwnData
  /** The cost of a hash and the length of the queue, within their bounds. */
  readonly passwords?: Partial<PasswordOptions>
  /** How many tries at a secret there are before somebody has to wait. */
  readonly throttle?: Partial<ThrottleOptions>
  /** What hashes of another system need besides themselves. */
  readonly imported?: ImportedPasswords
}

/** @throws Misconfiguration where registration is open and nobody said as what; where two providers have one id. */
export function accounts<Table>(options: AccountsOptions<Table>): AnyBlueprint {
  const context = contextOf(options)
  const routes = createBlueprint<DemijohnTables, string, ''>('')
  signInRoutes(routes, context)
  linkRoutes(routes, context)
  ownAccountRoutes(routes, context)
  ownDataRoutes(routes, context, options.ownData)
  sessionRoutes(routes, context)
  factorRoutes(routes, context)
  passkeyRoutes(routes, context)
  const landings = openIdRoutes(routes, context)
  const { mails, siteName, providers } = context
  const theftMail = () => mails.rememberTokenCopied({ siteName, path: sessionsPath })
  return {
    ...{ prefix: routes.prefix, routes: [...routes.routes, ...landings], theftMail },
    startProblems: (facts) => startProblemsOf(providers, facts),
  }
}

function contextOf<Table>(options: AccountsOptions<Table>): AccountsContext {
  const {
    layout,
    siteName,
    administratorRole,
    afterSignIn = '/',
    registration = 'closed',
  } = options
  const { memberRole = '' } = options
  if (registration === 'open' && memberRole === '') {
    throw new Misconfiguration([
      'accounts: registration is open; say with memberRole which role somebody gets who registers',
    ])
  }
  const hasher = createPasswordHasher({
    options: passwordOptions(options.passwords),
    ...(options.imported === undefined ? {} : { imported: options.imported }),
  })
  return Object.freeze({
    ...{ layout, siteName, administratorRole, memberRole, registration, afterSignIn, hasher },
    providers: providersOf(options.providers),
    throttle: createThrottle({ options: throttleOptions(options.throttle) }),
    pages: { ...usualPages, ...options.pages },
    mails: { ...usualMails, ...options.mails },
  })
}
