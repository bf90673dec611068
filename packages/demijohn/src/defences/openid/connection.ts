/**
 * What was learned of a provider, and when to ask again.
 *
 * Stops a provider that is down from holding up every sign-in: one asks for all, and after a failure
 * nobody asks for a while. Fails closed: without metadata there is no sign-in (GHSA-8fpg-xm3f-6cx3).
 */
import type { Unavailable } from './types.ts'

/** Metadata changes seldom; keys have a cache of their own. */
const keptMilliseconds = 3_600_000
const cooldownMilliseconds = 10_000

export type Connection<T> = {
  /** `now` in UTC milliseconds. */
  readonly get: (
    now: number,
  ) => Promise<{ readonly kind: 'connected'; readonly to: T } | Unavailable>
}

export function createConnection<T>(connect: () => Promise<T>): Connection<T> {
  let known: { readonly to: T; readonly since: number } | undefined
  let failed: { readonly problem: string; readonly at: number } | undefined
  let asking: Promise<void> | undefined

  async function ask(now: number): Promise<void> {
    try {
      known = { to: await connect(), since: now }
      failed = undefined
    } catch (error) {
      known = undefined
      failed = { problem: error instanceof Error ? error.message : 'unknown', at: now }
    } finally {
      asking = undefined
    }
  }

  return {
    async get(now) {
      if (known === undefined || isOver(now - known.since, keptMilliseconds)) {
        const waited = failed === undefined ? Number.POSITIVE_INFINITY : now - failed.at
        if (isOver(waited, cooldownMilliseconds)) {
          asking ??= ask(now)
          await asking
        }
      }
      if (known !== undefined && failed === undefined) return { kind: 'connected', to: known.to }
      return unavailable(failed?.problem ?? 'unknown')
    },
  }
}

/** Also where the clock was set back. */
function isOver(age: number, most: number): boolean {
  return age < 0 || age >= most
}

export function unavailable(problem: string): Unavailable {
  return { kind: 'unavailable', problem, retryAfterSeconds: cooldownMilliseconds / 1000 }
}
