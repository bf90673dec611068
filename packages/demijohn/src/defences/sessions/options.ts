/**
 * How long a session may live. Checked once at start, then frozen (ASVS 7.1.1, 7.3.1, 7.3.2).
 */

import { Misconfiguration } from '../../core/misconfiguration.ts'

export type SessionOptions = {
  /** Minutes without a request after which a session is over. Never later, up to one earlier. */
  readonly idleTimeoutMinutes: number
  /** Hours after sign-in at which a session is over, however busy it was. Never extended. */
  readonly absoluteTimeoutHours: number
  /** How many sessions one account may hold; signing in once more ends the one idle longest. */
  readonly maxSessionsPerAccount: number
  /** How many sessions are kept in this process's memory. More live on in the database. */
  readonly cachedSessions: number
}

const bounds = {
  idleTimeoutMinutes: { usual: 240, least: 2, most: 43_200 },
  absoluteTimeoutHours: { usual: 24, least: 1, most: 8_760 },
  maxSessionsPerAccount: { usual: 50, least: 1, most: 1_000 },
  cachedSessions: { usual: 10_000, least: 2, most: 1_000_000 },
} as const satisfies Record<keyof SessionOptions, { usual: number; least: number; most: number }>

/**
 * Completes and checks the options.
 * @throws Misconfiguration naming every option that is unknown or outside of its bounds.
 */
export function sessionOptions(given: Partial<SessionOptions> = {}): SessionOptions {
  const problems: string[] = []
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(bounds, name)) problems.push(`sessions.${name} is not an option: remove it.`)
  }
  const read = (name: keyof SessionOptions): number => {
    const { usual, least, most } = bounds[name]
    const value = given[name] ?? usual
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      problems.push(`sessions.${name} must be a whole number from ${least} to ${most}.`)
    }
    return value
  }
  const options: SessionOptions = {
    idleTimeoutMinutes: read('idleTimeoutMinutes'),
    absoluteTimeoutHours: read('absoluteTimeoutHours'),
    maxSessionsPerAccount: read('maxSessionsPerAccount'),
    cachedSessions: read('cachedSessions'),
  }
  if (options.idleTimeoutMinutes > options.absoluteTimeoutHours * 60) {
    problems.push(
      'sessions.idleTimeoutMinutes is longer than sessions.absoluteTimeoutHours: shorten it.',
    )
  }
  if (problems.length > 0) throw new Misconfiguration(problems)
  return Object.freeze(options)
}
