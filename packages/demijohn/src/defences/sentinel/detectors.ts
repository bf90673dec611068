/**
 * The detectors: each a pure function from numbers to how much of its threat it sees. Named after the
 * OWASP Automated Threats handbook, whose numbers (OAT-…) go into the evidence.
 *
 * Wherever honest use makes the same signals in number, a share stands beside the count: an office
 * of a hundred people meets as many dead links as a scanner at its start, but reads far more pages.
 * Padding an attack with honest requests buys an attacker time in proportion, and no more: at the
 * bound of what is counted the share does not matter.
 *
 * They do not see: an attack slower than the half-life; one spread over more clients than it has
 * requests; a person who attacks by hand and well.
 */
import type { Numbers } from './counts.ts'
import { type DetectorName, type Level, mostCounted, type Thresholds } from './options.ts'

export type Detector = {
  readonly name: DetectorName
  /** The automated threat's number in the OWASP handbook; empty for our own. */
  readonly threat: string
  /** What is compared with the thresholds. */
  readonly measure: (numbers: Numbers) => number
}

/** The count, or nothing while it is less than that share of everything of its kind. */
function countWithShare(counted: number, others: number, leastShare: number): number {
  if (counted >= mostCounted) return counted
  return counted >= (counted + others) * leastShare ? counted : 0
}

export const detectors: readonly Detector[] = [
  {
    // Many accounts fail from one address, few get in: OAT-008 Credential Stuffing.
    name: 'credential-stuffing',
    threat: 'OAT-008',
    measure: (n) => countWithShare(n.failedAccounts, n.succeededAccounts, 1 / 3),
  },
  {
    // One password on many accounts, seen across all clients: OAT-007 Credential Cracking.
    name: 'password-spraying',
    threat: 'OAT-007',
    measure: (n) => n.sprayedAccounts,
  },
  {
    // Paths that nobody was led to: OAT-018 Footprinting.
    name: 'forced-browsing',
    threat: 'OAT-018',
    measure: (n) => (n.misses * 3 >= n.pages ? n.unknownPaths : capOnly(n.unknownPaths)),
  },
  {
    // Ids and tokens tried one after the other: OAT-002 Token Cracking.
    name: 'enumeration',
    threat: 'OAT-002',
    measure: (n) =>
      (n.misses * 3 >= n.pages ? n.missingObjects : capOnly(n.missingObjects)) + n.replays,
  },
  {
    // Known holes, malformed requests, traps: OAT-014 Vulnerability Scanning.
    name: 'scanning',
    threat: 'OAT-014',
    measure: (n) => Math.max(0, n.scannerPaths + n.points - Math.min(10, n.pages / 50)),
  },
  {
    // Page after page, none of them twice: OAT-011 Scraping.
    name: 'scraping',
    threat: 'OAT-011',
    measure: (n) => (n.freshPages * 2 >= n.pages ? n.freshPages : 0),
  },
  {
    // Was told to slow down, and did not.
    name: 'haste',
    threat: '',
    measure: (n) => n.hasty,
  },
  {
    // Goes on as if the challenge were not there.
    name: 'persistence',
    threat: '',
    measure: (n) => n.ignored,
  },
]

function capOnly(counted: number): number {
  return counted >= mostCounted ? counted : 0
}

export function levelOf(measure: number, { slow, challenge, ban }: Thresholds): Level {
  if (measure >= ban) return 'ban'
  if (measure >= challenge) return 'challenge'
  return measure >= slow ? 'slow' : 'none'
}

/** What the site as a whole shows about sign-in: clients may be as many as accounts. */
export type SiteNumbers = {
  readonly failedAccounts: number
  readonly succeededAccounts: number
  /** Passwords that are being tried on many accounts. */
  readonly sprayedPasswords: number
}

/** OAT-008 and OAT-007 from many addresses: no client stands out, the whole does. */
export function siteUnderAttack(
  numbers: SiteNumbers,
  bounds: { readonly failedAccounts: number; readonly failedShare: number },
): 'credential-stuffing' | 'password-spraying' | undefined {
  const { failedAccounts, succeededAccounts, sprayedPasswords } = numbers
  if (sprayedPasswords > 0) return 'password-spraying'
  const all = failedAccounts + succeededAccounts
  const many = failedAccounts >= bounds.failedAccounts
  return many && failedAccounts >= all * bounds.failedShare ? 'credential-stuffing' : undefined
}
