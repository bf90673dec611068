/**
 * JSON objects of tokens and key sets: one reading for each text (RFC 8259, RFC 7493).
 *
 * Stops two readers of one token from seeing different members: a name that stands twice, bytes that
 * are not UTF-8, a byte order mark. Members come as a map, so that no name reaches a prototype: unlike
 * `readJson` of `core`, which is for what we ask for, this takes whatever name an issuer gives a claim,
 * and leaves what a member holds to whoever reads it.
 */
import { isUtf8 } from 'node:buffer'
import { countNames, type JsonLimits, jsonLimits } from '../../core/json.ts'

export type Members = ReadonlyMap<string, unknown>

const limits: JsonLimits = Object.freeze({ ...jsonLimits, maxDepth: 8 })

/** Undefined for what is no JSON object, has a member twice or is nested over 8 levels or has over 10,000 parts. */
export function readJsonObject(bytes: Uint8Array): Members | undefined {
  return membersOf(readJson(bytes))
}

/** Any JSON value, under the same conditions. */
export function readJson(bytes: Uint8Array): unknown {
  if (!isUtf8(bytes)) return undefined
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  const names = countNames(text, limits)
  if (typeof names === 'string') return undefined
  const value = parse(text)
  return countMembers(value) === names ? value : undefined
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

/** Members that are left after parsing, at any depth. */
function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const inner = Object.values(value)
  let count = Array.isArray(value) ? 0 : inner.length
  for (const one of inner) count += countMembers(one)
  return count
}

/** Text of 1 to `maxLength` UTF-16 units, without control characters or lone surrogates. */
export function isPlainText(value: unknown, maxLength: number): value is string {
  if (typeof value !== 'string' || value === '' || value.length > maxLength) return false
  return value.isWellFormed() && !/[\u0000-\u001f\u007f]/.test(value)
}
