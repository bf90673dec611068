/**
 * Holds what an API answers to what its OpenAPI document says. Brings no validator: whoever tests with
 * it passes one in, so that a second opinion on the schemas comes from outside.
 */
import type { TestReply } from './client.ts'

/** What is wrong with a value, by an outside validator of JSON Schema 2020-12; undefined for nothing. */
export type ValidateSchema = (
  schema: { readonly [name: string]: unknown },
  value: unknown,
) => string | undefined

export type Exchange = {
  readonly method: string
  /** As it was sent; a query may stand behind it. */
  readonly target: string
  readonly reply: TestReply
}

type Node = { readonly [name: string]: unknown }

/**
 * Where an answer differs from the document: an operation, a status, a field or a type that is not in
 * it, a body that its schema does not take, a refusal whose code is not listed. Empty for none.
 */
export function documentProblems(
  document: unknown,
  { method, target, reply }: Exchange,
  validate: ValidateSchema,
): readonly string[] {
  const whole = nodeOf(document)
  const [path = ''] = target.split('?', 1)
  const at = `${method} ${target}: ${reply.status}`
  const operation = operationFor(whole, method === 'HEAD' ? 'GET' : method, path)
  if (operation === undefined) return [`${at}: there is no such operation`]
  const response = nodeOf(operation.responses)[String(reply.status)]
  if (response === undefined) return [`${at}: there is no such answer, ${reply.text}`]
  const answer = resolved(whole, response)
  const body = method === 'HEAD' ? [] : bodyProblems(whole, answer, reply, validate)
  return [...headerProblems(whole, answer, reply), ...body].map((problem) => `${at}: ${problem}`)
}

/** The operation whose path fits: a literal segment goes before a parameter. */
function operationFor(document: Node, method: string, path: string): Node | undefined {
  const segments = path.split('/')
  const fitting = Object.entries(nodeOf(document.paths))
    .filter(([template]) => {
      const parts = template.split('/')
      const fits = parts.every((part, index) => part.startsWith('{') || part === segments[index])
      return parts.length === segments.length && fits
    })
    .sort(([a], [b]) => (a.replaceAll('{', '\uffff') < b.replaceAll('{', '\uffff') ? -1 : 1))
  const found = fitting.map(([, item]) => nodeOf(item)[method.toLowerCase()])
  const first = found.find((one) => one !== undefined)
  return first === undefined ? undefined : nodeOf(first)
}

function headerProblems(document: Node, answer: Node, reply: TestReply): readonly string[] {
  return Object.entries(nodeOf(answer.headers))
    .filter(([, field]) => resolved(document, field).required === true)
    .filter(([name]) => reply.header(name) === undefined)
    .map(([name]) => `${name} is missing`)
}

function bodyProblems(
  document: Node,
  answer: Node,
  reply: TestReply,
  validate: ValidateSchema,
): readonly string[] {
  const content = nodeOf(answer.content)
  const type = reply.header('content-type')
  if (Object.keys(content).length === 0) return reply.text === '' ? [] : ['there is a body']
  const described = type === undefined ? undefined : content[type]
  if (typeof described !== 'object' || described === null) {
    return [`${type ?? 'no type'} is not one of its types`]
  }
  const problem = validate(schemaOf(document, described), JSON.parse(reply.text))
  return problem === undefined ? [] : [`${problem}, ${reply.text}`]
}

/** Validators keep what they have compiled by the object that it was. */
const schemas = new WeakMap<object, Node>()

/** The components come along, so that references into them lead somewhere. */
function schemaOf(document: Node, described: object): Node {
  const known = schemas.get(described)
  if (known !== undefined) return known
  const schema = { ...nodeOf(nodeOf(described).schema), components: document.components }
  schemas.set(described, schema)
  return schema
}

/** Where a node only points elsewhere in the document, what stands there. */
function resolved(document: Node, value: unknown): Node {
  const node = nodeOf(value)
  if (typeof node.$ref !== 'string') return node
  const parts = node.$ref.split('/').slice(1)
  return parts.reduce((found, part) => nodeOf(found[part]), document)
}

function nodeOf(value: unknown): Node {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
