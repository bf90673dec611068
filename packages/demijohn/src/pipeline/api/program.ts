/**
 * Addresses of the library's own whose answers a specification lays down (OAuth): forms in, JSON out, no
 * cookie, and errors in that specification's form. Whoever asks proves who they are by what they send.
 */
import { isRefusal, type Refusal } from '../../core/refusals.ts'
import type { TokenControl } from '../../defences/tokens/store/types.ts'
import type { SecurityEvent } from '../../watch/events.ts'
import type { EventFacts } from '../../watch/log.ts'
import { clientKey } from '../../web/client.ts'
import type { ProgramAnswer } from '../answer.ts'
import { signalsOf } from '../hear.ts'
import type { Parts, WithReply } from '../parts.ts'
import type { ApiKnownFacts } from './handle.ts'
import { jsonReply } from './reply.ts'

export type ProgramFacts = {
  /** Declared names alone, each once. Empty for a GET. */
  readonly form: ReadonlyMap<string, string>
  /** UTC milliseconds, the same throughout the request. */
  readonly now: number
  /** The site's own, `https://press.example`. */
  readonly origin: string
  /** This address, as a proof of possession has to name it. */
  readonly uri: string
  /** The DPoP field (RFC 9449 section 4). */
  readonly proof: string | undefined
  /** Where the request comes from: an IPv4 address or an IPv6 /64. */
  readonly network: string
  readonly tokens: TokenControl
  readonly record: (event: SecurityEvent, facts: EventFacts) => void
  /** Tells the sentinel of a one-time token that came twice. */
  readonly replayed: () => void
}

export type Program = (
  facts: ProgramFacts,
) => ProgramAnswer | Refusal | Promise<ProgramAnswer | Refusal>

export async function handleProgram(
  parts: Parts,
  known: ApiKnownFacts,
  program: Program,
): Promise<WithReply | Refusal> {
  const { head, requestId, clientAddress, now } = known
  const [origin = ''] = parts.originsOf(head)
  const answer = await program({
    ...{ now, origin, uri: `${origin}${head.path}`, proof: head.headers.get('dpop') },
    ...{ tokens: parts.tokens, network: clientKey(clientAddress) },
    form: known.form ?? new Map(),
    record: (event, facts) => parts.log.event(event, { requestId, ...facts }),
    replayed: signalsOf(parts.sentinel, known).tokenReplayed,
  })
  if (isRefusal(answer)) return answer
  const { status, value, fields = [] } = answer
  const json = JSON.stringify(value)
  return { reply: jsonReply(parts, known, { status, json, fields }), invalid: false }
}
