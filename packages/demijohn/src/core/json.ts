/**
 * Reads JSON that comes from outside, so that every reader of it understands the same.
 *
 * Stops what JSON parsers disagree about from getting past one check and into another (ASVS 1.5.3):
 * I-JSON (RFC 7493) on top of RFC 8259. A name twice in one object (section 2.3), surrogates alone
 * (2.1) and numbers that no double holds (2.2) are refused, and so are the names by which objects
 * reach their prototypes. Bounds depth and size before anything is built.
 *
 * One pass over the text counts what JSON is made of, `JSON.parse` reads it, one walk over what came
 * out compares: where a name stood twice, fewer members came out than colons went in. The pass does
 * not judge the grammar; for text that is not JSON its counts mean nothing, and it is refused anyway.
 *
 * Does not refuse noncharacters, which RFC 7493 names too: Unicode lets them be exchanged since its
 * Corrigendum 9. Does not refuse digits that a double rounds off.
 */

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue }

export type JsonLimits = {
  /** Arrays and objects within each other. `[]` has depth 1. */
  readonly maxDepth: number
  /** Commas and opening brackets together: at least as many as there are members and elements. */
  readonly maxParts: number
}

export const jsonLimits: JsonLimits = Object.freeze({ maxDepth: 32, maxParts: 10_000 })

export type JsonProblem =
  | 'not JSON'
  | 'too deep'
  | 'too many parts'
  | 'a name twice'
  | 'a reserved name'
  | 'a lone surrogate'
  | 'a number out of range'

/** `problem` is undefined where there is a value. */
export type JsonReading =
  | { readonly problem?: undefined; readonly value: JsonValue }
  | { readonly problem: JsonProblem }

/** Reads a whole text. Linear in its length, never throws. */
export function readJson(text: string, limits: JsonLimits = jsonLimits): JsonReading {
  const names = countNames(text, limits)
  if (typeof names === 'string') return { problem: names }
  const parsed = parse(text)
  if (parsed === undefined) return { problem: 'not JSON' }
  const walk: Walk = { names: 0, problem: undefined }
  inspect(parsed, walk)
  if (walk.problem !== undefined) return { problem: walk.problem }
  return walk.names === names ? { value: parsed } : { problem: 'a name twice' }
}

/** What is read of a string, so that a test can count the steps. */
export type Characters = { readonly length: number; charCodeAt(at: number): number }

const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const backslash = 0x5c

/** How many names JSON text has, all objects together; or which bound it is over. */
export function countNames(
  text: Characters,
  { maxDepth, maxParts }: JsonLimits,
): number | 'too deep' | 'too many parts' {
  let depth = 0
  let parts = 0
  let names = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === quote) at = endOfString(text, at)
    else if (code === colon) names += 1
    else if (code === comma) parts += 1
    // `[` and `{`, `]` and `}` differ in this bit alone, and nothing else in JSON is like them.
    else if ((code | 0x20) === 0x7b) {
      depth += 1
      parts += 1
      if (depth > maxDepth) return 'too deep'
    } else if ((code | 0x20) === 0x7d) depth -= 1
    if (parts > maxParts) return 'too many parts'
  }
  return names
}

/** Where the closing quote stands; the end of the text where there is none. */
function endOfString(text: Characters, from: number): number {
  let at = from + 1
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === quote) return at
    if (code === backslash) at += 1
  }
  return at
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text)
  } catch (error) {
    // The message would quote the text; that it is not JSON is all there is to say.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

type Walk = { names: number; problem: JsonProblem | undefined }

/** ASVS 15.3.6: whoever copies these from one object into another changes more than that object. */
const reservedNames: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** As deep as the text was found to be. */
function inspect(value: JsonValue, walk: Walk): void {
  if (typeof value === 'string') {
    if (!value.isWellFormed()) walk.problem ??= 'a lone surrogate'
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) walk.problem ??= 'a number out of range'
  } else if (isArray(value)) {
    for (const element of value) inspect(element, walk)
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      walk.names += 1
      if (!name.isWellFormed()) walk.problem ??= 'a lone surrogate'
      if (reservedNames.has(name)) walk.problem ??= 'a reserved name'
      inspect(member, walk)
    }
  }
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}
