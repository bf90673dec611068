/**
 * Lets a handler see only what a schema gave (ASVS 2.2.1, 2.2.2).
 *
 * Any Standard Schema (standardschema.dev) decides, one for each name; the values stand in an object
 * without a prototype, so that no name means something by inheritance. A refusal names the field
 * and never holds a value. Does not bound lengths by itself: `schemas` has bounded ones, and whoever
 * reads the query or the body has bounded each value before.
 */
import { isRefusal, type Refusal, refuse } from '../../core/refusals.ts'
import type { StandardSchemaV1 } from '../../core/standardSchema.ts'

/** Values by declared name. */
export type Names = Readonly<Record<string, unknown>>

export const noNames: Names = Object.freeze(Object.create(null))

/**
 * Each declared name through its schema, at once where the schema answers at once. `code` is what
 * the first name that is not accepted is refused with.
 */
export function parseNames(
  schemas: readonly (readonly [string, StandardSchemaV1])[],
  rawOf: (name: string) => string | undefined,
  code: 'route.unknown' | 'input.invalid',
): Names | Refusal | Promise<Names | Refusal> {
  if (schemas.length === 0) return noNames
  const values: Record<string, unknown> = Object.create(null)
  for (const [index, [name, schema]] of schemas.entries()) {
    const result = schema['~standard'].validate(rawOf(name))
    if (result instanceof Promise) {
      return result.then(async (later) => {
        if (later.issues !== undefined) return refuse(code, { field: name })
        const rest = await parseNames(schemas.slice(index + 1), rawOf, code)
        return isRefusal(rest) ? rest : Object.assign(values, { [name]: later.value }, rest)
      })
    }
    if (result.issues !== undefined) return refuse(code, { field: name })
    values[name] = result.value
  }
  return values
}
