import { inspect } from 'node:util'

/**
 * A secret that has to be asked for by name before it comes out as text: `JSON.stringify`,
 * templates, `console.log` and error messages all get a placeholder (CWE-532).
 */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** The secret itself. Hand it to what needs it; keep it in no other variable. */
  reveal(): string {
    return this.#text
  }

  toString(): string {
    return '[secret: redacted]'
  }

  toJSON(): string {
    return this.toString()
  }

  [inspect.custom](): string {
    return this.toString()
  }
}
