/** Every refusal of an API in one table; where `type` of a problem leads. */
import { type RefusalCode, refusalTable } from '../../../core/refusals.ts'
import { type Html, html } from '../../../html/template.ts'
import { type ApiPolicy, openPageOf } from '../policy.ts'
import type { Operation } from './operation.ts'
import { codeView } from './pieces.ts'
import { allRefusals, isEverywhere } from './refusals.ts'

export function refusalsView(
  policy: ApiPolicy,
  operations: readonly Operation[],
  origin: string,
): Html {
  const codes = allRefusals(operations)
  return html`<section aria-labelledby="refusals">
<h2 id="refusals">Refusals</h2>
<p>A refusal looks like this. <code>errors</code> comes with <code>input.invalid</code> for a body, and says what is wrong where (RFC 6901). Quote <code>requestId</code> when you ask about one.</p>
<pre tabindex="0" aria-label="Example of a refusal"><code>${exampleProblem(policy, origin)}</code></pre>
<p>Those of any request can be met whatever the route; the others stand with the routes that have them.</p>
<table class="refusals">
<thead><tr><th scope="col">Code</th><th scope="col">What has happened, and what to do</th></tr></thead>
<tbody>${codes.map(rowView)}</tbody>
</table>
</section>
`
}

function rowView(code: RefusalCode): Html {
  const { status, title, remedy } = refusalTable[code]
  return html`<tr id="${code}"><th scope="row"><b class="status">${status}</b> ${codeView(code)}${
    isEverywhere(code) ? html` <span class="any">any request</span>` : null
  }</th>
<td><b>${title}.</b> ${remedy}</td></tr>
`
}

function exampleProblem(policy: ApiPolicy, origin: string): string {
  const code = 'input.invalid'
  const { title, status, remedy } = refusalTable[code]
  const page = openPageOf(policy)
  const type = page === undefined ? `urn:demijohn:refusal:${code}` : `${origin}${page}#${code}`
  const errors = [{ pointer: '/title', detail: 'Too big: expected string to have <=80 characters' }]
  const problem = { type, title, status, detail: remedy, code, requestId: '5f0c1a9e-2s', errors }
  return JSON.stringify(problem, null, 2)
}
