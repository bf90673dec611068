/**
 * CSV as RFC 4180 has it, strictly, from pieces of text of any size.
 *
 * Stops a file from being read in another way than it was written: a quote inside of an unquoted
 * field, text behind a closing quote, a lone carriage return and an open quote at the end are
 * refused with their row. Memory is bounded by one piece and one row. Lines end with CRLF, or with
 * LF as most programs write them. Never throws.
 *
 * Formulas (`=…`) are text here; they are a matter for whoever writes CSV.
 */
import { type Broken, broken, type RowReader } from './rows.ts'

/** Longer than any column may be; an unclosed quote is noticed here and not at the end. */
const maxFieldLength = 4_096
const maxFields = 64

type State = 'start' | 'plain' | 'quoted' | 'quote' | 'return'

export function csvReader(): RowReader<readonly string[]> {
  return new CsvReader()
}

class CsvReader {
  #state: State = 'start'
  #field = ''
  #record: string[] = []
  #row = 1
  #complete: (readonly string[])[] = []

  push(text: string): readonly (readonly string[])[] | Broken {
    for (const character of text) {
      const problem = this.#take(character) ?? this.#excess()
      if (problem !== undefined) return broken(this.#row, problem)
    }
    return this.#handOver()
  }

  end(): readonly (readonly string[])[] | Broken {
    if (this.#state === 'quoted') return broken(this.#row, 'opens a quote that is never closed')
    if (this.#state === 'return') return broken(this.#row, loneReturn)
    if (this.#state !== 'start' || this.#record.length > 0) this.#endRecord()
    return this.#handOver()
  }

  /** Takes one character in its state; gives what is wrong with it. */
  #take(character: string): string | undefined {
    if (this.#state === 'quoted') {
      if (character === '"') this.#state = 'quote'
      else this.#field += character
      return undefined
    }
    if (this.#state === 'return') {
      if (character !== '\n') return loneReturn
      this.#endRecord()
      return undefined
    }
    if (character === ',') this.#endField()
    else if (character === '\n') this.#endRecord()
    else if (character === '\r') this.#state = 'return'
    else if (character === '"') return this.#quote()
    else if (this.#state === 'quote') return afterQuote
    else {
      this.#state = 'plain'
      this.#field += character
    }
    return undefined
  }

  /** The first one opens; one behind a closing quote doubles it, and the two stand for one. */
  #quote(): string | undefined {
    if (this.#state === 'plain') return 'has a quote inside of a field that does not begin with one'
    if (this.#state === 'quote') this.#field += '"'
    this.#state = 'quoted'
    return undefined
  }

  #excess(): string | undefined {
    if (this.#field.length > maxFieldLength) return tooLong
    return this.#record.length > maxFields ? `has more than ${maxFields} fields` : undefined
  }

  #endField(): void {
    this.#record.push(this.#field)
    this.#field = ''
    this.#state = 'start'
  }

  #endRecord(): void {
    this.#endField()
    this.#complete.push(this.#record)
    this.#record = []
    this.#row += 1
  }

  #handOver(): readonly (readonly string[])[] {
    const complete = this.#complete
    this.#complete = []
    return complete
  }
}

const loneReturn = 'has a carriage return without a line feed'
const afterQuote = 'has text behind a closing quote; a quote inside of a field is written twice'
const tooLong = `has a field of more than ${maxFieldLength} characters; is a quote left open?`
