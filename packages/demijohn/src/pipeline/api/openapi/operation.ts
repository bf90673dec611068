/** One route of an API as it is told to others: the base of the OpenAPI document and of the page. */
import type { RefusalCode } from '../../../core/refusals.ts'
import type { JsonSchema } from '../../../core/standardSchema.ts'
import type { CompiledRoute } from '../../compile.ts'
import type { ApiPolicy } from '../policy.ts'
import { shapesOf } from '../shapes.ts'
import type { ApiRecord } from '../types.ts'
import { type Announced, limitsOf } from './limits.ts'
import { type Parameter, parametersOf } from './parameters.ts'
import { everywhereOf, refusalsOf } from './refusals.ts'

export type Operation = {
  /** `getNotesByNoteId`: the same for as long as method and path are. */
  readonly id: string
  readonly method: string
  /** Prefix included, parameters in braces: `/api/v1/notes/{noteId}`. */
  readonly path: string
  /** The first segment behind the prefix; what the page groups by. */
  readonly tag: string
  readonly summary: string
  readonly description: string | undefined
  readonly access: Entry
  readonly limits: readonly Announced[]
  readonly parameters: readonly Parameter[]
  readonly body: JsonSchema | undefined
  readonly answers: readonly OperationAnswer[]
  /** What the route may refuse with for what it declares. */
  readonly refusals: readonly RefusalCode[]
  /** What it may refuse with as any other route would. */
  readonly everywhere: readonly RefusalCode[]
}

export type Entry = {
  /** Whether a token may be left out. */
  readonly isOpen: boolean
  /** The permission that the token needs as its scope; undefined where any token will do. */
  readonly scope: string | undefined
  /** How young the sign-in behind the token has to be, in seconds. */
  readonly freshSeconds: number | undefined
  readonly requiresProof: boolean
}

export type OperationAnswer = {
  readonly status: 200 | 201 | 204 | 304
  readonly shape: JsonSchema | undefined
  readonly etag: 'always' | 'sometimes' | 'never'
  readonly location: boolean
  readonly next: boolean
}

/** The routes of one API, in the order of path and method, whatever order they were written in. */
export function operationsOf(
  routes: readonly CompiledRoute[],
  policy: ApiPolicy,
): readonly Operation[] {
  const own = routes.filter(({ policy: of, record }) => of === policy && record.api !== undefined)
  const ordered = [...own].sort((a, b) => compare(placeOf(a), placeOf(b)))
  const ids = new Set<string>()
  return ordered.flatMap((route) => {
    const { api } = route.record
    return api === undefined ? [] : [describe(route, api, policy, ids)]
  })
}

function describe(
  route: CompiledRoute,
  api: ApiRecord,
  policy: ApiPolicy,
  ids: Set<string>,
): Operation {
  const { json, returns } = shapesOf(api)
  const rest = route.path.slice(policy.prefix.length)
  return Object.freeze({
    id: uniqueId(idOf(route.method, rest), ids),
    method: route.method,
    path: templateOf(route.path),
    tag: /^\/([^/:]+)/.exec(rest)?.[1] ?? 'general',
    summary: api.summary,
    description: api.description,
    access: entryOf(route, policy),
    limits: limitsOf(route.plans),
    parameters: parametersOf(route, api, policy),
    body: json,
    answers: answersOf(route, api, returns),
    refusals: refusalsOf(route, api),
    everywhere: everywhereOf(route, api),
  })
}

const methodOrder = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

function placeOf({ path, method }: CompiledRoute): string {
  return `${path} ${methodOrder.indexOf(method)}`
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function templateOf(path: string): string {
  return path.replace(/:([a-zA-Z0-9]+)/g, '{$1}')
}

function idOf(method: string, path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '')
  const words = segments.map((segment) =>
    segment.startsWith(':')
      ? `By${capital(segment.slice(1))}`
      : segment
          .split(/[^a-z0-9]/)
          .map(capital)
          .join(''),
  )
  return `${method.toLowerCase()}${words.join('')}`
}

function capital(word: string): string {
  return `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`
}

/** `/a-b` and `/a/b` would have the same; the one that comes later in the order has a number. */
function uniqueId(wanted: string, taken: Set<string>): string {
  let id = wanted
  for (let count = 2; taken.has(id); count += 1) id = `${wanted}${count}`
  taken.add(id)
  return id
}

function entryOf({ access }: CompiledRoute, { requiresProof }: ApiPolicy): Entry {
  const fresh = 'freshMilliseconds' in access ? access.freshMilliseconds : undefined
  return {
    isOpen: access.kind === 'anyone',
    scope: access.kind === 'may' ? access.permission : undefined,
    freshSeconds: fresh === undefined ? undefined : Math.floor(fresh / 1_000),
    requiresProof,
  }
}

/** What a handler of that method can answer by `answers.ts`. */
function answersOf(
  { method, query }: CompiledRoute,
  { version }: ApiRecord,
  shape: JsonSchema | undefined,
): readonly OperationAnswer[] {
  const none = { shape: undefined, location: false, next: false }
  if (shape === undefined) {
    return [{ ...none, status: 204, etag: version === undefined ? 'never' : 'sometimes' }]
  }
  const isRead = method === 'GET'
  const read = version === undefined ? 'never' : 'always'
  const written = version !== undefined || method !== 'DELETE' ? 'sometimes' : 'never'
  const answers: OperationAnswer[] = [
    // A list goes on behind a cursor, which is a part of the query.
    {
      ...{ status: 200, shape, etag: isRead ? read : written, location: false },
      next: isRead && query.length > 0,
    },
  ]
  if (method === 'POST' || method === 'PUT') {
    answers.push({ status: 201, shape, etag: 'sometimes', location: true, next: false })
  }
  if (isRead && version !== undefined) answers.push({ ...none, status: 304, etag: 'always' })
  return answers
}
