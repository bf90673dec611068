/** A schema drawn as an indented list: name, type, bounds, and what may be left out. */
import type { JsonSchema } from '../../../core/standardSchema.ts'
import { type Hole, type Html, html } from '../../../html/template.ts'
import { boundWords, choicesOf, isNode, patternOf, resolve, typeWords } from './shape.ts'

/** A body says what has to be in it; an answer, what may not be. */
export type Side = 'body' | 'answer'

export function shapeView(shape: JsonSchema, side: Side): Html {
  const node = resolve(shape, shape)
  const inside = childrenView(node, { root: shape, side }, new Set(['#']))
  return html`<div class="shape"><p>${factsView(node, shape, '')}</p>${inside}</div>`
}

/** Type and bounds on one line, then what the author says of it. */
export function factsView(shape: JsonSchema, root: JsonSchema, obligation: string): Hole {
  const { description } = resolve(shape, root)
  const pattern = patternOf(shape, root)
  const bounds = boundWords(shape, root)
  return [
    html`<span class="type">${typeWords(shape, root)}</span>`,
    bounds.length === 0 ? null : html`<span class="bounds">${bounds.join(', ')}</span>`,
    obligation === ''
      ? null
      : html`<span class="${obligation === 'required' ? 'required' : 'optional'}">${obligation}</span>`,
    typeof description === 'string' ? html`<span class="about">${description}</span>` : null,
    pattern === undefined || typeof description === 'string'
      ? null
      : html`<span class="about">As <code>${pattern}</code></span>`,
  ].map((part) => (part === null ? null : [part, ' ']))
}

const obligations = { body: ['required', 'optional'], answer: ['', 'may be absent'] } as const

type Named = readonly [name: string, node: JsonSchema, obligation: string]

type Whole = { readonly root: JsonSchema; readonly side: Side }

/** `drawn` are the parts of the shape that stand further out: one that holds itself is drawn once. */
function childrenView(shape: JsonSchema, whole: Whole, drawn: ReadonlySet<string>): Hole {
  const refs = refsOf(shape)
  if (refs.some((ref) => drawn.has(ref))) return html`<p class="about">And so on, as above.</p>`
  const rows = childrenOf(resolve(shape, whole.root), whole)
  if (rows.length === 0) return null
  const now = new Set([...drawn, ...refs])
  return html`<ul>${rows.map(
    ([name, node, obligation]) =>
      html`<li><p><code>${name}</code> ${factsView(node, whole.root, obligation)}</p>${childrenView(node, whole, now)}</li>`,
  )}</ul>`
}

/** Where a shape leads to, by itself, as a list or as a choice. */
function refsOf(shape: JsonSchema): readonly string[] {
  const inside = [...choicesOf(shape), ...(isNode(shape.items) ? [shape.items] : [])]
  const own = typeof shape.$ref === 'string' ? [shape.$ref] : []
  return [...own, ...inside.flatMap(refsOf)]
}

/** Those of an object; through a list or a choice, those of what is inside. */
function childrenOf(node: JsonSchema, whole: Whole): readonly Named[] {
  const { root, side } = whole
  if (isNode(node.items)) return childrenOf(resolve(node.items, root), whole)
  const choices = choicesOf(node).map((one) => resolve(one, root))
  const inChoices = choices.flatMap((one) => childrenOf(one, whole))
  const required = Array.isArray(node.required) ? node.required : []
  const named = Object.entries(isNode(node.properties) ? node.properties : {}).map(
    ([name, one]): Named => [
      name,
      isNode(one) ? one : {},
      required.includes(name) ? obligations[side][0] : obligations[side][1],
    ],
  )
  const others = isNode(node.additionalProperties) ? node.additionalProperties : undefined
  const rest: readonly Named[] =
    others === undefined || Object.keys(others).length === 0 ? [] : [['any name', others, '']]
  return [...named, ...rest, ...inChoices]
}
