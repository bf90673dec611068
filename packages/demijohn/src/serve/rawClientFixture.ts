/** A client that sends exactly the bytes it is given: for tests of the socket's side. */
import { connect, type Socket } from 'node:net'

export type RawClient = {
  readonly socket: Socket
  readonly write: (bytes: string | Uint8Array) => void
  /** Everything received so far. */
  readonly received: () => string
  /** Resolves once what was received matches; rejects after `withinMilliseconds`. */
  readonly until: (shape: RegExp, withinMilliseconds?: number) => Promise<string>
  /** Resolves with everything received once the connection is over. */
  readonly closed: (withinMilliseconds?: number) => Promise<string>
}

/** Connects to a port of this machine. An error of the connection counts as its end. */
export function rawClient(port: number): RawClient {
  const socket = connect({ port, host: '127.0.0.1' })
  let text = ''
  let over = false
  const listeners = new Set<() => void>()
  const tell = (): void => {
    for (const listener of listeners) listener()
  }
  socket.setEncoding('latin1')
  socket.on('data', (chunk) => {
    text += String(chunk)
    tell()
  })
  socket.on('error', () => socket.destroy())
  socket.on('close', () => {
    over = true
    tell()
  })

  function wait(done: () => boolean, what: string, withinMilliseconds: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer)
        listeners.delete(check)
        settle()
      }
      const check = (): void => {
        if (done()) finish(() => resolve(text))
        else if (over) finish(() => reject(new Error(`closed before ${what}: ${text}`)))
      }
      const timer = setTimeout(
        () => finish(() => reject(new Error(`no ${what} in time: ${text}`))),
        withinMilliseconds,
      )
      listeners.add(check)
      check()
    })
  }

  return {
    socket,
    write: (bytes) => socket.write(bytes),
    received: () => text,
    until: (shape, within = 5_000) => wait(() => shape.test(text), String(shape), within),
    closed: (within = 5_000) => wait(() => over, 'end', within),
  }
}
