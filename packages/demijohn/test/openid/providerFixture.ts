/** A real provider of OpenID Connect, `oidc-provider`, on a free port of this machine. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Server as TlsServer } from 'node:https'
import Provider, { type Context } from 'oidc-provider'

export const clientId = 'the-site'
export const clientSecret = 'only between the site and its provider'

/** Somebody with an account at the provider. */
export type Resident = { readonly email?: string; readonly email_verified?: boolean }

export type RunningProvider = {
  /** `http://127.0.0.1:…` */
  readonly issuer: string
  /** By subject; tests add whom they need. */
  readonly residents: Map<string, Resident>
  /** Every request that came, as method and path. */
  readonly seen: string[]
  /** Who says yes to the next sign-in, in whatever browser; the page with a button where undefined. */
  signsIn: string | undefined
  readonly close: () => Promise<void>
}

type Options = {
  readonly redirectUris: readonly string[]
  /** Whether the address stands in the ID token, or is for the user info endpoint to say. */
  readonly emailInIdToken?: boolean
  readonly authMethod?: 'client_secret_basic' | 'client_secret_post'
}

export async function listenOnLoopback(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return `${server instanceof TlsServer ? 'https' : 'http'}://127.0.0.1:${address.port}`
}

export async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
}

export async function startProvider(options: Options): Promise<RunningProvider> {
  const server = createServer()
  const issuer = await listenOnLoopback(server)
  const residents = new Map<string, Resident>()
  const running: RunningProvider = {
    ...{ issuer, residents, seen: [], signsIn: undefined },
    close: () => closeServer(server),
  }
  const provider = new Provider(issuer, configuration(options, residents))
  const answer = provider.callback()
  server.on('request', (request, response) => {
    running.seen.push(`${request.method} ${new URL(request.url ?? '/', issuer).pathname}`)
    if (request.url?.startsWith('/interaction/') !== true) return answer(request, response)
    interact(provider, running, request, response).catch((error: unknown) => {
      response.statusCode = 500
      response.end(String(error))
    })
  })
  return running
}

function configuration(
  { redirectUris, emailInIdToken = false, authMethod = 'client_secret_basic' }: Options,
  residents: RunningProvider['residents'],
): Readonly<Record<string, unknown>> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = { ...privateKey.export({ format: 'jwk' }), kid: 'first', use: 'sig', alg: 'RS256' }
  return {
    clients: [
      {
        ...{ client_id: clientId, client_secret: clientSecret, redirect_uris: redirectUris },
        token_endpoint_auth_method: authMethod,
      },
    ],
    clientAuthMethods: [authMethod],
    jwks: { keys: [key] },
    cookies: { keys: ['a key for the cookies of the tests'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: !emailInIdToken,
    features: { devInteractions: { enabled: false } },
    pkce: { required: () => true },
    interactions: { url: (_: unknown, { uid }: { readonly uid: string }) => `/interaction/${uid}` },
    findAccount: (_: unknown, accountId: string) => {
      const resident = residents.get(accountId)
      return resident && { accountId, claims: () => ({ sub: accountId, ...resident }) }
    },
    loadExistingGrant: async ({ oidc }: Context) => {
      const facts = { clientId: oidc.client.clientId, accountId: oidc.session.accountId }
      const grant = new oidc.provider.Grant(facts)
      grant.addOIDCScope('openid email')
      await grant.save()
      return grant
    },
    ttl: { Session: 3600, Interaction: 600, Grant: 600, AccessToken: 600, IdToken: 600 },
  }
}

async function interact(
  provider: Provider,
  running: RunningProvider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { uid } = await provider.interactionDetails(request, response)
  const url = new URL(request.url ?? '/', running.issuer)
  if (url.searchParams.has('cancel')) {
    const result = { error: 'access_denied', error_description: 'End-User said no' }
    return provider.interactionFinished(request, response, result)
  }
  const accountId = url.searchParams.get('as') ?? running.signsIn
  if (accountId !== undefined) {
    const result = { login: { accountId, ts: Math.floor(Date.now() / 1000) } }
    return provider.interactionFinished(request, response, result)
  }
  const people = [...running.residents.keys()]
  const links = people.map(
    (one) => `<p><a href="/interaction/${uid}?as=${one}">I am ${one}</a></p>`,
  )
  response.setHeader('content-type', 'text/html; charset=utf-8')
  response.end(
    `<!doctype html><html lang="en"><title>Provider</title><h1>Who are you?</h1>${links.join('')}<p><a href="/interaction/${uid}?cancel=1">Cancel</a></p></html>`,
  )
}

/** A browser at the provider: follows it until it leads back to the site, and says where to. */
export function providerBrowser(issuer: string) {
  const cookies = new Map<string, string>()
  return {
    cookies,
    async visit(address: string): Promise<URL> {
      let at = new URL(address)
      for (let hops = 0; hops < 10 && at.origin === issuer; hops += 1) {
        const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
        const reply = await fetch(at, { redirect: 'manual', headers: { cookie } })
        for (const line of reply.headers.getSetCookie()) {
          const [pair = ''] = line.split(';')
          const [name = '', value = ''] = pair.split(/=(.*)/s)
          cookies.set(name, value)
        }
        const text = await reply.text()
        const location = reply.headers.get('location')
        assert.ok(
          location !== null,
          `${at.pathname} answered ${reply.status}: ${text.slice(0, 300)}`,
        )
        at = new URL(location, at)
      }
      return at
    },
  }
}
