/**
 * What may be said of a body, checked at start on the schema itself (ASVS 1.5.2, 2.2.1, 15.3.3).
 *
 * Stops fields that nobody declared from being taken (mass assignment) or given away (a password
 * hash by `select *`), and texts and lists without a bound. It holds for every schema that can
 * describe itself as JSON Schema 2020-12, whatever library made it.
 */
import type { DescribedSchema, JsonSchema } from '../../core/standardSchema.ts'
import type { Schema } from '../route.ts'
import type { ApiRecord, ApiShapes } from './types.ts'

const target = 'draft-2020-12'

/** The shapes of a route's bodies, for its documentation; problems, where there are any. */
export function shapesOf(record: ApiRecord): ApiShapes & { readonly problems: readonly string[] } {
  const json = read(record.json, 'input', 'json')
  const returns = read(record.returns, 'output', 'returns')
  const problems = [
    ...json.problems,
    ...returns.problems,
    ...(json.shape === undefined ? [] : inputProblems(json.shape, 'json')),
    ...(returns.shape === undefined ? [] : outputProblems(returns.shape, 'returns')),
  ]
  return { json: json.shape, returns: returns.shape, problems }
}

type Read = { readonly shape: JsonSchema | undefined; readonly problems: readonly string[] }

function read(schema: Schema | undefined, side: 'input' | 'output', at: string): Read {
  if (schema === undefined) return { shape: undefined, problems: [] }
  if (!describesItself(schema)) {
    const problem = `${at}: the schema cannot say what it takes; bring one with Standard JSON Schema, as zod's`
    return { shape: undefined, problems: [problem] }
  }
  try {
    const { $schema: _, ...shape } = schema['~standard'].jsonSchema[side]({ target })
    return { shape, problems: [] }
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it does not say why'
    return { shape: undefined, problems: [`${at}: no JSON Schema can be made of it: ${why}`] }
  }
}

/** Whether a schema can be read as JSON Schema. */
export function describesItself(schema: Schema): schema is Schema & DescribedSchema {
  const standard: object = schema['~standard']
  return 'jsonSchema' in standard && typeof standard.jsonSchema === 'object'
}

/** Every object is strict, every text and list has a bound, nothing is left open. */
export function inputProblems(shape: JsonSchema, at: string): readonly string[] {
  return walk(shape, at, (node, place) => {
    if (isOpen(node)) return [`${place}: takes anything; say what it is`]
    if (has(node, 'object') && node.additionalProperties === undefined) {
      return [`${place}: would drop unknown fields in silence; make the object strict`]
    }
    if (has(node, 'string') && !isBoundedText(node)) return [`${place}: a text without max`]
    if (has(node, 'array') && typeof node.maxItems !== 'number') {
      return [`${place}: a list without max`]
    }
    return []
  })
}

/** Nothing passes that is not named. */
export function outputProblems(shape: JsonSchema, at: string): readonly string[] {
  return walk(shape, at, (node, place) =>
    isOpen(node) || (has(node, 'object') && node.additionalProperties === undefined)
      ? [`${place}: would let through whatever the handler gives; name what is sent`]
      : [],
  )
}

function has(node: JsonSchema, type: string): boolean {
  return node.type === type || (Array.isArray(node.type) && node.type.includes(type))
}

const saysSomething = ['type', 'enum', 'const', 'anyOf', 'oneOf', 'allOf', '$ref', 'not']

function isOpen(node: JsonSchema): boolean {
  return !saysSomething.some((name) => node[name] !== undefined)
}

function isBoundedText(node: JsonSchema): boolean {
  const fixed = node.enum !== undefined || node.const !== undefined
  // These formats have patterns that end; an address or a link has not.
  const ends = ['uuid', 'date', 'date-time', 'ipv4'].includes(String(node.format))
  return fixed || ends || typeof node.maxLength === 'number'
}

type Judge = (node: JsonSchema, place: string) => readonly string[]

function walk(node: JsonSchema, at: string, judge: Judge): readonly string[] {
  return [
    ...judge(node, at),
    ...childrenOf(node, at).flatMap(([one, place]) => walk(one, place, judge)),
  ]
}

function childrenOf(node: JsonSchema, at: string): readonly (readonly [JsonSchema, string])[] {
  const children: (readonly [JsonSchema, string])[] = []
  const add = (value: unknown, place: string): void => {
    if (isNode(value)) children.push([value, place])
  }
  for (const name of ['properties', '$defs', 'patternProperties']) {
    const named = node[name]
    if (!isNode(named)) continue
    for (const [key, value] of Object.entries(named)) add(value, `${at}.${key}`)
  }
  for (const name of ['anyOf', 'oneOf', 'allOf', 'prefixItems']) {
    const several = node[name]
    if (Array.isArray(several)) for (const value of several) add(value, at)
  }
  add(node.items, `${at}[]`)
  add(node.additionalProperties, `${at}.*`)
  return children
}

function isNode(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
