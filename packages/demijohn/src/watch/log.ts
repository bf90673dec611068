/**
 * The log: one JSON line a request, one a security event (ASVS 16.2, 16.4.1).
 *
 * Stops: secrets in logs, for a line holds a closed set of fields and never a header, a query, a
 * form value or a cookie; forged lines, for every value is JSON-encoded and control characters are
 * escaped. Does not stop somebody who can write the file; that is the trail.
 */
import { type DestinationStream, destination, pino } from 'pino'
import type { Clock } from '../core/clock.ts'
import { eventLevels, type SecurityEvent } from './events.ts'

export type RequestLine = {
  readonly requestId: string
  readonly method: string
  /** The matched route's path as declared, never the address that was asked for. */
  readonly route: string | undefined
  readonly status: number
  readonly milliseconds: number
  readonly client: string
  readonly userId: string | undefined
  /** The code of the refusal, and the step that refused. */
  readonly refusal: string | undefined
  readonly step: string | undefined
  readonly detail: string | undefined
  readonly event: SecurityEvent | undefined
}

/** Facts of a security event: ids and codes, no personal text, no secrets. */
export type EventFacts = Readonly<Record<string, string | number | boolean | undefined>>

export type Log = {
  readonly request: (line: RequestLine) => void
  readonly event: (event: SecurityEvent, facts: EventFacts) => void
  /** A fault: what was thrown, with its stack, under the request's id. */
  readonly fault: (requestId: string, error: unknown) => void
  readonly info: (message: string, facts?: EventFacts) => void
  /** Writes out what is still in memory. */
  readonly flush: () => void
}

/**
 * A log to standard output, or to the stream given. Lines are gathered and written in blocks of
 * 4 KiB, or ten times a second, whichever comes first: a write for each line would cost as much as
 * the request. `flush` runs at exit; a killed process may lose the last tenth of a second.
 */
export function createLog(deps: {
  clock: Clock
  stream?: DestinationStream
  level?: 'info' | 'warn'
}): Log {
  const buffered =
    deps.stream === undefined ? destination({ dest: 1, minLength: 4096, sync: false }) : undefined
  const target = deps.stream ?? buffered
  const options = {
    level: deps.level ?? 'info',
    base: null,
    timestamp: () => `,"time":"${new Date(deps.clock.now()).toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  const logger = pino(options, { write: (line) => target?.write(escapeUnprintable(line)) })
  if (buffered !== undefined) setInterval(() => buffered.flush(), 100).unref()

  return {
    request: (line) => {
      if (line.event === undefined) logger.info(line, 'request')
      else logger[eventLevels[line.event]](line, 'request')
    },
    event: (event, facts) => logger[eventLevels[event]]({ ...facts, event }, 'event'),
    fault: (requestId, error) =>
      logger.error({ requestId, event: 'sys_crash', ...describe(error) }, 'fault'),
    info: (message, facts) => logger.info({ ...facts }, message),
    flush: () => buffered?.flushSync(),
  }
}

/** What JSON leaves as it is, and a terminal or a viewer acts on: DEL, C1, line separators, bidi. */
const unprintable = /[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** Outside of its strings, JSON has none of these, so the line stays the same JSON. */
function escapeUnprintable(line: string): string {
  return line.replace(
    unprintable,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** The parts of an error that are ours to write: no properties that somebody attached. */
function describe(error: unknown): { readonly error: string; readonly stack: string | undefined } {
  if (error instanceof Error)
    return { error: `${error.name}: ${error.message}`, stack: error.stack }
  return { error: `thrown: ${typeof error}`, stack: undefined }
}
