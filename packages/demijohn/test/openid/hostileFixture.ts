/**
 * A provider that does what a real one does not: metadata, tokens and keys as a test says. Made by
 * hand, of `node:crypto` alone, so that what is refused is not what a library could not make.
 */
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Certificate } from '../mail/certificateFixture.ts'
import { clientId, closeServer, listenOnLoopback } from './providerFixture.ts'

type Json = Readonly<Record<string, unknown>>

export type Hostile = {
  readonly issuer: string
  /** What came, as method and path. */
  readonly seen: string[]
  /** The form that the token endpoint was sent last. */
  readonly sent: { form: URLSearchParams }
  /** Set by a test; whatever is left out is as it should be. */
  act: Acts
  readonly close: () => Promise<void>
}

export type Acts = {
  readonly metadata?: (honest: Json) => unknown
  readonly claims?: (honest: Json) => Json
  readonly header?: (honest: Json) => Json
  /** Instead of the signature by the published key. */
  readonly signature?: (input: string, keys: Keys) => string
  /** Instead of the whole token answer. */
  readonly tokens?: (honest: Json) => unknown
  readonly keys?: (honest: readonly Json[]) => unknown
  readonly userInfo?: Json
  /** Takes an answer over; true where it did. */
  readonly answer?: (request: IncomingMessage, response: ServerResponse) => boolean
}

export type Keys = {
  readonly own: KeyObject
  readonly stranger: KeyObject
  readonly ownPublic: KeyObject
}

const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 })

/** Over plain http, or over TLS with that certificate. */
export async function startHostile(certificate?: Certificate): Promise<Hostile> {
  const server = certificate === undefined ? createServer() : createTlsServer(certificate)
  const issuer = await listenOnLoopback(server)
  const own = rsa()
  const keys: Keys = { own: own.privateKey, ownPublic: own.publicKey, stranger: rsa().privateKey }
  const nonces = new Map<string, string>()
  const hostile: Hostile = {
    ...{ issuer, seen: [], sent: { form: new URLSearchParams() }, act: {} },
    close: () => closeServer(server),
  }
  server.on('request', (request, response) => {
    const url = new URL(request.url ?? '/', issuer)
    hostile.seen.push(`${request.method} ${url.pathname}`)
    if (hostile.act.answer?.(request, response) === true) return
    const reply = (body: unknown): void => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(body))
    }
    switch (url.pathname) {
      case '/.well-known/openid-configuration':
        return reply((hostile.act.metadata ?? same)(metadataOf(issuer)))
      case '/keys': {
        const published = own.publicKey.export({ format: 'jwk' })
        return reply({ keys: (hostile.act.keys ?? same)([{ ...published, kid: 'own' }]) })
      }
      case '/auth': {
        const code = String(nonces.size)
        nonces.set(code, url.searchParams.get('nonce') ?? '')
        const back = new URL(url.searchParams.get('redirect_uri') ?? issuer)
        back.searchParams.set('code', code)
        back.searchParams.set('state', url.searchParams.get('state') ?? '')
        response.writeHead(303, { location: back.href })
        return response.end()
      }
      case '/me':
        return reply(hostile.act.userInfo ?? { sub: 'ada' })
      default:
        readForm(request).then((form) => {
          hostile.sent.form = form
          const idToken = tokenOf(hostile, keys, nonces.get(form.get('code') ?? ''))
          const honest = { access_token: 'opaque', token_type: 'Bearer', id_token: idToken }
          reply((hostile.act.tokens ?? same)(honest))
        }, reply)
    }
  })
  return hostile
}

function same<T>(value: T): T {
  return value
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = ''
  for await (const part of request) text += String(part)
  return new URLSearchParams(text)
}

function metadataOf(issuer: string): Json {
  return {
    issuer,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/keys`,
    userinfo_endpoint: `${issuer}/me`,
    response_types_supported: ['code'],
    id_token_signing_alg_values_supported: ['RS256', 'none', 'HS256', 'ES256'],
  }
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

export function rs256(input: string, key: KeyObject): string {
  return sign('sha256', Buffer.from(input), key).toString('base64url')
}

export function hs256(input: string, key: string | Buffer): string {
  return createHmac('sha256', key).update(input).digest('base64url')
}

function tokenOf({ issuer, act }: Hostile, keys: Keys, nonce: string | undefined): string {
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    ...{ iss: issuer, aud: clientId, sub: 'ada', nonce, iat: now, exp: now + 300 },
    ...{ email: 'ada@site.example', email_verified: true },
  }
  const header = (act.header ?? same<Json>)({ alg: 'RS256', typ: 'JWT', kid: 'own' })
  const input = `${part(header)}.${part((act.claims ?? same<Json>)(claims))}`
  return `${input}.${act.signature?.(input, keys) ?? rs256(input, keys.own)}`
}
