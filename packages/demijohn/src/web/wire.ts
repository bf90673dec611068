/**
 * A request as it came off the wire, before anything was decided about it. `serve/` makes it from
 * a socket, `testing/` makes it in process: everything after sees no difference.
 */
export type WireRequest = {
  readonly method: string
  /** The request target as sent (RFC 9112 section 3.2), not decoded, not resolved. */
  readonly target: string
  /** `1.1` and the like. */
  readonly httpVersion: string
  /** Name, value, name, value …, in the order and case in which they were sent. */
  readonly rawHeaders: readonly string[]
  /** Address of the peer of the connection: a proxy's, where one stands in between. */
  readonly peerAddress: string
  /** Whether the connection itself is TLS. */
  readonly encrypted: boolean
  /** The body's bytes, to be iterated once at most. */
  readonly body: AsyncIterable<Uint8Array>
}

/** Request headers by lower-case name, each there once, values trimmed of SP and HTAB. */
export type HeaderMap = ReadonlyMap<string, string>

/** An answer ready for the wire. */
export type WireReply = {
  readonly status: number
  /** Name, value, name, value …: what `node:http` writes fastest, and repeats Set-Cookie. */
  readonly headers: readonly string[]
  readonly body: string | Uint8Array
}
