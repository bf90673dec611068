/**
 * The markup of a form's fields, for people with and without a screen reader.
 *
 * Each control has its label, its hint and its error tied to it (WCAG 2.2, 1.3.1, 3.3.1, 3.3.2); the
 * first wrong one is focused without script, and a summary links to each. Repopulates what was
 * sent, except secrets. `parseFields` is the way back.
 *
 * Does not place the form element or its token: `html` does.
 */
import { Misconfiguration } from '../core/misconfiguration.ts'
import { controlMarkup, describedBy, invalid, type Shown } from './controls.ts'
import type { Field } from './field.ts'
import { type Html, html, prerender } from './template.ts'

export type Fields = Readonly<Record<string, Field<unknown>>>

/** The parsed values of these fields, by name. */
export type Values<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never
}

export type FormState = {
  /** What stands in the controls, as text. `on` for a ticked box. */
  readonly values?: Readonly<Record<string, string>>
  /** Messages by field name; under `''` one about the form as a whole. */
  readonly errors?: Readonly<Record<string, string>>
}

export type FormView<F extends Fields> = {
  readonly hasErrors: boolean
  /** Every error with a link to its field, announced at once; empty without errors. */
  readonly summary: Html
  /** All fields in their order. */
  readonly fields: Html
  /** One field: label, hint, control, error. */
  readonly field: (name: keyof F & string) => Html
  /** What is wrong with one field; undefined when nothing is. */
  readonly error: (name: keyof F & string) => string | undefined
}

const checked = new WeakSet<Fields>()

/** Throws `Misconfiguration` for names that cannot stand in a form. Called by the two below. */
export function requireFieldNames(fields: Fields): void {
  if (checked.has(fields)) return
  const wrong = Object.keys(fields).filter(
    (name) => !/^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(name) || name === 'formToken',
  )
  if (wrong.length > 0) {
    throw new Misconfiguration(
      wrong.map((name) => `field ${JSON.stringify(name)}: use letters and digits, not formToken`),
    )
  }
  checked.add(fields)
}

/** The markup of these fields, filled from `state`. */
export function formView<F extends Fields>(fields: F, state: FormState = {}): FormView<F> {
  requireFieldNames(fields)
  const names = Object.keys(fields)
  const errors = state.errors ?? {}
  const wrong = names.filter((name) => own(errors, name) !== undefined)
  const firstWrong = wrong.find((name) => !isHidden(own(fields, name)))
  const fieldNamed = (name: string): Html => {
    const field = own(fields, name)
    if (field === undefined) throw new RangeError(`this form has no field ${JSON.stringify(name)}`)
    const value = field.repopulated ? own(state.values ?? {}, name) : undefined
    const error = own(errors, name)
    const focused = name === firstWrong
    if (value === undefined && error === undefined && !focused) return untouched(name, field)
    return fieldMarkup({ name, field, label: field.label ?? labelOf(name), value, error, focused })
  }
  const hasErrors = wrong.length > 0 || own(errors, '') !== undefined
  return Object.freeze({
    hasErrors,
    summary: hasErrors ? summaryMarkup(fields, errors, firstWrong === undefined) : html``,
    fields: html`${names.map(fieldNamed)}`,
    field: fieldNamed,
    error: (name) => own(errors, name),
  })
}

const untouchedFields = new WeakMap<Field<unknown>, Map<string, Html>>()

/** A field that nobody has typed into looks the same each time, so it is rendered once. */
function untouched(name: string, field: Field<unknown>): Html {
  const byName = untouchedFields.get(field) ?? new Map<string, Html>()
  const known = byName.get(name)
  if (known !== undefined) return known
  const label = field.label ?? labelOf(name)
  const shown = { name, field, label, value: undefined, error: undefined, focused: false }
  const markup = prerender(fieldMarkup(shown))
  untouchedFields.set(field, byName.set(name, markup))
  return markup
}

/** Reads every field. Names that are not fields are ignored: `input` refuses them before. */
export function parseFields<F extends Fields>(
  fields: F,
  raw: ReadonlyMap<string, string>,
):
  | { readonly ok: true; readonly values: Values<F> }
  | { readonly ok: false; readonly errors: Readonly<Record<string, string>> } {
  requireFieldNames(fields)
  const values: (readonly [string, unknown])[] = []
  const errors: (readonly [string, string])[] = []
  for (const [name, field] of Object.entries(fields)) {
    const parsed = field.parse(raw.get(name))
    if (parsed.ok) values.push([name, parsed.value])
    else errors.push([name, parsed.message])
  }
  if (errors.length > 0) return { ok: false, errors: Object.freeze(Object.fromEntries(errors)) }
  // Every key of F was parsed by the field of that key, which is what Values<F> says.
  return { ok: true, values: Object.freeze(Object.fromEntries(values)) as Values<F> }
}

/** `displayName` becomes `Display name`. */
export function labelOf(name: string): string {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}

function summaryMarkup(
  fields: Fields,
  errors: Readonly<Record<string, string>>,
  focused: boolean,
): Html {
  const links = Object.entries(fields).flatMap(([name, field]) => {
    const error = own(errors, name)
    if (error === undefined) return []
    // Nothing to be led to.
    if (isHidden(field)) return [html`<li>${error}</li>`]
    const label = field.label ?? labelOf(name)
    return [html`<li><a href="#field-${name}">${label}: ${error}</a></li>`]
  })
  const whole = own(errors, '')
  return html`<div class="error-summary" role="alert" tabindex="-1" autofocus=${focused}>
<h2>There is a problem</h2>
<ul>${whole === undefined ? '' : html`<li>${whole}</li>`}${links}</ul>
</div>`
}

function fieldMarkup(shown: Shown): Html {
  const { name, field, error } = shown
  const hint =
    field.hint === undefined
      ? ''
      : html`<p class="field-hint" id="field-${name}-hint">${field.hint}</p>`
  const message =
    error === undefined ? '' : html`<p class="field-error" id="field-${name}-error">${error}</p>`
  const label = html`${shown.label}${isMarkedOptional(field) ? html` <span class="field-optional">(optional)</span>` : ''}`
  switch (field.control.kind) {
    case 'hidden':
    case 'decoy':
      return controlMarkup(shown)
    case 'checkbox':
      return html`<div class="field">${controlMarkup(shown)} <label class="field-label" for="field-${name}">${label}</label>${hint}${message}</div>
`
    case 'radio':
      return html`<fieldset class="field" role="radiogroup" aria-describedby="${describedBy(shown)}" aria-invalid="${invalid(shown)}" aria-required="true"><legend class="field-label">${label}</legend>${hint}${controlMarkup(shown)}${message}</fieldset>
`
    default:
      return html`<div class="field"><label class="field-label" for="field-${name}">${label}</label>${hint}${controlMarkup(shown)}${message}</div>
`
  }
}

function isHidden(field: Field<unknown> | undefined): boolean {
  return field?.control.kind === 'hidden' || field?.control.kind === 'decoy'
}

function isMarkedOptional({ required, control }: Field<unknown>): boolean {
  if (required || control.kind === 'checkbox') return false
  return !(control.kind === 'input' && control.type === 'search')
}
