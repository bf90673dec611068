/**
 * Typed form fields: schema, label and markup in one value.
 *
 * Stops input that no page asked for from reaching a handler: every string has a length, control
 * characters and CR/LF are refused, choices are the ones offered (ASVS 2.2.1, 1.1.1). Text is
 * normalised first, then judged, then kept, so that what was judged is what is stored.
 *
 * Does not make text safe for markup: templates do that where it is written.
 */
import { parseEmail } from './email.ts'
import { accept, type Field, field, type Named, type Option, type Parsed, reject } from './field.ts'
import { countCodePoints, hasControls, hasControlsBeyondLines, isTooLong } from './text.ts'

export type { Control, Field, Option, Parsed } from './field.ts'

type Sized = { readonly max: number; readonly min?: number; readonly optional?: boolean }

/**
 * One character takes up to four UTF-16 units before normalisation (U+1F82 decomposed; two
 * surrogate pairs that compose), and `maxlength` counts those. The browser must not cut off what
 * the server would have taken.
 */
const unitsPerCodePoint = 4

const fillIn = 'Fill this in.'

/** One line of text, trimmed, in NFC. `max` and `min` count code points. */
export function text(
  options: Named & Sized & { readonly autocomplete?: string; readonly placeholder?: string },
): Field<string> {
  requireSize(options)
  return field(options, {
    required: options.optional !== true,
    control: {
      kind: 'input',
      type: 'text',
      autocomplete: options.autocomplete,
      placeholder: options.placeholder,
      minLength: options.min,
      maxLength: options.max * unitsPerCodePoint,
      prose: true,
    },
    parse: (raw) => parseLine(raw, options),
  })
}

/** Several lines; every line break becomes `\n`. Spaces stay: they mean something in Markdown. */
export function textarea(options: Named & Sized & { readonly rows?: number }): Field<string> {
  requireSize(options)
  return field(options, {
    required: options.optional !== true,
    control: {
      kind: 'textarea',
      rows: options.rows ?? 6,
      minLength: options.min,
      maxLength: options.max * unitsPerCodePoint,
    },
    parse: (raw) => parseLines(raw, options),
  })
}

/** One mail address of at most 254 characters (RFC 5321 section 4.5.3.1.3), in ASCII. */
export function email(options: Named & { readonly optional?: boolean } = {}): Field<string> {
  return field(options, {
    required: options.optional !== true,
    control: { kind: 'input', type: 'email', autocomplete: 'email', prose: false },
    parse: (raw) => {
      const sent = (raw ?? '').trim()
      if (sent === '') return options.optional === true ? accept('') : reject(fillIn)
      const address = parseEmail(sent)
      return address === undefined
        ? reject('Enter one address, like name@example.org.')
        : accept(address)
    },
  })
}

/** Never trimmed, changed or written back; up to 1,024 bytes of UTF-8 (ASVS 6.2.9, 6.2.7). */
export function password(options: Named & { readonly purpose: 'current' | 'new' }): Field<string> {
  return field(options, {
    required: true,
    repopulated: false,
    control: {
      kind: 'input',
      type: 'password',
      autocomplete: options.purpose === 'new' ? 'new-password' : 'current-password',
      prose: false,
    },
    parse: (raw = '') => {
      if (raw === '') return reject(fillIn)
      const fits = raw.length <= 1024 && Buffer.byteLength(raw) <= 1024 && raw.isWellFormed()
      return fits ? accept(raw) : reject('Use a shorter password: at most 1,024 bytes.')
    },
  })
}

type ChoiceOptions = Named & { readonly as?: 'select' | 'radio' }

/** One of the offered values; its type is their union. */
export function choice<const Value extends string>(
  options: ChoiceOptions & {
    readonly options: readonly { readonly value: Value; readonly label: string }[]
  },
): Field<Value>
export function choice<const Value extends string>(
  options: ChoiceOptions & { readonly options: Readonly<Record<Value, string>> },
): Field<Value>
export function choice(
  options: ChoiceOptions & {
    readonly options: readonly Option[] | Readonly<Record<string, string>>
  },
): Field<string> {
  const offered = offeredOptions(options.options)
  const values: ReadonlySet<string> = new Set(offered.map(({ value }) => value))
  if (values.size === 0 || values.size !== offered.length || values.has('')) {
    throw new RangeError('choice(): offer at least one value, each once, none of them empty')
  }
  return field(options, {
    required: true,
    control: { kind: options.as ?? 'select', options: offered },
    parse: (raw) =>
      raw !== undefined && values.has(raw) ? accept(raw) : reject('Choose one of the options.'),
  })
}

function offeredOptions(
  options: readonly Option[] | Readonly<Record<string, string>>,
): readonly Option[] {
  const list = Array.isArray(options)
    ? options.map(({ value, label }: Option) => ({ value, label }))
    : Object.entries(options).map(([value, label]) => ({ value, label }))
  return Object.freeze(list.map((option) => Object.freeze(option)))
}

/** Not sent is false, `on` is true, anything else was not made by this form. */
export function checkbox(options: Named = {}): Field<boolean> {
  return field(options, {
    required: false,
    control: { kind: 'checkbox' },
    parse: (raw) => {
      if (raw === undefined) return accept(false)
      return raw === 'on' ? accept(true) : reject('Tick the box or leave it empty.')
    },
  })
}

type IntegerOptions = Named & { readonly min: number; readonly max: number }

/** A whole number in decimal digits, from `min` to `max` inclusive. */
export function integer(
  options: IntegerOptions & { readonly optional: true },
): Field<number | undefined>
export function integer(options: IntegerOptions): Field<number>
export function integer(
  options: IntegerOptions & { readonly optional?: boolean },
): Field<number | undefined> {
  const { min, max } = options
  if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max) || min > max) {
    throw new RangeError('integer(): min and max are whole numbers, min not above max')
  }
  return field(options, {
    required: options.optional !== true,
    control: {
      kind: 'input',
      type: 'text',
      inputmode: min >= 0 ? 'numeric' : undefined,
      autocomplete: 'off',
      prose: false,
    },
    parse: (raw) => {
      const sent = (raw ?? '').trim()
      if (sent === '') return options.optional === true ? accept(undefined) : reject(fillIn)
      const value = /^-?\d{1,16}$/.test(sent) ? Number(sent) : Number.NaN
      return value >= min && value <= max
        ? accept(value === 0 ? 0 : value)
        : reject(`Enter a whole number from ${min} to ${max}.`)
    },
  })
}

/**
 * What the page itself remembers until the form comes back, such as which version of an object was
 * shown; empty when nothing was sent. Nobody sees it and anybody may forge it: compare it, never
 * believe it. An error about it stands in the summary.
 */
export function hidden(options: { readonly max: number }): Field<string> {
  requireSize(options)
  return field(
    {},
    {
      required: false,
      control: { kind: 'hidden' },
      parse: (raw) => parseLine(raw, { ...options, optional: true }),
    },
  )
}

/** Words to search for; empty when nothing was sent. */
export function search(options: Named & { readonly max: number }): Field<string> {
  requireSize(options)
  return field(options, {
    required: false,
    control: {
      kind: 'input',
      type: 'search',
      maxLength: options.max * unitsPerCodePoint,
      prose: false,
    },
    parse: (raw) => parseLine(raw, { ...options, optional: true }),
  })
}

function requireSize({ max, min = 0 }: { readonly max: number; readonly min?: number }): void {
  if (!Number.isSafeInteger(max) || !Number.isSafeInteger(min) || max < 1 || min < 0 || min > max) {
    throw new RangeError('max and min are whole numbers of characters, min not above max')
  }
}

function parseLine(raw: string | undefined, size: Sized): Parsed<string> {
  const sent = (raw ?? '').trim()
  if (isTooLong(sent, size.max * unitsPerCodePoint)) return reject(tooLong(size.max))
  if (hasControls(sent)) return reject('Use one line, without control characters.')
  return parseSize(sent.normalize('NFC').trim(), size)
}

function parseLines(raw: string | undefined, size: Sized): Parsed<string> {
  const sent = (raw ?? '').replace(/\r\n?/g, '\n')
  if (isTooLong(sent, size.max * unitsPerCodePoint)) return reject(tooLong(size.max))
  if (hasControlsBeyondLines(sent)) return reject('Leave out control characters.')
  const value = sent.normalize('NFC')
  return parseSize(value.trim() === '' ? '' : value, size)
}

function parseSize(value: string, { max, min = 0, optional }: Sized): Parsed<string> {
  if (value === '') return optional === true ? accept('') : reject(fillIn)
  const length = countCodePoints(value)
  if (length > max) return reject(tooLong(max))
  return length < min ? reject(`Use at least ${characters(min)}.`) : accept(value)
}

function tooLong(max: number): string {
  return `Use at most ${characters(max)}.`
}

function characters(count: number): string {
  return count === 1 ? '1 character' : `${count.toLocaleString('en')} characters`
}
