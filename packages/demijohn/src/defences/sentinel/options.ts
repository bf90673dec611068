/**
 * Every number of the sentinel, in one table, each with its reason. Checked once, then frozen.
 *
 * Thresholds are what a client may have counted against it before the response climbs. They were set
 * so that an office of a hundred people behind one address stays under the first of them in an
 * ordinary hour (held by simulation), and an attack of each kind crosses the second within 100
 * requests where such a number exists outside: NIST SP 800-63B section 5.2.2 allows at most 100
 * failed tries in a row at one account.
 */
import { Misconfiguration } from '../../core/misconfiguration.ts'

export type DetectorName =
  | 'credential-stuffing'
  | 'password-spraying'
  | 'forced-browsing'
  | 'enumeration'
  | 'scanning'
  | 'scraping'
  | 'haste'
  | 'persistence'

/** The responses, as they climb. */
export const levels = ['none', 'slow', 'challenge', 'ban'] as const
export type Level = (typeof levels)[number]

/** Reached: the response. Infinity: this detector alone never goes so far. */
export type Thresholds = {
  readonly slow: number
  readonly challenge: number
  readonly ban: number
}

export type SentinelOptions = {
  readonly thresholds: Readonly<Record<DetectorName, Thresholds>>
  /** Half-life of every decaying count but the next, in milliseconds. */
  readonly halfLifeMilliseconds: number
  /** Half-life of what was passed over: challenges, and being told to wait. */
  readonly ignoredHalfLifeMilliseconds: number
  /** How long an account that failed to sign in counts as a different one. */
  readonly accountWindowMilliseconds: number
  /** How long a missing path or object does. */
  readonly targetWindowMilliseconds: number
  /** Failed accounts of all clients together, and what share of all that tried they have to be. */
  readonly site: { readonly failedAccounts: number; readonly failedShare: number }
  /** From how many accounts on a password counts as sprayed. */
  readonly sprayedAccounts: number
  /** How long sign-in keeps asking for a proof of work after the site last looked under attack. */
  readonly doorMilliseconds: number
  /** A client that is slowed: so many at once, then one each interval. */
  readonly pace: { readonly burst: number; readonly intervalMilliseconds: number }
  /** The first ban, the second within the memory, and so on; the last one repeats. */
  readonly banMilliseconds: readonly number[]
  /** How long an ended ban makes the next one longer. */
  readonly banMemoryMilliseconds: number
  readonly challenge: ChallengeOptions
  /** Clients that are watched one by one: 0.6 KiB each, 5 KiB for who attacks or reads much. */
  readonly mostClients: number
}

export type ChallengeOptions = {
  /** Leading zero bits that the hash needs: 2^bits hashes on average. */
  readonly difficultyBits: number
  /** How long a challenge may be worked on. */
  readonly lifeMilliseconds: number
  /** The wait of whoever has no script. */
  readonly waitMilliseconds: number
  /** What an answer buys: that many requests, within that time. */
  readonly grantRequests: number
  readonly grantMilliseconds: number
  /** How many of those requests one try to sign in costs while the site is under attack. */
  readonly signInCost: number
}

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const never = Number.POSITIVE_INFINITY

/** Addresses move on to other people: a week is the longest that one may be kept out. */
export const longestBanMilliseconds = 7 * 24 * hour

const usual: SentinelOptions = {
  thresholds: {
    // Different accounts that failed and did not get in afterwards. In an office of 100 a handful
    // give up in an hour. Stolen lists fit at 0.1 to 2 % of accounts, so failures pile up.
    'credential-stuffing': { slow: 10, challenge: 15, ban: 30 },
    // Tries with a password that is being tried on many accounts. Somebody may have had that bad
    // idea twice; nobody has it on the sixth try.
    'password-spraying': { slow: 2, challenge: 3, ban: 6 },
    // Different paths that do not exist or may not be entered. Old bookmarks are a few; wordlists
    // begin at some 4,600 (dirb's common.txt).
    'forced-browsing': { slow: 20, challenge: 30, ban: 60 },
    // Different objects that do not exist, and used-up tokens. An honest crawler with an old index
    // meets one in twenty pages.
    enumeration: { slow: 15, challenge: 25, ban: 50 },
    // Points. A scanner's path is one point (each once), a trap five, malformed framing one. Every
    // fifty pages that were read take one away, up to ten: a busy office has mishaps, too, and old
    // bookmarks that look as a scanner's targets do.
    scanning: { slow: 5, challenge: 8, ban: 15 },
    // Different pages, as a decaying count: 500 is a steady 35 a minute, each another one. Reading
    // is what the site is for, so nobody is banned for it, only asked to work.
    scraping: { slow: 500, challenge: 800, ban: never },
    // Requests that came too early while slowed. Waiting as told never gets here.
    haste: { slow: never, challenge: 30, ban: never },
    // Challenges in a row that nobody behind the address answered. An answer takes it back to 0; a
    // browser answers the first.
    persistence: { slow: never, challenge: never, ban: 60 },
  },
  // Long enough to see one probe every half minute, short enough to forget a bad quarter of an hour.
  halfLifeMilliseconds: 10 * minute,
  ignoredHalfLifeMilliseconds: 5 * minute,
  accountWindowMilliseconds: hour,
  targetWindowMilliseconds: 10 * minute,
  // Within the account window. Of 500 people in an hour some 10 give up; more than a third of all
  // who tried is no mishap of a large site either.
  site: { failedAccounts: 50, failedShare: 1 / 3 },
  // New passwords are none of the 10,000 commonest, so eight people with one wrong one are rare.
  sprayedAccounts: 8,
  doorMilliseconds: 15 * minute,
  // A page with what belongs to it, then one a second: annoying, and it works.
  pace: { burst: 10, intervalMilliseconds: second },
  // The first is short, for addresses move on to other people; who returns stays out for longer.
  banMilliseconds: [10 * minute, hour, 6 * hour, 24 * hour],
  banMemoryMilliseconds: 24 * hour,
  challenge: {
    // 131,072 hashes: about 0.3 s in a browser's script, 2 s on a slow phone.
    difficultyBits: 17,
    // A slow phone in a background tab; nobody can work ahead for longer.
    lifeMilliseconds: 2 * minute,
    waitMilliseconds: 20 * second,
    // Some pages with what they fetch. A client at this level keeps paying.
    grantRequests: 60,
    grantMilliseconds: 10 * minute,
    // Two tries to sign in for one answer: the first is mistyped at times.
    signInCost: 30,
  },
  mostClients: 20_000,
}

/** What a project may say: `project.sentinel`. Everything else is as it stands in this file. */
export type GivenSentinelOptions = {
  readonly thresholds?: Partial<Record<DetectorName, Thresholds>>
  readonly difficultyBits?: number
  readonly banMilliseconds?: readonly number[]
  readonly mostClients?: number
}

/** Sets count up to here, so no threshold on different things may lie above. */
export const mostCounted = 128

/**
 * The table, with what is given in place of the usual.
 * @throws Misconfiguration naming each number outside of its bounds.
 */
export function sentinelOptions(given: GivenSentinelOptions = {}): SentinelOptions {
  const thresholds = { ...usual.thresholds, ...given.thresholds }
  const { difficultyBits = usual.challenge.difficultyBits } = given
  const options: SentinelOptions = {
    ...usual,
    thresholds,
    challenge: { ...usual.challenge, difficultyBits },
    banMilliseconds: given.banMilliseconds ?? usual.banMilliseconds,
    mostClients: given.mostClients ?? usual.mostClients,
  }
  const problems = [...unknownOptions(given), ...problemsOf(options)]
  if (problems.length > 0) throw new Misconfiguration(problems)
  for (const each of Object.values(thresholds)) Object.freeze(each)
  for (const part of [thresholds, options.challenge, options.pace, options.banMilliseconds]) {
    Object.freeze(part)
  }
  return Object.freeze(options)
}

const known: readonly string[] = ['thresholds', 'difficultyBits', 'banMilliseconds', 'mostClients']

function unknownOptions(options: object): readonly string[] {
  return Object.keys(options)
    .filter((name) => !known.includes(name))
    .map((name) => `sentinel.${name} is no option; write ${known.join(', ')}.`)
}

function problemsOf(options: SentinelOptions): readonly string[] {
  const problems: string[] = []
  const within = (name: string, value: number, least: number, most: number): void => {
    if (Number.isSafeInteger(value) && value >= least && value <= most) return
    problems.push(`sentinel.${name} must be a whole number from ${least} to ${most}.`)
  }
  for (const [name, { slow, challenge, ban }] of Object.entries(options.thresholds)) {
    if (!Object.hasOwn(usual.thresholds, name)) {
      problems.push(`sentinel.thresholds.${name} is no detector: remove it.`)
      continue
    }
    const finite = [slow, challenge, ban].filter((value) => value !== never)
    const most = name === 'scraping' ? 100_000 : mostCounted
    for (const value of finite) within(`thresholds.${name}`, value, 2, most)
    if (finite.some((value, at) => value < (finite[at - 1] ?? 0))) {
      problems.push(`sentinel.thresholds.${name} must climb: slow, challenge, ban.`)
    }
    if (finite.length === 0) problems.push(`sentinel.thresholds.${name} is never reached.`)
  }
  // Below 8 it is no work; above 24 a phone works for minutes.
  within('difficultyBits', options.challenge.difficultyBits, 8, 24)
  within('mostClients', options.mostClients, 100, 1_000_000)
  if (options.banMilliseconds.length === 0) problems.push('sentinel.banMilliseconds is empty.')
  for (const length of options.banMilliseconds)
    within('banMilliseconds', length, second, longestBanMilliseconds)
  return problems
}
