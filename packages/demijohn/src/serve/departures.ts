/**
 * Answers on their way out, until the kernel has taken their last byte.
 *
 * Stops: clients that ask and then do not read (CWE-770): their answers would stay in memory for as
 * long as they like, since neither the timeouts of `node:http` nor a keep-alive timeout run while
 * bytes wait. Large answers are handed over in pieces, so that a trickle is no progress either.
 *
 * Does not stop: a client that takes each piece just in time, 64 KiB in half a minute; one that
 * never reads what the kernel already holds, which is bounded by the kernel and not by us.
 */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** So much has to be taken within one write timeout. As much as a kernel takes at once anyway. */
const pieceBytes = 64 * 1024

type Departure = { answers: number; readonly timer: NodeJS.Timeout; readonly over: () => void }

export class Departures {
  readonly #writeTimeoutMilliseconds: number
  readonly #bySocket = new Map<Socket, Departure>()
  readonly #waiting = new Set<() => void>()

  constructor(writeTimeoutMilliseconds: number) {
    this.#writeTimeoutMilliseconds = writeTimeoutMilliseconds
  }

  /** Answers that were given and have bytes left in this process. */
  get count(): number {
    let count = 0
    for (const { answers } of this.#bySocket.values()) count += answers
    return count
  }

  /** Resolves once every answer that was given has left, or its connection is over. */
  none(): Promise<void> {
    if (this.#bySocket.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.add(resolve))
  }

  /** Ends a response whose head is written; `bytes` is the length of its body. */
  end(response: ServerResponse, body: string | Uint8Array, bytes: number): void {
    if (bytes > pieceBytes) this.#endInPieces(response, body)
    else {
      response.end(body)
      // Most answers are with the kernel by now, and cost nothing more. Without a socket it stands
      // behind an earlier answer of its connection.
      if (response.socket?.writableLength !== 0) this.watch(response)
    }
  }

  #endInPieces(response: ServerResponse, body: string | Uint8Array): void {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    const { timer } = this.watch(response)
    let at = 0
    const next = (error?: Error | null): void => {
      // The connection is over, and whoever watches it knows.
      if (error) return
      timer.refresh()
      const piece = bytes.subarray(at, at + pieceBytes)
      at += pieceBytes
      if (at < bytes.length) response.write(piece, next)
      else response.end(piece)
    }
    next()
  }

  /** Counts a response until it has left; destroys its connection when nothing is taken in time. */
  watch(response: ServerResponse): Departure {
    const { socket } = response.req
    const departure = this.#bySocket.get(socket) ?? this.#begin(socket)
    departure.answers += 1
    response.once('finish', () => {
      departure.answers -= 1
      if (departure.answers === 0) departure.over()
      else departure.timer.refresh()
    })
    return departure
  }

  #begin(socket: Socket): Departure {
    const timer = setTimeout(() => {
      // Nothing waits: an earlier answer of this connection is still being made.
      if (socket.writableLength === 0 && !socket.destroyed) timer.refresh()
      else socket.destroy()
    }, this.#writeTimeoutMilliseconds)
    const over = (): void => {
      clearTimeout(timer)
      socket.off('close', over)
      this.#bySocket.delete(socket)
      if (this.#bySocket.size > 0) return
      for (const resolve of this.#waiting) resolve()
      this.#waiting.clear()
    }
    const departure = { answers: 0, timer, over }
    this.#bySocket.set(socket, departure)
    // A connection that is already over gives no second `close`.
    if (socket.closed) over()
    else socket.once('close', over)
    return departure
  }
}
