/**
 * The page that tells people of an API: what the OpenAPI document says, to be read.
 *
 * One document without script, under the policy of any page. Its one style sheet is the library's own.
 */
import { type Hole, type Html, html } from '../../../html/template.ts'
import type { View } from '../../route.ts'
import type { ApiPolicy } from '../policy.ts'
import { beforeView } from './beforeView.ts'
import type { Operation } from './operation.ts'
import { operationView } from './operationView.ts'
import { methodView } from './pieces.ts'
import { refusalsView } from './refusalsView.ts'

export function documentationPage(
  policy: ApiPolicy,
  operations: readonly Operation[],
  view: Pick<View, 'asset' | 'origin'>,
): Html {
  const tags = groupsOf(operations)
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${policy.title}: the API</title>
<link rel="stylesheet" href="${view.asset('demijohn/api.css')}">
</head>
<body>
<a class="skip" href="#content">Skip the contents</a>
<header class="head">
<p class="kind">API, version ${policy.version}</p>
<h1>${policy.title}</h1>
<p class="base"><code>${view.origin}${policy.prefix}</code></p>
<p><a href="${`${policy.prefix}/openapi.json`}">OpenAPI 3.1 document</a></p>
</header>
<div class="frame">
<nav aria-label="Contents">${contentsView(tags)}</nav>
<main id="content" tabindex="-1">
${beforeView(policy, operations, view.origin)}
${tags.map(([tag, own]) => groupView(tag, own, view.origin))}
${refusalsView(policy, operations, view.origin)}
</main>
</div>
</body>
</html>
`
}

type Group = readonly [tag: string, operations: readonly Operation[]]

function groupsOf(operations: readonly Operation[]): readonly Group[] {
  const tags = [...new Set(operations.map(({ tag }) => tag))].sort()
  return tags.map((tag) => [tag, operations.filter((one) => one.tag === tag)])
}

function contentsView(groups: readonly Group[]): Hole {
  return html`<ol class="contents">
<li><a href="#before">Before the first request</a></li>
${groups.map(
  ([tag, operations]) => html`<li><a href="#tag-${tag}">${tag}</a><ol>
${operations.map(
  ({ id, method, summary }) =>
    html`<li><a href="#${id}">${methodView(method)} <span>${summary}</span></a></li>`,
)}</ol></li>`,
)}
<li><a href="#refusals">Refusals</a></li>
</ol>`
}

function groupView(tag: string, operations: readonly Operation[], origin: string): Html {
  return html`<section aria-labelledby="tag-${tag}">
<h2 id="tag-${tag}">${tag}</h2>
${operations.map((operation) => operationView(operation, origin))}
</section>`
}
