/**
 * A body of JSON as a value, or a refusal: I-JSON (RFC 7493) in strict UTF-8 (ASVS 1.5.2, 1.5.3).
 *
 * What comes out is made of plain objects, arrays, strings and finite numbers, and is no deeper and
 * has no more parts than the limits say. It is not validated: that is its schema's task. The bytes
 * are bounded by whoever reads them.
 */
import { type JsonLimits, type JsonProblem, type JsonValue, readJson } from '../../core/json.ts'
import { isRefusal, type Refusal, type RefusalCode, refuse } from '../../core/refusals.ts'
import { decodeUtf8 } from './text.ts'

/** Refused as in forms: a name twice, a name that no application declares, too much at once. */
const codes: Readonly<Record<JsonProblem, RefusalCode>> = {
  'not JSON': 'body.malformed',
  'too deep': 'body.malformed',
  'too many parts': 'body.too-large',
  'a name twice': 'input.duplicate-field',
  'a reserved name': 'input.unknown-field',
  'a lone surrogate': 'body.malformed',
  'a number out of range': 'body.malformed',
}

/** Reads a whole body. Linear in its length, never throws; `detail` says what was wrong. */
export function parseJson(bytes: Buffer, limits?: JsonLimits): JsonValue | Refusal {
  const text = decodeUtf8(bytes)
  if (isRefusal(text)) return text
  const read = readJson(text, limits)
  if (read.problem === undefined) return read.value
  return refuse(codes[read.problem], { detail: `JSON: ${read.problem}` })
}
