/**
 * Compares the Origin header with our own origin (RFC 6454 section 7, Fetch).
 *
 * Byte by byte: browsers serialise origins in one way, so whatever differs in case, port, trailing
 * slash, userinfo or number is another origin. `null`, which a sandboxed frame or a cross-origin
 * redirect sends, is another origin too. Decides nothing by itself: that is `defences/csrf`.
 */

/** `ownOrigin` is serialised as `new URL(…).origin` does. */
export function compareOrigin(
  originHeader: string | undefined,
  ownOrigin: string,
): 'absent' | 'match' | 'other' {
  if (originHeader === undefined) return 'absent'
  return originHeader === ownOrigin && ownOrigin !== 'null' ? 'match' : 'other'
}
