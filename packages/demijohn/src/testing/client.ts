/**
 * A browser's manners without a browser: keeps cookies, sends Origin and Fetch Metadata, finds the
 * form on the page and sends its token with it. In process: no socket, the whole pipeline.
 */
import type { WireReply, WireRequest } from '../web/wire.ts'
import { type FoundForm, findForms } from './forms.ts'

export type Handle = (wire: WireRequest) => WireReply | Promise<WireReply>

export type TestReply = {
  readonly status: number
  readonly text: string
  /** Values of a header, in order; none is an empty list. */
  readonly headers: (name: string) => readonly string[]
  readonly header: (name: string) => string | undefined
  readonly location: string | undefined
  readonly forms: readonly FoundForm[]
}

export type RawRequest = {
  readonly method?: string
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly peerAddress?: string
  readonly httpVersion?: string
}

export type TestClient = {
  readonly cookies: Map<string, string>
  readonly get: (path: string) => Promise<TestReply>
  /**
   * Opens the page (`from`, or the path itself), fills in its form that leads to `path`, and sends
   * it. Throws when the page has no such form, or the form no such field.
   */
  readonly post: (
    path: string,
    values?: Readonly<Record<string, string>>,
    options?: { readonly from?: string },
  ) => Promise<TestReply>
  /** Follows a redirect that stays on the site. */
  readonly follow: (reply: TestReply) => Promise<TestReply>
  /** Sends exactly this, with the client's cookies and nothing else added. */
  readonly send: (request: RawRequest) => Promise<TestReply>
}

export function testClient(
  handle: Handle,
  options: { readonly origin: string; readonly peerAddress?: string },
): TestClient {
  const cookies = new Map<string, string>()
  const host = new URL(options.origin).host

  async function send(request: RawRequest): Promise<TestReply> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { host, ...(cookie === '' ? {} : { cookie }), ...request.headers }
    const body = typeof request.body === 'string' ? Buffer.from(request.body) : request.body
    const reply = await handle({
      method: request.method ?? 'GET',
      target: request.target,
      httpVersion: request.httpVersion ?? '1.1',
      rawHeaders: [
        ...Object.entries(headers).flat(),
        ...(body === undefined ? [] : ['content-length', String(body.byteLength)]),
      ],
      peerAddress: request.peerAddress ?? options.peerAddress ?? '127.0.0.1',
      encrypted: options.origin.startsWith('https:'),
      body: bytes(body),
    })
    keepCookies(cookies, reply)
    return readReply(reply, request.target)
  }

  const navigation = {
    accept: 'text/html',
    'sec-fetch-site': 'same-origin',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
  }
  const get = (path: string): Promise<TestReply> => send({ target: path, headers: navigation })

  return {
    cookies,
    send,
    get,
    async post(path, values = {}, where = {}) {
      const from = where.from ?? path
      const opened = await get(from)
      const form = opened.forms.find((one) => one.method === 'post' && one.action === path)
      if (form === undefined) {
        throw new Error(
          `${from} answered ${opened.status} and has no POST form for ${path}; name the page with { from }`,
        )
      }
      const filled = new URLSearchParams([...form.values])
      for (const [name, value] of Object.entries(values)) {
        if (!form.names.has(name)) throw new Error(`the form for ${path} has no field ${name}`)
        filled.set(name, value)
      }
      return send({
        method: 'POST',
        target: path,
        headers: {
          ...navigation,
          origin: options.origin,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: filled.toString(),
      })
    },
    follow(reply) {
      if (reply.location === undefined)
        throw new Error(`there is nothing to follow: status ${reply.status}`)
      return get(reply.location)
    },
  }
}

async function* bytes(body: Uint8Array | undefined): AsyncGenerator<Uint8Array> {
  if (body !== undefined) yield body
}

function readReply(reply: WireReply, target: string): TestReply {
  const headers = (name: string): readonly string[] =>
    reply.headers.filter(
      (_, at) => at % 2 === 1 && reply.headers[at - 1]?.toLowerCase() === name.toLowerCase(),
    )
  const text =
    typeof reply.body === 'string' ? reply.body : Buffer.from(reply.body).toString('utf8')
  return {
    status: reply.status,
    text,
    headers,
    header: (name) => headers(name)[0],
    location: headers('location')[0],
    get forms() {
      return findForms(text, target)
    },
  }
}

function keepCookies(cookies: Map<string, string>, reply: WireReply): void {
  for (let at = 0; at + 1 < reply.headers.length; at += 2) {
    if (reply.headers[at]?.toLowerCase() !== 'set-cookie') continue
    const [pair = '', ...attributes] = (reply.headers[at + 1] ?? '').split('; ')
    const equals = pair.indexOf('=')
    const name = pair.slice(0, equals)
    if (attributes.includes('Max-Age=0')) cookies.delete(name)
    else cookies.set(name, pair.slice(equals + 1))
  }
}
