/** A blueprint for programs: the same rules as for pages, under tokens instead of cookies. */
import type { RouteLimits } from '../../defences/limits/options.ts'
import type { RouteMethod, RouteRecord, Schema, Schemas } from '../route.ts'
import { type Api, type ApiOptions, type ApiRecord, type Nothing, nothing } from './types.ts'

/** What every kind of route has in common, types left behind. */
type AnySpec = {
  readonly summary: string
  readonly description?: string | undefined
  readonly params?: Schemas | undefined
  readonly query?: Schemas | undefined
  readonly load?: RouteRecord['load'] | undefined
  /** Left out by callers without types alone, whom `compile` refuses. */
  readonly access?: RouteRecord['access']
  readonly limit?: RouteLimits | undefined
  readonly json?: Schema | undefined
  readonly returns: Schema | Nothing
  readonly version?: ApiRecord['version'] | undefined
  readonly idempotency?: ApiRecord['idempotency'] | undefined
}

export function createApi<Database, Role extends string, Prefix extends string>(
  prefix: Prefix,
  options: ApiOptions,
): Api<Database, Role, Prefix> {
  const routes: RouteRecord[] = []
  type Handle = ApiRecord['handle']
  const add = (method: RouteMethod, path: string, spec: AnySpec, handle: Handle): void => {
    routes.push(recordOf(method, `${prefix}${path}`, spec, handle))
  }
  return {
    prefix,
    routes,
    api: Object.freeze({ ...options }),
    get: (path: string, spec: AnySpec, handle: Handle) => add('GET', path, spec, handle),
    post: (path: string, spec: AnySpec, handle: Handle) => add('POST', path, spec, handle),
    put: (path: string, spec: AnySpec, handle: Handle) => add('PUT', path, spec, handle),
    patch: (path: string, spec: AnySpec, handle: Handle) => add('PATCH', path, spec, handle),
    delete: (path: string, spec: AnySpec, handle: Handle) => add('DELETE', path, spec, handle),
  }
}

function recordOf(
  method: RouteMethod,
  path: string,
  spec: AnySpec,
  handle: ApiRecord['handle'],
): RouteRecord {
  return Object.freeze({
    path,
    method,
    credential: 'bearer',
    access: spec.access as RouteRecord['access'],
    params: spec.params ?? {},
    query: spec.query ?? {},
    body: spec.json === undefined ? 'none' : 'json',
    limits: spec.limit === undefined ? [] : [spec.limit].flat(),
    load: spec.load,
    ...{ fields: undefined, initial: undefined, page: undefined, handle: undefined },
    api: Object.freeze({
      handle,
      summary: spec.summary,
      description: spec.description,
      json: spec.json,
      returns: isNothing(spec.returns) ? undefined : spec.returns,
      version: spec.version,
      idempotency: spec.idempotency,
    }),
  })
}

function isNothing(returns: Schema | Nothing): returns is Nothing {
  return returns === nothing
}
