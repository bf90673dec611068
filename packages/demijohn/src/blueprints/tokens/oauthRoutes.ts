/** The routes of `oauth.ts`, and what a client reads to find them (RFC 8414, RFC 7517). */
import { proofAlgorithms } from '../../defences/tokens/dpop.ts'
import { hidden } from '../../html/fields.ts'
import type { Program } from '../../pipeline/api/program.ts'
import { anyone } from '../../pipeline/kit.ts'
import type { RouteRecord } from '../../pipeline/route.ts'
import type { TokensContext } from './context.ts'
import { deviceAuthorization, deviceGrantType, issueTokens, revoke } from './oauth.ts'

const paths = {
  device: '/oauth/device_authorization',
  token: '/oauth/token',
  revoke: '/oauth/revoke',
  keys: '/oauth/jwks.json',
  metadata: '/.well-known/oauth-authorization-server',
} as const

export function oauthRoutes(context: TokensContext): readonly RouteRecord[] {
  return [
    posted(paths.device, {
      names: ['client_id', 'scope'],
      limit: '60 per hour',
      program: (facts) => deviceAuthorization(context, facts),
    }),
    posted(paths.token, {
      names: [...['grant_type', 'client_id', 'device_code', 'refresh_token', 'scope', 'resource']],
      // A device asks every five seconds, and several may stand behind one address.
      limit: '120 per minute',
      program: (facts) => issueTokens(context, facts),
    }),
    posted(paths.revoke, {
      names: ['token', 'token_type_hint', 'client_id'],
      limit: '60 per minute',
      program: revoke,
    }),
    read(paths.metadata, ({ tokens }) => ({
      kind: 'program',
      status: 200,
      value: metadata(context, tokens.issuer),
    })),
    ...keySetRoutes(context),
  ]
}

/** A secret is published nowhere, so there is no set of keys then. */
function keySetRoutes({ options }: TokensContext): readonly RouteRecord[] {
  if (options.algorithm === 'HS256') return []
  return [
    read(paths.keys, async ({ tokens }) => ({
      kind: 'program',
      status: 200,
      value: await tokens.keySet(),
    })),
  ]
}

/** RFC 8414 section 2. */
function metadata({ options, scopes }: TokensContext, issuer: string): object {
  return {
    issuer,
    token_endpoint: issuer + paths.token,
    device_authorization_endpoint: issuer + paths.device,
    revocation_endpoint: issuer + paths.revoke,
    ...(options.algorithm === 'HS256' ? {} : { jwks_uri: issuer + paths.keys }),
    scopes_supported: [...scopes.keys()],
    response_types_supported: [],
    grant_types_supported: [deviceGrantType, 'refresh_token'],
    token_endpoint_auth_methods_supported: ['none'],
    revocation_endpoint_auth_methods_supported: ['none'],
    dpop_signing_alg_values_supported: proofAlgorithms,
  }
}

const bare = {
  ...{ access: anyone, params: {}, query: {}, load: undefined, initial: undefined },
  ...{ page: undefined, handle: undefined, api: undefined },
} as const

function posted(
  path: string,
  {
    names,
    limit,
    program,
  }: { readonly names: readonly string[]; readonly limit: string; readonly program: Program },
): RouteRecord {
  // Names alone count: what they hold is judged where the answer has OAuth's form.
  const fields = Object.fromEntries(names.map((name) => [name, hidden({ max: 1 })]))
  return Object.freeze({
    ...{ ...bare, path, method: 'POST', credential: 'bearer', body: 'program-form' },
    ...{ fields, limits: [limit], program },
  } as const)
}

function read(path: string, program: Program): RouteRecord {
  return Object.freeze({
    ...{ ...bare, path, method: 'GET', credential: 'none', body: 'none' },
    ...{ fields: undefined, limits: [], program },
  } as const)
}
