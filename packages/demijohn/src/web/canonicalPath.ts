/**
 * Gives a request target one meaning (ASVS 1.1.1, 1.5.3).
 *
 * Stops router, guard, limiter and file server from reading one address in two ways: encoded
 * slashes and backslashes, doubled slashes, dot segments, double encoding, control characters,
 * malformed UTF-8 (RFC 3986 sections 2 and 3.3, RFC 3629 section 3). What could be read in two
 * ways is refused, never repaired. `/%61dmin` and `/admin` are the same path by RFC 3986 section
 * 6.2.2.2, so both give `/admin`, and with it the same route and the same verdict.
 *
 * Does not normalise Unicode, letter case, trailing slashes or `;`: those spell other paths here
 * and find no route. A decoded path may hold `?` and `#` (from `%3F`, `%23`), so it has to be
 * encoded anew before it is put into an address.
 */
import type { RefusalCode } from '../core/refusals.ts'
import { consistsOf, tableOfCharacters } from './grammar.ts'

export type Target = {
  /** Decoded once. Begins with `/`; holds no empty, `.` or `..` segment and no `\`. */
  readonly path: string
  /** What stood after the first `?`, still encoded, in printable ASCII; empty without one. */
  readonly rawQuery: string
}

const maxPathCharacters = 2_048
const maxTargetCharacters = 8_192

const slash = 0x2f
const dot = 0x2e
const percent = 0x25

/** 1 for what may stand in a path as it is: pchar of RFC 3986, and `[ ] ^ |`, which browsers send raw. */
const inPath = tableOf("/%-._~!$&'()*+,;=:@[]^|")
/** 1 for what may stand in a query as it is: printable ASCII without `#`. */
const inQuery = tableOf('!"$%&\'()*+,-./:;<=>?@[\\]^_`{|}~')

function tableOf(punctuation: string): Uint8Array {
  const letters = 'abcdefghijklmnopqrstuvwxyz'
  return tableOfCharacters(`${letters}${letters.toUpperCase()}0123456789${punctuation}`)
}

/**
 * Reads a request target in origin-form (RFC 9112 section 3.2.1).
 *
 * Gives a refusal's code instead: `request.target` for another form or stray characters in the
 * query, `request.target-too-long` over 2,048 characters of path or 8,192 in all, and
 * `request.path-ambiguous` for whatever another reader might take for another path.
 */
export function parseTarget(target: string): Target | RefusalCode {
  if (target.length > maxTargetCharacters) return 'request.target-too-long'
  if (target.charCodeAt(0) !== slash) return 'request.target'
  const question = target.indexOf('?')
  const rawPath = question === -1 ? target : target.slice(0, question)
  if (rawPath.length > maxPathCharacters) return 'request.target-too-long'
  const path = canonical(rawPath)
  if (path === undefined) return 'request.path-ambiguous'
  const rawQuery = question === -1 ? '' : target.slice(question + 1)
  return consistsOf(rawQuery, inQuery) ? { path, rawQuery } : 'request.target'
}

function canonical(rawPath: string): string | undefined {
  if (!consistsOf(rawPath, inPath) || hasOddSegment(rawPath)) return undefined
  return rawPath.includes('%') ? decode(rawPath) : rawPath
}

/** Whether a segment is `.` or `..`, or empty without being the last. */
function hasOddSegment(path: string): boolean {
  let start = 1
  for (let i = 1; i <= path.length; i += 1) {
    if (i < path.length && path.charCodeAt(i) !== slash) continue
    const length = i - start
    if (length === 0 && i < path.length) return true
    if (length === 1 && path.charCodeAt(start) === dot) return true
    if (length === 2 && path.charCodeAt(start) === dot && path.charCodeAt(start + 1) === dot) {
      return true
    }
    start = i + 1
  }
  return false
}

function decode(rawPath: string): string | undefined {
  let path: string
  try {
    // Throws for a stray percent sign, overlong forms, surrogates and cut sequences (ECMA-262 19.2.6.2).
    path = decodeURIComponent(rawPath)
  } catch {
    return undefined
  }
  if (count(path, slash) !== count(rawPath, slash)) return undefined
  return hasForbidden(path) || hasOddSegment(path) ? undefined : path
}

function count(text: string, code: number): number {
  let found = 0
  for (let i = 0; i < text.length; i += 1) {
    if (text.charCodeAt(i) === code) found += 1
  }
  return found
}

/** Backslashes, control characters (C0, DEL, C1) and what a second decoding would change. */
function hasForbidden(path: string): boolean {
  for (let i = 0; i < path.length; i += 1) {
    const code = path.charCodeAt(i)
    if (code < 0x20 || code === 0x5c || (code >= 0x7f && code <= 0x9f)) return true
    if (code === percent && isHex(path.charCodeAt(i + 1)) && isHex(path.charCodeAt(i + 2))) {
      return true
    }
  }
  return false
}

function isHex(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x66)
}
