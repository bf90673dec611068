/**
 * The last step of a route for programs: what it asks of the resource's version, of the body and of a
 * repeated key, then the handler, then what of its answer may leave.
 */
import { isRefusal, type PlacedError, type Refusal, refuse } from '../../core/refusals.ts'
import type { StandardIssue, StandardResult } from '../../core/standardSchema.ts'
import type { SecurityEvent } from '../../watch/events.ts'
import type { EventFacts } from '../../watch/log.ts'
import { etagOf } from '../../web/etag.ts'
import { linkHeader } from '../../web/linkHeader.ts'
import { decidePrecondition, readPreconditions } from '../../web/preconditions.ts'
import type {
  Arrival,
  Parts,
  WithBody,
  WithClient,
  WithCredential,
  WithHead,
  WithInput,
  WithMatch,
  WithReply,
  WithResource,
  WithVerdict,
} from '../parts.ts'
import type { Schema } from '../route.ts'
import { ApiReply } from './answers.ts'
import { onceForKey } from './idempotent.ts'
import { jsonReply } from './reply.ts'
import { sessionsOf } from './sessions.ts'
import type { ApiRecord } from './types.ts'

export type ApiKnownFacts = Arrival &
  WithHead &
  WithClient &
  WithMatch &
  WithCredential &
  WithVerdict &
  WithInput &
  WithBody &
  WithResource

type Handled = WithReply | Refusal | Promise<WithReply | Refusal>

export function handleApi(parts: Parts, known: ApiKnownFacts, api: ApiRecord): Handled {
  const current = api.version?.(known.resource as never)
  const etag = current === undefined ? undefined : etagOf(current)
  const { method, headers } = known.head
  const sent = readPreconditions(headers)
  if (sent === 'malformed') return refuse('precondition.malformed')
  const verdict = decidePrecondition({
    ...sent,
    // Whatever is there, which `load` has found or the route is by itself: no version has to be known.
    ifMatch: etag === undefined && sent.ifMatch === '*' ? undefined : sent.ifMatch,
    method,
    currentEtag: etag ?? null,
    required: etag !== undefined && method !== 'GET' && method !== 'HEAD',
  })
  if (verdict === 'not-modified') {
    return finish(parts, known, { status: 304, json: '', fields: ['ETag', etag ?? ''] })
  }
  const refused = verdict === 'go' ? undefined : refuse(`precondition.${verdict}`)
  if (!isRead(method)) return write(parts, known, api, refused)
  return refused ?? read(parts, known, { api, etag })
}

function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD'
}

type Way = { readonly api: ApiRecord; readonly etag: string | undefined }

function read(parts: Parts, known: ApiKnownFacts, way: Way): Handled {
  const answer = way.api.handle(factsFor(parts, known) as never)
  if (answer instanceof Promise) return answer.then((later) => toReply(parts, known, later, way))
  return toReply(parts, known, answer, way)
}

/**
 * A repetition is answered as the first one was before its version is looked at (`outdated`): what the
 * first one wrote has made that an old one.
 */
async function write(
  parts: Parts,
  known: ApiKnownFacts,
  api: ApiRecord,
  outdated: Refusal | undefined,
): Promise<WithReply | Refusal> {
  const json = api.json === undefined ? undefined : await parseAs(api.json, known.json)
  if (isRefusal(json)) return json
  return onceForKey(parts, known, api.idempotency, async () => {
    if (outdated !== undefined) return outdated
    const answer = await api.handle({
      ...factsFor(parts, known),
      ...{ json, mail: parts.mail, clientAddress: known.clientAddress },
      session: sessionsOf(parts),
      record: (event: SecurityEvent, about: EventFacts) => {
        parts.log.event(event, { requestId: known.requestId, userId: known.user?.id, ...about })
      },
    } as never)
    return toReply(parts, known, answer, { api, etag: undefined })
  })
}

function factsFor({ db, sealed }: Parts, known: ApiKnownFacts) {
  const { params, query, resource, user, now } = known
  return { params, query, resource, user, db, now, sealed }
}

/** The body through its schema; what is wrong is named by its place (RFC 6901). */
async function parseAs(schema: Schema, json: unknown): Promise<unknown> {
  const result = await schema['~standard'].validate(json)
  return result.issues === undefined
    ? result.value
    : refuse('input.invalid', { errors: result.issues.slice(0, mostErrors).map(placed) })
}

const mostErrors = 32
const mostCharacters = 200

function placed({ path = [], message }: StandardIssue): PlacedError {
  const pointer = path
    .map((part) => String(typeof part === 'object' ? part.key : part))
    .map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('')
  return { pointer: clip(pointer), detail: clip(message) }
}

function clip(text: string): string {
  return text.length > mostCharacters ? `${text.slice(0, mostCharacters - 1)}…` : text
}

function toReply(parts: Parts, known: ApiKnownFacts, answer: unknown, { api, etag }: Way): Handled {
  if (isRefusal(answer)) return answer
  const reply = answer instanceof ApiReply ? answer : new ApiReply(200, answer, {})
  const { id } = known.match.route
  const fields = fieldsOf(reply, etag)
  const schema = api.returns
  if (schema === undefined) {
    // What nobody declared is not sent, so whoever gives it is told here and not by a reader.
    if (reply.value !== undefined) throw new TypeError(`${id}: returns nothing, yet gave something`)
    return finish(parts, known, { status: 204, json: '', fields })
  }
  const shown = schema['~standard'].validate(reply.value)
  const send = (result: StandardResult<unknown>): WithReply =>
    finish(parts, known, { status: reply.status, json: shownJson(id, result), fields })
  return shown instanceof Promise ? shown.then(send) : send(shown)
}

/** A fault, without the values: the schema's words about them may hold what must not be told. */
function shownJson(id: string, result: StandardResult<unknown>): string {
  if (result.issues !== undefined) {
    const places = result.issues.map((issue) => placed(issue).pointer || '/').join(', ')
    throw new TypeError(`${id}: the answer is not what returns says, at ${places}`)
  }
  return JSON.stringify(result.value)
}

function fieldsOf(reply: ApiReply, etag: string | undefined): string[] {
  const fields: string[] = []
  const shownEtag = reply.version === undefined ? etag : etagOf(reply.version)
  if (shownEtag !== undefined) fields.push('ETag', shownEtag)
  if (reply.location !== undefined) fields.push('Location', reply.location)
  const link = reply.next === undefined ? undefined : linkHeader({ next: reply.next })
  if (link !== undefined) fields.push('Link', link)
  return fields
}

function finish(
  parts: Parts,
  known: ApiKnownFacts,
  answer: { readonly status: number; readonly json: string; readonly fields: readonly string[] },
): WithReply {
  return { reply: jsonReply(parts, known, answer), invalid: false }
}
