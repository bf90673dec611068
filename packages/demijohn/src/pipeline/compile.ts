/**
 * From what an application wrote to what the pipeline runs: every check that can be made at start is
 * made here, all problems together, so that a caller without types is refused as the compiler would.
 */
import { RegExpRouter } from 'hono/router/reg-exp-router'
import { SmartRouter } from 'hono/router/smart-router'
import { TrieRouter } from 'hono/router/trie-router'
import { Misconfiguration } from '../core/misconfiguration.ts'
import type { StandardSchemaV1 } from '../core/standardSchema.ts'
import type { AccessRule } from '../defences/access/decide.ts'
import type { AnyRoles } from '../defences/access/roles.ts'
import {
  limitProblems,
  type SiteLimitOptions,
  siteLimitOptions,
} from '../defences/limits/options.ts'
import {
  type LimitPlan,
  limitNames,
  planRoute,
  planTogether,
  type RoutePlans,
} from '../defences/limits/plan.ts'
import { apiProblems } from './api/check.ts'
import { createDocumentation } from './api/openapi/routes.ts'
import { type ApiPolicy, policyOf, preflightsOf } from './api/policy.ts'
import type { AnyBlueprint } from './kit.ts'
import { type Credential, type RouteMethod, type RouteRecord, routeMethods } from './route.ts'

export type CompiledRoute = {
  /** `GET /posts/:postId`: names the route in limits, logs, metrics and verdicts. */
  readonly id: string
  readonly method: RouteMethod
  readonly path: string
  readonly credential: Credential
  readonly access: AccessRule
  readonly params: readonly (readonly [string, StandardSchemaV1])[]
  readonly query: readonly (readonly [string, StandardSchemaV1])[]
  readonly queryNames: ReadonlySet<string>
  readonly fieldNames: ReadonlySet<string>
  /** What the route says of its own, in words. */
  readonly limits: readonly string[]
  /** How its requests are counted, the site's limits among them. */
  readonly plans: RoutePlans
  readonly record: RouteRecord
  /** What holds for the API that it belongs to; undefined for pages and files. */
  readonly policy: ApiPolicy | undefined
}

export type RouteMatch = {
  readonly route: CompiledRoute
  readonly rawParams: Readonly<Record<string, string>>
}

export type RouteTable = {
  readonly routes: readonly CompiledRoute[]
  /** How requests are counted that no route takes, all together. */
  readonly unknown: LimitPlan | undefined
  /** The API that a path belongs to, whether or not there is a route: its refusals are for programs. */
  readonly apiOf: (path: string) => ApiPolicy | undefined
  /** Whether what is refused at a path is read by a program: of an API, or of a route for programs. */
  readonly isForPrograms: (path: string) => boolean
  /** The route for a canonical path, the methods that the path has, or nothing. */
  readonly match: (
    method: string,
    path: string,
  ) => RouteMatch | { readonly allow: string } | undefined
}

const noParams: Readonly<Record<string, string>> = Object.freeze(Object.create(null))
/** `.well-known` is the one segment that may begin with a dot (RFC 8615). */
const pathShape = /^(\/|(\/(:[a-zA-Z][a-zA-Z0-9]*|\.well-known|[a-z0-9][a-z0-9._-]*))+)$/

/** Checks every route of an application, and compiles them. Throws Misconfiguration. */
export function compileRoutes(
  blueprints: readonly AnyBlueprint[],
  roles: AnyRoles,
  site: SiteLimitOptions = siteLimitOptions(),
): readonly CompiledRoute[] {
  const problems: string[] = []
  const groups = blueprints.map((blueprint) => {
    const policy = policyOf(blueprint, problems)
    const documentation = createDocumentation(policy)
    const own = [...blueprint.routes, ...preflightsOf(blueprint.routes, policy)]
    return { policy, own, documentation }
  })
  const describing = new Set(groups.flatMap(({ documentation }) => documentation.records))
  // These last, so that a clash is told as one of theirs.
  const records = [...groups.flatMap(({ own }) => own), ...describing]
  problems.push(...records.flatMap((record) => problemsOf(record, roles)))
  const seen = new Set<string>()
  for (const record of records) {
    const shape = `${record.method} ${record.path.replace(/:[^/]+/g, ':')}`
    if (seen.has(shape)) {
      const remedy = describing.has(record)
        ? "is where the API is told of; give the other one another path, or say documentation: 'not served'"
        : 'is declared twice; remove one'
      problems.push(`${record.method} ${record.path} ${remedy}`)
    }
    seen.add(shape)
  }
  if (problems.length > 0) throw new Misconfiguration(problems)
  return groups.flatMap(({ policy, own, documentation }) => {
    const routes = own.map((record) => compileRoute(record, site.everyRoute, policy))
    documentation.describe(routes)
    const about = documentation.records.map((record) => compileRoute(record, site.everyRoute))
    return [...routes, ...about]
  })
}

function problemsOf(record: RouteRecord, roles: AnyRoles): string[] {
  const at = `${record.method} ${record.path}`
  const problems: string[] = []
  if (!pathShape.test(record.path)) {
    problems.push(
      `${at}: write the path as lower-case segments or :names, without a slash at the end`,
    )
  }
  problems.push(...accessProblems(at, record, roles))
  const reserved = ['__proto__', 'constructor', 'prototype', 'formToken']
  for (const name of [...Object.keys(record.fields ?? {}), ...Object.keys(record.query)]) {
    if (reserved.includes(name))
      problems.push(`${at}: "${name}" is a reserved name; choose another`)
  }
  problems.push(...limitProblems(record.limits).map((problem) => `${at}: ${problem}`))
  const names = paramNames(record.path)
  for (const [index, name] of names.entries()) {
    // Own names alone: `:constructor` would find what every object has.
    if (!Object.hasOwn(record.params, name)) {
      problems.push(`${at}: :${name} has no schema; add it to params`)
    }
    if (names.indexOf(name) !== index) {
      problems.push(`${at}: :${name} stands twice in the path; give each a name of its own`)
    }
  }
  for (const name of Object.keys(record.params)) {
    if (!names.includes(name))
      problems.push(`${at}: params names ${name}, which the path does not have`)
  }
  problems.push(...apiProblems(at, record))
  if ([record.handle, record.page, record.api, record.program].every((way) => way === undefined)) {
    problems.push(`${at}: nothing handles it; give a handler`)
  }
  return problems
}

const plainKinds: ReadonlySet<string> = new Set<AccessRule['kind']>([
  'anyone',
  'signed-in',
  'half-signed-in',
  'enrolling',
])

function accessProblems(at: string, record: RouteRecord, roles: AnyRoles): string[] {
  // A caller without types may have left it out, which the type cannot say.
  const access: AccessRule | null | undefined = record.access
  if (access && plainKinds.has(access.kind)) return []
  if (access?.kind !== 'may') {
    return [`${at}: access is missing; say anyone, signedIn or may('…')`]
  }
  if (!roles.permissions.includes(access.permission)) {
    return [`${at}: no role holds "${access.permission}"; grant it to a role or correct the name`]
  }
  const ownable = roles.names.some((name) => roles.reach(name, access.permission) === 'own')
  if (ownable && record.load === undefined) {
    return [`${at}: "${access.permission}" is held as :own; give a load that returns an ownerId`]
  }
  return []
}

/** `/posts/new` stands before `/posts/:postId`, whatever the order in which they were written. */
function literalFirst(a: CompiledRoute, b: CompiledRoute): number {
  const rank = (route: CompiledRoute) => route.path.replace(/:[^/]+/g, '\uffff')
  return rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0
}

function paramNames(path: string): readonly string[] {
  return path
    .split('/')
    .filter((segment) => segment.startsWith(':'))
    .map((segment) => segment.slice(1))
}

/** `everyRoute` are the limits that it has where it says no others. */
export function compileRoute(
  record: RouteRecord,
  everyRoute: SiteLimitOptions['everyRoute'],
  policy?: ApiPolicy,
): CompiledRoute {
  const id = `${record.method} ${record.path}`
  return Object.freeze({
    id,
    method: record.method,
    path: record.path,
    credential: record.credential,
    access: record.access,
    params: Object.entries(record.params),
    query: Object.entries(record.query),
    queryNames: new Set(Object.keys(record.query)),
    fieldNames: new Set(Object.keys(record.fields ?? {})),
    limits: limitNames(record.limits),
    plans: planRoute(id, record.limits, everyRoute),
    record,
    policy,
  })
}

function pathOf({ path }: CompiledRoute): string {
  return path
}

/**
 * Paths without parameters are looked up as they are; the others are matched by Hono's routers. Both
 * see the one canonical path alone, and only what hygiene let through.
 */
export function routeTable(
  routes: readonly CompiledRoute[],
  site: SiteLimitOptions = siteLimitOptions(),
): RouteTable {
  const literal = new Map<string, RouteMatch>()
  for (const route of routes) {
    if (!route.path.includes(':')) literal.set(route.id, { route, rawParams: noParams })
  }
  const router = new SmartRouter<CompiledRoute>({ routers: [new RegExpRouter(), new TrieRouter()] })
  for (const route of [...routes].sort(literalFirst)) router.add(route.method, route.path, route)

  function find(method: string, path: string): RouteMatch | undefined {
    const exact = literal.get(`${method} ${path}`)
    if (exact !== undefined) return exact
    const [found, stash] = router.match(method, path)
    const first = found[0]
    if (first === undefined) return undefined
    const [route, params] = first
    const rawParams: Record<string, string> = Object.create(null)
    for (const [name, value] of Object.entries(params)) {
      rawParams[name] = typeof value === 'number' ? (stash?.[value] ?? '') : value
    }
    return { route, rawParams }
  }

  const apis = [...new Set(routes.flatMap(({ policy }) => policy ?? []))]
  // What tells of an API stands under its prefix and is read by people.
  const pages = new Set(routes.filter(({ credential }) => credential === 'session').map(pathOf))
  const programs = new Set(routes.filter(({ record }) => record.program !== undefined).map(pathOf))
  const apiOf: RouteTable['apiOf'] = (path) =>
    pages.has(path)
      ? undefined
      : apis.find(({ prefix }) => path === prefix || path.startsWith(`${prefix}/`))
  return {
    routes,
    apiOf,
    isForPrograms: (path) => programs.has(path) || apiOf(path) !== undefined,
    unknown: planTogether('unknown', site.unknownPaths),
    match(method, path) {
      // HEAD is GET without the body (RFC 9110 section 9.3.2): the same route, so the same policy.
      const found = find(method === 'HEAD' ? 'GET' : method, path)
      if (found !== undefined) return found
      const methods = routeMethods.filter((one) => find(one, path) !== undefined)
      if (methods.length === 0) return undefined
      return {
        allow: methods.flatMap((one) => (one === 'GET' ? ['GET', 'HEAD'] : [one])).join(', '),
      }
    },
  }
}
