/** What is counted about one client, and how a signal changes it. */
import {
  countRecent,
  decayed,
  type FreshMap,
  freshMap,
  freshness,
  type RecentSet,
  remember,
} from './counters.ts'
import { type Level, mostCounted, type SentinelOptions } from './options.ts'
import type { Print, Signal } from './signals.ts'

/** A decaying count. */
type Count = { value: number; at: number }

export type ClientCounts = {
  /** Accounts that failed to sign in from here and have not got in since. */
  readonly failedAccounts: RecentSet
  readonly succeededAccounts: RecentSet
  /** Paths without a route, or forbidden ones. */
  readonly unknownPaths: RecentSet
  readonly missingObjects: RecentSet
  readonly scannerPaths: RecentSet
  /** Every request for an unknown path or a missing object, however often the same. */
  readonly misses: Count
  readonly pages: Count
  /** Pages not seen before, by estimate. */
  readonly freshPages: Count
  readonly points: Count
  readonly replays: Count
  /** Accounts that failed with a password that is being sprayed, and have not got in since. */
  readonly sprayedAccounts: RecentSet
  /** Requests that were refused as too early. */
  readonly hasty: Count
  /** Challenges that were not answered. */
  readonly ignored: Count
  seenPages: FreshMap | undefined
  reads: number
  /** As far as the last look: `none` is looked at again with the next signal. */
  level: Level
  /** While slowed: the moment from which the next request is on time (virtual scheduling). */
  onTimeAt: number
  /** What the last answered challenge still buys. */
  grant: { left: number; until: number } | undefined
  /** Challenges made before this moment buy nothing any more. */
  answeredAt: number
}

const count = (): Count => ({ value: 0, at: 0 })

export function newCounts(): ClientCounts {
  return {
    ...{ failedAccounts: new Map(), succeededAccounts: new Map(), unknownPaths: new Map() },
    ...{ missingObjects: new Map(), scannerPaths: new Map(), sprayedAccounts: new Map() },
    ...{ misses: count(), pages: count(), freshPages: count(), points: count() },
    ...{ replays: count(), hasty: count(), ignored: count() },
    ...{ seenPages: undefined, reads: 0, level: 'none', grant: undefined },
    ...{ onTimeAt: Number.NEGATIVE_INFINITY, answeredAt: Number.NEGATIVE_INFINITY },
  }
}

/** Points for scanning. Honest people reach none of those that weigh much. */
const points: { readonly [Kind in Signal['kind']]?: number } = {
  // Nobody is led there but by reading robots.txt for what it hides.
  'honey.path': 5,
  // Filled in by some password managers.
  'honey.field': 2,
  'framing.malformed': 1,
  'input.foreign': 1,
  // A form that was open while somebody signed in elsewhere: common.
  'csrf.refused': 0.25,
  // A mistyped form: everyday. Fuzzing makes them by the hundred.
  'input.refused': 0.1,
}

/** From here on the pages of a client are told apart; most never read so many. */
const pagesToTellApart = 50

export function applySignal(
  counts: ClientCounts,
  signal: Exclude<Signal, { kind: 'sign-in.failed' | 'sign-in.succeeded' }>,
  options: SentinelOptions,
): void {
  const { at } = signal
  const add = (to: Count, amount: number): void =>
    addTo(to, amount, options.halfLifeMilliseconds, at)
  const missed = missedSet(counts, signal.kind)
  if (missed !== undefined && 'target' in signal) {
    remember(missed, signal.target, targetBounds(options), at)
    add(counts.misses, 1)
  }
  if (signal.kind === 'page.read') readPage(counts, signal.target, options, at)
  else if (signal.kind === 'route.scanner') {
    remember(counts.scannerPaths, signal.target, targetBounds(options), at)
  } else if (signal.kind === 'token.replayed' || signal.kind === 'token.two-networks') {
    add(counts.replays, 1)
  } else add(counts.points, points[signal.kind] ?? 0)
}

function missedSet(counts: ClientCounts, kind: Signal['kind']): RecentSet | undefined {
  switch (kind) {
    case 'route.unknown':
    case 'route.scanner':
    case 'honey.path':
    case 'access.refused':
      return counts.unknownPaths
    case 'object.missing':
      return counts.missingObjects
    default:
      return undefined
  }
}

function readPage(counts: ClientCounts, page: Print, options: SentinelOptions, at: number): void {
  const { halfLifeMilliseconds } = options
  addTo(counts.pages, 1, halfLifeMilliseconds, at)
  if (counts.pages.value >= pagesToTellApart) counts.seenPages ??= freshMap(at)
  const map = counts.seenPages
  const fresh = map === undefined ? 1 : freshness(map, page, halfLifeMilliseconds, at)
  if (fresh > 0) addTo(counts.freshPages, fresh, halfLifeMilliseconds, at)
}

/** A failed try: the account counts until it gets in from here, whoever's it is. */
export function applyFailure(
  counts: ClientCounts,
  facts: { readonly account: Print; readonly isSprayed: boolean; readonly at: number },
  options: SentinelOptions,
): void {
  remember(counts.failedAccounts, facts.account, accountBounds(options), facts.at)
  if (facts.isSprayed) {
    remember(counts.sprayedAccounts, facts.account, accountBounds(options), facts.at)
  }
}

/** Getting in forgives the failures of that account, and of no other. */
export function applySuccess(
  counts: ClientCounts,
  facts: { readonly account: Print; readonly at: number },
  options: SentinelOptions,
): void {
  counts.failedAccounts.delete(facts.account)
  counts.sprayedAccounts.delete(facts.account)
  remember(counts.succeededAccounts, facts.account, accountBounds(options), facts.at)
}

export function addTo(to: Count, amount: number, halfLife: number, at: number): void {
  to.value = decayed(to.value, to.at, halfLife, at) + amount
  to.at = Math.max(to.at, at)
}

export const accountBounds = (options: SentinelOptions) => ({
  windowMilliseconds: options.accountWindowMilliseconds,
  most: mostCounted,
})
export const targetBounds = (options: SentinelOptions) => ({
  windowMilliseconds: options.targetWindowMilliseconds,
  most: mostCounted,
})

/** The counts as plain numbers at a moment: what detectors judge by, and what evidence is. */
export type Numbers = Readonly<Record<NumberName, number>>
export type NumberName =
  | 'failedAccounts'
  | 'succeededAccounts'
  | 'unknownPaths'
  | 'missingObjects'
  | 'scannerPaths'
  | 'misses'
  | 'pages'
  | 'freshPages'
  | 'points'
  | 'replays'
  | 'sprayedAccounts'
  | 'hasty'
  | 'ignored'

export function numbersOf(counts: ClientCounts, options: SentinelOptions, now: number): Numbers {
  const accounts = accountBounds(options)
  const targets = targetBounds(options)
  const half = options.halfLifeMilliseconds
  const presentOf = ({ value, at }: Count, halfLife = half): number =>
    value === 0 ? 0 : decayed(value, at, halfLife, now)
  return {
    failedAccounts: countRecent(counts.failedAccounts, accounts, now),
    succeededAccounts: countRecent(counts.succeededAccounts, accounts, now),
    sprayedAccounts: countRecent(counts.sprayedAccounts, accounts, now),
    unknownPaths: countRecent(counts.unknownPaths, targets, now),
    missingObjects: countRecent(counts.missingObjects, targets, now),
    scannerPaths: countRecent(counts.scannerPaths, targets, now),
    misses: presentOf(counts.misses),
    pages: presentOf(counts.pages),
    freshPages: presentOf(counts.freshPages),
    points: presentOf(counts.points),
    replays: presentOf(counts.replays),
    hasty: presentOf(counts.hasty, options.ignoredHalfLifeMilliseconds),
    ignored: presentOf(counts.ignored, options.ignoredHalfLifeMilliseconds),
  }
}
