/**
 * What the accounts blueprint says and shows: a record of pages and a record of mails, each a function
 * of facts. An application replaces the ones it wants in its own words; the machinery stays.
 */
import type { FormView } from '../../html/form.ts'
import { absent, type Html, html } from '../../html/template.ts'
import type { MailContent } from '../../mail/message.ts'
import type { View } from '../../pipeline/route.ts'

/** The main part of a page, to be put into the application's layout. */
export type PageParts = { readonly title: string; readonly main: Html }

/** A mail but for its address, which is always the stored one. */
export type MailParts = Omit<MailContent, 'to'>

/** What every page of the blueprint is told. */
export type PageFacts = { readonly view: View; readonly siteName: string }

export type ShownForm = Pick<FormView<Record<string, never>>, 'summary' | 'fields' | 'hasErrors'>

/** A page that is one form: a heading, a line of explanation, the fields, one button. */
export function formMain(facts: {
  readonly title: string
  readonly intro?: Html
  readonly form: ShownForm
  readonly button: string
  /** For what cannot be undone. */
  readonly isDanger?: true
  readonly after?: Html
}): PageParts {
  const { title, intro, form, button, isDanger, after } = facts
  const main = html`<div class="form-page">
<h1>${title}</h1>
${intro}
<form method="post">
${form.summary}
${form.fields}
<button class="${isDanger ? 'button-danger' : absent}">${button}</button>
</form>
${after}
</div>`
  return { title, main }
}

/** A page that says one thing and leads on. */
export function messageMain(facts: { readonly title: string; readonly body: Html }): PageParts {
  const { title, body } = facts
  return {
    title,
    main: html`<div class="form-page">
<h1>${title}</h1>
${body}
</div>`,
  }
}

const days = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' })

/** The day of a moment in UTC milliseconds: 24 November 2026. */
export function day(milliseconds: number): Html {
  const date = new Date(milliseconds)
  return html`<time datetime="${date.toISOString()}">${days.format(date)}</time>`
}
