/**
 * What an application may say about limits, read once at start.
 *
 * A limit that is not understood stops the start: one that limited nothing and said nothing would be
 * worse than none.
 */
import { Misconfiguration } from '../../core/misconfiguration.ts'
import type { SharedLimits } from './shared.ts'

/** A limit in the words of the field: `30 per hour`. */
export type Limit = `${number} per ${'second' | 'minute' | 'hour' | 'day'}`

/** What is known when a key of one's own is made: the request's line and who sent it, no more. */
export type LimitFacts = {
  /** The client's address; of IPv6 its /64. */
  readonly client: string
  /** Which browser it is, of those in which somebody has signed in here before; null: any other. */
  readonly device: string | null
  readonly method: string
  /** The path's parameters as they were sent, before their schemas. */
  readonly params: Readonly<Record<string, string>>
}

/** What a shared store's failure means for a limit: nobody passes, or this process counts alone. */
export type WhenStoreFails = 'refuse' | 'local'

/** A limit that is counted by something else than the client, or that fails in its own way. */
export type KeyedLimit = {
  readonly allow: Limit | readonly Limit[]
  /**
   * Whose allowance it is: the client's when left out; the `account`'s, where nobody is signed in the
   * client's; the `token`'s of a program, where there is none the account's; the `device`'s, of a browser in which somebody has signed in before, of others the
   * client's, so that no stranger in the same network uses it up; or of whatever a function makes
   * of the facts.
   */
  readonly keyedBy?: 'client' | 'account' | 'token' | 'device' | ((facts: LimitFacts) => string)
  /** `local` when left out: each process goes on counting by itself. */
  readonly whenStoreFails?: WhenStoreFails
}

/** What a route may say: one limit, or several of which all have to allow. */
export type RouteLimits = Limit | KeyedLimit | readonly (Limit | KeyedLimit)[]

/** Limits of a whole site: `project.limits`. */
export type SiteLimits = {
  /** Of every route by itself, for each client. `300 per minute` when left out. */
  readonly everyRoute?: readonly Limit[]
  /** Of static files, in the place of those. `3000 per minute` when left out. */
  readonly staticFiles?: readonly Limit[]
  /** Of everything that no route has, together. `120 per minute` when left out. */
  readonly unknownPaths?: readonly Limit[]
  /** Where processes count together: `redisLimits` of `demijohn/redis`. Each by itself when left out. */
  readonly sharedStore?: (facts: { readonly url: string }) => SharedLimits
}

export type ParsedLimit = {
  readonly requests: number
  readonly windowMilliseconds: number
  readonly text: string
}

const windows: Readonly<Record<string, number>> = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
}
const shape = /^([1-9]\d{0,8}) per (second|minute|hour|day)$/

/** Reads `N per second|minute|hour|day`; anything else is undefined. */
export function parseLimit(text: string): ParsedLimit | undefined {
  const found = shape.exec(text)
  const windowMilliseconds = windows[found?.[2] ?? '']
  if (found === null || windowMilliseconds === undefined) return undefined
  return Object.freeze({ requests: Number(found[1]), windowMilliseconds, text })
}

/** The limits of a site, read: each list with at least one. */
export type SiteLimitOptions = {
  readonly everyRoute: readonly ParsedLimit[]
  readonly staticFiles: readonly ParsedLimit[]
  readonly unknownPaths: readonly ParsedLimit[]
}

type Lists = Omit<SiteLimits, 'sharedStore'>

const usual: Required<Lists> = {
  everyRoute: ['300 per minute'],
  staticFiles: ['3000 per minute'],
  unknownPaths: ['120 per minute'],
}

/** Reads the limits of a site. Throws Misconfiguration, for an empty list as well. */
export function siteLimitOptions(options: SiteLimits = {}): SiteLimitOptions {
  const known = [...Object.keys(usual), 'sharedStore']
  const problems = Object.keys(options)
    .filter((name) => !known.includes(name))
    .map((name) => `limits.${name} is no option; write ${known.join(', ')}`)
  const read = (name: keyof Lists): readonly ParsedLimit[] => {
    const texts: readonly string[] = options[name] ?? usual[name]
    if (texts.length === 0) {
      problems.push(`limits.${name} is empty; name a limit, however large`)
    }
    return texts.flatMap((text) => {
      const limit = parseLimit(text)
      if (limit === undefined) problems.push(`limits.${name}: "${text}" is no limit; ${grammar}`)
      return limit ?? []
    })
  }
  const site = {
    everyRoute: read('everyRoute'),
    staticFiles: read('staticFiles'),
    unknownPaths: read('unknownPaths'),
  }
  if (problems.length > 0) throw new Misconfiguration(problems)
  return Object.freeze(site)
}

export const grammar = 'write N per second, minute, hour or day'

/** What is wrong with what a route says; nothing for most. */
export function limitProblems(entries: readonly (string | KeyedLimit)[]): readonly string[] {
  return entries.flatMap((entry) => {
    if (typeof entry === 'string') return textProblems([entry])
    const { allow, keyedBy, whenStoreFails } = entry
    const problems = [...textProblems([allow].flat())]
    if ([allow].flat().length === 0) problems.push(`a limit allows nothing; ${grammar}`)
    const known = ['client', 'account', 'token', 'device', undefined]
    if (typeof keyedBy !== 'function' && !known.includes(keyedBy)) {
      problems.push(
        `keyedBy "${keyedBy}" is not known; write client, account, token, device or a function`,
      )
    }
    if (![undefined, 'refuse', 'local'].includes(whenStoreFails)) {
      problems.push(`whenStoreFails "${whenStoreFails}" is not known; write refuse or local`)
    }
    return problems
  })
}

function textProblems(texts: readonly string[]): readonly string[] {
  return texts
    .filter((text) => parseLimit(text) === undefined)
    .map((text) => `"${text}" is no limit; ${grammar}`)
}
