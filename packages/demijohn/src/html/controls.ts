/** The controls themselves: input, hidden, textarea, select, radio, checkbox (WHATWG HTML section 4.10). */
import { decoyMarkup } from './decoy.ts'
import type { Control, Field, Option } from './field.ts'
import { absent, type Html, html } from './template.ts'

/** A field and what is to be seen of it. */
export type Shown = {
  readonly name: string
  readonly field: Field<unknown>
  readonly label: string
  readonly value: string | undefined
  readonly error: string | undefined
  /** True for the first wrong field of a form. */
  readonly focused: boolean
}

/** The ids of hint and error, for `aria-describedby`. */
export function describedBy({ name, field, error }: Shown): string | typeof absent {
  const hint = field.hint === undefined ? '' : `field-${name}-hint`
  const message = error === undefined ? '' : `field-${name}-error`
  return [hint, message].filter(Boolean).join(' ') || absent
}

/** The value of `aria-invalid`. */
export function invalid({ error }: Shown): 'true' | typeof absent {
  return error === undefined ? absent : 'true'
}

export function controlMarkup(shown: Shown): Html {
  const { control } = shown.field
  switch (control.kind) {
    case 'input':
      return inputMarkup(shown, control)
    case 'textarea':
      return textareaMarkup(shown, control)
    case 'select':
      return selectMarkup(shown, control.options)
    case 'radio':
      return radioMarkup(shown, control.options)
    case 'checkbox':
      return checkboxMarkup(shown)
    case 'decoy':
      return decoyMarkup(shown)
    case 'hidden':
      return html`<input name="${shown.name}" type="hidden" value="${shown.value ?? ''}">`
  }
}

function inputMarkup(shown: Shown, control: Extract<Control, { kind: 'input' }>): Html {
  const { name, field, value, focused } = shown
  return html`<input id="field-${name}" name="${name}" type="${control.type}" value="${value ?? absent}" inputmode="${control.inputmode ?? absent}" autocomplete="${control.autocomplete ?? absent}" placeholder="${control.placeholder ?? absent}" minlength="${control.minLength ?? absent}" maxlength="${control.maxLength ?? absent}" spellcheck="${control.prose ? absent : 'false'}" autocapitalize="${control.prose ? absent : 'none'}" aria-describedby="${describedBy(shown)}" aria-invalid="${invalid(shown)}" required=${field.required} autofocus=${focused}>`
}

function textareaMarkup(shown: Shown, control: Extract<Control, { kind: 'textarea' }>): Html {
  const { name, field, value, focused } = shown
  return html`<textarea id="field-${name}" name="${name}" rows="${control.rows}" minlength="${control.minLength ?? absent}" maxlength="${control.maxLength}" aria-describedby="${describedBy(shown)}" aria-invalid="${invalid(shown)}" required=${field.required} autofocus=${focused}>${value}</textarea>`
}

function selectMarkup(shown: Shown, options: readonly Option[]): Html {
  const { name, field, value, focused } = shown
  const isKnown = options.some((option) => option.value === value)
  return html`<select id="field-${name}" name="${name}" aria-describedby="${describedBy(shown)}" aria-invalid="${invalid(shown)}" required=${field.required} autofocus=${focused}>${
    isKnown ? '' : html`<option value="">Choose…</option>`
  }${options.map(
    (option) =>
      html`<option value="${option.value}" selected=${option.value === value}>${option.label}</option>`,
  )}</select>`
}

/** The first one carries the id of the field, so that the link in the summary leads there. */
function radioMarkup(shown: Shown, options: readonly Option[]): Html {
  const { name, field, value, focused } = shown
  const choices = options.map((option, index) => {
    const id = index === 0 ? `field-${name}` : `field-${name}-${index + 1}`
    return html`<div class="field-option"><input id="${id}" name="${name}" type="radio" value="${option.value}" checked=${option.value === value} required=${field.required} autofocus=${focused && index === 0}> <label for="${id}">${option.label}</label></div>`
  })
  return html`${choices}`
}

function checkboxMarkup(shown: Shown): Html {
  const { name, value, focused } = shown
  return html`<input id="field-${name}" name="${name}" type="checkbox" value="on" checked=${value === 'on'} aria-describedby="${describedBy(shown)}" aria-invalid="${invalid(shown)}" autofocus=${focused}>`
}
