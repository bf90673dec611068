/**
 * The Authorization field of a request to an API (RFC 9110 section 11.6.2, RFC 6750 section 2.1, RFC
 * 9449 section 7.1), and the WWW-Authenticate field of an answer.
 *
 * Stops tokens under another scheme's name, several credentials in one field, and fields so odd that
 * a parser would throw. A token in a query, a body or a cookie is never read by anything here.
 */
import { consistsOf, tableOfCharacters } from '../../web/grammar.ts'
import { type Rejected, rejected } from './problems.ts'
import { isScopeName } from './scope.ts'

export type Scheme = 'bearer' | 'dpop'
export type AuthorizationProblem = 'missing' | 'too-long' | 'scheme' | 'malformed'
export type Credentials = { readonly ok: true; readonly scheme: Scheme; readonly token: string }

const longestField = 8192
const token68 = tableOfCharacters(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/',
)
const schemes: ReadonlyMap<string, Scheme> = new Map([
  ['bearer', 'bearer'],
  ['dpop', 'dpop'],
])

/** Reads one value of the field: a scheme in any case, blanks, and one token68. Never throws. */
export function parseAuthorization(
  field: string | undefined,
): Credentials | Rejected<AuthorizationProblem> {
  if (field === undefined) return rejected('missing')
  if (field.length > longestField) return rejected('too-long')
  const space = field.indexOf(' ')
  const name = space === -1 ? field : field.slice(0, space)
  // Letters that become ASCII only by Unicode's rules are in no scheme.
  const scheme = /^[A-Za-z]+$/.test(name) ? schemes.get(name.toLowerCase()) : undefined
  if (scheme === undefined) return rejected('scheme')
  let start = name.length
  while (start < field.length && field.charCodeAt(start) === 0x20) start += 1
  const token = field.slice(start)
  const text = token.replace(/={1,2}$/, '')
  if (text === '' || !consistsOf(text, token68)) return rejected('malformed')
  return { ok: true, scheme, token }
}

/** RFC 6750 section 3.1; RFC 9449 sections 5 and 7.1; RFC 9470 section 3. */
export type ChallengeError =
  | 'invalid_request'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'invalid_dpop_proof'
  | 'insufficient_user_authentication'

/** Fixed, so that nothing of a request comes back in a header. */
const descriptions: Readonly<Record<ChallengeError, string>> = {
  invalid_request: 'The request is malformed',
  invalid_token: 'The access token is not valid',
  insufficient_scope: 'The access token does not cover this',
  invalid_dpop_proof: 'The proof of possession is not valid',
  insufficient_user_authentication: 'A more recent sign-in is needed',
}

export type ChallengeOptions = {
  /** Left out where no credentials were sent (RFC 6750 section 3). */
  readonly error?: ChallengeError
  /** Permissions that are needed, by their names in the code. */
  readonly scopes?: readonly string[]
  /** How long ago the person may have signed in at most (RFC 9470). */
  readonly maxAgeSeconds?: number
}

/** RFC 6750 section 3. Throws a `RangeError` for scopes that are no scope tokens. */
export function bearerChallenge(options: ChallengeOptions = {}): string {
  return challenge('Bearer', parametersOf(options))
}

/** RFC 9449 section 7.1, with the algorithms that a proof may have. */
export function dpopChallenge({
  algorithms,
  ...options
}: ChallengeOptions & { readonly algorithms: readonly string[] }): string {
  return challenge('DPoP', [...parametersOf(options), `algs="${algorithms.join(' ')}"`])
}

function parametersOf({ error, scopes = [], maxAgeSeconds }: ChallengeOptions): readonly string[] {
  const maxAge = maxAgeSeconds === undefined ? [] : [`max_age="${maxAgeSeconds}"`]
  return [...errorParameters(error), ...scopeParameters(scopes), ...maxAge]
}

function challenge(scheme: string, parameters: readonly string[]): string {
  return parameters.length === 0 ? scheme : `${scheme} ${parameters.join(', ')}`
}

function errorParameters(error: ChallengeError | undefined): readonly string[] {
  if (error === undefined) return []
  return [`error="${error}"`, `error_description="${descriptions[error]}"`]
}

function scopeParameters(scopes: readonly string[]): readonly string[] {
  if (scopes.length === 0) return []
  if (!scopes.every(isScopeName)) throw new RangeError('challenge: scope')
  return [`scope="${scopes.join(' ')}"`]
}
