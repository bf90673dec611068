/**
 * Reads Cookie and writes Set-Cookie (RFC 6265; RFC 6265bis for prefixes and bounds).
 *
 * Stops cookie tossing and look-alikes: a name that stands twice counts as absent, because nobody
 * can tell which of the two is ours; only SP and HTAB are trimmed, so a name that begins with NBSP
 * stays another name. Stops injection of attributes: everything written is validated first.
 * Every cookie written is HttpOnly and SameSite=Lax (ASVS 3.3.2, 3.3.4); Domain cannot be set at all.
 *
 * Does not sign, encrypt or decode values: they are random identifiers. Without the `__Host-`
 * prefix (plain-HTTP development) a neighbouring host can still replace a cookie.
 */
import { isBlank, isToken, trimBlanks } from './grammar.ts'

/** Chromium keeps 180 per site; an application here needs three or four. */
const maxCookies = 50

/**
 * Every cookie by its exact name. Names that stand twice, that are not tokens or that have no `=`
 * are left out, and so is every new name after the first 50. Linear in the header's length.
 */
export function parseCookies(header: string | undefined): ReadonlyMap<string, string> {
  const cookies = new Map<string, string | undefined>()
  if (header === undefined) return new Map()
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals === -1) continue
    const name = trimBlanks(pair.slice(0, equals))
    if (cookies.has(name)) cookies.set(name, undefined)
    else if (cookies.size < maxCookies && isToken(name)) {
      cookies.set(name, trimBlanks(pair.slice(equals + 1)))
    }
  }
  const single = new Map<string, string>()
  for (const [name, value] of cookies) {
    if (value !== undefined) single.set(name, value)
  }
  return single
}

/**
 * The value of one cookie, or undefined where it is absent or stands twice. Looks through the
 * whole header without building anything: what each request does. Linear in the header's length.
 */
export function readCookie(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined
  let found: string | undefined
  for (let at = header.indexOf(name); at !== -1; at = header.indexOf(name, at + name.length)) {
    const equals = skipBlanks(header, at + name.length)
    if (header.charCodeAt(equals) !== 0x3d || !startsPair(header, at)) continue
    if (found !== undefined) return undefined
    const end = header.indexOf(';', equals)
    found = trimBlanks(header.slice(equals + 1, end === -1 ? header.length : end))
  }
  return found
}

function skipBlanks(text: string, from: number): number {
  let at = from
  while (isBlank(text.charCodeAt(at))) at += 1
  return at
}

/** Whether only blanks stand between `at` and the `;` or the header's beginning before it. */
function startsPair(header: string, at: number): boolean {
  let before = at - 1
  while (before >= 0 && isBlank(header.charCodeAt(before))) before -= 1
  return before < 0 || header.charCodeAt(before) === 0x3b
}

export type Cookie = {
  /** A token. With `__Host-` in front, `secure` and the path `/` are demanded. */
  readonly name: string
  /** Characters of RFC 6265 `cookie-octet`: no blank, quote, comma, semicolon or backslash. */
  readonly value: string
  readonly secure: boolean
  /** At most 400 days (RFC 6265bis section 5.5). Without it the cookie ends with the browser. */
  readonly maxAgeSeconds?: number
  /** `/` when omitted. */
  readonly path?: string
}

const maxAgeBoundSeconds = 400 * 24 * 60 * 60
/** Browsers drop longer ones without a word (RFC 6265bis, ASVS 3.3.5). */
const maxCookieBytes = 4_096

const cookieOctets = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/
/** Printable ASCII without the semicolon, beginning with a slash. */
const pathShape = /^\/[\x21-\x3a\x3c-\x7e]*$/

/**
 * The value of a Set-Cookie header. Throws TypeError for anything a browser would reject or read
 * otherwise than it was meant; the message never holds the cookie's value.
 */
export function serialiseCookie(cookie: Cookie): string {
  const problem = findProblem(cookie)
  if (problem !== undefined) throw new TypeError(`cookie: ${problem}`)
  const path = cookie.path ?? '/'
  let text = `${cookie.name}=${cookie.value}; Path=${path}; HttpOnly; SameSite=Lax`
  if (cookie.secure) text += '; Secure'
  if (cookie.maxAgeSeconds !== undefined) text += `; Max-Age=${cookie.maxAgeSeconds}`
  return text
}

function findProblem({ name, value, secure, maxAgeSeconds, path }: Cookie): string | undefined {
  if (!isToken(name)) return 'the name is not a token'
  if (!cookieOctets.test(value)) return 'the value has characters that a cookie may not hold'
  if (name.length + value.length > maxCookieBytes) return 'name and value are over 4,096 bytes'
  if (path !== undefined && !pathShape.test(path)) return 'the path is malformed'
  if (maxAgeSeconds !== undefined && !isMaxAge(maxAgeSeconds)) {
    return 'maxAgeSeconds is not a whole number between 0 and 34,560,000'
  }
  return findPrefixProblem(name, secure, path)
}

function isMaxAge(seconds: number): boolean {
  return Number.isSafeInteger(seconds) && seconds >= 0 && seconds <= maxAgeBoundSeconds
}

/** Browsers know the prefixes in any case, our reading knows one spelling: so demand that one. */
function findPrefixProblem(
  name: string,
  secure: boolean,
  path: string | undefined,
): string | undefined {
  const lower = name.toLowerCase()
  for (const prefix of ['__Host-', '__Secure-']) {
    if (!lower.startsWith(prefix.toLowerCase())) continue
    if (!name.startsWith(prefix)) return `the prefix is written ${prefix}`
    if (!secure) return `${prefix} demands Secure`
    if (prefix === '__Host-' && path !== undefined && path !== '/') return '__Host- demands Path=/'
  }
  return undefined
}

/** The Set-Cookie that removes a cookie: same name, path and flags, no value, Max-Age=0. */
export function expireCookie(cookie: Omit<Cookie, 'value' | 'maxAgeSeconds'>): string {
  return serialiseCookie({ ...cookie, value: '', maxAgeSeconds: 0 })
}
