/**
 * Reads one tag, from its name to its `>` (WHATWG HTML section 13.2.5.8 to 13.2.5.40). What a browser
 * repairs silently throws.
 */
import { type Attribute, type Tag, TemplateProblem } from './places.ts'
import { refusedState } from './tag-rules.ts'

type TagState =
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
  | 'end'
  | 'selfClosed'

const space = /[\t\n\f\r ]/

export class TagReader {
  readonly tag: Tag
  #state: TagState = 'tagName'

  constructor(name: string, isEnd: boolean) {
    this.tag = { name: name.toLowerCase(), isEnd, attributes: [] }
  }

  /** `end` or `selfClosed` when this character ends the tag. */
  step(character: string): 'inside' | 'end' | 'selfClosed' {
    const state = this.#state
    const isValue = state === 'doubleQuoted' || state === 'singleQuoted' || state === 'unquoted'
    this.#state = isValue ? this.#value(character) : this.#inTag(character)
    return this.#state === 'end' || this.#state === 'selfClosed' ? this.#state : 'inside'
  }

  /** Throws where a tag takes no hole. `bare`: the value of an attribute without quotes. */
  hole(): 'bare' | 'quoted' {
    if (this.tag.isEnd) throw new TemplateProblem('an end tag takes no hole')
    switch (this.#state) {
      case 'doubleQuoted':
      case 'singleQuoted':
        return 'quoted'
      case 'beforeValue':
        this.#state = this.#startValue('unquoted')
        return 'bare'
      default:
        throw new TemplateProblem(refusedState(this.#state, this.tag.name))
    }
  }

  /** Notes the operation of the hole just read. */
  holeAt(operation: number): void {
    const attribute = this.#attribute()
    attribute.holes.push(operation)
    attribute.parts.push('')
  }

  #inTag(character: string, state: TagState = this.#state): TagState {
    if (state === 'selfClosing' && character !== '>') throw new TemplateProblem('"/" inside a tag')
    if (character === '>') {
      if (state === 'beforeValue') throw new TemplateProblem('an attribute has "=" but no value')
      return state === 'selfClosing' ? 'selfClosed' : 'end'
    }
    if (space.test(character)) return afterSpace(state)
    if (character === '/') {
      if (state === 'beforeValue') throw new TemplateProblem('quote the value of the attribute')
      return 'selfClosing'
    }
    if (/["'<=\0]/.test(character)) return this.#delimiter(character, state)
    return this.#nameOrValue(character, state)
  }

  #delimiter(character: string, state: TagState): TagState {
    if (state === 'beforeValue' && character === '"') return this.#startValue('doubleQuoted')
    if (state === 'beforeValue' && character === "'") return this.#startValue('singleQuoted')
    if ((state === 'attributeName' || state === 'afterAttributeName') && character === '=') {
      return 'beforeValue'
    }
    throw new TemplateProblem(`${JSON.stringify(character)} inside the tag <${this.tag.name}>`)
  }

  #nameOrValue(character: string, state: TagState): TagState {
    switch (state) {
      case 'tagName':
        this.tag.name += character.toLowerCase()
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
        throw new TemplateProblem(`a space is missing before "${character}" in <${this.tag.name}>`)
    }
  }

  #startAttribute(character: string): TagState {
    const name = character.toLowerCase()
    this.tag.attributes.push({ name, parts: [''], quoted: false, holes: [] })
    return 'attributeName'
  }

  #attribute(): Attribute {
    const attribute = this.tag.attributes.at(-1)
    if (attribute === undefined) throw new TemplateProblem('a value without an attribute')
    return attribute
  }

  #startValue(state: 'doubleQuoted' | 'singleQuoted' | 'unquoted'): TagState {
    this.#attribute().quoted = state !== 'unquoted'
    return state
  }

  #value(character: string, state: TagState = this.#state): TagState {
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
}

function afterSpace(state: TagState): TagState {
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
