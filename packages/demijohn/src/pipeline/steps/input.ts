/** What was sent, parsed or refused; then the object that the route is about. */
import { isRefusal, type Refusal, refuse } from '../../core/refusals.ts'
import { decideObject } from '../../defences/access/decide.ts'
import { verifyToken } from '../../defences/csrf/token.ts'
import { readBytes } from '../../defences/input/body.ts'
import { type Names, noNames, parseNames } from '../../defences/input/decide.ts'
import { parseJson } from '../../defences/input/json.ts'
import { checkNames } from '../../defences/input/names.ts'
import { decodeUtf8 } from '../../defences/input/text.ts'
import { clientKey } from '../../web/client.ts'
import { parseMediaType } from '../../web/mediaType.ts'
import { parseUrlencoded } from '../../web/urlencoded.ts'
import type {
  Arrival,
  Parts,
  WithBody,
  WithClient,
  WithCredential,
  WithHead,
  WithInput,
  WithMatch,
  WithResource,
  WithVerdict,
} from '../parts.ts'
import type { BodyKind } from '../route.ts'
import type { Step } from '../step.ts'
import { viewOf } from '../view.ts'

/** The name of the hidden field that the template engine places in every POST form. */
export const formTokenName = 'formToken'

const queryLimits = { maxPairs: 32, maxNameBytes: 64, maxValueBytes: 2048 }
const formLimits = { maxPairs: 128, maxNameBytes: 64, maxValueBytes: 256 * 1024 }
const maxFormBytes = 256 * 1024
const maxJsonBytes = 256 * 1024
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
  const { hasForeignQuery = false } = match.route.record
  const unknown = hasForeignQuery ? undefined : checkNames(raw, match.route.queryNames)
  if (unknown !== undefined) return unknown
  const query = parseNames(schemas, (name) => raw.get(name), 'input.invalid')
  if (query instanceof Promise) {
    return query.then((later) => (isRefusal(later) ? later : { params, query: later }))
  }
  return isRefusal(query) ? query : { params, query }
}

const noBody: WithBody = Object.freeze({ form: undefined, json: undefined, report: undefined })

type Sent = Arrival & WithHead & WithClient & WithCredential
type BodyFacts = Sent & WithMatch

/** The body, where the route takes one: its type, its size, its encoding, its names, its token. */
export function readBody(parts: Parts): Step<BodyFacts, WithBody> {
  const read: Readonly<
    Record<BodyKind, (known: BodyFacts) => WithBody | Refusal | Promise<WithBody | Refusal>>
  > = {
    'page-form': (known) => readPageForm(parts, known),
    'program-form': (known) => readProgramForm(parts, known),
    json: (known) => readJson(parts, known),
    report: (known) => readReport(parts, known),
    none: ({ head }) => {
      const isEmpty = (head.headers.get('content-length') ?? '0') === '0'
      return isEmpty && !head.headers.has('transfer-encoding')
        ? noBody
        : refuse('body.unsupported-type', { detail: 'the route takes no body' })
    },
  }
  return {
    name: 'body',
    run: (known) => {
      const { head, match } = known
      if (head.method === 'GET' || head.method === 'HEAD') return noBody
      return read[match.route.record.body](known)
    },
  }
}

async function readPageForm(parts: Parts, known: BodyFacts): Promise<WithBody | Refusal> {
  const { match, session, visitor } = known
  const raw = await readPairs(parts, known)
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
  return checkNames(form, match.route.fieldNames) ?? { ...noBody, form }
}

/** Names and values of a form that a program sends (RFC 6749 appendix B). No cookie counts there. */
async function readProgramForm(parts: Parts, known: BodyFacts): Promise<WithBody | Refusal> {
  const form = await readPairs(parts, known)
  if (isRefusal(form)) return form
  return checkNames(form, known.match.route.fieldNames) ?? { ...noBody, form }
}

async function readPairs(
  parts: Parts,
  known: Sent,
): Promise<ReadonlyMap<string, string> | Refusal> {
  const wanted = { type: 'application/x-www-form-urlencoded', maxBytes: maxFormBytes }
  const bytes = await readOf(parts, known, wanted)
  const text = isRefusal(bytes) ? bytes : decodeUtf8(bytes)
  return isRefusal(text) ? text : parseUrlencoded(text, formLimits)
}

async function readJson(parts: Parts, known: Sent): Promise<WithBody | Refusal> {
  const wanted = { type: 'application/json', maxBytes: maxJsonBytes }
  const bytes = await readOf(parts, known, wanted)
  const json = isRefusal(bytes) ? bytes : parseJson(bytes)
  return isRefusal(json) ? json : { ...noBody, json }
}

async function readReport(parts: Parts, known: Sent): Promise<WithBody | Refusal> {
  const sent = parseMediaType(known.head.headers.get('content-type'))?.type
  const type = sent === 'application/reports+json' ? sent : 'application/csp-report'
  const bytes = await readOf(parts, known, { type, maxBytes: maxReportBytes })
  const report = isRefusal(bytes) ? bytes : decodeUtf8(bytes)
  return isRefusal(report) ? report : { ...noBody, report }
}

async function readOf(
  { load, bodies }: Parts,
  { wire, head, clientAddress, effects, session, token }: Sent,
  wanted: { readonly type: string; readonly maxBytes: number },
): Promise<Buffer | Refusal> {
  const type = parseMediaType(head.headers.get('content-type'))
  const charset = type?.parameters.get('charset')?.toLowerCase() ?? 'utf-8'
  if (type?.type !== wanted.type || charset !== 'utf-8' || head.headers.has('content-encoding')) {
    return refuse('body.unsupported-type')
  }
  const length = head.headers.get('content-length')
  const declaredLength = length === undefined ? undefined : Number(length)
  const isStranger = session === null && token === null
  effects.body = bodies.open(clientKey(clientAddress), { isStranger })
  // Who waits for a slow line is not at work: a thousand of them must not be all that there is.
  load.inFlight -= 1
  const limits = { maxBytes: wanted.maxBytes, declaredLength, claim: effects.body }
  return readBytes(wire.body, limits).finally(() => {
    load.inFlight += 1
  })
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
