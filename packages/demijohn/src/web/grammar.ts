/**
 * Character classes of HTTP (RFC 9110 section 5.6) as tables: a look-up per character, no
 * expression that could backtrack. Codes above 255 are in none of them.
 */

const letters = 'abcdefghijklmnopqrstuvwxyz'
const digits = '0123456789'

/** 1 for `tchar`: what names of headers, cookies and parameters are made of. */
export const tokenCharacters: Uint8Array = tableOfCharacters(
  `${letters}${letters.toUpperCase()}${digits}!#$%&'*+-.^_\`|~`,
)

/** 1 for what a field value may hold: HTAB, SP, VCHAR and obs-text. */
export const valueCharacters: Uint8Array = new Uint8Array(256).map((_, code) =>
  code === 0x09 || (code >= 0x20 && code !== 0x7f) ? 1 : 0,
)

/** 1 for printable ASCII without the space. */
export const visibleCharacters: Uint8Array = new Uint8Array(256).map((_, code) =>
  code > 0x20 && code < 0x7f ? 1 : 0,
)

/** A table that holds 1 for each of these characters, all below 256. */
export function tableOfCharacters(characters: string): Uint8Array {
  const table = new Uint8Array(256)
  for (const character of characters) table[character.charCodeAt(0)] = 1
  return table
}

/** Whether every character is in the table. True for empty text. */
export function consistsOf(text: string, table: Uint8Array): boolean {
  for (let i = 0; i < text.length; i += 1) {
    if (table[text.charCodeAt(i)] !== 1) return false
  }
  return true
}

/** Whether text is a token (RFC 9110 section 5.6.2). */
export function isToken(text: string): boolean {
  return text !== '' && consistsOf(text, tokenCharacters)
}

/** SP or HTAB: all the white space that HTTP knows. NBSP and its kin are not. */
export function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

/** Takes SP and HTAB off both ends, and nothing else, unlike `String.prototype.trim`. */
export function trimBlanks(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) start += 1
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1
  return start === 0 && end === text.length ? text : text.slice(start, end)
}
