/**
 * A provider of OpenID Connect, spoken to with `openid-client`, which an application that wants this
 * installs beside Demijohn. The code flow alone, with PKCE.
 *
 * Stops metadata that names another issuer (ASVS 10.5.3), answers of another issuer (RFC 9207), ID
 * tokens that are unsigned, of another key, for another client, over, or of another flow (ASVS 6.8.2,
 * 10.5.1, 10.5.4): the library checks each, the signature because it is told to. Keeps no token.
 */
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type ClientAuth,
  ClientError,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client'
import { ProviderAddress } from './address.ts'
import { identityOf } from './claims.ts'
import { createConnection, unavailable } from './connection.ts'
import { boundedFetch, Unreachable } from './fetch.ts'
import { type OpenIdOptions, openIdOptions } from './options.ts'
import type { Answered, Asked, Finished, OpenIdProvider, ProviderIdentity } from './types.ts'

/** Answers that are looked at at once; each may wait for the provider. */
const mostAtOnce = 32
/** Whole seconds within which a proof that was demanded has been given: as long as a flow lasts. */
const proofSeconds = 600
const timeoutSeconds = 6

/**
 * A provider for `accounts({ providers: [openIdProvider({ … })] })`. Asks it for nothing before the
 * first person wants to sign in with it.
 * @throws Misconfiguration for options that are wrong.
 */
export function openIdProvider(given: OpenIdOptions): OpenIdProvider {
  const options = openIdOptions(given)
  const { id, name, issuer } = options
  const connection = createConnection(() => connect(options))
  let atWork = 0
  return Object.freeze({
    id,
    name,
    issuer,
    async begin(asked) {
      const connected = await connection.get(asked.now)
      if (connected.kind === 'unavailable') return connected
      return { kind: 'address', to: addressFor(connected.to, asked) }
    },
    async finish(answered) {
      const connected = await connection.get(answered.now)
      if (connected.kind === 'unavailable') return connected
      if (atWork >= mostAtOnce) return { kind: 'busy' }
      atWork += 1
      try {
        return await finish(connected.to, options, answered)
      } finally {
        atWork -= 1
      }
    },
  } satisfies OpenIdProvider)
}

async function connect({ issuer, clientId, clientSecret }: OpenIdOptions): Promise<Configuration> {
  const url = new URL(issuer)
  const insecure = url.protocol === 'http:' ? [allowInsecureRequests] : []
  try {
    const config = await discovery(url, clientId, {}, authentication(clientSecret), {
      [customFetch]: boundedFetch(url),
      timeout: timeoutSeconds,
      execute: [enableNonRepudiationChecks, ...insecure],
    })
    // The library takes some issuers for others that it knows to write themselves differently.
    const said = config.serverMetadata().issuer
    if (said !== issuer) throw new Unreachable('the metadata is of another issuer')
    // What a person would be led to: refused now rather than at the first of them.
    void new ProviderAddress(buildAuthorizationUrl(config, {}))
    return config
  } catch (error) {
    throw new Error(problemOf(error), { cause: error })
  }
}

/** `client_secret_basic` unless the provider names others without it (Discovery section 3). */
function authentication(secret: OpenIdOptions['clientSecret']): ClientAuth {
  return (server, ...rest) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    const isBasic = methods.includes('client_secret_basic')
    const way = isBasic ? ClientSecretBasic(secret.reveal()) : ClientSecretPost(secret.reveal())
    way(server, ...rest)
  }
}

/** What is asked for is who somebody is and their address, and no more (ASVS 10.2.3). */
function addressFor(config: Configuration, asked: Asked): ProviderAddress {
  const { state, nonce, codeChallenge, redirectUri, isProofDemanded } = asked
  const url = buildAuthorizationUrl(config, {
    scope: 'openid email',
    redirect_uri: redirectUri,
    state,
    nonce,
    code_challenge: codeChallenge,
    code_challenge_method: 'S256',
    ...(isProofDemanded ? { max_age: '0' } : {}),
  })
  return new ProviderAddress(url)
}

async function finish(
  config: Configuration,
  options: OpenIdOptions,
  answered: Answered,
): Promise<Finished> {
  try {
    const identity = await identify(config, options, answered)
    if (identity === undefined) return { kind: 'refused', problem: 'subject or azp' }
    return { kind: 'identity', identity }
  } catch (error) {
    if (isUnreachable(error)) return unavailable(problemOf(error))
    if (!isOfProvider(error)) throw error
    return { kind: 'refused', problem: problemOf(error) }
  }
}

async function identify(
  config: Configuration,
  options: OpenIdOptions,
  { redirectUri, code, state, iss, expected }: Answered,
): Promise<ProviderIdentity | undefined> {
  const url = new URL(redirectUri)
  url.search = new URLSearchParams({
    code,
    state,
    ...(iss === undefined ? {} : { iss }),
  }).toString()
  const tokens = await authorizationCodeGrant(config, url, {
    expectedState: expected.state,
    expectedNonce: expected.nonce,
    pkceCodeVerifier: expected.verifier,
    idTokenExpected: true,
    ...(expected.isProofDemanded ? { maxAge: proofSeconds } : {}),
  })
  const claims = tokens.claims()
  if (claims === undefined) return undefined
  const hasEndpoint = config.serverMetadata().userinfo_endpoint !== undefined
  const about =
    claims.email === undefined && hasEndpoint
      ? await fetchUserInfo(config, tokens.access_token, claims.sub)
      : claims
  return identityOf(options, claims, about)
}

function isOfProvider(error: unknown): boolean {
  return (
    error instanceof ClientError ||
    error instanceof ResponseBodyError ||
    // The provider does not know this site by its secret.
    error instanceof WWWAuthenticateChallengeError
  )
}

function isUnreachable(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof Unreachable) return true
    if (at instanceof ClientError && at.code === 'OAUTH_TIMEOUT') return true
  }
  return false
}

/** A code for the log: ours, or the library's; of a provider's words only a code's own alphabet. */
function problemOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof Unreachable) return at.message
    if (at instanceof ResponseBodyError) return `token endpoint: ${clipped(at.error)}`
    if (at instanceof ClientError && at.code !== undefined) return at.code
  }
  return error instanceof Error ? error.name : 'unknown'
}

function clipped(code: string): string {
  return code.replace(/[^a-z_]/g, '').slice(0, 40)
}
