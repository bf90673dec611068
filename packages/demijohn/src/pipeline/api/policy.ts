/** What holds for every route of one API, read once at start, and the routes that follow from it. */

import { Misconfiguration } from '../../core/misconfiguration.ts'
import { type CorsOptions, corsOptions } from '../../defences/cors/options.ts'
import type { AnyBlueprint } from '../kit.ts'
import type { RouteRecord } from '../route.ts'
import type { ApiOptions } from './types.ts'

export type ApiPolicy = {
  readonly prefix: string
  readonly title: string
  readonly version: string
  /** Whose scripts may read answers; undefined where no other origin's may. */
  readonly cors: CorsOptions | undefined
  readonly requiresProof: boolean
  /** Who may read what is told about it: see `openapi/routes.ts`. */
  readonly documentation: ApiOptions['documentation']
}

/** undefined for pages. What is wrong is added to `problems`. */
export function policyOf(blueprint: AnyBlueprint, problems: string[]): ApiPolicy | undefined {
  const { api, prefix } = blueprint
  if (api === undefined) return undefined
  return Object.freeze({
    prefix,
    title: api.title,
    version: api.version ?? '1',
    cors: api.origins === undefined ? undefined : readCors(prefix, api.origins, problems),
    requiresProof: api.proofOfPossession === 'required',
    documentation: api.documentation,
  })
}

function readCors(
  prefix: string,
  origins: readonly string[],
  problems: string[],
): CorsOptions | undefined {
  try {
    return corsOptions({ allowedOrigins: origins }, prefix)
  } catch (error) {
    if (!(error instanceof Misconfiguration)) throw error
    problems.push(...error.problems)
    return undefined
  }
}

/** The page that tells of an API, where nobody has to be signed in for it. */
export function openPageOf({ prefix, documentation }: ApiPolicy): string | undefined {
  if (documentation === 'not served' || documentation.kind !== 'anyone') return undefined
  return `${prefix}/docs`
}

/** A path without the names of its parameters. */
export function shapeOf(path: string): string {
  return path.replace(/:[^/]+/g, ':')
}

/**
 * Where other origins may ask, each path answers what they may ask for (Fetch, "CORS-preflight").
 * Nobody is identified for that, and nothing is handled.
 */
export function preflightsOf(
  routes: readonly RouteRecord[],
  policy: ApiPolicy | undefined,
): readonly RouteRecord[] {
  if (policy?.cors === undefined) return []
  // Two names of one parameter are one path.
  const byPath = new Map(routes.map((route) => [shapeOf(route.path), route]))
  return [...byPath.values()].map((route) =>
    Object.freeze({
      ...{ path: route.path, method: 'OPTIONS' as const, credential: 'none' as const },
      ...{ access: { kind: 'anyone' as const }, params: route.params },
      // Each method of the path has a query of its own, and which one is meant is asked in a field.
      ...{ query: {}, hasForeignQuery: true },
      ...{ body: 'none' as const, fields: undefined, limits: [], load: undefined },
      ...{ initial: undefined, page: undefined, api: undefined },
      // Answered from the route's policy, before any handler is called.
      handle: () => {
        throw new TypeError(`${route.path}: a preflight has no handler`)
      },
    }),
  )
}
