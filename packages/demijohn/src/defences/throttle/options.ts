/**
 * How many tries there are, and for whom. One table for the whole site: a number that differs from
 * door to door is a door to prefer. Checked once, then frozen (ASVS 6.1.1).
 */

import { Misconfiguration } from '../../core/misconfiguration.ts'

/** What a count belongs to. */
export type ThrottleKind =
  /** An address, for everybody whose browser has not signed in to it before. */
  | 'account'
  /** An address, for one browser that has. */
  | 'device'
  /** A client network, whatever the addresses. */
  | 'client'
  /** The second factor of an account, for browsers that have not signed in to it before. */
  | 'second-factor'
  /** The second factor of an account, for one browser that has. */
  | 'second-factor-device'
  /** The present password of an account, asked of somebody who is signed in to it in a new browser. */
  | 'present-password'
  /** The same, for one browser that has signed in to it before. */
  | 'present-password-device'
  /** The same, whatever the browser. */
  | 'present-password-account'
  /** Codes that devices show, typed by somebody who is signed in. */
  | 'user-code'
  /** The same, typed from one client network, whoever is signed in. */
  | 'user-code-client'

export type Allowance = {
  /** Failures that cost no wait at all. */
  readonly freeTries: number
  /** The wait after the last free one; each further failure doubles it. */
  readonly firstWaitMilliseconds: number
  /** The bound of the doubling, so that nobody is ever kept out for longer at once. */
  readonly longestWaitMilliseconds: number
  /** One failure is forgotten for each stretch of this length without another; no wait is longer. */
  readonly forgetEveryMilliseconds: number
  /**
   * `forget` where the count is one person's alone; `give back` where strangers share it, so that
   * nobody clears a count of guesses by signing in to an account of their own in between.
   */
  readonly afterSuccess: 'forget' | 'give back'
}

export type ThrottleOptions = Readonly<Record<ThrottleKind, Allowance>>

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

const usual: ThrottleOptions = {
  // Strangers to the account share it. At most 135 guesses on the first day, 120 on each day after,
  // however many clients take part; a new password is none of the 10,000 commonest.
  account: {
    freeTries: 5,
    firstWaitMilliseconds: 2 * second,
    longestWaitMilliseconds: 15 * minute,
    forgetEveryMilliseconds: hour,
    afterSuccess: 'give back',
  },
  // The owner's own, most likely: enough for a forgotten caps lock and three old passwords.
  device: {
    freeTries: 10,
    firstWaitMilliseconds: second,
    longestWaitMilliseconds: 5 * minute,
    forgetEveryMilliseconds: 10 * minute,
    afterSuccess: 'forget',
  },
  // An office of a few hundred people may stand behind one address; stuffing needs thousands.
  client: {
    freeTries: 30,
    firstWaitMilliseconds: second,
    longestWaitMilliseconds: 5 * minute,
    forgetEveryMilliseconds: 5 * minute,
    afterSuccess: 'give back',
  },
  // Whoever comes here has the password already, and a code has six digits of which three count at
  // any time: 46 tries on the first day find one with a chance of 1 in 7,000.
  'second-factor': {
    freeTries: 5,
    firstWaitMilliseconds: 4 * second,
    longestWaitMilliseconds: hour,
    forgetEveryMilliseconds: 4 * hour,
    afterSuccess: 'give back',
  },
  'second-factor-device': {
    freeTries: 5,
    firstWaitMilliseconds: 4 * second,
    longestWaitMilliseconds: 15 * minute,
    forgetEveryMilliseconds: hour,
    afterSuccess: 'forget',
  },
  // A session that somebody sat down at, or stole: it must not become the password.
  'present-password': {
    freeTries: 10,
    firstWaitMilliseconds: 2 * second,
    longestWaitMilliseconds: 15 * minute,
    forgetEveryMilliseconds: hour,
    afterSuccess: 'forget',
  },
  'present-password-device': {
    freeTries: 10,
    firstWaitMilliseconds: 2 * second,
    longestWaitMilliseconds: 15 * minute,
    forgetEveryMilliseconds: hour,
    afterSuccess: 'forget',
  },
  // Each of the two above lets 20 pass at once and then 5 an hour: less than is forgotten here, so
  // one of them alone never comes to a wait. Several known browsers that guess at once do.
  'present-password-account': {
    freeTries: 40,
    firstWaitMilliseconds: 2 * second,
    longestWaitMilliseconds: 5 * minute,
    forgetEveryMilliseconds: 10 * minute,
    afterSuccess: 'give back',
  },
  // Of 2^34 codes at most 10,000 count at any time (RFC 8628 section 5.1), and a person mistypes.
  'user-code': {
    freeTries: 10,
    firstWaitMilliseconds: 2 * second,
    longestWaitMilliseconds: 15 * minute,
    forgetEveryMilliseconds: hour,
    afterSuccess: 'forget',
  },
  'user-code-client': {
    freeTries: 30,
    firstWaitMilliseconds: second,
    longestWaitMilliseconds: 5 * minute,
    forgetEveryMilliseconds: 5 * minute,
    afterSuccess: 'give back',
  },
}

const bounds = {
  freeTries: { least: 1, most: 100 },
  firstWaitMilliseconds: { least: 100, most: hour },
  longestWaitMilliseconds: { least: second, most: 24 * hour },
  forgetEveryMilliseconds: { least: second, most: 24 * hour },
} as const

/**
 * The table, with what is given in place of the usual.
 * @throws Misconfiguration naming each number outside of its bounds.
 */
export function throttleOptions(
  given: Partial<Record<ThrottleKind, Allowance>> = {},
): ThrottleOptions {
  const options = { ...usual, ...given }
  const problems = Object.entries(options).flatMap(([kind, allowance]) =>
    problemsOf(kind, allowance),
  )
  if (problems.length > 0) throw new Misconfiguration(problems)
  for (const allowance of Object.values(options)) Object.freeze(allowance)
  return Object.freeze(options)
}

function problemsOf(kind: string, allowance: Allowance): readonly string[] {
  if (!Object.hasOwn(usual, kind)) return [`throttle.${kind} is not an option: remove it.`]
  const problems: string[] = []
  for (const name of ['freeTries', ...durations] as const) {
    const { least, most } = bounds[name]
    const value = allowance[name]
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      problems.push(`throttle.${kind}.${name} must be a whole number from ${least} to ${most}.`)
    }
  }
  if (allowance.longestWaitMilliseconds < allowance.firstWaitMilliseconds) {
    problems.push(`throttle.${kind}.longestWaitMilliseconds is shorter than the first wait.`)
  }
  if (allowance.forgetEveryMilliseconds < allowance.longestWaitMilliseconds) {
    problems.push(`throttle.${kind}.forgetEveryMilliseconds is shorter than the longest wait.`)
  }
  return problems
}

const durations = [
  'firstWaitMilliseconds',
  'longestWaitMilliseconds',
  'forgetEveryMilliseconds',
] as const
