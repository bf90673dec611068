/**
 * Stops a flood of sign-ins from taking all memory and every thread: few hashes at once, a short
 * queue, and a refusal for the rest, before any work is done for them.
 */

import { type Refusal, refuse } from '../../core/refusals.ts'

export type Gate = <T>(work: () => Promise<T>) => Promise<T | Refusal>

/** Runs at most `concurrent` works at once in the order they came, while `waiting` more wait. */
export function createGate(concurrent: number, waiting: number): Gate {
  let running = 0
  const queue: (() => void)[] = []
  return async (work) => {
    if (running < concurrent) running += 1
    else if (queue.length >= waiting) {
      const headers = { 'Retry-After': '2' }
      return refuse('server.busy', { detail: 'the queue of password hashes is full', headers })
    } else {
      // Whoever leaves hands over their place, so `running` stays as it is.
      await new Promise<void>((resolve) => queue.push(resolve))
    }
    try {
      return await work()
    } finally {
      const next = queue.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
}
