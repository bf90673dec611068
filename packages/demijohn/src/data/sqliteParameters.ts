import type { SQLInputValue } from 'node:sqlite'

/**
 * What may stand as a parameter of a statement. Everything else is refused by its type, and the
 * message names the position, never the value.
 *
 * Whole numbers are bound as integers, since `node:sqlite` binds every number as floating point:
 * in a column or an expression without a type they would otherwise come out as `5.0`. NaN and
 * lone surrogates are refused because SQLite would store something else (NULL, U+FFFD) in silence,
 * and two different values would become one.
 */
export function bindable(parameters: readonly unknown[]): SQLInputValue[] {
  const out: SQLInputValue[] = []
  for (let i = 0; i < parameters.length; i++) out.push(bindOne(parameters[i], i + 1))
  return out
}

function bindOne(value: unknown, position: number): SQLInputValue {
  switch (typeof value) {
    case 'string':
      if (value.isWellFormed()) return value
      throw new TypeError(`SQL parameter ${position}: text with half a surrogate pair`)
    case 'number':
      if (Number.isSafeInteger(value)) return BigInt(value)
      if (Number.isFinite(value)) return value
      throw new TypeError(`SQL parameter ${position}: not a finite number`)
    case 'boolean':
      return value ? 1n : 0n
    case 'bigint':
      if (BigInt.asIntN(64, value) === value) return value
      throw new TypeError(`SQL parameter ${position}: more than 64 bits`)
    default:
      if (value === null || value instanceof Uint8Array) return value
      throw new TypeError(`SQL parameter ${position}: ${unbindable(value)}`)
  }
}

function unbindable(value: unknown): string {
  if (value instanceof Date) {
    return 'a Date; store UTC milliseconds (date.getTime()) in a column named …At'
  }
  if (value === undefined) return 'undefined; write null where nothing is meant'
  return `a value of type ${typeof value}; use text, a number, a boolean, null or bytes`
}
