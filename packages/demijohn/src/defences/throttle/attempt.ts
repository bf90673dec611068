/** A try at a secret with the counting around it, so that no way in forgets a part of it. */

import { isRefusal, type Refusal } from '../../core/refusals.ts'
import type { ThrottleKey } from './keys.ts'
import type { Throttle, ThrottleStore } from './store.ts'

export type Attempt<T> =
  /** Too many tries: nothing was looked at. Answer 429 with Retry-After. */
  | { readonly kind: 'wait'; readonly waitSeconds: number }
  /** null: the secret was wrong, and the try stays counted. A refusal: the site was busy. */
  | { readonly kind: 'tried'; readonly result: T | null | Refusal }

/**
 * Takes a try, then looks at the secret with `check`, then says how it went. Where `check` throws,
 * the try stays counted.
 */
export async function attemptSecret<T>(
  throttle: Throttle,
  store: ThrottleStore,
  keys: readonly ThrottleKey[],
  check: () => Promise<T | null | Refusal>,
): Promise<Attempt<T>> {
  const taken = await throttle.takeTry(store, keys)
  if (!taken.allowed) return { kind: 'wait', waitSeconds: taken.waitSeconds }
  const result = await check()
  if (isRefusal(result)) await throttle.giveBack(store, taken)
  else if (result !== null) await throttle.succeeded(store, taken)
  return { kind: 'tried', result }
}

/** How long to wait, for people: "in 4 seconds", "in about 3 minutes". */
export function waitInWords(waitSeconds: number): string {
  if (waitSeconds < 90) return `in ${waitSeconds} ${waitSeconds === 1 ? 'second' : 'seconds'}`
  return `in about ${Math.ceil(waitSeconds / 60)} minutes`
}
