/**
 * JSON objects of tokens and key sets: one reading for each text (RFC 8259, RFC 7493).
 *
 * Stops two readers of one token from seeing different members: a name that stands twice, bytes that
 * are not UTF-8, a byte order mark. Members come as a map, so that no name reaches a prototype.
 */
import { isUtf8 } from 'node:buffer'

export type Members = ReadonlyMap<string, unknown>

const mostLevels = 8

/** Undefined for what is no JSON object, has a member twice or is nested over 8 levels. */
export function readJsonObject(bytes: Uint8Array): Members | undefined {
  return membersOf(readJson(bytes))
}

/** Any JSON value, under the same conditions. */
export function readJson(bytes: Uint8Array): unknown {
  if (!isUtf8(bytes)) return undefined
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  const value = parse(text)
  return countMembers(value, mostLevels) === countColons(text) ? value : undefined
}

/** The own members of an object that is no array; undefined for anything else. */
export function membersOf(value: unknown): Members | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return new Map<string, unknown>(Object.entries(value))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Members that are left after parsing, at any depth; NaN, which equals nothing, if too deep. */
function countMembers(value: unknown, levels: number): number {
  if (typeof value !== 'object' || value === null) return 0
  if (levels === 0) return Number.NaN
  const inner = Object.values(value)
  let count = Array.isArray(value) ? 0 : inner.length
  for (const one of inner) count += countMembers(one, levels - 1)
  return count
}

/** In text that is JSON, each colon outside of a string is one member. */
function countColons(text: string): number {
  let count = 0
  let quoted = false
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i)
    if (code === 0x22) quoted = !quoted
    else if (quoted && code === 0x5c) i += 1
    else if (!quoted && code === 0x3a) count += 1
  }
  return count
}

/** Text of 1 to `maxLength` UTF-16 units, without control characters or lone surrogates. */
export function isPlainText(value: unknown, maxLength: number): value is string {
  if (typeof value !== 'string' || value === '' || value.length > maxLength) return false
  return value.isWellFormed() && !/[\u0000-\u001f\u007f]/.test(value)
}
