/**
 * A JSON array of objects, element by element, from pieces of text of any size.
 *
 * Finds where an element ends by counting brackets outside of strings, and leaves its reading to
 * `core/json.ts`, which refuses more than `JSON.parse` does: a name that stands twice, for one.
 * Memory is bounded by one piece and one element. Never throws.
 */
import { type JsonProblem, type JsonValue, readJson } from '../../core/json.ts'
import { type Broken, broken, type RowReader } from './rows.ts'

/** More than all columns at their longest take, each character escaped. */
const maxElementLength = 65_536

const blank = /[ \t\n\r]/

/** Where we are between elements. */
type Place = 'before' | 'first' | 'comma' | 'next' | 'inside' | 'after'

export type JsonRow = { readonly [name: string]: JsonValue }

const problems: Readonly<Record<JsonProblem, string>> = {
  'not JSON': 'is not JSON',
  'too deep': 'is nested too deeply',
  'too many parts': 'has too many parts',
  'a name twice': 'names something twice',
  'a reserved name': 'has a name that is reserved',
  'a lone surrogate': 'has half of a character',
  'a number out of range': 'has a number that is out of range',
}

export function jsonReader(): RowReader<JsonRow> {
  return new JsonReader()
}

class JsonReader {
  #place: Place = 'before'
  #depth = 0
  #inString = false
  #escaped = false
  #element = ''
  #row = 1
  #complete: JsonRow[] = []

  push(text: string): readonly JsonRow[] | Broken {
    for (const character of text) {
      const problem = this.#place === 'inside' ? this.#inside(character) : this.#outside(character)
      if (problem !== undefined) return broken(this.#row, problem)
    }
    return this.#handOver()
  }

  end(): readonly JsonRow[] | Broken {
    if (this.#place === 'after') return this.#handOver()
    return broken(this.#row, 'is cut off: the array does not end')
  }

  #outside(character: string): string | undefined {
    if (blank.test(character)) return undefined
    const place = this.#place
    if (place === 'before') {
      this.#place = 'first'
      return character === '[' ? undefined : notAnArray
    }
    if (place === 'after') return 'is followed by something behind the array'
    if (character === ']' && place !== 'next') this.#place = 'after'
    else if (character === ',' && place === 'comma') this.#place = 'next'
    else if (character === '{' && place !== 'comma') this.#begin()
    else return place === 'comma' ? 'is not followed by a comma' : 'is not an object'
    return undefined
  }

  #begin(): void {
    this.#place = 'inside'
    this.#element = '{'
    this.#depth = 1
  }

  #inside(character: string): string | undefined {
    this.#element += character
    if (this.#element.length > maxElementLength) return 'is too long for a person'
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false
      else if (character === '\\') this.#escaped = true
      else if (character === '"') this.#inString = false
      return undefined
    }
    if (character === '"') this.#inString = true
    else if (character === '{' || character === '[') this.#depth += 1
    else if (character === '}' || character === ']') this.#depth -= 1
    return this.#depth === 0 ? this.#finish() : undefined
  }

  #finish(): string | undefined {
    const read = readJson(this.#element)
    this.#element = ''
    this.#place = 'comma'
    if (read.problem !== undefined) return problems[read.problem]
    // It begins with a brace and was read, so it is one.
    this.#complete.push(read.value as JsonRow)
    this.#row += 1
    return undefined
  }

  #handOver(): readonly JsonRow[] {
    const complete = this.#complete
    this.#complete = []
    return complete
  }
}

const notAnArray = 'is missing: the file has to be an array of objects, [{"email": …}, …]'
