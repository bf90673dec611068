/** Bodies as named parts of the document, so that generated clients have types with names. */
import type { JsonSchema } from '../../../core/standardSchema.ts'
import type { Operation } from './operation.ts'

export type Components = {
  readonly schemas: Readonly<Record<string, JsonSchema>>
  /** Where the shape of a body stands: `#/components/schemas/Note`. */
  readonly refOf: (shape: JsonSchema) => string
}

const at = '#/components/schemas/'

/** Names that the document itself gives. */
const reserved: readonly string[] = ['Problem']

/**
 * A shape has the name of its `title` where that is one word, and otherwise that of its operation. The
 * same shape twice is one part; two shapes of one title are two, and the later one goes by its operation.
 */
export function componentsOf(operations: readonly Operation[]): Components {
  const names = new Map<string, string>()
  const schemas: Record<string, JsonSchema> = {}
  const add = (shape: JsonSchema, fallback: string): void => {
    const text = JSON.stringify(shape)
    if (names.has(text)) return
    const title = typeof shape.title === 'string' ? shape.title : ''
    const isFree = (name: string) => !Object.hasOwn(schemas, name) && !reserved.includes(name)
    let name = /^[A-Z][A-Za-z0-9]{0,63}$/.test(title) && isFree(title) ? title : fallback
    for (let count = 2; !isFree(name); count += 1) name = `${fallback}${count}`
    names.set(text, name)
    schemas[name] = placed(shape, `${at}${name}`)
  }
  for (const { id, body, answers } of operations) {
    const own = `${id.slice(0, 1).toUpperCase()}${id.slice(1)}`
    if (body !== undefined) add(body, `${own}Body`)
    for (const { shape } of answers) if (shape !== undefined) add(shape, `${own}Answer`)
  }
  return {
    schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1))),
    refOf: (shape) => `${at}${names.get(JSON.stringify(shape)) ?? ''}`,
  }
}

/**
 * References within a shape start at its own root (RFC 6901 in JSON Schema 2020-12, section 8.2.3.1);
 * in the document that root is a part of it.
 */
function placed(shape: JsonSchema, root: string): JsonSchema {
  return Object.fromEntries(
    Object.entries(shape).map(([name, value]) => [
      name,
      name === '$ref' && typeof value === 'string' && value.startsWith('#')
        ? `${root}${value.slice(1)}`
        : placedValue(value, root),
    ]),
  )
}

function placedValue(value: unknown, root: string): unknown {
  if (Array.isArray(value)) return value.map((one) => placedValue(one, root))
  return isObject(value) ? placed(value, root) : value
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null
}
