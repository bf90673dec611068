/**
 * What tokens of this site are like: which apps there are, what they may be given, for how long.
 * Checked once at start, then frozen (ASVS 10.4.4, 10.4.11, 10.4.8).
 */

import { Misconfiguration } from '../../core/misconfiguration.ts'
import { isScopeName } from './scope.ts'

/** An app that people may let act for them. Public clients: none of them has a secret. */
export type TokenClient = {
  /** What people call it, on the page where they agree. */
  readonly name: string
  /** The permissions that it may ask for. */
  readonly scopes: readonly string[]
  /** `required`: it has to sign each request with a key of its own (RFC 9449). */
  readonly proofOfPossession?: 'required'
}

export type SigningAlgorithm = 'EdDSA' | 'ES256' | 'RS256' | 'HS256'

export type TokenOptions = {
  /** What access tokens are signed with; EdDSA when left out. */
  readonly algorithm: SigningAlgorithm
  /** How personal tokens and refresh tokens begin, so that scanners know whose they are. */
  readonly prefix: string
  readonly clients: ReadonlyMap<string, TokenClient>
  /** Minutes that an access token works for. Never later. */
  readonly accessMinutes: number
  /** Days without a use after which a refresh token is over. */
  readonly refreshIdleDays: number
  /** Days after which an app has to be let in anew, however busy it was. */
  readonly refreshDays: number
  /** The longest time, in days, that a personal token may be made for. */
  readonly personalDays: number
  /** Live personal tokens of one account. */
  readonly personalTokensPerAccount: number
  /** Apps that one account lets act for it; one more ends the one that was used longest ago. */
  readonly appsPerAccount: number
  /** How many tokens are kept in this process's memory. */
  readonly cachedTokens: number
}

const numbers = {
  accessMinutes: { usual: 5, least: 1, most: 60 },
  refreshIdleDays: { usual: 30, least: 1, most: 90 },
  refreshDays: { usual: 90, least: 1, most: 365 },
  personalDays: { usual: 365, least: 1, most: 365 },
  personalTokensPerAccount: { usual: 50, least: 1, most: 1_000 },
  appsPerAccount: { usual: 50, least: 1, most: 1_000 },
  cachedTokens: { usual: 10_000, least: 2, most: 1_000_000 },
} as const

/** As a project writes them. */
export type TokenChoices = Partial<Omit<TokenOptions, 'clients' | 'algorithm'>> & {
  readonly clients?: Readonly<Record<string, TokenClient>>
} & (
    | { readonly algorithm?: 'EdDSA' | 'ES256' | 'RS256' }
    /** A secret verifies what it signs, so it may go to nobody else: then no key set is published. */
    | { readonly algorithm: 'HS256'; readonly verifiedBy: 'this service alone' }
  )

/**
 * Completes and checks the options.
 * @throws Misconfiguration naming every option that is unknown, contradictory or outside its bounds.
 */
export function tokenOptions(given: TokenChoices = {}): TokenOptions {
  const problems: string[] = []
  const known = new Set([...Object.keys(numbers), 'clients', 'algorithm', 'verifiedBy', 'prefix'])
  for (const name of Object.keys(given)) {
    if (!known.has(name)) problems.push(`tokens.${name} is not an option: remove it.`)
  }
  const read = (name: keyof typeof numbers): number => {
    const { usual, least, most } = numbers[name]
    const value = given[name] ?? usual
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      problems.push(`tokens.${name} must be a whole number from ${least} to ${most}.`)
    }
    return value
  }
  const options: TokenOptions = {
    algorithm: given.algorithm ?? 'EdDSA',
    prefix: given.prefix ?? 'demijohn',
    clients: new Map(Object.entries(given.clients ?? {})),
    accessMinutes: read('accessMinutes'),
    refreshIdleDays: read('refreshIdleDays'),
    refreshDays: read('refreshDays'),
    personalDays: read('personalDays'),
    personalTokensPerAccount: read('personalTokensPerAccount'),
    appsPerAccount: read('appsPerAccount'),
    cachedTokens: read('cachedTokens'),
  }
  problems.push(...textProblems(given, options), ...[...options.clients].flatMap(clientProblems))
  if (problems.length > 0) throw new Misconfiguration(problems)
  return Object.freeze(options)
}

const signing: ReadonlySet<string> = new Set(['EdDSA', 'ES256', 'RS256', 'HS256'])

function textProblems(given: TokenChoices, options: TokenOptions): readonly string[] {
  const { algorithm, prefix, refreshDays, refreshIdleDays } = options
  const problems: string[] = []
  if (!signing.has(algorithm)) {
    problems.push('tokens.algorithm must be EdDSA, ES256, RS256 or HS256.')
  }
  const alone = 'verifiedBy' in given && given.verifiedBy === 'this service alone'
  if (algorithm === 'HS256' && !alone) {
    problems.push(
      "tokens.algorithm HS256 lets whoever verifies sign as well: say verifiedBy: 'this service alone', or use EdDSA.",
    )
  }
  if (algorithm !== 'HS256' && 'verifiedBy' in given) {
    problems.push('tokens.verifiedBy goes with HS256 alone: remove it.')
  }
  if (!/^[a-z][a-z0-9]{1,19}$/.test(prefix)) {
    problems.push('tokens.prefix must be 2 to 20 lower-case letters and digits, a letter first.')
  }
  if (refreshIdleDays > refreshDays) {
    problems.push('tokens.refreshIdleDays is longer than tokens.refreshDays: shorten it.')
  }
  return problems
}

function clientProblems([id, client]: readonly [string, TokenClient]): readonly string[] {
  const problems: string[] = []
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(id)) {
    problems.push(`tokens.clients: ${JSON.stringify(id)} must be lower-case letters, digits, . _ -`)
  }
  if (client.name.trim() === '' || client.name.length > 80) {
    problems.push(`tokens.clients.${id}.name must have 1 to 80 characters.`)
  }
  if (client.scopes.length === 0 || !client.scopes.every(isScopeName)) {
    problems.push(`tokens.clients.${id}.scopes must name the permissions that it may ask for.`)
  }
  return problems
}
