/** A schema in words: what a value is, within which bounds. */
import type { JsonSchema } from '../../../core/standardSchema.ts'

/** Where a schema only points elsewhere in its own root, what stands there. */
export function resolve(shape: JsonSchema, root: JsonSchema): JsonSchema {
  const { $ref: ref, ...beside } = shape
  if (typeof ref !== 'string' || !ref.startsWith('#')) return shape
  let found: unknown = root
  for (const part of ref.slice(1).split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~')
    found = isNode(found) && Object.hasOwn(found, name) ? found[name] : undefined
  }
  return isNode(found) ? { ...found, ...beside } : {}
}

export function isNode(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const words: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'integer',
  number: 'number',
  boolean: 'true or false',
  null: 'null',
  object: 'object',
  array: 'list',
}

/** `text`, `integer or null`, `list of objects`, `"draft" or "published"`. */
export function typeWords(shape: JsonSchema, root: JsonSchema): string {
  const node = resolve(shape, root)
  if (Array.isArray(node.enum)) return orList(node.enum.map((one) => JSON.stringify(one)))
  if (node.const !== undefined) return JSON.stringify(node.const)
  const choices = choicesOf(node)
  if (choices.length > 0) return orList(choices.map((one) => typeWords(one, root)))
  const types = [node.type].flat().filter((type) => typeof type === 'string')
  if (types.length === 0) return 'any value'
  return orList(
    types.map((type) => (type === 'array' ? listWords(node, root) : (words[type] ?? type))),
  )
}

function listWords({ items }: JsonSchema, root: JsonSchema): string {
  if (!isNode(items)) return 'list'
  const one = typeWords(items, root)
  return one === 'object' ? 'list of objects' : `list of ${one}`
}

/** What `anyOf` and the like offer. */
export function choicesOf(node: JsonSchema): readonly JsonSchema[] {
  const several = [node.anyOf, node.oneOf].find(Array.isArray)
  return several === undefined ? [] : several.filter(isNode)
}

function orList(texts: readonly string[]): string {
  const unique = [...new Set(texts)]
  const last = unique.pop() ?? ''
  return unique.length === 0 ? last : `${unique.join(', ')} or ${last}`
}

/** `1 to 80 characters`, `at most 3`, `a UUID`: none for most of what an answer holds. */
export function boundWords(shape: JsonSchema, root: JsonSchema): readonly string[] {
  const node = resolve(shape, root)
  const inner = choicesOf(node).flatMap((one) => boundWords(one, root))
  const each = isNode(node.items) ? boundWords(node.items, root).map((text) => `each ${text}`) : []
  const format = typeof node.format === 'string' ? [formatWords[node.format] ?? node.format] : []
  return [
    ...inner,
    ...format,
    ...range(node.minLength, node.maxLength, 'character'),
    ...range(node.minItems, node.maxItems, 'element'),
    ...each,
    ...range(within(node.minimum), within(node.maximum), ''),
    ...(typeof node.exclusiveMinimum === 'number' ? [`more than ${node.exclusiveMinimum}`] : []),
    ...(typeof node.exclusiveMaximum === 'number' ? [`less than ${node.exclusiveMaximum}`] : []),
    ...(node.default === undefined ? [] : [`${JSON.stringify(node.default)} where absent`]),
  ]
}

/** A pattern says nothing to people where a format has said it. */
export function patternOf(shape: JsonSchema, root: JsonSchema): string | undefined {
  const node = resolve(shape, root)
  const { pattern, format } = node
  return typeof pattern === 'string' && format === undefined ? pattern : undefined
}

const formatWords: Readonly<Record<string, string>> = {
  uuid: 'a UUID',
  date: 'a date',
  'date-time': 'a moment (RFC 3339)',
  email: 'a mail address',
  uri: 'an address (URI)',
}

/** Every integer of JSON is between these (RFC 7493 section 2.2), so they are no bounds to speak of. */
function within(bound: unknown): unknown {
  return bound === Number.MAX_SAFE_INTEGER || bound === Number.MIN_SAFE_INTEGER ? undefined : bound
}

function range(least: unknown, most: unknown, unit: string): readonly string[] {
  const low = typeof least === 'number' && !(unit !== '' && least === 0) ? least : undefined
  const high = typeof most === 'number' ? most : undefined
  const text =
    low === undefined
      ? high === undefined
        ? undefined
        : `at most ${high}`
      : high === undefined
        ? `at least ${low}`
        : low === high
          ? `exactly ${low}`
          : `${low} to ${high}`
  if (text === undefined) return []
  const plural = (high ?? low) === 1 ? '' : 's'
  return [unit === '' ? text : `${text} ${unit}${plural}`]
}
