/**
 * The address of a request as a proof of possession names it: normalised by syntax and scheme (RFC
 * 3986 sections 6.2.2 and 6.2.3), without query and fragment (RFC 9449 section 4.3).
 */
import { consistsOf, visibleCharacters } from '../../web/grammar.ts'

const longestUri = 2048

/** Undefined for what is no plain absolute http or https address of printable ASCII. */
export function normaliseUri(text: string): string | undefined {
  if (text.length > longestUri || !consistsOf(text, visibleCharacters)) return undefined
  // URL reads a backslash as a slash, and an address without slashes as if they were there.
  if (!/^https?:\/\/[^/]/i.test(text) || text.includes('\\') || !URL.canParse(text))
    return undefined
  const { origin, pathname, username, password } = new URL(text)
  if (username !== '' || password !== '') return undefined
  return origin + pathname.replace(/%[0-9A-Fa-f]{2}/g, normaliseEscape)
}

/** RFC 3986 section 6.2.2.2: what needs no escape has none, others are in capitals. */
function normaliseEscape(escaped: string): string {
  const character = String.fromCharCode(Number.parseInt(escaped.slice(1), 16))
  return /[A-Za-z0-9._~-]/.test(character) ? character : escaped.toUpperCase()
}
