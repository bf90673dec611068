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
import { Writer } from './writer.ts'

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
let renderHtml: (markup: Html, context: RenderContext, out: Writer) => void
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
    renderHtml = (markup, context, out) =>
      renderTemplate(markup.#template, markup.#holes, context, out)
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

/**
 * Renders markup now, to be written again and again without the work: for what is the same in every
 * answer. Throws where it holds a form that posts or an inline script, for their token and nonce are
 * never the same.
 */
export function prerender(markup: Html): Html {
  const chunks = [markupText(markup)]
  return makeHtml({ chunks, places: [], names: [], cuts: [], site: 'prerendered' }, [])
}

/**
 * Markup as plain text, to be escaped once more where it is put: the content of a feed, the HTML
 * part of a mail. Throws as `prerender` does.
 */
export function markupText(markup: Html): string {
  const never = (what: string) => (): never => {
    throw new TypeError(`this markup holds ${what}, which is new in every answer`)
  }
  return render(markup, { formToken: never('a form token'), nonce: never('a nonce') })
}

/** Writes markup out as UTF-8. Throws where a hole holds what its place does not take. */
export function renderBytes(markup: Html, context: RenderContext): Buffer {
  const out = new Writer()
  try {
    renderHtml(markup, context, out)
  } catch (error) {
    out.release()
    throw error
  }
  return out.finish()
}

/** As `renderBytes`, as text: for tests and for mail, where nobody counts microseconds. */
export function render(markup: Html, context: RenderContext): string {
  return renderBytes(markup, context).toString('utf8')
}

function renderTemplate(
  template: Template,
  holes: readonly Hole[],
  context: RenderContext,
  out: Writer,
): void {
  const { places } = template
  const chunks = encodedOnce.get(template) ?? encodeChunks(template)
  let next = 0
  const first = chunks[0]
  if (first !== undefined) out.chunk(first)
  for (let index = 0; index < places.length; index += 1) {
    const at = places[index]
    let skipped = 0
    if (at === place.text) writeText(holes[next++], template, context, out)
    else if (at === place.formToken) writeFormToken(context, out)
    else if (at === place.nonce) out.text(` nonce="${escapeMarkup(context.nonce())}"`)
    else if (at === place.boolean) out.text(presence(holes[next++], template, index))
    else {
      const hole = holes[next++]
      const cut = hole === absent ? template.cuts[index] : 0
      if (cut) {
        // Its name and opening quote are written already; its closing quote begins what follows.
        out.takeBack(cut)
        skipped = 1
      } else out.text(encoded(at, hole, template))
    }
    const chunk = chunks[index + 1]
    if (chunk !== undefined) out.chunk(chunk, skipped)
  }
}

const encodedOnce = new WeakMap<Template, readonly Uint8Array[]>()

function encodeChunks(template: Template): readonly Uint8Array[] {
  const chunks = template.chunks.map((chunk) => Buffer.from(chunk, 'utf8'))
  encodedOnce.set(template, chunks)
  return chunks
}

const tokenFieldStart = Buffer.from('<input type="hidden" name="formToken" value="')
const tokenFieldEnd = Buffer.from('">')

function writeFormToken(context: RenderContext, out: Writer): void {
  out.chunk(tokenFieldStart)
  out.text(escapeMarkup(context.formToken()))
  out.chunk(tokenFieldEnd)
}

function writeText(hole: Hole, template: Template, context: RenderContext, out: Writer): void {
  if (typeof hole === 'string') out.text(escapeMarkup(hole))
  else if (hole instanceof Html) renderHtml(hole, context, out)
  else if (hole === null || hole === undefined || hole === false) return
  else if (typeof hole === 'number') out.text(String(hole))
  else if (Array.isArray(hole)) {
    for (const item of hole) writeText(item, template, context, out)
  } else throw unfit(hole, template, 'text')
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
