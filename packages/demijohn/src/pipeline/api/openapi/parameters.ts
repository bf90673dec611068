/** What stands in the path, the query and the header fields of a request, with the schema of each. */
import type { JsonSchema, StandardSchemaV1 } from '../../../core/standardSchema.ts'
import type { CompiledRoute } from '../../compile.ts'
import type { ApiPolicy } from '../policy.ts'
import { describesItself } from '../shapes.ts'
import type { ApiRecord } from '../types.ts'

export type Parameter = {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly description: string | undefined
  readonly schema: JsonSchema
}

export function parametersOf(
  route: CompiledRoute,
  api: ApiRecord,
  policy: ApiPolicy,
): readonly Parameter[] {
  const { params, query, path } = route
  const order = path.split('/').map((segment) => segment.slice(1))
  const inPath = [...params].sort(([a], [b]) => order.indexOf(a) - order.indexOf(b))
  return [
    ...inPath.map(([name, schema]) => named('path', name, schema)),
    ...query.map(([name, schema]) => named('query', name, schema)),
    ...fieldsOf(route, api, policy),
  ]
}

function named(place: 'path' | 'query', name: string, schema: StandardSchemaV1): Parameter {
  const { description, ...shape } = shapeOf(schema)
  return Object.freeze({
    ...{ name, in: place },
    required: place === 'path' || isRequired(schema),
    description: typeof description === 'string' ? description : undefined,
    schema: shape,
  })
}

/** A schema that cannot say what it takes is that of a text: nothing else stands in an address. */
function shapeOf(schema: StandardSchemaV1): JsonSchema {
  if (!describesItself(schema)) return { type: 'string' }
  try {
    const { $schema: _, ...shape } = schema['~standard'].jsonSchema.input({
      target: 'draft-2020-12',
    })
    return shape
  } catch (error) {
    // A schema without a form in JSON Schema is as good in an address; other faults are faults.
    if (!(error instanceof Error)) throw error
    return { type: 'string' }
  }
}

/** Asked of the schema itself, for its description does not say whether it may be left out. */
function isRequired(schema: StandardSchemaV1): boolean {
  const absent = schema['~standard'].validate(undefined)
  if (!(absent instanceof Promise)) return absent.issues !== undefined
  // Whatever comes of it later, nothing is said that may be wrong.
  absent.catch(() => undefined)
  return false
}

function fieldsOf(
  { method }: CompiledRoute,
  { version, idempotency }: ApiRecord,
  { requiresProof }: ApiPolicy,
): readonly Parameter[] {
  const fields: Parameter[] = []
  if (version !== undefined && method === 'GET') fields.push(ifNoneMatch)
  if (version !== undefined && method !== 'GET') fields.push(ifMatch)
  if (idempotency !== undefined) {
    fields.push({ ...idempotencyKey, required: idempotency === 'required' })
  }
  if (requiresProof) fields.push(proof)
  return fields
}

const ifNoneMatch: Parameter = {
  ...{ name: 'If-None-Match', in: 'header', required: false },
  description:
    'The ETag of an earlier answer. While it still holds, the answer is 304 without a body.',
  schema: { type: 'string', examples: ['"Jb1Xn0-1Qm3sY2zT8kUe4w"'] },
}

const ifMatch: Parameter = {
  // `If-None-Match: *` is the other way, for what is to be made anew; here there is something loaded.
  ...{ name: 'If-Match', in: 'header', required: true },
  description: 'The ETag that the change is based on, so that nobody else’s change is lost.',
  schema: { type: 'string', examples: ['"Jb1Xn0-1Qm3sY2zT8kUe4w"'] },
}

const idempotencyKey: Omit<Parameter, 'required'> = {
  ...{ name: 'Idempotency-Key', in: 'header' },
  description:
    'A new key for each request, repeated when the request is: it runs once, and is answered alike for a day.',
  schema: {
    ...{ type: 'string', minLength: 1, maxLength: 130 },
    examples: ['"7f9c2ba4-e88f-4a2b-9c4d-0c6f2e1d3b5a"'],
  },
}

const proof: Parameter = {
  ...{ name: 'DPoP', in: 'header', required: true },
  description: 'A proof of the key that the token is bound to, made for this request (RFC 9449).',
  schema: { type: 'string' },
}
