/**
 * Reads Content-Type once, so that what is validated is what is parsed.
 *
 * Stops a body from reaching a parser that its check did not mean: letter case, tabs, a leading
 * blank or trailing junk made other frameworks skip validation. RFC 9110 section 8.3.1, on the
 * narrow side: around `;` only spaces, no empty parameter, no parameter twice. What does not fit is
 * undefined, to be answered with 415. One pass, no expression that backtracks.
 *
 * Does not look at the body; a type is a claim.
 */
import { isToken, tokenCharacters } from './grammar.ts'

export type MediaType = {
  /** `type/subtype` in lower case. */
  readonly type: string
  /** By lower-case name. `charset` is in lower case (RFC 9110 section 8.3.2), others as sent. */
  readonly parameters: ReadonlyMap<string, string>
}

const maxCharacters = 256
const noParameters: ReadonlyMap<string, string> = new Map()

const semicolon = 0x3b
const space = 0x20
const quote = 0x22
const backslash = 0x5c

export function parseMediaType(value: string | undefined): MediaType | undefined {
  if (value === undefined || value.length > maxCharacters) return undefined
  const slash = value.indexOf('/')
  const end = endOfToken(value, slash + 1)
  if (slash < 1 || end === slash + 1 || !isToken(value.slice(0, slash))) return undefined
  const parameters = end === value.length ? noParameters : readParameters(value, end)
  return parameters && { type: value.slice(0, end).toLowerCase(), parameters }
}

function endOfToken(text: string, from: number): number {
  let at = from
  while (tokenCharacters[text.charCodeAt(at)] === 1) at += 1
  return at
}

function skipSpaces(text: string, from: number): number {
  let at = from
  while (text.charCodeAt(at) === space) at += 1
  return at
}

function readParameters(text: string, from: number): ReadonlyMap<string, string> | undefined {
  const parameters = new Map<string, string>()
  let at = from
  while (at < text.length) {
    at = skipSpaces(text, at)
    if (text.charCodeAt(at) !== semicolon) return undefined
    const start = skipSpaces(text, at + 1)
    const equals = endOfToken(text, start)
    if (equals === start || text.charAt(equals) !== '=') return undefined
    const name = text.slice(start, equals).toLowerCase()
    const read = readValue(text, equals + 1)
    if (read === undefined || parameters.has(name)) return undefined
    parameters.set(name, name === 'charset' ? read.value.toLowerCase() : read.value)
    at = read.end
  }
  return parameters
}

type Read = { readonly value: string; readonly end: number }

function readValue(text: string, from: number): Read | undefined {
  if (text.charCodeAt(from) === quote) return readQuoted(text, from + 1)
  const end = endOfToken(text, from)
  return end === from ? undefined : { value: text.slice(from, end), end }
}

/** `quoted-string` of RFC 9110 section 5.6.4, in printable ASCII. */
function readQuoted(text: string, from: number): Read | undefined {
  let value = ''
  for (let at = from; at < text.length; at += 1) {
    if (text.charCodeAt(at) === quote) return { value, end: at + 1 }
    if (text.charCodeAt(at) === backslash) at += 1
    const code = text.charCodeAt(at)
    if (!(code >= space && code < 0x7f)) return undefined
    value += text.charAt(at)
  }
  return undefined
}
