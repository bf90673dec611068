const shape = /^[\u0021\u0023-\u005b\u005d-\u007e]+$/

/** A scope token (RFC 6749 section 3.3): printable ASCII without blank, quote and backslash. */
export function isScopeName(text: string): boolean {
  return shape.test(text)
}
