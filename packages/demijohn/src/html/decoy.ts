/**
 * A field that no person sees: who fills it in reads markup, not pages (OWASP Automated Threats
 * OAT-017 Spamming, OAT-019 Account Creation).
 *
 * Out of sight for eyes and screen readers alike (`hidden`), out of the order of Tab, and out of what
 * browsers fill in by themselves; a browser in text mode shows its label, which says what to do. It
 * shows the form again, since a password manager that does not ask is a person's, too: what was in it
 * is gone by then. Does not stop whoever has looked at the form once.
 */
import type { Shown } from './controls.ts'
import { accept, type Field, field, reject } from './field.ts'
import { type Html, html } from './template.ts'

/** Give it a name that forms on other sites have: `website`, `company`. Its value is always empty. */
export function decoy(options: { readonly label?: string } = {}): Field<''> {
  return field(
    { label: options.label ?? 'Leave this empty' },
    {
      required: false,
      repopulated: false,
      control: { kind: 'decoy' },
      parse: (raw = '') =>
        raw === ''
          ? accept('')
          : reject('Something was filled in that is not for people. Please send it again.'),
    },
  )
}

export function decoyMarkup({ name, label }: Shown): Html {
  return html`<div hidden><label for="field-${name}">${label}</label> <input id="field-${name}" name="${name}" type="text" autocomplete="off" tabindex="-1"></div>
`
}

/** Whether a form that was sent has something in one of its decoys. */
export function tookDecoy(
  fields: Readonly<Record<string, Field<unknown>>>,
  sent: ReadonlyMap<string, string>,
): boolean {
  return Object.entries(fields).some(
    ([name, { control }]) => control.kind === 'decoy' && (sent.get(name) ?? '') !== '',
  )
}
