/**
 * Reads the static parts of a template once and decides the encoder of every hole.
 *
 * Stops a value from ever standing where its encoding could not hold it: the same states as a
 * browser's tokenizer (WHATWG HTML section 13.2.5), but what a browser repairs silently throws here.
 *
 * Does not check that elements are balanced or rightly nested: a template may hold half of a page.
 */
import { attributePlaces, isPostForm, literalValue } from './attributes.ts'
import { type Attribute, type Place, place, type Tag, TemplateProblem } from './places.ts'
import { RawContent, type RawKind, rawKind } from './raw-content.ts'
import { checkNames, refusedState, requireFormMethod, takesNonce } from './tag-rules.ts'

/** Static text with one operation between each two chunks: a hole, or what the engine places. */
export type Parsed = {
  readonly chunks: readonly string[]
  readonly places: readonly Place[]
  /** Names of boolean attributes at the index of their place; empty elsewhere. */
  readonly names: readonly string[]
  /** Where a hole is a whole quoted value: how many characters before it write its attribute. */
  readonly cuts: readonly number[]
}

type State =
  | 'data'
  | 'tagOpen'
  | 'endTagOpen'
  | 'declaration'
  | 'comment'
  | 'tagName'
  | 'beforeAttribute'
  | 'attributeName'
  | 'afterAttributeName'
  | 'beforeValue'
  | 'doubleQuoted'
  | 'singleQuoted'
  | 'unquoted'
  | 'afterValue'
  | 'selfClosing'
  | 'raw'

const space = /[\t\n\f\r ]/
const letter = /[A-Za-z]/
/** Throws `TemplateProblem` for a template that has no safe reading; `onLine` counts its lines. */
export function parseTemplate(strings: readonly string[], onLine: () => void): Parsed {
  const parser = new Parser()
  strings.forEach((text, part) => {
    for (const character of text) {
      if (character === '\n') onLine()
      parser.step(character)
    }
    if (part < strings.length - 1) parser.hole()
  })
  return parser.end()
}

class Parser {
  #state: State = 'data'
  #chunk = ''
  readonly #chunks: string[] = []
  readonly #places: Place[] = []
  readonly #names: string[] = []
  readonly #cuts: number[] = []
  /** What was read of a declaration, a comment or an attribute name. */
  #seen = ''
  #tag: Tag = { name: '', isEnd: false, attributes: [] }
  #raw: RawContent | undefined
  #openForms = 0
  /** A newline right after these start tags is dropped by the browser. */
  #afterNewlineEater = false

  step(character: string): void {
    this.#chunk += character
    this.#state = this.#next(character)
  }

  #next(character: string): State {
    switch (this.#state) {
      case 'data':
        this.#afterNewlineEater = false
        return character === '<' ? 'tagOpen' : 'data'
      case 'tagOpen':
        return this.#tagOpen(character)
      case 'endTagOpen':
        return this.#endTagOpen(character)
      case 'declaration':
        return this.#declaration(character)
      case 'comment':
        return this.#comment(character)
      case 'raw':
        return this.#rawContent(character)
      case 'doubleQuoted':
      case 'singleQuoted':
      case 'unquoted':
        return this.#value(character)
      default:
        return this.#inTag(character)
    }
  }

  #tagOpen(character: string): State {
    if (letter.test(character)) {
      this.#tag = { name: character.toLowerCase(), isEnd: false, attributes: [] }
      return 'tagName'
    }
    this.#seen = ''
    if (character === '/') return 'endTagOpen'
    if (character === '!') return 'declaration'
    if (space.test(character) || /[=\d]/.test(character)) return 'data'
    throw new TemplateProblem(`"<${character}" is not markup: write &lt; for the character itself`)
  }

  #endTagOpen(character: string): State {
    if (!letter.test(character)) throw new TemplateProblem('"</" needs the name of an element')
    this.#tag = { name: character.toLowerCase(), isEnd: true, attributes: [] }
    return 'tagName'
  }

  #declaration(character: string): State {
    this.#seen += character
    if (this.#seen === '--') {
      this.#seen = ''
      return 'comment'
    }
    if (!/^(?:-|d(?:octype[^>]*>?)?|d[octype]*)$/i.test(this.#seen)) {
      throw new TemplateProblem(`"<!${this.#seen}" is neither a comment nor a doctype`)
    }
    return character === '>' ? 'data' : 'declaration'
  }

  #comment(character: string): State {
    this.#seen += character
    if (/^-?>/.test(this.#seen)) throw new TemplateProblem('a comment begins with > or ->')
    return /--!?>$/.test(this.#seen) ? 'data' : 'comment'
  }

  #rawContent(character: string): State {
    const name = this.#tag.name
    this.#afterNewlineEater = false
    if (this.#raw?.endsWith(character) !== true) return 'raw'
    this.#raw = undefined
    this.#tag = { name, isEnd: true, attributes: [] }
    return this.#inTag(character, 'tagName')
  }

  #inTag(character: string, state: State = this.#state): State {
    if (state === 'selfClosing' && character !== '>') throw new TemplateProblem('"/" inside a tag')
    if (character === '>') {
      if (state === 'beforeValue') throw new TemplateProblem('an attribute has "=" but no value')
      return this.#tagEnd(state === 'selfClosing')
    }
    if (space.test(character)) return afterSpace(state)
    if (character === '/') {
      if (state === 'beforeValue') throw new TemplateProblem('quote the value of the attribute')
      return 'selfClosing'
    }
    if (/["'<=\0]/.test(character)) return this.#delimiter(character, state)
    return this.#nameOrValue(character, state)
  }

  #delimiter(character: string, state: State): State {
    if (state === 'beforeValue' && character === '"') return this.#startValue('doubleQuoted')
    if (state === 'beforeValue' && character === "'") return this.#startValue('singleQuoted')
    if ((state === 'attributeName' || state === 'afterAttributeName') && character === '=') {
      return 'beforeValue'
    }
    throw new TemplateProblem(`${JSON.stringify(character)} inside the tag <${this.#tag.name}>`)
  }

  #nameOrValue(character: string, state: State): State {
    switch (state) {
      case 'tagName':
        this.#tag.name += character.toLowerCase()
        return 'tagName'
      case 'attributeName':
        this.#attribute().name += character.toLowerCase()
        return 'attributeName'
      case 'beforeAttribute':
      case 'afterAttributeName':
        return this.#startAttribute(character)
      case 'beforeValue':
        this.#startValue('unquoted')
        return this.#value(character, 'unquoted')
      default:
        throw new TemplateProblem(`a space is missing before "${character}" in <${this.#tag.name}>`)
    }
  }

  #startAttribute(character: string): State {
    const name = character.toLowerCase()
    this.#tag.attributes.push({ name, parts: [''], quoted: false, holes: [] })
    return 'attributeName'
  }

  #attribute(): Attribute {
    const attribute = this.#tag.attributes.at(-1)
    if (attribute === undefined) throw new TemplateProblem('a value without an attribute')
    return attribute
  }

  #startValue(state: 'doubleQuoted' | 'singleQuoted' | 'unquoted'): State {
    this.#attribute().quoted = state !== 'unquoted'
    return state
  }

  #value(character: string, state: State = this.#state): State {
    if (state === 'doubleQuoted' && character === '"') return 'afterValue'
    if (state === 'singleQuoted' && character === "'") return 'afterValue'
    const attribute = this.#attribute()
    if (state === 'unquoted') {
      if (space.test(character) || character === '>') return this.#inTag(character, 'afterValue')
      if (attribute.holes.length > 0 || /["'<=`]/.test(character)) {
        throw new TemplateProblem(`quote the value of ${attribute.name}`)
      }
    }
    attribute.parts[attribute.parts.length - 1] += character
    return state
  }

  #tagEnd(selfClosing: boolean): State {
    const tag = this.#tag
    checkNames(tag)
    for (const attribute of tag.attributes) {
      const places = attributePlaces(tag, attribute)
      attribute.holes.forEach((operation, index) => {
        this.#places[operation] = places[index] ?? place.plain
        if (places[index] === place.boolean) this.#names[operation] = attribute.name
        const isWhole = attribute.quoted && attribute.parts.every((part) => part === '')
        if (isWhole) this.#cuts[operation] = writtenBefore(this.#chunks[operation] ?? '')
      })
    }
    if (tag.isEnd) {
      if (tag.name === 'form') this.#openForms = 0
      return 'data'
    }
    const kind = rawKind(tag)
    if (kind !== undefined && selfClosing) {
      throw new TemplateProblem(`<${tag.name}/> does not close it: write </${tag.name}>`)
    }
    this.#afterStartTag(tag)
    return kind === undefined ? 'data' : this.#startRaw(tag, kind)
  }

  #startRaw(tag: Tag, kind: RawKind): State {
    this.#raw = new RawContent(tag.name, kind)
    return 'raw'
  }

  /** Places what the engine adds: the form token, the nonce. */
  #afterStartTag(tag: Tag): void {
    this.#afterNewlineEater = /^(?:pre|textarea|listing)$/.test(tag.name)
    if (tag.name === 'form') {
      if (this.#openForms > 0) throw new TemplateProblem('a form inside a form')
      this.#openForms = 1
      requireFormMethod(tag)
      if (isPostForm(tag)) this.#operation(place.formToken)
    }
    if (literalValue(tag, 'formmethod') === 'get') {
      throw new TemplateProblem('formmethod="get" would put the form token into the address')
    }
    if (takesNonce(tag)) {
      this.#chunk = this.#chunk.slice(0, -1)
      this.#operation(place.nonce)
      this.#chunk = '>'
    }
  }

  #operation(at: Place): number {
    this.#chunks.push(this.#chunk)
    this.#chunk = ''
    this.#names.push('')
    this.#cuts.push(0)
    return this.#places.push(at) - 1
  }

  hole(): void {
    switch (this.#state) {
      case 'data':
        this.#eatenNewline()
        this.#operation(place.text)
        return
      case 'raw':
        this.#eatenNewline()
        this.#operation(this.#raw?.hole() === 'json' ? place.json : place.plain)
        return
      case 'doubleQuoted':
      case 'singleQuoted':
        this.#attributeHole()
        return
      case 'beforeValue':
        this.#state = this.#startValue('unquoted')
        this.#chunk = this.#chunk.replace(/[\t\n\f\r ]+[^\t\n\f\r ]+[\t\n\f\r ]*=[\t\n\f\r ]*$/, '')
        this.#attributeHole()
        return
      default:
        throw new TemplateProblem(refusedState(this.#state, this.#tag.name))
    }
  }

  #eatenNewline(): void {
    if (this.#afterNewlineEater) this.#chunk += '\n'
    this.#afterNewlineEater = false
  }

  #attributeHole(): void {
    const attribute = this.#attribute()
    if (this.#tag.isEnd) throw new TemplateProblem('an end tag has no attributes')
    attribute.holes.push(this.#operation(place.plain))
    attribute.parts.push('')
  }

  end(): Parsed {
    if (this.#state !== 'data') {
      throw new TemplateProblem(
        this.#state === 'raw'
          ? `the template ends inside <${this.#tag.name}>: close it in the same template`
          : 'the template ends inside a tag or comment: close it in the same template',
      )
    }
    this.#chunks.push(this.#chunk)
    return { chunks: this.#chunks, places: this.#places, names: this.#names, cuts: this.#cuts }
  }
}

/** Length of ` name="` at the end of a chunk. */
function writtenBefore(chunk: string): number {
  return /[\t\n\f\r ]+[^\t\n\f\r =]+[\t\n\f\r ]*=[\t\n\f\r ]*["']$/.exec(chunk)?.[0].length ?? 0
}

function afterSpace(state: State): State {
  switch (state) {
    case 'attributeName':
      return 'afterAttributeName'
    case 'afterAttributeName':
    case 'beforeValue':
      return state
    default:
      return 'beforeAttribute'
  }
}
