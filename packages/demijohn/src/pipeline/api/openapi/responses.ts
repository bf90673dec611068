/** What a route can answer, by status: what its handler gives, and its refusals with their codes. */
import { type RefusalCode, refusalTable } from '../../../core/refusals.ts'
import type { JsonSchema } from '../../../core/standardSchema.ts'
import type { Components } from './components.ts'
import type { Operation, OperationAnswer } from './operation.ts'
import { everyRefusal, isEverywhere } from './refusals.ts'

type Node = { readonly [name: string]: unknown }

const words: Readonly<Record<OperationAnswer['status'], string>> = {
  200: 'Done.',
  201: 'Made. Location says where it is.',
  204: 'Done; there is nothing to say.',
  304: 'Nothing has changed since the version that If-None-Match names.',
}

/** Fields that more than one answer has, under the names by which the answers refer to them. */
export const headerComponents: Node = {
  RequestId: header('Names the request. Quote it when you ask about it.', true),
  ETag: header('The version of what was sent, for If-Match and If-None-Match.', true),
  NewETag: header('The version that there is now, where the route says it.', false),
  Location: header('The path of what was made.', true),
  Link: header('Where the list goes on, as rel="next" (RFC 8288). Absent at its end.', false),
  RateLimit: header('What is left of each limit, and in how many seconds there is more.', true),
  RateLimitPolicy: header('The limits that count here.', true),
  RetryAfter: header('Seconds to wait before it is worth another try.', false),
  Authenticate: header(
    'What a token needs to be taken here (RFC 6750, RFC 9449, RFC 9470).',
    false,
  ),
}

function header(description: string, required: boolean): Node {
  return { description, ...(required ? { required } : {}), schema: { type: 'string' } }
}

function ref(kind: 'headers' | 'schemas' | 'responses', name: string): Node {
  return { $ref: `#/components/${kind}/${name}` }
}

/** Refusals as RFC 9457 has them. Unknown members may come with time, as it says in section 3.2. */
export const problemSchema: JsonSchema = {
  type: 'object',
  title: 'Problem',
  description: 'A refusal (RFC 9457). Switch on code: it is never renamed and never reused.',
  required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
  properties: {
    type: {
      type: 'string',
      format: 'uri',
      description: 'Names the kind of problem, as code does.',
    },
    title: { type: 'string', description: 'What happened, in words that stay the same.' },
    status: { type: 'integer', minimum: 400, maximum: 599 },
    detail: { type: 'string', description: 'What can be done about it.' },
    code: { type: 'string' },
    requestId: { type: 'string', description: 'As in X-Request-Id.' },
    errors: {
      ...{ type: 'array', maxItems: 32 },
      description: 'What is wrong where in the body; with input.invalid.',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: {
          pointer: { type: 'string', description: 'JSON Pointer (RFC 6901); empty for all of it.' },
          detail: { type: 'string' },
        },
      },
    },
  },
}

/** Keys are statuses as text, in their order. */
export function responsesOf(operation: Operation, { refOf }: Components): Node {
  const given = operation.answers.map((answer) => [
    String(answer.status),
    answered(operation, answer, refOf),
  ])
  const codes = [...operation.refusals, ...operation.everywhere]
  const refused = byStatus(codes).map(([status, own]) => {
    const shared = sharedName(status, own)
    return [String(status), shared === undefined ? refusedWith(own) : ref('responses', shared)]
  })
  return Object.fromEntries([...given, ...refused])
}

function answered(operation: Operation, answer: OperationAnswer, refOf: Components['refOf']): Node {
  const { status, shape, etag, location, next } = answer
  const headers = {
    'X-Request-Id': ref('headers', 'RequestId'),
    ...(etag === 'never' ? {} : { ETag: ref('headers', etag === 'always' ? 'ETag' : 'NewETag') }),
    ...(location ? { Location: ref('headers', 'Location') } : {}),
    ...(next ? { Link: ref('headers', 'Link') } : {}),
    ...(operation.limits.some(({ isAnnounced }) => isAnnounced) ? rateLimit : {}),
  }
  const content =
    shape === undefined
      ? {}
      : { content: { 'application/json': { schema: { $ref: refOf(shape) } } } }
  return { description: words[status], headers, ...content }
}

const rateLimit = {
  'RateLimit-Policy': ref('headers', 'RateLimitPolicy'),
  RateLimit: ref('headers', 'RateLimit'),
}

/** What any route answers by a status, where it declares nothing that adds to it: once in the document. */
const sharedNames: Readonly<Record<number, string>> = {
  400: 'Malformed',
  401: 'TokenRefused',
  403: 'KeptOut',
  408: 'TooSlow',
  412: 'ConditionFailed',
  413: 'TooMuch',
  414: 'AddressTooLong',
  417: 'ExpectationUnmet',
  421: 'OtherHost',
  429: 'TooOften',
  431: 'HeadersTooLarge',
  500: 'Fault',
  503: 'Busy',
}

function sharedName(status: number, codes: readonly RefusalCode[]): string | undefined {
  return codes.every(isEverywhere) ? sharedNames[status] : undefined
}

export function sharedResponses(): Node {
  const all = byStatus(everyRefusal).map(
    ([status, codes]) => [sharedNames[status] ?? String(status), refusedWith(codes)] as const,
  )
  return Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function byStatus(
  codes: readonly RefusalCode[],
): readonly (readonly [number, readonly RefusalCode[]])[] {
  const found = new Map<number, RefusalCode[]>()
  for (const code of codes) {
    const { status } = refusalTable[code]
    found.set(status, [...(found.get(status) ?? []), code])
  }
  return [...found].sort(([a], [b]) => a - b)
}

function refusedWith(codes: readonly RefusalCode[]): Node {
  const [first] = codes
  const status = first === undefined ? 0 : refusalTable[first].status
  return {
    description: codes.map((code) => `\`${code}\`: ${refusalTable[code].title}.`).join(' '),
    headers: {
      'X-Request-Id': ref('headers', 'RequestId'),
      ...(challenges(codes) ? { 'WWW-Authenticate': ref('headers', 'Authenticate') } : {}),
      ...(waits(codes) ? { 'Retry-After': ref('headers', 'RetryAfter') } : {}),
      ...(status === 429 ? optionalRateLimit : {}),
    },
    content: {
      'application/problem+json': {
        schema: {
          type: 'object',
          allOf: [ref('schemas', 'Problem')],
          properties: { status: { const: status }, code: { enum: codes } },
        },
      },
    },
  }
}

/** With limit.exceeded, and not with what else is answered by 429. */
const optionalRateLimit = {
  'RateLimit-Policy': { description: 'With limit.exceeded.', schema: { type: 'string' } },
  RateLimit: { description: 'With limit.exceeded.', schema: { type: 'string' } },
}

function challenges(codes: readonly RefusalCode[]): boolean {
  const more: readonly RefusalCode[] = ['access.scope-insufficient', 'access.step-up-required']
  return codes.some((code) => code.startsWith('token.') || more.includes(code))
}

function waits(codes: readonly RefusalCode[]): boolean {
  return codes.some((code) => /^(limit|sentinel|server)\./.test(code))
}
