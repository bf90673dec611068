/**
 * The cost of a password hash, in one place. Checked once at start, then frozen (ASVS 11.4.2).
 */

import { availableParallelism } from 'node:os'
import { Misconfiguration } from '../../core/misconfiguration.ts'

export type PasswordOptions = {
  /** Memory of one hash in KiB. The least allowed is OWASP's recommendation for two passes. */
  readonly memoryKibibytes: number
  readonly passes: number
  readonly parallelism: number
  /**
   * How many hashes are computed at once. Each takes a core and its memory; when left out, one core
   * is left to the thread that answers, where there is another.
   */
  readonly concurrentHashes: number
  /** How many more may wait. Whoever comes after them is told to come back. */
  readonly waitingHashes: number
}

/**
 * `usual` and `least` are from the OWASP Password Storage Cheat Sheet: argon2id, 19 MiB, two
 * passes, one lane. `most` is what a stored hash may demand of us, too.
 */
export const passwordBounds = {
  memoryKibibytes: { usual: 19_456, least: 19_456, most: 262_144 },
  passes: { usual: 2, least: 2, most: 10 },
  parallelism: { usual: 1, least: 1, most: 4 },
  concurrentHashes: { usual: 2, least: 1, most: 64 },
  waitingHashes: { usual: 32, least: 0, most: 1_000 },
} as const satisfies Record<keyof PasswordOptions, { usual: number; least: number; most: number }>

/**
 * Completes and checks the options, for a machine of so many cores.
 * @throws Misconfiguration naming every option that is unknown or outside of its bounds.
 */
export function passwordOptions(
  given: Partial<PasswordOptions> = {},
  { cores = availableParallelism() }: { readonly cores?: number } = {},
): PasswordOptions {
  const problems: string[] = []
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(passwordBounds, name)) {
      problems.push(`passwords.${name} is not an option: remove it.`)
    }
  }
  const read = (name: keyof PasswordOptions): number => {
    const { usual, least, most } = passwordBounds[name]
    const fits = name === 'concurrentHashes' ? Math.max(least, Math.min(usual, cores - 1)) : usual
    const value = given[name] ?? fits
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      problems.push(`passwords.${name} must be a whole number from ${least} to ${most}.`)
    }
    return value
  }
  const options: PasswordOptions = {
    memoryKibibytes: read('memoryKibibytes'),
    passes: read('passes'),
    parallelism: read('parallelism'),
    concurrentHashes: read('concurrentHashes'),
    waitingHashes: read('waitingHashes'),
  }
  if (problems.length > 0) throw new Misconfiguration(problems)
  return Object.freeze(options)
}
