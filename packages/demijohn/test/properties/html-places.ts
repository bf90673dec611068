/** Every place a hole may stand in, as pages of one hole each, and what attackers put there. */
import { readFileSync } from 'node:fs'
import { sanitise } from '../../src/html/sanitise.ts'
import { type Html, html, json } from '../../src/html/template.ts'

const page = (body: Html): Html =>
  html`<!doctype html><html lang="en"><head><title>Page</title></head><body>${body}</body></html>`

export type HtmlPlace = { readonly name: string; readonly make: (value: string) => Html }

/** The structure of these pages must not depend on the value. */
export const places: readonly HtmlPlace[] = [
  { name: 'text', make: (v) => page(html`<p>${v}</p>`) },
  { name: 'text between text', make: (v) => page(html`<p>a ${v} b</p>`) },
  { name: 'text in pre', make: (v) => page(html`<pre>${v}</pre>`) },
  { name: 'text in option', make: (v) => page(html`<select><option>${v}</option></select>`) },
  { name: 'text in svg', make: (v) => page(html`<svg><text>${v}</text></svg>`) },
  { name: 'array', make: (v) => page(html`<p>${[v, [v, v]]}</p>`) },
  { name: 'nested', make: (v) => page(html`<ul>${[html`<li>${v}</li>`, html`${v}`]}</ul>`) },
  { name: 'title', make: (v) => html`<!doctype html><title>a ${v} b</title><p>c</p>` },
  { name: 'textarea', make: (v) => page(html`<textarea name="a">${v}</textarea>`) },
  { name: 'double-quoted', make: (v) => page(html`<p title="${v}" lang="en">a</p>`) },
  { name: 'single-quoted', make: (v) => page(html`<p title='a ${v} b' lang='en'>a</p>`) },
  { name: 'data attribute', make: (v) => page(html`<p data-a="${v}${v}">a</p>`) },
  { name: 'class and id', make: (v) => page(html`<p class="a ${v}" id="${v}">a</p>`) },
  { name: 'input value', make: (v) => page(html`<input name="a" value="${v}">`) },
  { name: 'link', make: (v) => page(html`<a href="${v}">a</a>`) },
  { name: 'link with path', make: (v) => page(html`<a href="${v}/edit?a=1">a</a>`) },
  { name: 'segment', make: (v) => page(html`<a href="/posts/${v}/edit">a</a>`) },
  { name: 'first segment', make: (v) => page(html`<a href="/${v}/${v}">a</a>`) },
  { name: 'relative segment', make: (v) => page(html`<a href="posts${v}">a</a>`) },
  { name: 'query', make: (v) => page(html`<a href="/?a=${v}&amp;b=${v}#${v}">a</a>`) },
  { name: 'address elsewhere', make: (v) => page(html`<a href='https://a.example/${v}'>a</a>`) },
  { name: 'mail', make: (v) => page(html`<a href="mailto:${v}?subject=${v}">a</a>`) },
  { name: 'image', make: (v) => page(html`<img src="${v}" alt="${v}">`) },
  { name: 'quotation', make: (v) => page(html`<blockquote cite="${v}">a</blockquote>`) },
  { name: 'video', make: (v) => page(html`<video src="${v}" poster="${v}"></video>`) },
  { name: 'svg link', make: (v) => page(html`<svg><a xlink:href="${v}"><text>a</text></a></svg>`) },
  { name: 'frame', make: (v) => page(html`<iframe src="${v}"></iframe>`) },
  { name: 'object', make: (v) => page(html`<object data="${v}"></object>`) },
  { name: 'search form', make: (v) => page(html`<form action="${v}"><button>a</button></form>`) },
  {
    name: 'form that posts',
    make: (v) => page(html`<form method="post" action="${v}"><input name="a" value="${v}"></form>`),
  },
  {
    name: 'form that posts to a path',
    make: (v) => page(html`<form method="post" action="${v}/edit"><p>${v}</p></form>`),
  },
  {
    name: 'form button',
    make: (v) => page(html`<form><button formaction="${v}">a</button></form>`),
  },
  {
    name: 'json',
    make: (v) =>
      page(
        html`<script type="application/json">{"a":${json({ [v]: [v, { v }] })}}</script><p>b</p>`,
      ),
  },
]

/** Its structure follows the value; it is harmless all the same. */
export const sanitised: HtmlPlace = { name: 'sanitised', make: (v) => page(sanitise(v)) }

/** Pieces of attacks, to be mixed with random text. */
export const fragments: readonly string[] = [
  ...`< > " ' & / \\ = \` ; : # ? % ( ) { } [ ] - ! . ..`.split(' '),
  ...'<script> </script> <script/x> <!-- --> --!> <![CDATA[ ]]> <? </ /> "> \'> </p> </a>'.split(
    ' ',
  ),
  ...'</title> </textarea> </option> </select> </li> </pre> </svg> <svg> <math> <style>'.split(' '),
  ...'</style> <template> <plaintext> <noscript> <iframe> <base> <form> </form> <input>'.split(' '),
  ...'&lt; &#60; &#x3c &quot; &colon; &Tab; &NewLine; &#0; &amp; %3C %22 %00 %2e%2e %2F'.split(' '),
  ...'javascript: JaVaScRiPt: data:text/html, vbscript: //x.example /\\x.example http: https:'.split(
    ' ',
  ),
  ' onerror=alert(1) ',
  '" autofocus onfocus="alert(1)',
  "' onmouseover='alert(1)",
  ' ',
  '\t',
  '\n',
  '\r',
  '\f',
  '\0',
  '\u0001',
  '\u000b',
  '\u00a0',
  '\u2028',
  '\ufeff',
  '\ud800',
  '\udc00',
  '\uff1c',
  '\u017f',
  '\u212a',
  '🦊',
]

function hasPayload(value: unknown): value is { readonly payload: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'payload' in value &&
    typeof value.payload === 'string'
  )
}

/** The payloads of the DOMPurify corpus. */
export function corpusPayloads(): readonly string[] {
  const path = '../../../../../shared/reference/corpora/html-sanitizer/dompurify_expect.json'
  const read: unknown = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'))
  return Array.isArray(read) ? read.filter(hasPayload).map(({ payload }) => payload) : []
}
