/**
 * Cursors: where a page of a list went to, so that the next one can begin behind it.
 *
 * Stops two attacks on paging: an offset so large that the database reads everything before it, and
 * text of the client's that gets into the order or the condition of a query. A cursor is base64url of
 * a short JSON list of plain values, and counts only if a schema takes them: numbers and bounded
 * strings, given to the query as parameters (ASVS 2.2.1).
 *
 * It is no secret and no proof. Anybody can read it and make another, which begins the list
 * elsewhere; who may see what is decided by the query, as for the first page.
 */
import { z } from 'zod'
import { readJson } from '../../core/json.ts'
import { isRefusal } from '../../core/refusals.ts'
import type { StandardSchemaV1 } from '../../core/standardSchema.ts'
import { decodeUtf8 } from './text.ts'

export type CursorValue = string | number | boolean | null

const maxCursorCharacters = 1_024
/** One list, of eight values at most. */
const cursorLimits = Object.freeze({ maxDepth: 1, maxParts: 8 })

/**
 * The values that the list is ordered by, of the last row of a page; end with one that is unique.
 * @throws RangeError for what `parseCursor` would not take: over 1,024 characters, or no JSON.
 */
export function cursorOf(values: readonly CursorValue[]): string {
  const text = Buffer.from(JSON.stringify(values)).toString('base64url')
  if (valuesOf(text) === undefined || !values.every(isJson)) {
    throw new RangeError('cursorOf: these values do not fit into a cursor')
  }
  return text
}

/** JSON has no NaN and no infinity, and would make null of them. */
function isJson(value: CursorValue): boolean {
  return typeof value !== 'number' || Number.isFinite(value)
}

/** The values, if they have this shape; undefined for anything else. The schema answers at once. */
export function parseCursor<Output>(
  text: string,
  shape: StandardSchemaV1<unknown, Output>,
): Output | undefined {
  const values = valuesOf(text)
  if (values === undefined) return undefined
  const result = shape['~standard'].validate(values)
  if (result instanceof Promise) throw new TypeError('parseCursor: the schema answers later')
  return result.issues === undefined ? result.value : undefined
}

/** Each list of values has one spelling: what is not written as `cursorOf` writes it is none. */
function valuesOf(text: string): readonly unknown[] | undefined {
  if (text.length > maxCursorCharacters) return undefined
  const bytes = Buffer.from(text, 'base64url')
  const json = decodeUtf8(bytes)
  if (isRefusal(json) || bytes.toString('base64url') !== text) return undefined
  const { value, problem } = { value: undefined, ...readJson(json, cursorLimits) }
  if (problem !== undefined || !Array.isArray(value)) return undefined
  return JSON.stringify(value) === json ? value : undefined
}

/** For the query of a route, `query: { after: cursor(z.tuple([…])) }`: undefined where it is absent. */
export function cursor<Output>(shape: StandardSchemaV1<unknown, Output>) {
  return z
    .string()
    .max(maxCursorCharacters)
    .meta({
      description: 'Where the list goes on, as Link said it; from its beginning where absent.',
    })
    .transform((text, context): Output => {
      const values = parseCursor(text, shape)
      if (values !== undefined) return values
      context.issues.push({ code: 'custom', message: 'not a cursor of this list', input: text })
      return z.NEVER
    })
    .optional()
}
