/** Answers for programs: JSON, problems (RFC 9457), preflights. Never stored, never a page. */
import { type Refusal, type RefusalCode, refusalTable, refuse } from '../../core/refusals.ts'
import { decideCors, decidePreflight } from '../../defences/cors/decide.ts'
import { corsFields, preflightFields, requestFields } from '../../defences/cors/fields.ts'
import type { WireReply } from '../../web/wire.ts'
import type {
  Arrival,
  Parts,
  WithClient,
  WithCredential,
  WithHead,
  WithMatch,
  WithReply,
} from '../parts.ts'
import { ownHeaders } from '../reply.ts'
import { corsFacts } from './cors.ts'
import { type ApiPolicy, openPageOf, shapeOf } from './policy.ts'

type Known = Partial<Arrival & WithHead & WithMatch & WithClient & WithCredential>

/** JSON that is made already. `fields` are names and values of the answer's own. */
export function jsonReply(
  parts: Parts,
  known: Known,
  answer: { readonly status: number; readonly json: string; readonly fields: readonly string[] },
): WireReply {
  const headers = [...headersFor(parts, known), ...answer.fields]
  if (answer.json !== '') headers.push('Content-Type', 'application/json')
  return { status: answer.status, headers: ownHeaders(parts, known, headers), body: answer.json }
}

/**
 * A refusal as a problem (RFC 9457). Its texts come from the table of refusals; of the request it
 * holds the places in the body that were wrong, and nothing else.
 */
export function problemReply(parts: Parts, known: Known, refusal: Refusal): WireReply {
  const { title, remedy } = refusalTable[refusal.code]
  const problem = {
    type: typeOf(parts, known, refusal.code),
    title,
    status: refusal.status,
    detail: refusal.field === undefined ? remedy : `${remedy} (${refusal.field})`,
    code: refusal.code,
    requestId: known.requestId ?? '',
    ...(refusal.errors.length === 0 ? {} : { errors: refusal.errors }),
  }
  const headers = [...headersFor(parts, known), ...Object.entries(refusal.headers).flat()]
  headers.push('Content-Type', 'application/problem+json')
  const body = JSON.stringify(problem)
  return { status: refusal.status, headers: ownHeaders(parts, known, headers), body }
}

/** The API that was asked, also where the walk ended before there was a route. */
function policyFor({ table }: Parts, { match, head }: Known): ApiPolicy | undefined {
  return match === undefined ? table.apiOf(head?.path ?? '') : match.route.policy
}

/**
 * Where the code is explained, if anybody may read that; else a name (RFC 9457 section 3.1.1). So it is
 * also for what is refused before there is a Host to trust.
 */
function typeOf(parts: Parts, known: Known, code: RefusalCode): string {
  const { head } = known
  const policy = policyFor(parts, known)
  const [origin] = head === undefined ? [] : parts.originsOf(head)
  const page = policy === undefined ? undefined : openPageOf(policy)
  return origin === undefined || page === undefined
    ? `urn:demijohn:refusal:${code}`
    : `${origin}${page}#${code}`
}

/**
 * Vary, and who may read the answer: the same for every answer of an API, refusals too, so that a script
 * of an allowed origin learns why it was refused.
 */
function headersFor(parts: Parts, known: Known): string[] {
  const { head } = known
  const headers = [...parts.headers.data]
  const policy = policyFor(parts, known)
  if (policy?.cors === undefined || head === undefined) headers.push('Vary', 'Authorization')
  else {
    const { Vary = '', ...fields } = corsFields(decideCors(corsFacts(parts, head, policy)))
    headers.push(...Object.entries(fields).flat(), 'Vary', `Authorization, ${Vary}`)
  }
  return headers
}

/** What a page of another origin may do here (Fetch, section 3.3.2), or a refusal. Nothing is handled. */
export function preflightReply(
  parts: Parts,
  known: Arrival & WithHead & WithMatch,
): WithReply | Refusal {
  const { head, match } = known
  const { policy, path } = match.route
  const methods = parts.table.routes
    .filter((route) => shapeOf(route.path) === shapeOf(path) && route.method !== 'OPTIONS')
    .map(({ method }) => method)
  const verdict = decidePreflight({
    ...corsFacts(parts, head, policy),
    requestMethod: head.headers.get('access-control-request-method'),
    requestHeaders: head.headers.get('access-control-request-headers'),
    ...{ methods, headers: requestFields },
  })
  if (!verdict.allowed) return refuse('cors.origin-refused', { detail: verdict.reason })
  const fields = Object.entries(preflightFields(verdict.origin, methods)).flat()
  const headers = ownHeaders(parts, known, [...parts.headers.data, ...fields])
  return { reply: { status: 204, headers, body: '' }, invalid: false }
}
