/** A server around any function, for tests of the socket's side. */
import type { TestContext } from 'node:test'
import type { WireReply, WireRequest } from '../web/wire.ts'
import { type Listening, type ListenOptions, listen } from './listen.ts'
import { type RawClient, rawClient } from './rawClientFixture.ts'

export const ok = (body: string | Uint8Array = 'ok'): WireReply => ({
  status: 200,
  headers: ['X-Full', 'set'],
  body,
})

export type Handle = (wire: WireRequest) => WireReply | Promise<WireReply>

export type Server = {
  readonly listening: Listening
  readonly connect: () => RawClient
  readonly unparsable: number[]
  readonly stoppings: () => number
}

/** Listens on a free port with this as the application, for as long as the test runs. */
export async function serve(
  context: TestContext,
  handle: Handle,
  options: Partial<ListenOptions> = {},
): Promise<Server> {
  const unparsable: number[] = []
  const clients: RawClient[] = []
  let stoppings = 0
  let stopping = false
  const listening = await listen(
    {
      handle: (wire) => (stopping ? { ...ok('stopping'), status: 503 } : handle(wire)),
      unparsable: (status) => {
        unparsable.push(status)
        return { status, headers: ['X-Full', 'set'], body: `refused ${status}` }
      },
      stopping: () => {
        stoppings += 1
        stopping = true
      },
    },
    { host: '127.0.0.1', port: 0, stopWithinMilliseconds: 300, ...options },
  )
  context.after(async () => {
    for (const { socket } of clients) socket.destroy()
    await listening.stop()
  })
  return {
    listening,
    unparsable,
    stoppings: () => stoppings,
    connect: () => {
      const client = rawClient(listening.address.port)
      clients.push(client)
      return client
    },
  }
}

/** Reads a body up to a size, and says how much it was. */
export async function readAll(
  wire: WireRequest,
  maxBytes = Number.POSITIVE_INFINITY,
): Promise<number> {
  let bytes = 0
  for await (const chunk of wire.body) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) break
  }
  return bytes
}

export const get = (path: string, ...more: readonly string[]): string =>
  [`GET ${path} HTTP/1.1`, 'Host: x', ...more, '', ''].join('\r\n')
export const post = (...headers: readonly string[]): string =>
  ['POST / HTTP/1.1', 'Host: x', ...headers, '', ''].join('\r\n')
