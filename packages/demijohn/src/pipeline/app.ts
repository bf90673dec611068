/**
 * The application: one function from request to reply. Everything that can go wrong ends here as an
 * answer: a refusal as its page, a fault as 500 with the request's id. One place observes them all.
 */
import { performance } from 'node:perf_hooks'
import { type Random, systemRandom } from '../core/bytes.ts'
import { type Refusal, type RefusalCode, refusalTable, refuse } from '../core/refusals.ts'
import { isSecurityEvent } from '../watch/events.ts'
import { findClient, isWithin } from '../web/client.ts'
import type { WireReply, WireRequest } from '../web/wire.ts'
import { bannedReplies } from './bannedReply.ts'
import { hearRequest } from './hear.ts'
import { requestPath } from './order.ts'
import type { Arrival, Parts } from './parts.ts'
import { isForPrograms, refusalReply } from './refusalReply.ts'
import type { Outcome } from './step.ts'

export type Handling = {
  readonly handle: (wire: WireRequest) => WireReply | Promise<WireReply>
  /** The answer to what could not be parsed at all. */
  readonly unparsable: (status: 400 | 408 | 431, peerAddress: string) => WireReply
  /** From now on every request is refused, while those that were taken on are finished. */
  readonly stopping: () => void
  /** Whether the process is behind: from now on strangers are refused, or let in again. */
  readonly strained: (isStrained: boolean) => void
  /** Requests at work at this moment; those whose body is on its way are not among them. */
  readonly inFlight: () => number
}

type Seen = Outcome<Arrival & { readonly reply: WireReply; readonly invalid: boolean }>

export function createHandling(parts: Parts): Handling {
  const path = requestPath(parts)
  const nextRequestId = requestIds(parts.random)
  const bannedReply = bannedReplies(parts.headers)

  function finish(arrival: Arrival, startedAt: number, outcome: Seen): WireReply {
    const reply =
      outcome.refusal === undefined
        ? outcome.known.reply
        : refusedReply(arrival, outcome.known, outcome.refusal)
    observe(parts, arrival, outcome, {
      status: reply.status,
      milliseconds: performance.now() - startedAt,
    })
    // Last, for what throws above is counted off by `fail`.
    leave(parts, arrival)
    return reply
  }

  function refusedReply(arrival: Arrival, known: Partial<Seen['known']>, refusal: Refusal) {
    return refusal.code === 'sentinel.banned' && !isForPrograms(parts, known)
      ? bannedReply(refusal, arrival.requestId)
      : refusalReply(parts, known, refusal)
  }

  // The arrival has grown on its way: route and person are known as far as the walk came.
  function fail(arrival: Arrival, startedAt: number, error: unknown): WireReply {
    leave(parts, arrival)
    parts.log.fault(arrival.requestId, error)
    const outcome = { refusal: refuse('fault.unexpected'), at: 'fault', known: arrival }
    const reply = faultReply(parts, arrival, outcome.refusal)
    observe(parts, arrival, outcome, { status: 500, milliseconds: performance.now() - startedAt })
    return reply
  }

  return {
    handle(wire) {
      const startedAt = performance.now()
      const arrival: Arrival = {
        wire,
        requestId: nextRequestId(),
        now: parts.clock.now(),
        effects: newEffects(),
      }
      parts.load.inFlight += 1
      try {
        const outcome = path.walk(arrival)
        if (!(outcome instanceof Promise)) return finish(arrival, startedAt, outcome)
        return outcome
          .then((later) => finish(arrival, startedAt, later))
          .catch((error) => fail(arrival, startedAt, error))
      } catch (error) {
        return fail(arrival, startedAt, error)
      }
    },
    unparsable(status, peerAddress) {
      const requestId = nextRequestId()
      const refusal = refuse(unparsableCodes[status])
      const client = addressOf(parts, { peerAddress, rawHeaders: [] })
      parts.log.request({
        ...noRequest,
        requestId,
        client: client ?? peerAddress,
        status: refusal.status,
        refusal: refusal.code,
        step: 'parser',
      })
      hearRequest(parts.sentinel, {
        ...{ address: client, now: parts.clock.now(), path: undefined, rawQuery: '', method: '' },
        ...{ status, refusal: refusal.code, isMatched: false, isForPrograms: () => false },
      })
      return refusalReply(parts, { requestId }, refusal)
    },
    stopping: () => {
      parts.load.stopping = true
    },
    strained: (isStrained) => {
      parts.load.strained = isStrained
    },
    inFlight: () => parts.load.inFlight,
  }
}

function newEffects(): Arrival['effects'] {
  const lists = { cookies: [], fields: [] }
  return { ...lists, clearSiteData: false, body: undefined, session: undefined }
}

function leave({ load }: Parts, { effects }: Arrival): void {
  load.inFlight -= 1
  effects.body?.release()
}

const unparsableCodes = {
  400: 'request.framing',
  408: 'body.timeout',
  431: 'request.header-too-large',
} as const satisfies Record<number, RefusalCode>

const noRequest = {
  method: '',
  route: undefined,
  milliseconds: 0,
  userId: undefined,
  detail: undefined,
  event: 'malicious_extraneous',
} as const

/** Should the application's own error page be what is broken, the answer is a page without it. */
function faultReply(parts: Parts, arrival: Arrival, refusal: Refusal): WireReply {
  try {
    return refusalReply(parts, arrival, refusal)
  } catch (error) {
    parts.log.fault(arrival.requestId, error)
    const { title, remedy } = refusalTable[refusal.code]
    const headers = [...parts.headers.privatePage]
    headers.push('Content-Type', 'text/plain; charset=utf-8', 'X-Request-Id', arrival.requestId)
    return { status: 500, headers, body: `${title}. ${remedy} ${arrival.requestId}\n` }
  }
}

/** The one place that sees every outcome: the log now, metrics and trail beside it later. */
function observe(
  parts: Parts,
  { wire, requestId, now }: Arrival,
  outcome: Seen | { refusal: Refusal; at: string; known: Partial<Seen['known']> },
  result: { readonly status: number; readonly milliseconds: number },
): void {
  const known: Partial<Seen['known']> & {
    match?: { route: { path: string } }
    clientAddress?: string
    head?: { path: string; rawQuery: string }
    session?: { accountId: string } | null
    token?: { accountId: string } | null
  } = outcome.known
  const { refusal } = outcome
  const code = refusal?.code ?? (known.invalid === true ? 'input.invalid' : undefined)
  const event = code === undefined ? undefined : refusalTable[code].event
  const client = known.clientAddress ?? addressOf(parts, wire)
  parts.log.request({
    requestId,
    method: refusal?.code === 'request.method' ? 'other' : wire.method,
    route: known.match?.route.path,
    status: result.status,
    milliseconds: Math.round(result.milliseconds * 1000) / 1000,
    client: client ?? wire.peerAddress,
    userId: known.session?.accountId ?? known.token?.accountId,
    refusal: code,
    step: refusal === undefined ? undefined : 'at' in outcome ? outcome.at : undefined,
    detail: refusal === undefined || refusal.detail === '' ? undefined : refusal.detail,
    event: event !== undefined && isSecurityEvent(event) ? event : undefined,
  })
  hearRequest(parts.sentinel, {
    address: client,
    now,
    path: known.head?.path ?? (code === 'request.path-ambiguous' ? wire.target : undefined),
    rawQuery: known.head?.rawQuery ?? '',
    method: wire.method,
    status: result.status,
    refusal: code,
    isMatched: known.match !== undefined,
    isForPrograms: () => isForPrograms(parts, outcome.known),
  })
}

/**
 * Whose request it was that was refused before anybody asked. Of what a trusted proxy passed on, the
 * client that its header names, however malformed the rest; undefined where it names none, for the
 * proxy is not to blame.
 */
function addressOf(
  { trustedProxies }: Parts,
  { peerAddress, rawHeaders }: Pick<WireRequest, 'peerAddress' | 'rawHeaders'>,
): string | undefined {
  const named = rawHeaders.filter(
    (_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === 'x-forwarded-for',
  )
  const forwardedFor = named.length === 0 ? undefined : named.join(', ')
  const found = findClient({ peerAddress, forwardedFor, trustedProxies })
  return isWithin(found, trustedProxies) ? undefined : found
}

/** Eight random characters for the process, then a count: unique in the log, and nothing to guess from. */
function requestIds(random: Random = systemRandom): () => string {
  const prefix = random(5).toString('hex').slice(0, 8)
  let count = 0
  return () => {
    count += 1
    return `${prefix}-${count.toString(36)}`
  }
}
