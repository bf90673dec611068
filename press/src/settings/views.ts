/** The settings page that is Press's own; address and password are the accounts blueprint's. */
import { type FormView, type Html, html, type View } from 'demijohn'
import { layout } from '../layout/layout.ts'

export function profilePage(facts: {
  readonly view: View
  readonly personId: string
  readonly form: Pick<FormView<Record<never, never>>, 'summary' | 'fields'>
}): Html {
  const { view, personId, form } = facts
  const main = html`<div class="form-page">
<h1>Your profile</h1>
<p>What everybody sees beside your posts and comments. <a href="/people/${personId}">See your public profile</a></p>
<form method="post">
${form.summary}
${form.fields}
<button>Save the profile</button>
</form>
</div>`
  return layout({ view, title: 'Your profile', main })
}
