/**
 * Reads the static parts of a template once and decides the encoder of every hole.
 *
 * Stops a value from ever standing where its encoding could not hold it: the same states as a
 * browser's tokenizer (WHATWG HTML section 13.2.5), but what a browser repairs silently throws here.
 *
 * Does not check that elements are balanced or rightly nested: a template may hold half of a page.
 */
import { attributePlaces, isPostForm, literalValue } from './attributes.ts'
import { type Place, place, type Tag, TemplateProblem } from './places.ts'
import { RawContent, type RawKind, rawKind } from './raw-content.ts'
import { TagReader } from './tag-reader.ts'
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

type State = 'data' | 'tagOpen' | 'endTagOpen' | 'declaration' | 'comment' | 'tag' | 'raw'

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
  #reader = new TagReader('', false)
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
      case 'tag':
        return this.#inTag(character)
    }
  }

  #tagOpen(character: string): State {
    if (letter.test(character)) {
      this.#reader = new TagReader(character, false)
      return 'tag'
    }
    this.#seen = ''
    if (character === '/') return 'endTagOpen'
    if (character === '!') return 'declaration'
    if (space.test(character) || /[=\d]/.test(character)) return 'data'
    throw new TemplateProblem(`"<${character}" is not markup: write &lt; for the character itself`)
  }

  #endTagOpen(character: string): State {
    if (!letter.test(character)) throw new TemplateProblem('"</" needs the name of an element')
    this.#reader = new TagReader(character, true)
    return 'tag'
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
    this.#afterNewlineEater = false
    if (this.#raw?.endsWith(character) !== true) return 'raw'
    this.#raw = undefined
    this.#reader = new TagReader(this.#reader.tag.name, true)
    return this.#inTag(character)
  }

  #inTag(character: string): State {
    const read = this.#reader.step(character)
    return read === 'inside' ? 'tag' : this.#tagEnd(read === 'selfClosed')
  }

  #tagEnd(selfClosing: boolean): State {
    const { tag } = this.#reader
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
      case 'tag':
        if (this.#reader.hole() === 'bare') this.#chunk = withoutAttribute(this.#chunk)
        this.#reader.holeAt(this.#operation(place.plain))
        return
      default:
        throw new TemplateProblem(refusedState(this.#state, this.#reader.tag.name))
    }
  }

  #eatenNewline(): void {
    if (this.#afterNewlineEater) this.#chunk += '\n'
    this.#afterNewlineEater = false
  }

  end(): Parsed {
    if (this.#state !== 'data') {
      throw new TemplateProblem(
        this.#state === 'raw'
          ? `the template ends inside <${this.#reader.tag.name}>: close it in the same template`
          : 'the template ends inside a tag or comment: close it in the same template',
      )
    }
    this.#chunks.push(this.#chunk)
    return { chunks: this.#chunks, places: this.#places, names: this.#names, cuts: this.#cuts }
  }
}

/** A boolean attribute is written by the renderer, name and all. */
function withoutAttribute(chunk: string): string {
  return chunk.replace(/[\t\n\f\r ]+[^\t\n\f\r =]+[\t\n\f\r ]*=[\t\n\f\r ]*$/, '')
}

/** Length of ` name="` at the end of a chunk. */
function writtenBefore(chunk: string): number {
  return /[\t\n\f\r ]+[^\t\n\f\r =]+[\t\n\f\r ]*=[\t\n\f\r ]*["']$/.exec(chunk)?.[0].length ?? 0
}
