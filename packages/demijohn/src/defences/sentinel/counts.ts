/** What is counted about one client, and how a signal changes it. */
import {
  countRecent,
  decayed,
  type FreshMap,
  freshMap,
  freshness,
  type RecentBounds,
  type RecentSet,
  remember,
} from './counters.ts'
import { type Level, mostCounted, type SentinelOptions } from './options.ts'
import type { Print, Signal } from './signals.ts'

/** A decaying count. */
type Count = { value: number; at: number }

/** Different things, as far as any were seen: most clients have none of most of them. */
export type ClientSets = {
  /** Accounts that failed to sign in from here and have not got in since. */
  failedAccounts?: RecentSet
  succeededAccounts?: RecentSet
  /** Accounts that failed with a password that is being sprayed, and have not got in since. */
  sprayedAccounts?: RecentSet
  /** Paths without a route, or forbidden ones. */
  unknownPaths?: RecentSet
  missingObjects?: RecentSet
  scannerPaths?: RecentSet
}

export type ClientSums = {
  /** Every request for an unknown path or a missing object, however often the same. */
  misses?: Count
  pages?: Count
  /** Pages not seen before, by estimate. */
  freshPages?: Count
  points?: Count
  replays?: Count
  /** Requests that were refused as too early. */
  hasty?: Count
  /** Challenges that were not answered. */
  ignored?: Count
}

export type ClientCounts = {
  readonly sets: ClientSets
  readonly sums: ClientSums
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

export function newCounts(): ClientCounts {
  return {
    ...{ sets: {}, sums: {}, seenPages: undefined, reads: 0, level: 'none', grant: undefined },
    ...{ onTimeAt: Number.NEGATIVE_INFINITY, answeredAt: Number.NEGATIVE_INFINITY },
  }
}

function setOf(counts: ClientCounts, name: keyof ClientSets): RecentSet {
  const { sets } = counts
  const set = sets[name] ?? new Map()
  sets[name] = set
  return set
}

/** Adds to a sum, which has decayed meanwhile. Gives what it comes to. */
export function addTo(
  counts: ClientCounts,
  name: keyof ClientSums,
  amount: number,
  options: SentinelOptions,
  at: number,
): number {
  const { sums } = counts
  const sum = sums[name]
  if (sum === undefined) {
    sums[name] = { value: amount, at }
    return amount
  }
  sum.value = decayed(sum.value, sum.at, halfLifeOf(name, options), at) + amount
  sum.at = Math.max(sum.at, at)
  return sum.value
}

function halfLifeOf(name: keyof ClientSums, options: SentinelOptions): number {
  const isPassedOver = name === 'hasty' || name === 'ignored'
  return isPassedOver ? options.ignoredHalfLifeMilliseconds : options.halfLifeMilliseconds
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
  const add = (name: keyof ClientSums, amount: number): void => {
    addTo(counts, name, amount, options, at)
  }
  const missed = missedSet(signal.kind)
  if (missed !== undefined && 'target' in signal) {
    remember(setOf(counts, missed), signal.target, targetBounds(options), at)
    add('misses', 1)
  }
  if (signal.kind === 'page.read') readPage(counts, signal.target, options, at)
  else if (signal.kind === 'route.scanner') {
    remember(setOf(counts, 'scannerPaths'), signal.target, targetBounds(options), at)
  } else if (signal.kind === 'token.replayed' || signal.kind === 'token.two-networks') {
    add('replays', 1)
  }
  const amount = points[signal.kind]
  if (amount !== undefined) add('points', amount)
}

function missedSet(kind: Signal['kind']): 'unknownPaths' | 'missingObjects' | undefined {
  switch (kind) {
    case 'route.unknown':
    case 'route.scanner':
    case 'honey.path':
    case 'access.refused':
      return 'unknownPaths'
    case 'object.missing':
      return 'missingObjects'
    default:
      return undefined
  }
}

function readPage(counts: ClientCounts, page: Print, options: SentinelOptions, at: number): void {
  const read = addTo(counts, 'pages', 1, options, at)
  if (read >= pagesToTellApart) counts.seenPages ??= freshMap(at)
  const map = counts.seenPages
  const fresh = map === undefined ? 1 : freshness(map, page, options.halfLifeMilliseconds, at)
  if (fresh > 0) addTo(counts, 'freshPages', fresh, options, at)
}

/** A failed try: the account counts until it gets in from here, whoever's it is. */
export function applyFailure(
  counts: ClientCounts,
  facts: { readonly account: Print; readonly isSprayed: boolean; readonly at: number },
  options: SentinelOptions,
): void {
  remember(setOf(counts, 'failedAccounts'), facts.account, accountBounds(options), facts.at)
  if (facts.isSprayed) {
    remember(setOf(counts, 'sprayedAccounts'), facts.account, accountBounds(options), facts.at)
  }
}

/** Getting in forgives the failures of that account, and of no other. */
export function applySuccess(
  counts: ClientCounts,
  facts: { readonly account: Print; readonly at: number },
  options: SentinelOptions,
): void {
  counts.sets.failedAccounts?.delete(facts.account)
  counts.sets.sprayedAccounts?.delete(facts.account)
  remember(setOf(counts, 'succeededAccounts'), facts.account, accountBounds(options), facts.at)
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
export type NumberName = keyof ClientSets | keyof ClientSums

export function numbersOf(counts: ClientCounts, options: SentinelOptions, now: number): Numbers {
  const { sets, sums } = counts
  const accounts = accountBounds(options)
  const targets = targetBounds(options)
  const sizeOf = (set: RecentSet | undefined, bounds: RecentBounds): number =>
    set === undefined ? 0 : countRecent(set, bounds, now)
  const presentOf = (name: keyof ClientSums): number => {
    const sum = sums[name]
    return sum === undefined ? 0 : decayed(sum.value, sum.at, halfLifeOf(name, options), now)
  }
  return {
    failedAccounts: sizeOf(sets.failedAccounts, accounts),
    succeededAccounts: sizeOf(sets.succeededAccounts, accounts),
    sprayedAccounts: sizeOf(sets.sprayedAccounts, accounts),
    unknownPaths: sizeOf(sets.unknownPaths, targets),
    missingObjects: sizeOf(sets.missingObjects, targets),
    scannerPaths: sizeOf(sets.scannerPaths, targets),
    misses: presentOf('misses'),
    pages: presentOf('pages'),
    freshPages: presentOf('freshPages'),
    points: presentOf('points'),
    replays: presentOf('replays'),
    hasty: presentOf('hasty'),
    ignored: presentOf('ignored'),
  }
}
