/** Puts an application together: from a project and what it runs on to the function that answers. */
import type { Kysely } from 'kysely'
import { outbox } from '../blueprints/outbox/routes.ts'
import { type Random, systemRandom } from '../core/bytes.ts'
import type { Clock } from '../core/clock.ts'
import { Misconfiguration } from '../core/misconfiguration.ts'
import type { MigrationSet } from '../data/migrations.ts'
import { demijohnMigrations } from '../data/tableMigrations.ts'
import type { DemijohnTables } from '../data/tables.ts'
import type { AnyRoles } from '../defences/access/roles.ts'
import { buildHeaders } from '../defences/headers/sets.ts'
import { bodyBudget } from '../defences/input/budget.ts'
import { type SiteLimits, siteLimitOptions } from '../defences/limits/options.ts'
import type { SharedLimits } from '../defences/limits/shared.ts'
import type { GivenSentinelOptions } from '../defences/sentinel/options.ts'
import type { SessionOptions } from '../defences/sessions/options.ts'
import type { SessionStore } from '../defences/sessions/types.ts'
import type { TokenReader } from '../defences/tokens/principal.ts'
import type { OutsideIssuer } from '../defences/tokens/store/outside.ts'
import type { TokenStore } from '../defences/tokens/store/types.ts'
import type { Html } from '../html/template.ts'
import { createMailQueue, type MailQueue } from '../mail/queue.ts'
import { createHandling, type Handling } from '../pipeline/app.ts'
import { assetPrefix, libraryRoutes, reportPath } from '../pipeline/assetRoutes.ts'
import { loadAssets } from '../pipeline/assets.ts'
import { refuseCollisions } from '../pipeline/collisions.ts'
import { compileRoutes, routeTable } from '../pipeline/compile.ts'
import type { AnyBlueprint } from '../pipeline/kit.ts'
import { mailControl } from '../pipeline/mailControl.ts'
import type { Detours, ErrorPageFacts, Parts } from '../pipeline/parts.ts'
import { plainErrorPage } from '../pipeline/refusalReply.ts'
import { type RouteVerdicts, verdictsOf } from '../pipeline/verdicts.ts'
import type { Log } from '../watch/log.ts'
import type { TrustedNetworks } from '../web/client.ts'
import { identityParts } from './identity.ts'
import { limitStoreOf } from './limitStore.ts'
import { refuseHoneyPaths, type SentinelSettings, sentinelParts } from './sentinel.ts'

/** What an application is, apart from where it runs. */
export type Project = {
  /** Shown in the terminal and in titles; also the name of its set of migrations. */
  readonly name: string
  readonly roles: AnyRoles
  readonly blueprints: readonly AnyBlueprint[]
  readonly migrations: MigrationSet
  /** The role of whoever sets the site up. */
  readonly administratorRole: string
  /** A folder of static files, served under /static with hashed names. */
  readonly staticFolder?: string
  /** Draws refusals and faults; a plain page when left out. */
  readonly errorPage?: (facts: ErrorPageFacts) => Html
  /** Where somebody is sent who has to sign in first; `/login` when left out. */
  readonly signInPath?: `/${string}`
  /**
   * The roles that nobody may use without a second factor. When left out: the administrators', in
   * production. In development nobody has to, unless it is said here.
   */
  readonly secondFactorRoles?: readonly string[]
  /** Paths that no page leads to and no route has: whoever asks for one is looking for holes. */
  readonly honeyPaths?: readonly `/${string}`[]
  /** Other thresholds and lengths of bans than the usual ones, within their bounds. */
  readonly sentinel?: GivenSentinelOptions
  readonly sessions?: Partial<SessionOptions>
  /** How often one client may ask, where a route says nothing; and where it is counted. */
  readonly limits?: SiteLimits
  /** Whose access tokens count here beside the site's own: each by `outsideIssuer(…)`. */
  readonly outsideIssuers?: readonly OutsideIssuer[]
  /** Given by a project that sends mail; production then asks for SMTP_URL and MAIL_FROM. */
  readonly mail?: {
    /** Closes every mail: the site's name, on one line. */
    readonly signature: string
  }
  /** Fills an empty database in development, and says what to print. */
  readonly seed?: (facts: SeedFacts) => Promise<readonly SeededAccount[]>
}

export type SeedFacts = {
  readonly db: Kysely<DemijohnTables>
  readonly clock: Clock
  readonly random: Random
}
export type SeededAccount = {
  readonly role: string
  readonly email: string
  readonly password: string
}

/** What it runs on. */
export type Surroundings = {
  readonly db: Kysely<DemijohnTables>
  readonly clock: Clock
  readonly random?: Random
  readonly log: Log
  /** `https://press.example`, or `loopback`: plain HTTP on this machine, for development. */
  readonly origin: string | 'loopback'
  /** What links in mails begin with where the origin is `loopback`: with the port, unlike that. */
  readonly loopbackOrigin?: string
  /** Gives the keys for a purpose, the newest first. */
  readonly subkeys: (purpose: string) => readonly Buffer[]
  readonly trustedProxies?: TrustedNetworks
  /** Where processes count limits together; each counts by itself when left out. */
  readonly sharedLimits?: SharedLimits | undefined
  readonly sentinel?: SentinelSettings
  /** Reads the tokens of programs in the place of the site's own store. */
  readonly readToken?: TokenReader
}

export type Application = Handling & {
  readonly name: string
  /** Every route × role, as data. */
  readonly routes: () => readonly RouteVerdicts[]
  readonly sessions: SessionStore
  readonly tokens: TokenStore
  /** Undefined where the project sends no mail. */
  readonly mails: MailQueue | undefined
  readonly project: Project
}

/** Every route × role of a project, without anything to run on. */
export function projectRoutes(project: Project): readonly RouteVerdicts[] {
  const site = siteLimitOptions(project.limits)
  const routes = [
    ...compileRoutes(project.blueprints, project.roles, site),
    ...libraryRoutes(loadAssets(project.staticFolder), undefined, site),
  ]
  return verdictsOf(routes, project.roles.names, project.roles.reach)
}

/** The sets of migrations in the order in which they are applied: the library's own first. */
export function migrationSets(project: Project): readonly MigrationSet[] {
  return [demijohnMigrations, project.migrations]
}

/** Checks everything that can be checked before the first request. Throws Misconfiguration. */
export function createApplication(project: Project, surroundings: Surroundings): Application {
  const { roles } = project
  const { db, clock, log, origin, random = systemRandom } = surroundings
  refuseUnknownRoles(project)
  refuseStart(project, origin)
  const https = origin !== 'loopback' && origin.startsWith('https:')
  const assets = loadAssets(project.staticFolder)
  const mails = mailsOf(project, surroundings, random)
  const site = siteLimitOptions(project.limits)
  const own = compileRoutes([...project.blueprints, ...developmentOnly(origin, mails)], roles, site)
  const library = libraryRoutes(assets, log, site)
  refuseCollisions(own, library)
  const routes = [...own, ...library]
  const table = routeTable(routes, site)
  refuseHoneyPaths(project.honeyPaths ?? [], table)
  const secondFactorRoles = secondFactorRolesOf(project, origin)
  const identity = identityParts(project, surroundings, { random, mails, secondFactorRoles })
  const parts: Parts = {
    clock,
    random,
    log,
    hosts: origin === 'loopback' ? 'loopback' : new Set([new URL(origin).host]),
    trustedProxies: surroundings.trustedProxies ?? [],
    table,
    reachOf: roles.reach,
    limits: limitStoreOf(surroundings, random),
    sentinel: sentinelParts(project, surroundings, random),
    ...identity,
    readToken: surroundings.readToken ?? identity.tokens.read,
    db,
    mail: mailControl(mails),
    secondFactorRoles,
    headers: buildHeaders({ https, reportPath }),
    assets,
    asset: (name) => `${assetPrefix}/${assets.hashedName(name)}`,
    detours: detoursOf(project),
    errorPage: project.errorPage ?? plainErrorPage,
    load: { inFlight: 0, stopping: false, strained: false },
    bodies: bodyBudget(),
  }
  return Object.freeze({
    ...createHandling(parts),
    name: project.name,
    project,
    sessions: identity.sessions,
    tokens: identity.tokens,
    mails,
    routes: () => verdictsOf(routes, roles.names, roles.reach),
  })
}

function refuseUnknownRoles({ roles, administratorRole, secondFactorRoles = [] }: Project): void {
  const problems = [
    ...[administratorRole].map((name) => ({ option: 'administratorRole', name })),
    ...secondFactorRoles.map((name) => ({ option: 'secondFactorRoles', name })),
  ]
    .filter(({ name }) => !roles.names.includes(name))
    .map(({ option, name }) => `${option} "${name}" is no role; define it`)
  if (problems.length > 0) throw new Misconfiguration(problems)
}

/** What a blueprint has against being run where the site is. */
function refuseStart({ blueprints }: Project, origin: string): void {
  const facts = { isDevelopment: origin === 'loopback' }
  const problems = blueprints.flatMap((blueprint) => blueprint.startProblems?.(facts) ?? [])
  if (problems.length > 0) throw new Misconfiguration(problems)
}

/** Roles that demand a second factor: administrators' where the site is real, unless it is said. */
export function secondFactorRolesOf(project: Project, origin: string): ReadonlySet<string> {
  const usual = origin === 'loopback' ? [] : [project.administratorRole]
  return new Set(project.secondFactorRoles ?? usual)
}

/** The pages of the accounts blueprint, which each refusal that can be mended leads to. */
function detoursOf({ signInPath = '/login' }: Project): Detours {
  return Object.freeze({
    'access.sign-in-required': signInPath,
    'access.second-factor-required': '/login/second-factor',
    'access.enrolment-required': '/account/factors',
    'access.step-up-required': '/login/confirm',
  })
}

/** Mails can be read on a page of the site in development, and nowhere else. */
function developmentOnly(origin: string, mails: MailQueue | undefined): readonly AnyBlueprint[] {
  return mails !== undefined && origin === 'loopback' ? [outbox({ origin, mails })] : []
}

function mailsOf(
  { mail }: Project,
  { db, clock, origin, loopbackOrigin = 'http://localhost', subkeys }: Surroundings,
  random: Random,
): MailQueue | undefined {
  if (mail === undefined) return undefined
  return createMailQueue({
    ...{ db, clock, random },
    keys: subkeys('mail'),
    origin: origin === 'loopback' ? loopbackOrigin : origin,
    signature: mail.signature,
  })
}
