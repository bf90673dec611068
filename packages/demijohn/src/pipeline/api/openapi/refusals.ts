/**
 * Which refusals a route can answer with: by what it declares, and as every route of an API does. Held
 * to the pipeline by probing each route of an API with bad requests.
 */
import { type RefusalCode, refusalTable } from '../../../core/refusals.ts'
import type { CompiledRoute } from '../../compile.ts'
import type { ApiRecord } from '../types.ts'

/** In the order of status and of the table, each once. */
export function refusalsOf(route: CompiledRoute, api: ApiRecord): readonly RefusalCode[] {
  return inOrder([
    ...ofAccess(route),
    ...ofInput(route, api),
    ...ofVersion(route, api),
    ...ofIdempotency(api),
    // The handler's own: it may find that something is in the way.
    ...(route.method === 'GET' ? [] : (['resource.conflict'] as const)),
  ])
}

function ofAccess({ access }: CompiledRoute): readonly RefusalCode[] {
  const codes: RefusalCode[] = access.kind === 'anyone' ? [] : ['token.missing']
  if (access.kind === 'may') codes.push('access.forbidden', 'access.scope-insufficient')
  if ('freshMilliseconds' in access && access.freshMilliseconds !== undefined) {
    codes.push('access.step-up-required')
  }
  return codes
}

function ofInput(route: CompiledRoute, api: ApiRecord): readonly RefusalCode[] {
  const { params, query, record, method } = route
  const codes: RefusalCode[] = []
  if (params.length > 0) codes.push('route.unknown')
  const looks = params.length + query.length > 0 || record.load !== undefined
  if (looks || api.json !== undefined) codes.push('resource.not-found')
  if (query.length > 0 || api.json !== undefined) codes.push('input.invalid')
  if (method !== 'GET') codes.push('body.unsupported-type')
  return codes
}

function ofVersion({ method }: CompiledRoute, { version }: ApiRecord): readonly RefusalCode[] {
  if (version === undefined) return []
  return method === 'GET'
    ? ['precondition.failed']
    : ['precondition.failed', 'precondition.required']
}

function ofIdempotency({ idempotency }: ApiRecord): readonly RefusalCode[] {
  if (idempotency === undefined) return []
  return [
    ...(idempotency === 'required' ? (['idempotency.key-missing'] as const) : []),
    'idempotency.key-malformed',
    'idempotency.in-progress',
    'idempotency.outcome-unknown',
    'idempotency.mismatch',
    'idempotency.too-many',
  ]
}

/** What any request may be answered with, before and beside what its route declares. */
export const everyRefusal = [
  ...['request.version', 'request.framing', 'request.header', 'request.target'],
  ...['request.path-ambiguous', 'request.target-too-long', 'request.host'],
  ...['request.expectation', 'request.header-too-large'],
  ...['server.stopping', 'server.busy', 'limit.exceeded'],
  ...['sentinel.slow', 'sentinel.banned', 'cors.origin-refused'],
  ...['token.malformed', 'token.invalid', 'token.proof-missing', 'token.proof-invalid'],
  // Of a query, which every address may have.
  ...['body.malformed', 'body.too-large', 'input.unknown-field', 'input.duplicate-field'],
  // An If-Match where nothing has a version is one that does not hold.
  ...['precondition.malformed', 'precondition.failed', 'body.timeout', 'fault.unexpected'],
] as const satisfies readonly RefusalCode[]

export function isEverywhere(code: RefusalCode): boolean {
  return everywhere.has(code)
}

const everywhere: ReadonlySet<RefusalCode> = new Set(everyRefusal)

export function everywhereOf(route: CompiledRoute, api: ApiRecord): readonly RefusalCode[] {
  const own = new Set(refusalsOf(route, api))
  return inOrder(everyRefusal.filter((code) => !own.has(code)))
}

/** What an address without a route is answered with. */
const nowhere = ['request.method', 'route.unknown', 'route.method'] as const

/** Every code that a client of an API may ever meet. */
export function allRefusals(
  operations: readonly { readonly refusals: readonly RefusalCode[] }[],
): readonly RefusalCode[] {
  return inOrder([...everyRefusal, ...nowhere, ...operations.flatMap(({ refusals }) => refusals)])
}

const tableOrder = new Map(Object.keys(refusalTable).map((code, at) => [code, at]))

function inOrder(codes: readonly RefusalCode[]): readonly RefusalCode[] {
  const place = (code: RefusalCode): number =>
    refusalTable[code].status * 1_000 + (tableOrder.get(code) ?? 0)
  return [...new Set(codes)].sort((a, b) => place(a) - place(b))
}
