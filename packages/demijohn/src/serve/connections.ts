/**
 * How many connections one client has open.
 *
 * Stops one client from taking all that a server may have (ASVS 15.2.2). Behind a proxy every
 * connection is the proxy's: those are left alone, and the proxy counts.
 */
import type { Socket } from 'node:net'
import {
  clientKey,
  findClient,
  isWithin,
  parseNetworks,
  type TrustedNetworks,
} from '../web/client.ts'

/** This machine: a proxy on it, or somebody who looks at the site they work on. */
export const loopback = parseNetworks(['127.0.0.0/8', '::1'])

export class Connections {
  readonly #most: number
  readonly #unlimited: TrustedNetworks
  readonly #open = new Map<string, number>()

  constructor(most: number, unlimited: TrustedNetworks) {
    this.#most = most
    this.#unlimited = unlimited
  }

  /** Counts a connection until it closes, or closes it at once where the client has too many. */
  admit(socket: Socket): void {
    const peerAddress = socket.remoteAddress ?? ''
    const address = findClient({ peerAddress, forwardedFor: undefined, trustedProxies: [] })
    if (isWithin(address, this.#unlimited)) return
    const client = clientKey(address)
    const open = (this.#open.get(client) ?? 0) + 1
    if (open > this.#most) {
      // A reset keeps nothing in the kernel, where a close would.
      socket.resetAndDestroy()
      return
    }
    this.#open.set(client, open)
    socket.once('close', () => {
      const left = (this.#open.get(client) ?? 1) - 1
      if (left === 0) this.#open.delete(client)
      else this.#open.set(client, left)
    })
  }

  /** Clients that are counted at this moment. */
  get clients(): number {
    return this.#open.size
  }
}
