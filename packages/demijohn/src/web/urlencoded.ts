/**
 * Reads `application/x-www-form-urlencoded` text: form bodies and queries (WHATWG URL section 5).
 *
 * Stops parameter pollution (a name sent twice means something else to each reader), prototype
 * pollution and nesting bombs: the result is flat, a Map, and `a[b]`, `a.b` are names like any
 * other. What `URLSearchParams` would repair (stray percent signs, malformed UTF-8) is refused.
 *
 * Does not know which fields exist: that is `defences/input`. Text is not normalised.
 */
import { type Refusal, refuse } from '../core/refusals.ts'
import { printableName } from './fieldName.ts'
import { consistsOf, visibleCharacters } from './grammar.ts'

export type UrlencodedLimits = {
  /** Empty pairs, as in `a=1&&b=2`, count. */
  readonly maxPairs: number
  /** Of the decoded name in UTF-8. */
  readonly maxNameBytes: number
  /** Of the decoded value in UTF-8. */
  readonly maxValueBytes: number
}

/** Names that mean the machinery of an object in some reader. No application may declare them. */
const forbiddenNames: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Gives each field's text by name, or a refusal that names the field: `input.duplicate-field`,
 * `input.unknown-field` for a forbidden name, `body.malformed`, `body.too-large`. Linear.
 */
export function parseUrlencoded(
  text: string,
  limits: UrlencodedLimits,
): ReadonlyMap<string, string> | Refusal {
  const fields = new Map<string, string>()
  // Browsers encode everything else, so raw blanks, controls and non-ASCII are nobody's form.
  if (!consistsOf(text, visibleCharacters)) {
    return refuse('body.malformed', { detail: 'not printable ASCII' })
  }
  let pairs = 0
  for (let start = 0; start < text.length; ) {
    const ampersand = text.indexOf('&', start)
    const end = ampersand === -1 ? text.length : ampersand
    pairs += 1
    if (pairs > limits.maxPairs) return refuse('body.too-large', { detail: 'too many fields' })
    const refusal = end === start ? undefined : readPair(text, start, end, limits, fields)
    if (refusal !== undefined) return refusal
    start = end + 1
  }
  return fields
}

function readPair(
  text: string,
  start: number,
  end: number,
  limits: UrlencodedLimits,
  fields: Map<string, string>,
): Refusal | undefined {
  const equals = text.indexOf('=', start)
  const nameEnd = equals === -1 || equals > end ? end : equals
  const name = decode(text.slice(start, nameEnd), limits.maxNameBytes)
  if (typeof name === 'number') return refusePart(name, text.slice(start, nameEnd))
  if (forbiddenNames.has(name)) return refuse('input.unknown-field', { field: name })
  if (fields.has(name)) return refuse('input.duplicate-field', { field: printableName(name) })
  const value = decode(text.slice(nameEnd + 1, Math.max(end, nameEnd + 1)), limits.maxValueBytes)
  if (typeof value === 'number') return refusePart(value, name)
  fields.set(name, value)
  return undefined
}

const malformed = 0
const tooLong = 1

function refusePart(problem: typeof malformed | typeof tooLong, name: string): Refusal {
  return refuse(problem === tooLong ? 'body.too-large' : 'body.malformed', {
    field: printableName(name),
  })
}

/** Three characters encode one byte at most: longer ones are refused without being decoded. */
function decode(raw: string, maxBytes: number): string | typeof malformed | typeof tooLong {
  if (raw.length > maxBytes * 3) return tooLong
  const text = raw.includes('+') ? raw.replaceAll('+', ' ') : raw
  const decoded = text.includes('%') ? decodePercent(text) : text
  if (decoded === undefined) return malformed
  // Encoded text is never shorter than its bytes, so short text needs no counting.
  if (raw.length > maxBytes && Buffer.byteLength(decoded) > maxBytes) return tooLong
  return decoded
}

function decodePercent(text: string): string | undefined {
  let decoded: string
  try {
    // Strict about percent signs and UTF-8, unlike URLSearchParams (ECMA-262 section 19.2.6.2).
    decoded = decodeURIComponent(text)
  } catch {
    return undefined
  }
  // No form control can send NUL, and what reads C strings would end there.
  return decoded.includes('\0') ? undefined : decoded
}
