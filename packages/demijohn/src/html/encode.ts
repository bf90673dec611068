/**
 * The encoders: text in, characters out that cannot end the place they stand in.
 *
 * Stops cross-site scripting by markup in a value (ASVS 1.2.1), by the scheme or structure of an
 * address (ASVS 1.2.2) and by JSON inside a script element (ASVS 1.2.3). What browsers do with each
 * character: WHATWG HTML section 13.2.5 (tokenization), WHATWG URL section 4.4 (parsing).
 *
 * Does not stop a harmless-looking https link to a harmful site.
 */

/** Stands in place of an address that was refused. A fragment: it leads nowhere and runs nothing. */
export const refusedUrl = '#refused'

/** U+FFFD percent-encoded: stands for what would change the structure of a path. */
const replacedSegment = '%EF%BF%BD'

const special = /[&<>"'\0\ud800-\udfff]/
const specials = /[&<>"'\0]/g

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '\0': '\ufffd',
}

function entity(character: string): string {
  return entities[character] ?? ''
}

/**
 * Escapes for text, for textarea and title, and for attribute values in either quote. One encoder
 * for all of them, so that a wrong guess about which of them it is costs nothing.
 * NUL and lone surrogates become U+FFFD.
 */
export function escapeMarkup(text: string): string {
  return special.test(text) ? text.toWellFormed().replace(specials, entity) : text
}

const plainComponent = /^[A-Za-z0-9_-]+$/

/** Percent-encodes as one component (RFC 3986 section 2), so that no delimiter is left in it. */
export function encodeComponent(text: string): string {
  if (plainComponent.test(text)) return text
  return encodeURIComponent(text.toWellFormed()).replaceAll("'", '%27')
}

const onlyDots = /^\.+$/

/**
 * A component inside a path. A dot segment cannot be written there in any encoding (browsers take
 * `%2e%2e` for `..` too, WHATWG URL section 4.1), so dots alone become U+FFFD.
 */
export function encodeSegment(text: string): string {
  return onlyDots.test(text) ? replacedSegment : encodeComponent(text)
}

/** The segment right after the first slash: empty, it would make `//`, which names another host. */
export function encodeFirstSegment(text: string): string {
  return text === '' ? replacedSegment : encodeSegment(text)
}

/** An address or number after `mailto:` or `tel:`; `@` and `+` keep their meaning there. */
export function encodeOpaque(text: string): string {
  return encodeComponent(text).replaceAll('%40', '@').replaceAll('%2B', '+')
}

const settledStart = /^(?:\/|\?|#|https?:\/\/)/i
const firstSegment = /^[^/?#]*/
// What the URL parser ignores, and more: for the decision, being too strict is the safe side.
const ignoredCharacters = /[\0-\x20\x7f-\xa0\u00ad\u200b-\u200f\u2028\u2029\u2060\ufeff]/g
const allowedSchemes: ReadonlySet<string> = new Set(['http', 'https', 'mailto', 'tel'])

/** True for http, https, mailto, tel and relative addresses, whatever a browser strips first. */
export function isSafeUrl(url: string): boolean {
  if (settledStart.test(url)) return true
  const first = firstSegment.exec(url.replace(ignoredCharacters, ''))?.[0] ?? ''
  const colon = first.indexOf(':')
  return colon === -1 || allowedSchemes.has(first.slice(0, colon).toLowerCase())
}

const strippedEnds = /^[\0-\x20]+|(?<![\0-\x20])[\0-\x20]+$/g
const strippedAnywhere = /[\t\n\r]/g
const control = /[\0-\x1f]/

/** Takes away what a browser takes away before parsing (WHATWG URL section 4.4, steps 1 to 3). */
export function stripUrl(url: string): string {
  const ends = url.charCodeAt(0) <= 0x20 || url.charCodeAt(url.length - 1) <= 0x20
  const trimmed = ends ? url.replace(strippedEnds, '') : url
  return control.test(trimmed) ? trimmed.replace(strippedAnywhere, '') : trimmed
}

/** A whole address, escaped; `#refused` where its scheme is not one of ours. */
export function encodeUrl(text: string): string {
  const url = stripUrl(text)
  return isSafeUrl(url) ? escapeMarkup(url) : refusedUrl
}

const localPath = /^\/(?![/\\])[^\\\0-\x1f\x7f]*$/

/** A path on this origin, escaped; `#refused` for `//host`, `/\host`, schemes and controls. */
export function encodeLocalUrl(text: string): string {
  return localPath.test(text) ? escapeMarkup(text) : refusedUrl
}

/** As `encodeLocalUrl`, where the template goes on with a slash: `/` would then become `//`. */
export function encodeLocalBase(text: string): string {
  return text === '/' || text === '' ? text.slice(1) : encodeLocalUrl(text)
}

const jsonSpecials = /[<>&\u2028\u2029]/g

/**
 * JSON that cannot leave a script element: `<`, `>`, `&`, U+2028 and U+2029 are written as `\uXXXX`,
 * which only occur inside JSON strings, where that means the same (RFC 8259 section 7).
 */
export function jsonForScript(value: unknown): string {
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) throw new TypeError('json(): this value has no JSON form')
  return text.replace(
    jsonSpecials,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
