/** What is asked of a store: the limits of one route, put together once at start. */
import type { KeyedLimit, LimitFacts, ParsedLimit, WhenStoreFails } from './options.ts'
import { parseLimit } from './options.ts'

export type PlannedLimit = ParsedLimit & {
  /** Names the policy in header fields, the log and a shared store; unique within its plan. */
  readonly name: string
  /** Makes the key, where it is not the one that the whole plan is counted by. */
  readonly keyOf: ((facts: LimitFacts) => string) | undefined
}

export type LimitPlan = {
  /** The route's id: no spelling of a path, and no other route, has a share in it. */
  readonly id: string
  readonly limits: readonly PlannedLimit[]
  /** Whether answers tell the client what is left: where a route has limits of its own. */
  readonly announced: boolean
  /** Whether some limit has a key of its own. */
  readonly ownKeys: boolean
  readonly whenStoreFails: WhenStoreFails
}

/** How the limits of a route are counted: before anybody is known, and once somebody is. */
export type RoutePlans = {
  readonly client: LimitPlan | undefined
  readonly account: LimitPlan | undefined
  readonly token: LimitPlan | undefined
}

/** A limit of the route's own takes the place of the site's with the same window. */
export function planRoute(
  id: string,
  entries: readonly (string | KeyedLimit)[],
  everyRoute: readonly ParsedLimit[],
): RoutePlans {
  const own = entries.flatMap(plannedLimits)
  const byAccount = own.filter(({ keyedBy }) => keyedBy === 'account')
  const byToken = own.filter(({ keyedBy }) => keyedBy === 'token')
  const byClient = own.filter((entry) => !byAccount.includes(entry) && !byToken.includes(entry))
  const replaced = new Set(
    byClient.filter(({ keyOf }) => keyOf === undefined).map((limit) => limit.windowMilliseconds),
  )
  const defaults = everyRoute
    .filter((limit) => !replaced.has(limit.windowMilliseconds))
    .map((limit) => plain(limit))
  return {
    client: plan(id, [...byClient, ...defaults], byClient.length > 0),
    account: plan(`${id} account`, byAccount, true),
    token: plan(`${id} token`, byToken, true),
  }
}

/** What a route says of its own, in words: `30 per hour`, `200 per day by account`. */
export function limitNames(entries: readonly (string | KeyedLimit)[]): readonly string[] {
  return entries.flatMap(plannedLimits).map(({ name }) => name)
}

/** One plan with plain limits: for all paths that no route has. */
export function planTogether(id: string, limits: readonly ParsedLimit[]): LimitPlan | undefined {
  return plan(
    id,
    limits.map((limit) => plain(limit)),
    false,
  )
}

type Entry = PlannedLimit & {
  readonly keyedBy: 'client' | 'account' | 'token' | 'device' | 'own'
  readonly whenStoreFails: WhenStoreFails
}

function plain(limit: ParsedLimit): Entry {
  return {
    ...limit,
    name: limit.text,
    keyOf: undefined,
    keyedBy: 'client',
    whenStoreFails: 'local',
  }
}

function plannedLimits(entry: string | KeyedLimit, at: number): readonly Entry[] {
  const {
    allow,
    keyedBy = 'client',
    whenStoreFails = 'local',
  } = typeof entry === 'string' ? { allow: entry } : entry
  const kind = typeof keyedBy === 'function' ? 'own' : keyedBy
  const keyOf =
    typeof keyedBy === 'function' ? keyedBy : keyedBy === 'device' ? deviceKey : undefined
  const suffixes = { client: '', account: ' by account', token: ' by token', device: ' by device' }
  const suffix = kind === 'own' ? ` by key ${at + 1}` : suffixes[kind]
  return [allow].flat().flatMap((text) => {
    const limit = parseLimit(text)
    if (limit === undefined) return []
    return { ...limit, name: `${text}${suffix}`, keyOf, keyedBy: kind, whenStoreFails }
  })
}

/** Hexadecimal and an address are never one another. */
function deviceKey({ client, device }: LimitFacts): string {
  return device ?? client
}

function plan(id: string, entries: readonly Entry[], announced: boolean): LimitPlan | undefined {
  if (entries.length === 0) return undefined
  const unique = entries.filter(
    (entry, at) => entries.findIndex(({ name }) => name === entry.name) === at,
  )
  return Object.freeze({
    id,
    limits: Object.freeze(unique.map((entry) => Object.freeze(entry))),
    announced,
    ownKeys: unique.some(({ keyOf }) => keyOf !== undefined),
    whenStoreFails: unique.some((entry) => entry.whenStoreFails === 'refuse') ? 'refuse' : 'local',
  })
}

/** What a plan came to. */
export type LimitVerdict = {
  readonly allowed: boolean
  /** How long until all of its limits would allow; 0 where they do. */
  readonly retryAfterMilliseconds: number
  /** Where each limit of the plan stands; none where nobody is told. */
  readonly standings: readonly Standing[]
  /** Set where nobody could count: the shared store failed and the plan says `refuse`. */
  readonly unavailable?: true
}

export type Standing = {
  readonly remaining: number
  /** Until one more is possible than remain. */
  readonly moreInMilliseconds: number
}

export type LimitStore = {
  /**
   * Takes one request from the allowance of every limit in the plan, or from none: `key` is whose
   * they are, `ownKeys[i]` whose limit `i` is, where that has a key of its own. In memory it answers
   * at once.
   */
  readonly take: (
    plan: LimitPlan,
    key: string,
    ownKeys?: readonly (string | undefined)[],
  ) => LimitVerdict | Promise<LimitVerdict>
}
