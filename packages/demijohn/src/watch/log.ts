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
 * A log to standard output, or to the stream given. Lines to standard output are gathered and
 * written a few hundred at once, or ten times a second, whichever comes first: a write for each
 * would cost as much as the request. `flush` runs at exit; a killed process may lose the last tenth
 * of a second.
 *
 * Events, faults and messages go through pino. The line of a request is the same JSON, put together
 * here: it is written for every request, always with the same fields, and pino's way took 8 µs.
 */
export function createLog(deps: {
  clock: Clock
  stream?: DestinationStream
  level?: 'info' | 'warn'
}): Log {
  const level = deps.level ?? 'info'
  const sink = deps.stream === undefined ? gather(destination({ dest: 1, sync: false })) : undefined
  const write = (line: string): void => (sink ?? deps.stream)?.write(escapeUnprintable(line))
  const timeOf = isoTimes()
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${timeOf(deps.clock.now())}"`,
      formatters: { level: (label: string) => ({ level: label }) },
    },
    { write },
  )

  return {
    request: (line) => {
      const lineLevel = line.event === undefined ? 'info' : eventLevels[line.event]
      if (level === 'warn' && lineLevel === 'info') return
      const time = timeOf(deps.clock.now())
      write(`${JSON.stringify({ level: lineLevel, time, ...line, msg: 'request' })}\n`)
    },
    event: (event, facts) => logger[eventLevels[event]]({ ...facts, event }, 'event'),
    fault: (requestId, error) =>
      logger.error({ requestId, event: 'sys_crash', ...describe(error) }, 'fault'),
    info: (message, facts) => logger.info({ ...facts }, message),
    flush: () => sink?.flush(),
  }
}

type Sink = { readonly write: (line: string) => void; readonly flush: () => void }

/** Gathers lines for a destination; a timer that does not keep the process alive empties it. */
function gather(to: ReturnType<typeof destination>): Sink {
  const mostLines = 256
  let lines: string[] = []
  const pass = (): void => {
    if (lines.length === 0) return
    to.write(lines.join(''))
    lines = []
  }
  setInterval(pass, 100).unref()
  return {
    write: (line) => {
      if (lines.push(line) >= mostLines) pass()
    },
    flush: () => {
      pass()
      to.flushSync()
    },
  }
}

/** ISO 8601 in UTC (ASVS 16.2.2), made once for all lines of the same millisecond. */
function isoTimes(): (milliseconds: number) => string {
  let last = Number.NaN
  let text = ''
  return (milliseconds) => {
    if (milliseconds !== last) {
      last = milliseconds
      text = new Date(milliseconds).toISOString()
    }
    return text
  }
}

/** What JSON leaves as it is, and a terminal or a viewer acts on: DEL, C1, line separators, bidi. */
const unprintable = /[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** Outside of its strings, JSON has none of these, so the line stays the same JSON. */
function escapeUnprintable(line: string): string {
  return line.replaceAll(
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
