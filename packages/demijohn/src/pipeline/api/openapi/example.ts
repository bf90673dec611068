/** A request as an example: what a schema takes, and the command that sends it. */
import type { JsonSchema } from '../../../core/standardSchema.ts'
import type { Operation } from './operation.ts'
import type { Parameter } from './parameters.ts'
import { isNode, resolve } from './shape.ts'

export type ExampleRequest = {
  readonly method: string
  /** Path and query, encoded. */
  readonly target: string
  /** Values in which a shell puts `$TOKEN`, `$ETAG` and the like into their places. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly json: string | undefined
}

export function exampleRequest(operation: Operation): ExampleRequest {
  const { method, path, parameters, access, body } = operation
  const target = path.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const parameter = parameters.find((one) => one.in === 'path' && one.name === name)
    return parameter === undefined ? whole : encodeURIComponent(textOf(parameter))
  })
  const query = parameters
    .filter((one) => one.in === 'query' && one.required)
    .map((one) => `${encodeURIComponent(one.name)}=${encodeURIComponent(textOf(one))}`)
    .join('&')
  const fields: (readonly [string, string])[] = []
  if (!access.isOpen) {
    fields.push(['Authorization', `${access.requiresProof ? 'DPoP' : 'Bearer'} $TOKEN`])
  }
  for (const one of parameters) {
    const value = inField[one.name]
    if (one.in === 'header' && one.required && value !== undefined) fields.push([one.name, value])
  }
  if (body !== undefined) fields.push(['Content-Type', 'application/json'])
  return {
    ...{ method, fields },
    target: query === '' ? target : `${target}?${query}`,
    json: body === undefined ? undefined : JSON.stringify(exampleOf(body, body)),
  }
}

/** The ETag is the one of the answer that was read before, with its quotes. */
const inField: Readonly<Record<string, string>> = {
  'If-Match': '$ETAG',
  'Idempotency-Key': '$(uuidgen)',
  DPoP: '$PROOF',
}

/** The request as a command of a POSIX shell. */
export function curlOf(request: ExampleRequest, origin: string): string {
  const { method, target, fields, json } = request
  const verb = method === 'GET' ? '' : `-X ${method} `
  const parts = [
    `curl ${verb}${quoted(`${origin}${target}`)}`,
    ...fields.map(([name, value]) => `-H ${field(name, value)}`),
    ...(json === undefined ? [] : [`--data ${quoted(json)}`]),
  ]
  return parts.join(' \\\n  ')
}

/** In double quotes only where the shell has something to put in. */
function field(name: string, value: string): string {
  return value.includes('$') ? `"${name}: ${value}"` : quoted(`${name}: ${value}`)
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function textOf({ schema }: Parameter): string {
  const value = exampleOf(schema, schema)
  return typeof value === 'string' ? value : String(value ?? '')
}

const formats: Readonly<Record<string, string>> = {
  uuid: '7f9c2ba4-e88f-4a2b-9c4d-0c6f2e1d3b5a',
  date: '2026-01-31',
  'date-time': '2026-01-31T08:30:00Z',
  time: '08:30:00Z',
  email: 'somebody@example.org',
  uri: 'https://www.example.org/',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
}

/**
 * Something that the schema takes, as far as its bounds say so: a pattern of its own needs an `examples`.
 * An object has what it has to have; a list has one element, or as few as it may.
 */
export function exampleOf(shape: JsonSchema, root: JsonSchema, depth = 0): unknown {
  const node = resolve(shape, root)
  const given = [node.examples, node.enum].find(Array.isArray)
  if (given !== undefined && given.length > 0) return given[0]
  if (node.const !== undefined) return node.const
  if (node.default !== undefined) return node.default
  const choices = [node.anyOf, node.oneOf, node.allOf].find(Array.isArray)
  if (choices !== undefined) return exampleOf(choices[0] ?? {}, root, depth + 1)
  const [type] = [node.type].flat()
  switch (type) {
    case 'object':
      return exampleObject(node, root, depth)
    case 'array':
      return exampleList(node, root, depth)
    case 'string':
      return exampleText(node)
    case 'integer':
    case 'number':
      return exampleNumber(node)
    case 'boolean':
      return true
    default:
      return null
  }
}

function exampleObject(node: JsonSchema, root: JsonSchema, depth: number): unknown {
  const required = Array.isArray(node.required) ? node.required : []
  const properties = Object.entries(isNode(node.properties) ? node.properties : {})
  return Object.fromEntries(
    properties
      .filter(([name]) => required.includes(name) || depth === 0)
      .map(([name, one]) => [name, exampleOf(isNode(one) ? one : {}, root, depth + 1)]),
  )
}

function exampleList(node: JsonSchema, root: JsonSchema, depth: number): unknown {
  const least = typeof node.minItems === 'number' ? node.minItems : 0
  // A shape that holds itself has to end somewhere.
  const count = depth > 4 || node.maxItems === 0 ? least : Math.max(least, 1)
  if (count === 0) return []
  const one = exampleOf(isNode(node.items) ? node.items : {}, root, depth + 1)
  return Array.from({ length: count }, () => one)
}

function exampleText({ format, minLength, maxLength }: JsonSchema): string {
  const text = formats[String(format)] ?? 'text'
  const most = typeof maxLength === 'number' ? maxLength : text.length
  const least = typeof minLength === 'number' ? minLength : 0
  return text.slice(0, most).padEnd(least, 'x')
}

function exampleNumber({ minimum, maximum, exclusiveMinimum, multipleOf }: JsonSchema): number {
  const step = typeof multipleOf === 'number' ? multipleOf : 1
  const lowest = Math.max(
    typeof minimum === 'number' ? minimum : -1,
    typeof exclusiveMinimum === 'number' ? exclusiveMinimum + step : -1,
  )
  const wanted = Math.max(lowest, step)
  return typeof maximum === 'number' ? Math.min(wanted, maximum) : wanted
}
