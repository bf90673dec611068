/**
 * The one type of value that counts as markup.
 *
 * An `Html` is a template with its holes, rendered when the answer is written. Only the template
 * engine and the sanitiser can make one: its fields are private to the class, so neither a string
 * nor an object of the same shape passes for it (ASVS 1.2.1).
 */
import {
  encodeComponent,
  encodeFirstSegment,
  encodeLocalBase,
  encodeLocalUrl,
  encodeOpaque,
  encodeSegment,
  encodeUrl,
  escapeMarkup,
  jsonForScript,
} from './encode.ts'
import { type Place, place } from './places.ts'

/** As the whole of a quoted attribute value: the attribute is not written at all. */
export const absent: unique symbol = Symbol('absent')

/** What a hole takes. Which of them, depends on where it stands. */
export type Hole =
  | Html
  | Json
  | typeof absent
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly Hole[]

/**
 * What is only known when the answer is written. Both are called while rendering, once for every
 * place that needs them, and not at all where none does.
 */
export type RenderContext = { readonly formToken: () => string; readonly nonce: () => string }

/** A compiled template. `site` names its file and line. */
export type Template = {
  readonly chunks: readonly string[]
  readonly places: readonly Place[]
  /** For a boolean attribute its name, at the index of its place; empty elsewhere. */
  readonly names: readonly string[]
  /** Where a hole is a whole quoted value: how many characters before it write its attribute. */
  readonly cuts: readonly number[]
  readonly site: string
}

const key: unique symbol = Symbol('made here')

let makeHtml: (template: Template, holes: readonly Hole[]) => Html
let renderHtml: (markup: Html, context: RenderContext) => string
let makeJson: (text: string) => Json
let jsonText: (value: Json) => string

/** Markup. Made by the `html` tag and by `sanitise`; never from a string. */
export class Html {
  readonly #template: Template
  readonly #holes: readonly Hole[]

  private constructor(madeHere: symbol, template: Template, holes: readonly Hole[]) {
    if (madeHere !== key) throw new TypeError('Html is made by the html tag or by sanitise()')
    this.#template = template
    this.#holes = holes
  }

  static {
    makeHtml = (template, holes) => new Html(key, template, holes)
    renderHtml = (markup, context) => renderTemplate(markup.#template, markup.#holes, context)
  }
}

/** JSON for a hole inside `<script type="application/json">`. Made by `json`. */
export class Json {
  readonly #text: string

  private constructor(madeHere: symbol, text: string) {
    if (madeHere !== key) throw new TypeError('Json is made by json()')
    this.#text = text
  }

  static {
    makeJson = (text) => new Json(key, text)
    jsonText = (value) => value.#text
  }
}

/** Anything JSON can say (RFC 8259). */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue | undefined }

/** A value for a hole inside `<script type="application/json">`; read it with `JSON.parse`. */
export function json(value: JsonValue): Json {
  return makeJson(jsonForScript(value))
}

/** For the template engine alone: pairs a compiled template with its holes. */
export function fromTemplate(template: Template, holes: readonly Hole[]): Html {
  return makeHtml(template, holes)
}

/** WARNING! For the sanitiser alone: any text is markup afterwards, script included. */
export function unsafeFromText(text: string): Html {
  return makeHtml({ chunks: [text], places: [], names: [], cuts: [], site: 'sanitised' }, [])
}

/** Writes markup out. Throws where a hole holds what its place does not take. */
export function render(markup: Html, context: RenderContext): string {
  return renderHtml(markup, context)
}

function renderTemplate(
  template: Template,
  holes: readonly Hole[],
  context: RenderContext,
): string {
  const { chunks, places } = template
  let out = chunks[0] ?? ''
  let next = 0
  for (let index = 0; index < places.length; index += 1) {
    const at = places[index]
    if (at === place.text) out += textOf(holes[next++], template, context)
    else if (at === place.formToken) out += formTokenField(context)
    else if (at === place.nonce) out += ` nonce="${escapeMarkup(context.nonce())}"`
    else if (at === place.boolean) out += presence(holes[next++], template, index)
    else {
      const hole = holes[next++]
      const cut = hole === absent ? template.cuts[index] : 0
      if (cut) {
        out = out.slice(0, -cut) + (chunks[index + 1] ?? '').slice(1)
        continue
      }
      out += encoded(at, hole, template)
    }
    out += chunks[index + 1] ?? ''
  }
  return out
}

function formTokenField(context: RenderContext): string {
  return `<input type="hidden" name="formToken" value="${escapeMarkup(context.formToken())}">`
}

function textOf(hole: Hole, template: Template, context: RenderContext): string {
  if (typeof hole === 'string') return escapeMarkup(hole)
  if (hole === null || hole === undefined || hole === false) return ''
  if (typeof hole === 'number') return String(hole)
  if (hole instanceof Html) return renderHtml(hole, context)
  if (Array.isArray(hole)) {
    let out = ''
    for (const item of hole) out += textOf(item, template, context)
    return out
  }
  throw unfit(hole, template, 'text')
}

function encoded(at: Place | undefined, hole: Hole, template: Template): string {
  switch (at) {
    case place.plain:
      return escapeMarkup(plainText(hole, template))
    case place.url:
      return encodeUrl(plainText(hole, template))
    case place.localUrl:
      return encodeLocalUrl(plainText(hole, template))
    case place.localBase:
      return encodeLocalBase(plainText(hole, template))
    case place.segment:
      return encodeSegment(plainText(hole, template))
    case place.firstSegment:
      return encodeFirstSegment(plainText(hole, template))
    case place.component:
      return encodeComponent(plainText(hole, template))
    case place.opaque:
      return encodeOpaque(plainText(hole, template))
    default:
      if (hole instanceof Json) return jsonText(hole)
      throw unfit(hole, template, 'JSON: pass it through json()')
  }
}

function presence(hole: Hole, template: Template, index: number): string {
  if (hole === true) return ` ${template.names[index] ?? ''}`
  if (hole === false || hole === null || hole === undefined) return ''
  throw unfit(hole, template, 'a boolean attribute, which takes true or false')
}

function plainText(hole: Hole, template: Template): string {
  if (typeof hole === 'string') return hole
  if (hole === null || hole === undefined || hole === false) return ''
  if (typeof hole === 'number') return String(hole)
  if (Array.isArray(hole)) return hole.map((item) => plainText(item, template)).join('')
  throw unfit(hole, template, 'an attribute or plain text')
}

/** Names the kind of the value, never the value: it may be a secret. */
function unfit(hole: unknown, template: Template, where: string): TypeError {
  const kind =
    hole instanceof Html ? 'markup' : hole instanceof Json ? 'json()' : `a ${typeof hole}`
  const remedy = hole === true ? '; write out the text that true stands for' : ''
  return new TypeError(`html at ${template.site}: ${kind} cannot stand in ${where}${remedy}`)
}
