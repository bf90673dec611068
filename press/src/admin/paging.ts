/** Links to the pages before and after. */
import { type Html, html } from 'demijohn'

type Link = { readonly to: string; readonly label: string }

/** Nothing where everything stands on one page. `thing` ends the links' names for screen readers. */
export function paging(facts: {
  readonly before: string | null
  readonly after: string | null
  readonly here: string
  readonly labels: readonly [before: string, after: string]
  readonly thing: string
}): Html | null {
  const { before, after, here, labels, thing } = facts
  if (before === null && after === null) return null
  return html`<nav class="paging" aria-label="Pages">
<ul>
${before === null ? null : link({ to: before, label: labels[0] }, 'prev', thing)}
<li>${here}</li>
${after === null ? null : link({ to: after, label: labels[1] }, 'next', thing)}
</ul>
</nav>`
}

function link({ to, label }: Link, rel: 'prev' | 'next', thing: string): Html {
  return html`<li><a class="button button-quiet" href="${to}" rel="${rel}">${label}<span class="visually-hidden"> ${thing}</span></a></li>`
}
