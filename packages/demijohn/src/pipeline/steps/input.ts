/** Steps 9 and 10: what was sent, parsed or refused; then the object that the route is about. */
import { isRefusal, type Refusal, refuse } from '../../core/refusals.ts'
import { decideObject } from '../../defences/access/decide.ts'
import { verifyToken } from '../../defences/csrf/token.ts'
import { readBytes } from '../../defences/input/body.ts'
import { type Names, noNames, parseNames } from '../../defences/input/decide.ts'
import { checkNames } from '../../defences/input/names.ts'
import { decodeUtf8 } from '../../defences/input/text.ts'
import { parseMediaType } from '../../web/mediaType.ts'
import { parseUrlencoded } from '../../web/urlencoded.ts'
import type {
  Arrival,
  Parts,
  WithBody,
  WithCredential,
  WithHead,
  WithInput,
  WithMatch,
  WithResource,
  WithVerdict,
} from '../parts.ts'
import type { Step } from '../step.ts'
import { viewOf } from '../view.ts'

/** The name of the hidden field that the template engine places in every POST form. */
export const formTokenName = 'formToken'

const queryLimits = { maxPairs: 32, maxNameBytes: 64, maxValueBytes: 2048 }
const formLimits = { maxPairs: 128, maxNameBytes: 64, maxValueBytes: 256 * 1024 }
const maxFormBytes = 256 * 1024
const maxReportBytes = 16 * 1024

/** Path parameters and query, each through its schema; a name that is not declared is refused. */
export function readNames(_parts: Parts): Step<WithHead & WithMatch, WithInput> {
  return {
    name: 'names',
    run: ({ head, match }) => {
      const { route, rawParams } = match
      // A path parameter that is not what it should be names a page that is not there.
      const params = parseNames(route.params, (name) => rawParams[name], 'route.unknown')
      if (params instanceof Promise) return params.then((later) => withQuery(head, match, later))
      return withQuery(head, match, params)
    },
  }
}

function withQuery(
  head: WithHead['head'],
  match: WithMatch['match'],
  params: Names | Refusal,
): WithInput | Refusal | Promise<WithInput | Refusal> {
  if (isRefusal(params)) return params
  const { query: schemas } = match.route
  if (head.rawQuery === '' && schemas.length === 0) return { params, query: noNames }
  const raw = parseUrlencoded(head.rawQuery, queryLimits)
  if (isRefusal(raw)) return raw
  const isForeign = match.route.record.landing === 'foreign query'
  const unknown = isForeign ? undefined : checkNames(raw, match.route.queryNames)
  if (unknown !== undefined) return unknown
  const query = parseNames(schemas, (name) => raw.get(name), 'input.invalid')
  if (query instanceof Promise) {
    return query.then((later) => (isRefusal(later) ? later : { params, query: later }))
  }
  return isRefusal(query) ? query : { params, query }
}

const noBody: WithBody = Object.freeze({ form: undefined, report: undefined })

/** The body, where the route takes one: its type, its size, its encoding, its names, its token. */
export function readBody(
  parts: Parts,
): Step<Arrival & WithHead & WithMatch & WithCredential, WithBody> {
  return {
    name: 'body',
    run: (known) => {
      const { head, match } = known
      if (head.method === 'GET' || head.method === 'HEAD') return noBody
      return match.route.credential === 'none' ? readReport(known) : readForm(parts, known)
    },
  }
}

async function readForm(
  parts: Parts,
  { wire, head, match, session, visitor }: Arrival & WithHead & WithMatch & WithCredential,
): Promise<WithBody | Refusal> {
  const text = await readText(wire, head, 'application/x-www-form-urlencoded', maxFormBytes)
  if (isRefusal(text)) return text
  const raw = parseUrlencoded(text, formLimits)
  if (isRefusal(raw)) return raw
  const token = raw.get(formTokenName)
  const keys =
    session !== null
      ? session.formKeys
      : visitor === undefined
        ? undefined
        : parts.visitorKeysOf(visitor)
  if (keys === undefined)
    return refuse('csrf.token-missing', { detail: 'no session and no visitor cookie' })
  const decision = verifyToken(token, keys)
  if (!decision.allowed) return refuse(`csrf.${decision.reason}`)
  const form = new Map(raw)
  form.delete(formTokenName)
  return checkNames(form, match.route.fieldNames) ?? { form, report: undefined }
}

async function readReport({ wire, head }: Arrival & WithHead): Promise<WithBody | Refusal> {
  const type = parseMediaType(head.headers.get('content-type'))?.type
  const known = type === 'application/reports+json' ? type : 'application/csp-report'
  const text = await readText(wire, head, known, maxReportBytes)
  return isRefusal(text) ? text : { form: undefined, report: text }
}

async function readText(
  wire: Arrival['wire'],
  head: WithHead['head'],
  wantedType: string,
  maxBytes: number,
): Promise<string | Refusal> {
  const type = parseMediaType(head.headers.get('content-type'))
  const charset = type?.parameters.get('charset')?.toLowerCase() ?? 'utf-8'
  if (type?.type !== wantedType || charset !== 'utf-8' || head.headers.has('content-encoding')) {
    return refuse('body.unsupported-type')
  }
  const length = head.headers.get('content-length')
  const declaredLength = length === undefined ? undefined : Number(length)
  const bytes = await readBytes(wire.body, { maxBytes, declaredLength })
  return isRefusal(bytes) ? bytes : decodeUtf8(bytes)
}

/** The object of the route; null is a 404, and somebody else's is refused before the handler. */
export function loadResource(
  parts: Parts,
): Step<Arrival & WithHead & WithMatch & WithCredential & WithVerdict & WithInput, WithResource> {
  return {
    name: 'load',
    run: (known) => {
      const { load } = known.match.route.record
      if (load === undefined) return noResource
      const { params, query, user, now } = known
      const { db, sealed, secondFactorRoles } = parts
      const view = viewOf(parts, known, null)
      // Types were left behind at the blueprint: there `load` was checked against these very facts.
      const facts = { params, query, user, db, now, sealed, secondFactorRoles, view }
      const loaded = load(facts as never)
      if (loaded instanceof Promise) return loaded.then((later) => decideLoaded(later, known))
      return decideLoaded(loaded, known)
    },
  }
}

const noResource: WithResource = Object.freeze({ resource: undefined })

function decideLoaded(resource: unknown, known: WithVerdict): WithResource | Refusal {
  if (resource === null || resource === undefined) return refuse('resource.not-found')
  if (!known.decideOnObject) return { resource }
  const decision = decideObject(known.user, resource)
  return decision.allowed
    ? { resource }
    : refuse(`access.${decision.reason}`, { detail: 'not the owner' })
}
