/**
 * Limits counted in a store that several processes share, and what becomes of them when it fails.
 *
 * Stops a store's failure from being the site's (and a limit's silent end): each plan does what it
 * declared. `local` goes on in this process's memory, where what the shared store allowed was counted
 * as well, so a failure gives nobody a fresh allowance from a process that knew them; `refuse` lets
 * nobody pass. The first failure breaks the circuit: until the store answers again nobody waits for
 * it, and it is asked once a second, beside the requests and not in their way.
 *
 * While it is broken, a client may use an allowance at each process; what was used there is not told
 * to the shared store afterwards.
 */
import type { Clock } from '../../core/clock.ts'
import type { Journal } from '../../core/journal.ts'
import type { LimitPlan, LimitStore, LimitVerdict } from './plan.ts'
import { unavailable } from './verdict.ts'

/** A store outside of this process. Rejects when it cannot count. */
export type SharedLimits = {
  readonly take: (
    plan: LimitPlan,
    key: string,
    ownKeys?: readonly (string | undefined)[],
  ) => Promise<LimitVerdict>
  /** Resolves when the store answers. */
  readonly ping: () => Promise<void>
  /** What processes tell each other beside limits; a store that has none leaves it to the database. */
  readonly journal?: (name: string) => Journal
  readonly close: () => Promise<void>
}

/** What happened to the shared store, for the log. */
export type SharedLimitsChange =
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'recovered'; readonly milliseconds: number; readonly counts: SharedCounts }

export type SharedCounts = {
  /** Requests that the shared store counted. */
  readonly shared: number
  /** Requests that this process counted alone, since the store did not. */
  readonly local: number
  /** Requests that were refused because their plan does without neither. */
  readonly refused: number
  /** How often the circuit broke. */
  readonly failures: number
}

export type SharedLimitStore = LimitStore & {
  readonly counts: () => SharedCounts
  /** Whether the shared store is left out at the moment. */
  readonly isBroken: () => boolean
}

/** A request waits for the shared store at most that long. */
const answerMilliseconds = 250
const probeEveryMilliseconds = 1_000

export function sharedLimitStore(deps: {
  readonly shared: SharedLimits
  readonly local: LimitStore
  readonly clock: Clock
  readonly onChange: (change: SharedLimitsChange) => void
  /** Injected by tests, which have no time to wait. */
  readonly timeoutMilliseconds?: number
}): SharedLimitStore {
  return new Failover(deps)
}

class Failover implements SharedLimitStore {
  readonly #deps: Parameters<typeof sharedLimitStore>[0]
  readonly #counts = { shared: 0, local: 0, refused: 0, failures: 0 }
  /** When the circuit broke; undefined while it is whole. */
  #brokenAt: number | undefined
  #probedAt = 0
  #probing = false

  constructor(deps: Parameters<typeof sharedLimitStore>[0]) {
    this.#deps = deps
  }

  counts(): SharedCounts {
    return { ...this.#counts }
  }

  isBroken(): boolean {
    return this.#brokenAt !== undefined
  }

  take(
    ...[plan, key, ownKeys]: Parameters<LimitStore['take']>
  ): LimitVerdict | Promise<LimitVerdict> {
    if (this.#brokenAt === undefined) return this.#ask(plan, key, ownKeys)
    this.#probe()
    return this.#withoutShared(plan, key, ownKeys)
  }

  async #ask(...[plan, key, ownKeys]: Parameters<LimitStore['take']>): Promise<LimitVerdict> {
    const { shared, local } = this.#deps
    try {
      const verdict = await this.#inTime(shared.take(plan, key, ownKeys))
      this.#counts.shared += 1
      // Kept in step, so that a failure finds this process knowing what it let in.
      if (verdict.allowed) await local.take(plan, key, ownKeys)
      return verdict
    } catch (error) {
      this.#break(error)
      return this.#withoutShared(plan, key, ownKeys)
    }
  }

  #withoutShared(
    ...[plan, key, ownKeys]: Parameters<LimitStore['take']>
  ): LimitVerdict | Promise<LimitVerdict> {
    if (plan.whenStoreFails === 'refuse') {
      this.#counts.refused += 1
      return unavailable
    }
    this.#counts.local += 1
    return this.#deps.local.take(plan, key, ownKeys)
  }

  #break(error: unknown): void {
    if (this.#brokenAt !== undefined) return
    const now = this.#deps.clock.now()
    this.#brokenAt = now
    this.#probedAt = now
    this.#counts.failures += 1
    this.#deps.onChange({ kind: 'failed', error })
  }

  /** Asks whether the store is back, at most once a second, and lets nobody wait for the answer. */
  #probe(): void {
    const now = this.#deps.clock.now()
    if (this.#probing || now - this.#probedAt < probeEveryMilliseconds) return
    this.#probing = true
    this.#probedAt = now
    this.#inTime(this.#deps.shared.ping())
      .then(() => {
        const milliseconds = this.#deps.clock.now() - (this.#brokenAt ?? now)
        this.#brokenAt = undefined
        this.#deps.onChange({ kind: 'recovered', milliseconds, counts: this.counts() })
      })
      .catch(() => {
        // Still away, as was said when it failed.
        this.#probedAt = this.#deps.clock.now()
      })
      .finally(() => {
        this.#probing = false
      })
  }

  async #inTime<T>(answer: Promise<T>): Promise<T> {
    const { timeoutMilliseconds = answerMilliseconds } = this.#deps
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(
      () => late.reject(new Error(`no answer within ${timeoutMilliseconds} ms`)),
      timeoutMilliseconds,
    )
    try {
      return await Promise.race([answer, late.promise])
    } finally {
      clearTimeout(timer)
    }
  }
}
