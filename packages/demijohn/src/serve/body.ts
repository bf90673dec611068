/** The body of a request, as the application reads it. */
import type { IncomingMessage, ServerResponse } from 'node:http'

/** The request's bytes; the permission to send them (100 Continue) is given when reading begins. */
export class Body implements AsyncIterable<Uint8Array> {
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #maxDroppedBytes: number

  constructor(request: IncomingMessage, response: ServerResponse, maxDroppedBytes: number) {
    this.#request = request
    this.#response = response
    this.#maxDroppedBytes = maxDroppedBytes
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    if (this.#request.headers.expect !== undefined) this.#response.writeContinue()
    // A reader that stops at its limit must not take the socket down: the refusal has to be sent.
    return this.#request.iterator({ destroyOnReturn: false })
  }

  /** Whether bytes remain that are not worth reading only to drop them. */
  isTooLongToDrop(): boolean {
    if (this.#request.complete || !announcesBody(this.#request.rawHeaders)) return false
    const { 'content-length': length, 'transfer-encoding': coding, expect } = this.#request.headers
    return coding !== undefined || expect !== undefined || Number(length) > this.#maxDroppedBytes
  }
}

/** Without `request.headers`, whose parsing most requests never need. */
function announcesBody(rawHeaders: readonly string[]): boolean {
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    if (name.length !== 14 && name.length !== 17) continue
    const lower = name.toLowerCase()
    if (lower === 'content-length' || lower === 'transfer-encoding') return true
  }
  return false
}
