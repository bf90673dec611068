/** The pages of the accounts blueprint: markup alone, inside of the application's own layout. */
import type { FormView } from '../../html/form.ts'
import { type Html, html } from '../../html/template.ts'
import type { View } from '../../pipeline/route.ts'

/** Puts a page's main part into the application's frame. */
export type Layout = (facts: {
  readonly view: View
  readonly title: string
  readonly main: Html
}) => Html

type AnyForm = Pick<FormView<Record<string, never>>, 'summary' | 'fields'>

/** A page that is one form: a heading, a line of explanation, the fields, one button. */
export function formPage(
  layout: Layout,
  view: View,
  facts: {
    readonly title: string
    readonly intro: Html
    readonly form: AnyForm
    readonly button: string
    readonly after?: Html
  },
): Html {
  const { title, intro, form, button, after } = facts
  const main = html`<div class="form-page">
<h1>${title}</h1>
${intro}
<form method="post">
${form.summary}
${form.fields}
<button>${button}</button>
</form>
${after}
</div>`
  return layout({ view, title, main })
}
