/** What a form field is: how it looks, and how what it sends is read. */

/** A message says what to do, never what was sent. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string }

export type Option = { readonly value: string; readonly label: string }

/** What the markup of a control is made of. */
export type Control =
  | {
      readonly kind: 'input'
      readonly type: 'text' | 'email' | 'password' | 'search'
      readonly inputmode?: 'numeric' | undefined
      readonly autocomplete?: string | undefined
      readonly placeholder?: string | undefined
      readonly minLength?: number | undefined
      readonly maxLength?: number | undefined
      /** Written by people in words; the browser may check its spelling. */
      readonly prose: boolean
    }
  | {
      readonly kind: 'textarea'
      readonly rows: number
      readonly minLength?: number | undefined
      readonly maxLength: number
    }
  | { readonly kind: 'select' | 'radio'; readonly options: readonly Option[] }
  | { readonly kind: 'checkbox' }
  | { readonly kind: 'hidden' }
  /** Nobody sees it: see `decoy`. */
  | { readonly kind: 'decoy' }

export type Field<T> = {
  readonly label: string | undefined
  readonly hint: string | undefined
  readonly required: boolean
  /** False for secrets: what was sent is never written back. */
  readonly repopulated: boolean
  readonly control: Control
  /** Reads what the form sent; undefined when the field was not sent. Never throws. */
  readonly parse: (raw: string | undefined) => Parsed<T>
}

export type Named = { readonly label?: string; readonly hint?: string }

/** A frozen field; repopulated when nothing else is said. */
export function field<T>(
  named: Named,
  rest: Pick<Field<T>, 'required' | 'control' | 'parse'> & { readonly repopulated?: boolean },
): Field<T> {
  return Object.freeze({
    label: named.label,
    hint: named.hint,
    required: rest.required,
    repopulated: rest.repopulated ?? true,
    control: Object.freeze(rest.control),
    parse: rest.parse,
  })
}

export function accept<T>(value: T): Parsed<T> {
  return { ok: true, value }
}

export function reject(message: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message }
}
