/**
 * The addresses that apps talk to: RFC 8628 (device authorization), RFC 6749 (tokens, by device code and
 * refresh token alone), RFC 7009 (revocation), RFC 9449 (proofs of possession).
 *
 * Stops: a password that is given to an app (there is no such grant, ASVS 10.4.4), a scope that the
 * project did not give the app (10.4.11), a bearer token for an app that has to have a key. Which of
 * several things was wrong with a code or token is not told. Apps are public clients: none has a
 * secret, so `client_id` names one and proves nothing; what proves is the code, the token, the key.
 */
import { isScopeName } from '../../defences/tokens/scope.ts'
import type { IssuedTokens, TokenAnswer } from '../../defences/tokens/store/types.ts'
import type { ProgramAnswer } from '../../pipeline/answer.ts'
import type { ProgramFacts } from '../../pipeline/api/program.ts'
import type { TokensContext } from './context.ts'

/** RFC 6749 section 5.2, RFC 8628 section 3.5, RFC 9449 section 5, RFC 8707 section 2. */
const errors = {
  invalid_request: 'A parameter is missing, doubled or malformed.',
  invalid_client: 'This site knows no app of that client_id.',
  invalid_grant: 'The code or token is unknown, used, expired or revoked.',
  unsupported_grant_type: 'Use the device code grant or a refresh token.',
  invalid_scope: 'The app may not ask for that scope.',
  invalid_target: 'Tokens are for this site alone.',
  invalid_dpop_proof: 'The proof of possession is missing or does not fit.',
  authorization_pending: 'The person has not decided yet.',
  slow_down: 'Wait five seconds longer between two requests.',
  access_denied: 'The person has refused.',
  expired_token: 'The code is over. Begin again.',
  temporarily_unavailable: 'Too many codes wait. Try again in a few minutes.',
} as const

type OauthError = keyof typeof errors

function failed(error: OauthError, status = 400): ProgramAnswer {
  return { kind: 'program', status, value: { error, error_description: errors[error] } }
}

/** As long as a token may be in an Authorization field. */
const longestValue = 8_192

/** undefined where it was not sent or is too long for what it can be. */
function parameterOf({ form }: ProgramFacts, name: string): string | undefined {
  const value = form.get(name)
  return value === undefined || value === '' || value.length > longestValue ? undefined : value
}

type Client = {
  readonly id: string
  readonly scopes: readonly string[]
  readonly needsKey: boolean
}

function clientOf({ options }: TokensContext, facts: ProgramFacts): Client | OauthError {
  const id = parameterOf(facts, 'client_id')
  if (id === undefined) return 'invalid_request'
  const client = options.clients.get(id)
  if (client === undefined) return 'invalid_client'
  const needsKey = client.proofOfPossession === 'required'
  return { id, scopes: client.scopes, needsKey }
}

/** undefined: none were named. `false`: no list of scopes. */
function scopesOf(facts: ProgramFacts): readonly string[] | undefined | false {
  const sent = facts.form.get('scope')
  if (sent === undefined || sent === '') return undefined
  if (sent.length > longestValue) return false
  const names = sent.split(' ')
  return names.every(isScopeName) && [...new Set(names)]
}

/** The key that the request proves to hold; undefined where it shows none. */
function keyOf(facts: ProgramFacts, { needsKey }: Client): { readonly jkt?: string } | OauthError {
  const { proof, uri, now, tokens } = facts
  if (proof === undefined) return needsKey ? 'invalid_dpop_proof' : {}
  const jkt = tokens.provenKey({ proof, method: 'POST', uri, now })
  return jkt === undefined ? 'invalid_dpop_proof' : { jkt }
}

/** RFC 8628 sections 3.1 and 3.2. There is no `verification_uri_complete`: a link that somebody else sent would do. */
export async function deviceAuthorization(
  context: TokensContext,
  facts: ProgramFacts,
): Promise<ProgramAnswer> {
  const client = clientOf(context, facts)
  if (typeof client === 'string') return failed(client)
  const asked = scopesOf(facts)
  if (asked === false) return failed('invalid_scope')
  const scopes = asked ?? client.scopes
  if (!scopes.every((scope) => client.scopes.includes(scope))) return failed('invalid_scope')
  // A key that is shown here binds the codes; one that is needed may be shown with the code.
  const key = keyOf(facts, { ...client, needsKey: false })
  if (typeof key === 'string') return failed(key)
  const { tokens, network } = facts
  const start = { clientId: client.id, scopes, boundTo: key.jkt, network }
  const begun = await tokens.beginGrant(start)
  if (begun === null) return failed('temporarily_unavailable', 503)
  return {
    kind: 'program',
    status: 200,
    value: {
      device_code: begun.deviceCode,
      user_code: begun.userCode,
      verification_uri: `${tokens.issuer}/device`,
      expires_in: begun.expiresInSeconds,
      interval: begun.intervalSeconds,
    },
  }
}

export const deviceGrantType = 'urn:ietf:params:oauth:grant-type:device_code'

/** RFC 6749 section 3.2. */
export async function issueTokens(
  context: TokensContext,
  facts: ProgramFacts,
): Promise<ProgramAnswer> {
  const grantType = parameterOf(facts, 'grant_type')
  if (grantType === undefined) return failed('invalid_request')
  const names = { [deviceGrantType]: 'device_code', refresh_token: 'refresh_token' } as const
  if (grantType !== deviceGrantType && grantType !== 'refresh_token') {
    return failed('unsupported_grant_type')
  }
  const client = clientOf(context, facts)
  if (typeof client === 'string') return failed(client)
  const token = parameterOf(facts, names[grantType])
  if (token === undefined) return failed('invalid_request')
  const resource = facts.form.get('resource')
  if (resource !== undefined && resource !== facts.tokens.issuer) return failed('invalid_target')
  const scopes = scopesOf(facts)
  if (scopes === false) return failed('invalid_scope')
  const key = keyOf(facts, client)
  if (typeof key === 'string') return failed(key)
  const { tokens, network } = facts
  const redeeming = { token, clientId: client.id, boundTo: key.jkt, network }
  if (grantType === 'refresh_token') {
    return answered(facts, client, await tokens.refresh({ ...redeeming, scopes }))
  }
  const answer = await tokens.redeemGrant(redeeming)
  if (answer.kind === 'issued') {
    const { accountId: userId, familyId: tokenId } = answer
    facts.record('authn_token_created', { userId, tokenId, clientId: client.id, what: 'app' })
  }
  return answered(facts, client, answer)
}

function answered(facts: ProgramFacts, client: Client, answer: TokenAnswer): ProgramAnswer {
  switch (answer.kind) {
    case 'issued':
      return { kind: 'program', status: 200, value: issued(answer) }
    case 'replayed': {
      const { accountId: userId, familyId: tokenId } = answer
      facts.record('authn_token_reuse', { userId, tokenId, clientId: client.id, what: 'app' })
      facts.replayed()
      return failed('invalid_grant')
    }
    case 'refused':
      return failed(answer.error)
  }
}

/** RFC 6749 section 5.1, RFC 9449 section 5. */
function issued(tokens: IssuedTokens): object {
  return {
    access_token: tokens.accessToken,
    token_type: tokens.isBound ? 'DPoP' : 'Bearer',
    expires_in: tokens.expiresInSeconds,
    refresh_token: tokens.refreshToken,
    scope: tokens.scopes.join(' '),
  }
}

/** RFC 7009: the answer is the same whether there was such a token. */
export async function revoke(facts: ProgramFacts): Promise<ProgramAnswer> {
  const token = parameterOf(facts, 'token')
  if (token === undefined) return failed('invalid_request')
  const revoked = await facts.tokens.revokeToken(token, parameterOf(facts, 'client_id'))
  if (revoked !== null) {
    const { accountId: userId, tokenId } = revoked
    facts.record('authn_token_revoked', { userId, tokenId, what: 'given back' })
  }
  return { kind: 'program', status: 200, value: {} }
}
