/** One operation of an API on its page. */
import { type RefusalCode, refusalTable } from '../../../core/refusals.ts'
import { type Hole, type Html, html } from '../../../html/template.ts'
import { curlOf, exampleRequest } from './example.ts'
import type { Announced } from './limits.ts'
import type { Entry, Operation, OperationAnswer } from './operation.ts'
import type { Parameter } from './parameters.ts'
import { codeView, methodView } from './pieces.ts'
import { factsView, shapeView } from './shapeView.ts'

export function operationView(operation: Operation, origin: string): Html {
  const { id, method, path, summary, description, access, limits, body } = operation
  return html`<article id="${id}" aria-labelledby="${id}-name">
<header>
<h3 id="${id}-name"><a href="#${id}">${summary}</a></h3>
<p class="line">${methodView(method)} <code>${pathView(path)}</code></p>
</header>
${description === undefined ? null : html`<p class="description">${description}</p>`}
<dl class="facts">
<div><dt>Who may</dt><dd>${entryView(access)}</dd></div>
<div><dt>How often</dt><dd>${limitWords(limits)}</dd></div>
</dl>
${parametersView(operation)}
${body === undefined ? null : html`<section><h4>Body</h4>${shapeView(body, 'body')}</section>`}
<section><h4>Answers</h4>${operation.answers.map((answer, at) => answerView(answer, operation.answers[at - 1]))}</section>
<section><h4>Refusals</h4>${codesView(operation.refusals)}
<p class="note">And <a href="#refusals">those that every request can meet</a>.</p></section>
<section><h4>Example</h4>
<pre tabindex="0" aria-label="Example of ${method} ${path}"><code>${curlOf(exampleRequest(operation), origin)}</code></pre></section>
</article>
`
}

/** Breaks behind slashes, and shows what is to be replaced. */
function pathView(path: string): Hole {
  return path.split('/').map((segment, at) => {
    const slash = at === 0 ? null : html`/<wbr>`
    return [slash, segment.startsWith('{') ? html`<var>${segment}</var>` : segment]
  })
}

function entryView({ isOpen, scope, freshSeconds, requiresProof }: Entry): Hole {
  const token = requiresProof ? 'a token that is bound to a key' : 'a token'
  const who = isOpen
    ? 'Anyone. A token may be sent, and then has to be good.'
    : scope === undefined
      ? `Whoever has ${token}.`
      : html`Whoever has ${token} with the scope <code class="scope">${scope}</code>, while the person behind it holds that permission.`
  const fresh =
    freshSeconds === undefined
      ? null
      : ` They have signed in within the last ${durationWords(freshSeconds)}.`
  return [who, fresh]
}

function durationWords(seconds: number): string {
  const minutes = seconds / 60
  if (!Number.isInteger(minutes)) return `${seconds} seconds`
  return minutes === 1 ? 'minute' : `${minutes} minutes`
}

const shares = {
  client: 'for each client',
  account: 'for each account',
  key: 'for each key that the route makes of a request',
} as const

/** `60 per minute and 2000 per day for each client; 30 per hour for each account` */
function limitWords(limits: readonly Announced[]): string {
  const kinds = [...new Set(limits.map(({ countedBy }) => countedBy))]
  return kinds
    .map((kind) => {
      const own = limits.filter(({ countedBy }) => countedBy === kind)
      const names = own.map(({ name }) => name.replace(/ by .*$/, ''))
      return `${names.join(' and ')} ${shares[kind]}`
    })
    .join('; ')
}

const places = { path: 'in the path', query: 'in the query', header: 'a header field' } as const

function parametersView({ parameters }: Operation): Hole {
  if (parameters.length === 0) return null
  return html`<section><h4>Parameters</h4>
<table class="parameters">
<thead><tr><th scope="col">Name</th><th scope="col">What it takes</th></tr></thead>
<tbody>${parameters.map(parameterView)}</tbody>
</table></section>`
}

function parameterView({ name, in: place, required, description, schema }: Parameter): Html {
  const shape = description === undefined ? schema : { ...schema, description }
  return html`<tr><th scope="row"><code>${name}</code> <span class="place">${places[place]}</span></th>
<td>${factsView(shape, schema, required ? 'required' : 'optional')}</td></tr>`
}

const statusWords: Readonly<Record<OperationAnswer['status'], string>> = {
  200: 'Done',
  201: 'Made',
  204: 'Done, without a body',
  304: 'Nothing has changed, without a body',
}

function answerView(answer: OperationAnswer, before: OperationAnswer | undefined): Html {
  const { status, shape, etag, location, next } = answer
  const fields = [
    ...(etag === 'always'
      ? ['ETag']
      : etag === 'sometimes'
        ? ['ETag, where it has a version']
        : []),
    ...(location ? ['Location'] : []),
    ...(next ? ['Link, while the list goes on'] : []),
  ]
  return html`<div class="answer"><p><b class="status">${status}</b> ${statusWords[status]}${
    fields.length === 0 ? null : html` <span class="fields">${fields.join(' · ')}</span>`
  }</p>${bodyView(shape, before)}</div>`
}

/** Drawn once where two answers have the same. */
function bodyView(shape: OperationAnswer['shape'], before: OperationAnswer | undefined): Hole {
  if (shape === undefined) return null
  if (shape === before?.shape)
    return html`<p class="fields">The body is that of ${before.status}.</p>`
  return shapeView(shape, 'answer')
}

function codesView(codes: readonly RefusalCode[]): Hole {
  if (codes.length === 0) return null
  return html`<ul class="codes">${codes.map(
    (code) =>
      html`<li><b class="status">${refusalTable[code].status}</b> <a href="#${code}">${codeView(code)}</a></li>`,
  )}</ul>`
}
