/**
 * The socket's side: from `node:http` to a `WireRequest`, and back.
 *
 * Stops: slow headers, slow bodies, slow readers (`departures`), idle connections held open, header
 * floods; bodies sent to a request that is refused anyway (100-continue is only answered when
 * somebody reads). Parsing is Node's (llhttp, strict); what Node accepts and we do not is refused by `web/hygiene`.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net'
import type { TrustedNetworks } from '../web/client.ts'
import type { WireReply, WireRequest } from '../web/wire.ts'
import { Body } from './body.ts'
import { Connections } from './connections.ts'
import { Departures } from './departures.ts'

export type ListenOptions = {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** How long a stop waits for requests that were taken on, in milliseconds. */
  readonly stopWithinMilliseconds?: number
  /** Peers that may have any number of connections: proxies. */
  readonly unlimited?: TrustedNetworks
  /** Other limits than `serverLimits`, for tests that cannot wait for them. */
  readonly limits?: Partial<ServerLimits>
}

/** What answers: the application. */
export type Answering = {
  readonly handle: (wire: WireRequest) => WireReply | Promise<WireReply>
  /** The answer to what could not even be parsed: 400, 408 or 431, with the full header set. */
  readonly unparsable: (status: 400 | 408 | 431, peerAddress: string) => WireReply
  /** Called once when stopping begins, so that new work is refused. */
  readonly stopping: () => void
}

export type Listening = {
  readonly address: AddressInfo
  /** Stops taking requests, finishes those that were taken on, closes every connection. */
  readonly stop: () => Promise<void>
  /** Answers that were given and whose bytes have not all left. */
  readonly leaving: () => number
}

/** Server limits, in one place; `docs/limits.md` lists them. */
export const serverLimits = Object.freeze({
  maxHeaderBytes: 16 * 1024,
  headersTimeoutMilliseconds: 10_000,
  requestTimeoutMilliseconds: 30_000,
  keepAliveTimeoutMilliseconds: 5_000,
  connectionsCheckingIntervalMilliseconds: 2_000,
  maxConnections: 10_000,
  maxConnectionsPerClient: 256,
  /** Within this a client has to take the next 64 KiB of its answer, or what is left of it. */
  writeTimeoutMilliseconds: 30_000,
  /** An unread body up to this size is read and dropped so that the connection can be kept. */
  maxDroppedBodyBytes: 64 * 1024,
  /** How long a closing connection is still read from, so that the refusal arrives. */
  lingerMilliseconds: 1_000,
})

export type ServerLimits = { readonly [Name in keyof typeof serverLimits]: number }

/** Starts to listen. Rejects with the system's error: EADDRINUSE, EACCES. */
export function listen(answering: Answering, options: ListenOptions): Promise<Listening> {
  const limits: ServerLimits = { ...serverLimits, ...options.limits }
  const server = createServer({
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: limits.headersTimeoutMilliseconds,
    requestTimeout: limits.requestTimeoutMilliseconds,
    keepAliveTimeout: limits.keepAliveTimeoutMilliseconds,
    connectionsCheckingInterval: limits.connectionsCheckingIntervalMilliseconds,
    insecureHTTPParser: false,
    // Hygiene refuses a missing Host itself, with the full set of headers.
    requireHostHeader: false,
  })
  server.maxConnections = limits.maxConnections
  const connections = new Connections(limits.maxConnectionsPerClient, options.unlimited ?? [])
  server.prependListener('connection', (socket: Socket) => connections.admit(socket))
  const departures = new Departures(limits.writeTimeoutMilliseconds)
  const state: State = { stopping: false, limits, departures }

  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    respond(answering, request, response, state)
  }
  server.on('request', onRequest)
  server.on('checkContinue', onRequest)
  // Hygiene refuses every other expectation, in one place with those that Node does not notice.
  server.on('checkExpectation', onRequest)
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    refuseSocket(answering, error, socket, limits)
  })

  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => {
      server.off('error', reject)
      const address = server.address()
      if (address === null || typeof address === 'string') {
        reject(new TypeError('listen: the server has no network address'))
        return
      }
      const withinMilliseconds = options.stopWithinMilliseconds ?? 10_000
      resolve({
        address,
        stop: () => stop(server, answering, state, withinMilliseconds),
        leaving: () => departures.count,
      })
    })
  })
}

type State = {
  stopping: boolean
  readonly limits: ServerLimits
  readonly departures: Departures
}

/** The answer to the request that arrived last on a connection. */
const newestAnswers = new WeakMap<Socket, ServerResponse>()

/** Their last answer is written: what still comes may be a body (RFC 9112 section 9.6). */
const closing = new WeakSet<Socket>()

function respond(
  answering: Answering,
  request: IncomingMessage,
  response: ServerResponse,
  state: State,
): void {
  if (closing.has(request.socket)) return
  newestAnswers.set(request.socket, response)
  const body = new Body(request, response, state.limits.maxDroppedBodyBytes)
  const head = request.method === 'HEAD'
  const reply = answering.handle({
    method: request.method ?? '',
    target: request.url ?? '',
    httpVersion: request.httpVersion,
    rawHeaders: request.rawHeaders,
    peerAddress: request.socket.remoteAddress ?? '',
    encrypted: 'encrypted' in request.socket,
    body,
  })
  const send = (ready: WireReply): void => {
    // Bytes after a malformed request are not believed any further.
    const close = state.stopping || ready.status === 400 || body.isTooLongToDrop()
    write(response, ready, { head, close }, state)
  }
  if (!(reply instanceof Promise)) send(reply)
  // `handle` answers every fault itself; should that fail, nothing true can be said but a reset.
  else reply.then(send).catch(() => request.socket.destroy())
}

function write(
  response: ServerResponse,
  reply: WireReply,
  how: { readonly head: boolean; readonly close: boolean },
  { limits, departures }: State,
): void {
  if (response.destroyed) return
  const length =
    typeof reply.body === 'string' ? Buffer.byteLength(reply.body) : reply.body.byteLength
  // 204 and 304 have no body, so no length of one (RFC 9110 sections 8.6, 15.4.5).
  const bodiless = reply.status === 304 || reply.status === 204
  const headers = bodiless
    ? [...reply.headers]
    : [...reply.headers, 'Content-Length', String(length)]
  if (how.close) {
    headers.push('Connection', 'close')
    closing.add(response.req.socket)
  }
  response.writeHead(reply.status, headers)
  if (how.head || bodiless) departures.end(response, '', 0)
  else if (how.close && !response.req.complete) {
    departures.watch(response)
    linger(response, reply.body, limits)
  } else departures.end(response, reply.body, length)
}

/**
 * Sends the answer, then reads and drops for a moment before closing: to close with bytes unread
 * makes the kernel send a reset, which takes the answer away from a client that is still sending
 * (RFC 9112 section 9.6).
 */
function linger(
  response: ServerResponse,
  body: string | Uint8Array,
  { lingerMilliseconds }: ServerLimits,
): void {
  response.write(body)
  const end = (): void => {
    clearTimeout(timer)
    response.end()
  }
  const timer = setTimeout(end, lingerMilliseconds)
  response.req.once('end', end).once('close', end).resume()
}

function refuseSocket(
  answering: Answering,
  error: NodeJS.ErrnoException,
  socket: Socket,
  { lingerMilliseconds }: ServerLimits,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const newest = newestAnswers.get(socket)
  // A refusal now would be read as the answer to what is still at work, or stand behind an answer.
  if (newest?.writableFinished === false && (newest.req.complete || newest.headersSent)) {
    socket.destroySoon()
    return
  }
  const status =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? 431
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? 408
        : 400
  const reply = answering.unparsable(status, socket.remoteAddress ?? '')
  const lines = [`HTTP/1.1 ${status} Refused`]
  for (let at = 0; at + 1 < reply.headers.length; at += 2) {
    lines.push(`${reply.headers[at]}: ${reply.headers[at + 1]}`)
  }
  lines.push(`Content-Length: ${Buffer.byteLength(reply.body)}`, 'Connection: close', '', '')
  socket.end(lines.join('\r\n') + reply.body)
  // Its parser is gone, and with it every timeout of `node:http`.
  const timer = setTimeout(() => socket.destroy(), lingerMilliseconds)
  socket.once('close', () => clearTimeout(timer))
}

async function stop(
  server: Server,
  answering: Answering,
  state: State,
  withinMilliseconds: number,
): Promise<void> {
  state.stopping = true
  answering.stopping()
  // The close of `node:net`: that of `node:http` destroys every connection whose answer has been
  // given, whether its bytes have left or not.
  const closed = new Promise<void>((resolve) => {
    NetServer.prototype.close.call(server, () => resolve())
  })
  const timer = setTimeout(() => server.closeAllConnections(), withinMilliseconds)
  await state.departures.none()
  server.close()
  await closed
  clearTimeout(timer)
}
