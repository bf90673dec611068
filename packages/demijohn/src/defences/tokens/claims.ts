/**
 * What a payload claims, judged: who issued it, for whom, until when (RFC 7519 section 4.1, RFC 9068
 * sections 2.2 and 4).
 *
 * Stops tokens of a sibling service (ASVS 9.2.3, 10.3.1), expired ones and those of the future
 * (9.2.1), dates that are no finite numbers, and claims that are not what they seem by type. Does
 * not know whether a token was revoked or what its person may do now.
 */
import { decodeBase64url } from './base64url.ts'
import { isPlainText, type Members, membersOf, readJsonObject } from './json.ts'
import { type ClaimProblem, type Rejected, rejected } from './problems.ts'
import { isScopeName } from './scope.ts'

export type ExpectedClaims = {
  /** Compared as it stands (RFC 9068 section 4). */
  readonly issuer: string
  /** Has to be the `aud` or one of them. */
  readonly audience: string
  /** UTC milliseconds. */
  readonly now: number
  /** How far clocks may be apart. 0 for tokens of our own. */
  readonly toleranceSeconds: number
}

/** Times in UTC milliseconds. */
export type Claims = {
  readonly issuer: string
  readonly audiences: readonly string[]
  readonly subject: string
  readonly expiresAt: number
  readonly issuedAt: number | undefined
  readonly tokenId: string | undefined
  readonly clientId: string | undefined
  readonly scopes: ReadonlySet<string>
  readonly authenticatedAt: number | undefined
  /** The refresh family (`fam`), a claim of our own. */
  readonly family: string | undefined
  /** The thumbprint of the key that has to prove itself beside the token (RFC 9449 section 6). */
  readonly boundTo: string | undefined
}

/** What RFC 9068 section 2.2 requires is there. */
export type AccessClaims = Claims & {
  readonly issuedAt: number
  readonly tokenId: string
  readonly clientId: string
}

type Verdict<Good> = { readonly ok: true; readonly claims: Good } | Rejected<ClaimProblem>

const longestText = 255
const longestScope = 4096
const mostScopes = 128
const mostAudiences = 16

/** Claims of an access token in the profile of RFC 9068. */
export function checkAccessClaims(
  payload: Uint8Array,
  expected: ExpectedClaims,
): Verdict<AccessClaims> {
  const verdict = checkClaims(payload, expected)
  if (!verdict.ok) return verdict
  const { issuedAt, tokenId, clientId } = verdict.claims
  if (issuedAt === undefined) return rejected('issued-at')
  if (tokenId === undefined) return rejected('token-id')
  if (clientId === undefined) return rejected('client')
  return { ok: true, claims: { ...verdict.claims, issuedAt, tokenId, clientId } }
}

/** Claims of an issuer that may not know RFC 9068: `iat`, `jti` and `client_id` may be missing. */
export function checkClaims(payload: Uint8Array, expected: ExpectedClaims): Verdict<Claims> {
  const members = readJsonObject(payload)
  if (members === undefined) return rejected('claims')
  const issuer = members.get('iss')
  if (!isPlainText(issuer, longestText) || issuer !== expected.issuer) return rejected('issuer')
  const audiences = audiencesOf(members.get('aud'))
  if (audiences?.includes(expected.audience) !== true) return rejected('audience')
  const times = readTimes(members, expected)
  if (typeof times === 'string') return rejected(times)
  const names = readNames(members)
  if (typeof names === 'string') return rejected(names)
  return { ok: true, claims: Object.freeze({ issuer, audiences, ...times, ...names }) }
}

/** A string or an array of strings (RFC 7519 section 4.1.3); undefined for anything else. */
function audiencesOf(aud: unknown): readonly string[] | undefined {
  const list: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  if (list.length > mostAudiences) return undefined
  return list.every((one) => isPlainText(one, longestText)) ? list : undefined
}

/** The last second of the year 9999: beyond it, dates have no common meaning. */
const lastSecond = 253_402_300_799

/** NumericDate (RFC 7519 section 2) in UTC milliseconds. JSON's 1e400 is read as infinite. */
export function dateOf(value: unknown): number | undefined {
  const isDate = typeof value === 'number' && value >= 0 && value <= lastSecond
  return isDate ? value * 1000 : undefined
}

type Times = Pick<Claims, 'expiresAt' | 'issuedAt' | 'authenticatedAt'>

/** `exp` is needed: on it or after it the token is over. No date of the past lies ahead. */
function readTimes(
  members: Members,
  { now, toleranceSeconds }: ExpectedClaims,
): Times | ClaimProblem {
  const tolerance = toleranceSeconds * 1000
  const expiresAt = dateOf(members.get('exp'))
  if (expiresAt === undefined) return 'expiry'
  if (!(now < expiresAt + tolerance)) return 'expired'
  const past = { nbf: 'not-yet', iat: 'issued-at', auth_time: 'authenticated-at' } as const
  const dates: Partial<Record<keyof typeof past, number>> = {}
  for (const name of ['nbf', 'iat', 'auth_time'] as const) {
    if (!members.has(name)) continue
    const date = dateOf(members.get(name))
    if (date === undefined || date > now + tolerance || date > expiresAt) return past[name]
    dates[name] = date
  }
  return { expiresAt, issuedAt: dates.iat, authenticatedAt: dates.auth_time }
}

type Names = Omit<Claims, keyof Times | 'issuer' | 'audiences'>

function readNames(members: Members): Names | ClaimProblem {
  const subject = members.get('sub')
  if (!isPlainText(subject, longestText)) return 'subject'
  const tokenId = members.get('jti')
  if (!isAbsentOrText(tokenId)) return 'token-id'
  const clientId = members.get('client_id')
  if (!isAbsentOrText(clientId)) return 'client'
  const family = members.get('fam')
  if (!isAbsentOrText(family)) return 'family'
  const scopes = scopesOf(members.get('scope'))
  if (scopes === undefined) return 'scope'
  const boundTo = bindingOf(members.get('cnf'))
  if (boundTo === false) return 'confirmation'
  return { subject, tokenId, clientId, family, scopes, boundTo }
}

function isAbsentOrText(value: unknown): value is string | undefined {
  return value === undefined || isPlainText(value, longestText)
}

/** Names between single blanks. */
function scopesOf(scope: unknown): ReadonlySet<string> | undefined {
  if (scope === undefined || scope === '') return new Set()
  if (typeof scope !== 'string' || scope.length > longestScope) return undefined
  const names = scope.split(' ')
  if (names.length > mostScopes) return undefined
  return names.every(isScopeName) ? new Set(names) : undefined
}

/**
 * `cnf` (RFC 7800 section 3.1). False where it asks for a proof that is not `jkt`: a token that is
 * bound in a way that nobody checks must not pass as one that is not bound.
 */
function bindingOf(cnf: unknown): string | undefined | false {
  if (cnf === undefined) return undefined
  const members = membersOf(cnf)
  const jkt = members?.get('jkt')
  return members?.size === 1 && isThumbprint(jkt) ? jkt : false
}

/** A SHA-256 in base64url. */
export function isThumbprint(value: unknown): value is string {
  return typeof value === 'string' && value.length === 43 && decodeBase64url(value) !== undefined
}
