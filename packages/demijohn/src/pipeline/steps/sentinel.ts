/**
 * How a client is met: passed, slowed, challenged or kept out, by what it did before. Stands after
 * the step that says who the client is, and before everything that costs something.
 */
import { refuse } from '../../core/refusals.ts'
import { takeAnswer } from '../../defences/sentinel/page.ts'
import type { Prints } from '../../defences/sentinel/prints.ts'
import type { Sentinel } from '../../defences/sentinel/sentinel.ts'
import type { RouteTable } from '../compile.ts'
import type { Arrival, WithClient, WithHead } from '../parts.ts'
import type { Step } from '../step.ts'

export type SentinelParts = {
  readonly sentinel: Sentinel
  readonly prints: Prints
  /** Canonical paths whose POST tries to sign in. */
  readonly signInPaths: ReadonlySet<string>
  /** What static files begin with: they cost no more than refusing them. */
  readonly assetPrefix: string
  /** Paths that nobody is led to. No route may have one of them. */
  readonly honeyPaths: ReadonlySet<string>
}

const nothing = Object.freeze({})
const withoutAnswerMilliseconds = 60_000

export function meetClient(parts: {
  readonly sentinel: SentinelParts
  readonly table: Pick<RouteTable, 'isForPrograms'>
}): Step<Arrival & WithHead & WithClient, object> {
  return {
    name: 'sentinel',
    run: ({ head, clientAddress, now }) => {
      const { sentinel, signInPaths, assetPrefix } = parts.sentinel
      const { answer, rest } = takeAnswer(head.rawQuery)
      const verdict = sentinel.meet({
        ...{ address: clientAddress, now, answer },
        isSignIn: head.method === 'POST' && signInPaths.has(head.path),
        isCheap: head.path.startsWith(assetPrefix),
      })
      switch (verdict.kind) {
        case 'pass':
          return answer === undefined ? nothing : { head: { ...head, rawQuery: rest } }
        case 'slow':
          return refuse('sentinel.slow', { headers: retryAfter(verdict.waitMilliseconds) })
        case 'challenge':
          // A program has no way to answer one: it waits as long as a person without script would.
          return parts.table.isForPrograms(head.path)
            ? refuse('sentinel.slow', { headers: retryAfter(withoutAnswerMilliseconds) })
            : refuse('sentinel.challenge')
        case 'ban': {
          const { until, evidence } = verdict.ban
          const headers = retryAfter(until - now)
          return refuse('sentinel.banned', { headers, detail: evidence.detector })
        }
      }
    },
  }
}

function retryAfter(milliseconds: number): Readonly<Record<string, string>> {
  return { 'Retry-After': String(Math.max(1, Math.ceil(milliseconds / 1000))) }
}
