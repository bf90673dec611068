/**
 * Stops a flood of sign-ins from taking all memory and every thread: few hashes at once, a short
 * queue, and a refusal for the rest, before any work is done for them.
 */

import { type Refusal, refuse } from '../../core/refusals.ts'

export type Gate = {
  /** Runs the work when its turn comes; a refusal where too many wait already. */
  readonly run: <T>(work: () => Promise<T>) => Promise<T | Refusal>
  /**
   * The refusal that work would get now, to be asked before anything is read or written for it:
   * under a flood that is most of what it costs. `kept` places at the end of the queue count as taken.
   */
  readonly refusal: (kept?: number) => Refusal | undefined
}

/** Runs at most `concurrent` works at once in the order they came, while `waiting` more wait. */
export function createGate(concurrent: number, waiting: number): Gate {
  let running = 0
  const queue: (() => void)[] = []
  const refusal: Gate['refusal'] = (kept = 0) => {
    if (running < concurrent || queue.length < waiting - kept) return undefined
    const headers = { 'Retry-After': '2' }
    return refuse('server.busy', { detail: 'the queue of password hashes is full', headers })
  }
  const run: Gate['run'] = async (work) => {
    const refused = refusal()
    if (refused !== undefined) return refused
    if (running < concurrent) running += 1
    // Whoever leaves hands over their place, so `running` stays as it is.
    else await new Promise<void>((resolve) => queue.push(resolve))
    try {
      return await work()
    } finally {
      const next = queue.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
  return Object.freeze({ run, refusal })
}
