/**
 * Elements whose content is no markup (WHATWG HTML section 13.2.5.2 to 13.2.5.31): where it ends,
 * and whether a hole may stand in it.
 */
import { findAttribute, literalValue } from './attributes.ts'
import { type Tag, TemplateProblem } from './places.ts'

/** `characters`: references are decoded (RCDATA). `json`: data in a script. `code`: takes no hole. */
export type RawKind = 'characters' | 'json' | 'code'

const codeElements: ReadonlySet<string> = new Set(
  'script style xmp iframe noembed noframes noscript'.split(' '),
)

const scriptTypes =
  /^(?:|module|importmap|speculationrules|(?:text|application)\/(?:x-)?(?:java|ecma|j|live)script.*)$/

/** True for a script element that a browser does not run: a data block. */
export function isDataScript(tag: Tag): boolean {
  const type = (literalValue(tag, 'type') ?? '').trim()
  return !scriptTypes.test(type) || findAttribute(tag, 'language') !== undefined
}

export function isJsonScript(tag: Tag): boolean {
  const type = (literalValue(tag, 'type') ?? '').trim()
  return type === 'application/json' || type === 'application/ld+json'
}

/** Undefined for an element with ordinary content. */
export function rawKind(tag: Tag): RawKind | undefined {
  if (tag.name === 'plaintext') throw new TemplateProblem('<plaintext> can never be closed')
  if (tag.name === 'title' || tag.name === 'textarea') return 'characters'
  if (tag.name === 'script' && isJsonScript(tag)) return 'json'
  return codeElements.has(tag.name) ? 'code' : undefined
}

/** The content of one such element, read character by character. */
export class RawContent {
  readonly #name: string
  readonly #kind: RawKind
  readonly #endTag: RegExp
  #text = ''

  constructor(name: string, kind: RawKind) {
    this.#name = name
    this.#kind = kind
    this.#endTag = new RegExp(`</${name}$`, 'i')
  }

  /** True when this character ends the name of the end tag. */
  endsWith(character: string): boolean {
    if (/[\t\n\f\r />]/.test(character) && this.#endTag.test(this.#text)) {
      this.#check(this.#text.slice(0, -this.#name.length - 2))
      return true
    }
    this.#text += character
    return false
  }

  /** Throws where the content takes no hole; else says which encoder. */
  hole(): 'json' | 'characters' {
    this.#check(this.#text)
    if (this.#kind === 'code') throw new TemplateProblem(codeRemedy(this.#name))
    if (this.#kind === 'json' && isInsideString(this.#text)) {
      throw new TemplateProblem('a hole inside a JSON string: let json() write the whole string')
    }
    return this.#kind
  }

  #check(text: string): void {
    if (this.#kind !== 'code' && text.includes('<')) {
      throw new TemplateProblem(
        `"<" inside <${this.#name}>: write ${this.#kind === 'json' ? '\\u003c' : '&lt;'}`,
      )
    }
    if (text.includes('<!--')) {
      throw new TemplateProblem(`"<!--" inside <${this.#name}> changes where it ends`)
    }
    if (this.#name === 'noscript' && /<(?:form|script|style)/i.test(text)) {
      throw new TemplateProblem('a form, script or style inside <noscript>: place it outside')
    }
  }
}

function codeRemedy(name: string): string {
  if (name === 'script') {
    return 'script code takes no hole: pass the value in <script type="application/json">${json(value)}</script>'
  }
  if (name === 'style') return 'a stylesheet takes no hole: choose among classes instead'
  return `<${name}> takes no hole: its content means different things to different readers`
}

/** Holes are whole values, so quotes among the static text alone tell. */
function isInsideString(json: string): boolean {
  return json.replace(/\\./g, '').split('"').length % 2 === 0
}
