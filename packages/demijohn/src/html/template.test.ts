import assert from 'node:assert/strict'
import { test } from 'node:test'
import { absent, type Hole, Html, html, json, render, TemplateError } from './template.ts'

const context = { formToken: () => 'token-1', nonce: () => 'nonce-1' }
const written = (markup: Html): string => render(markup, context)

const rendered = [
  ['text', html`<p>${'<b>&"\''}</p>`, '<p>&lt;b&gt;&amp;&quot;&#39;</p>'],
  ['number', html`<p>${3.5}</p>`, '<p>3.5</p>'],
  ['nothing', html`<p>${null}${undefined}${false}</p>`, '<p></p>'],
  ['array', html`<p>${['a', ['<', 2], null]}</p>`, '<p>a&lt;2</p>'],
  [
    'nested',
    html`<ul>${['a', '<'].map((item) => html`<li>${item}</li>`)}</ul>`,
    '<ul><li>a</li><li>&lt;</li></ul>',
  ],
  [
    'attribute',
    html`<p title="${'"\'>'}" lang='${"'"}'>x</p>`,
    '<p title="&quot;&#39;&gt;" lang=\'&#39;\'>x</p>',
  ],
  ['attribute, no value', html`<p title="a ${null} b">x</p>`, '<p title="a  b">x</p>'],
  ['title', html`<title>${'</title>'}</title>`, '<title>&lt;/title&gt;</title>'],
  [
    'textarea keeps its first newline',
    html`<textarea>${'\nx'}</textarea>`,
    '<textarea>\n\nx</textarea>',
  ],
  ['present', html`<input disabled=${true} name=a>`, '<input disabled name=a>'],
  ['absent', html`<input checked=${false}>`, '<input>'],
  ['NUL and lone surrogates', html`<p>${'\0\ud800'}</p>`, '<p>\ufffd\ufffd</p>'],
  ['astral', html`<p>${'🦊'}</p>`, '<p>🦊</p>'],
  ['less-than in text', html`<p>1 < ${2}</p>`, '<p>1 < 2</p>'],
  [
    'address',
    html`<a href="${'https://a.example/?x=1&y'}">x</a>`,
    '<a href="https://a.example/?x=1&amp;y">x</a>',
  ],
  [
    'mailto',
    html`<a href="mailto:${'a@b.example?cc=x'}">x</a>`,
    '<a href="mailto:a@b.example%3Fcc%3Dx">x</a>',
  ],
  [
    'segment',
    html`<a href="/posts/${'a/b?c#d'}/edit">x</a>`,
    '<a href="/posts/a%2Fb%3Fc%23d/edit">x</a>',
  ],
  [
    'dot segment',
    html`<a href="/posts/${'..'}/edit">x</a>`,
    '<a href="/posts/%EF%BF%BD/edit">x</a>',
  ],
  [
    'empty first segment',
    html`<a href="/${''}/evil.example">x</a>`,
    '<a href="/%EF%BF%BD/evil.example">x</a>',
  ],
  ['query', html`<a href="?q=${'a&b=c'}&amp;p=${2}">x</a>`, '<a href="?q=a%26b%3Dc&amp;p=2">x</a>'],
  ['base with path', html`<a href="${'/people'}/${'a b'}">x</a>`, '<a href="/people/a%20b">x</a>'],
  [
    'json',
    html`<script type="application/json">${json({ a: '</script>&\u2028' })}</script>`,
    '<script type="application/json">{"a":"\\u003c/script\\u003e\\u0026\\u2028"}</script>',
  ],
  [
    'form token',
    html`<form class="a" method="POST" action="/x"><b></b></form>`,
    '<form class="a" method="POST" action="/x"><input type="hidden" name="formToken" value="token-1"><b></b></form>',
  ],
  ['form without token', html`<form action="/x"></form>`, '<form action="/x"></form>'],
  [
    'nonce',
    html`<script>1</script><style>a{}</style>`,
    '<script nonce="nonce-1">1</script><style nonce="nonce-1">a{}</style>',
  ],
  ['no nonce', html`<script src="/a.js"></script>`, '<script src="/a.js"></script>'],
  [
    'canonical link',
    html`<link rel="canonical" href="${'https://a.example/'}">`,
    '<link rel="canonical" href="https://a.example/">',
  ],
  [
    'comment and doctype',
    html`<!doctype html><!-- a > b --><p>${1}</p>`,
    '<!doctype html><!-- a > b --><p>1</p>',
  ],
] as const

for (const [name, markup, want] of rendered) {
  test(`template: ${name}`, () => assert.equal(written(markup), want))
}

const scriptUrls = [
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  ' javascript:x',
  '\u0001javascript:x',
  'java\nscript:x',
  'java\tscr\ript:x',
  'javascript\t:x',
  'data:text/html,<script>',
  'vbscript:x',
  'blob:x',
  'file:///etc',
  'view-source:x',
  'about:blank',
  'java\0script:x',
  'x:y',
  '\u00a0javascript:x',
  '\ufeffjavascript:x',
] as const

for (const url of scriptUrls) {
  test(`[asvs 1.2.2] template: refuses ${JSON.stringify(url)}`, () => {
    assert.equal(written(html`<a href="${url}">x</a>`), '<a href="#refused">x</a>')
    assert.equal(written(html`<img src='${url}'>`), "<img src='#refused'>")
  })
}

for (const url of [
  '/x',
  '/x?y=https://z',
  'x/y',
  '?a:b',
  '#a:b',
  'mailto:a@b',
  'tel:+1',
  'HTTPS://A/',
]) {
  test(`template: takes the address ${url}`, () => {
    assert.equal(written(html`<a href="${url}">x</a>`), `<a href="${url}">x</a>`)
  })
}

for (const url of [
  '//evil.example',
  '/\\evil.example',
  'https://evil.example',
  '\\/evil',
  '/\t/evil',
  '',
  'x',
]) {
  test(`template: a form that posts is not sent to ${JSON.stringify(url)}`, () => {
    assert.match(written(html`<form method="post" action="${url}"></form>`), /action="#refused"/)
    assert.match(written(html`<button formaction="${url}">x</button>`), /formaction="#refused"/)
    assert.match(written(html`<script src="${url}"></script>`), /src="#refused"/)
    assert.match(written(html`<link rel="stylesheet" href="${url}">`), /href="#refused"/)
  })
}

test('template: a local base of one slash never makes a host', () => {
  assert.match(
    written(html`<form method="post" action="${'/'}/evil.example"></form>`),
    /action="\/evil/,
  )
})

const x = 'x'
const refusedTemplates: readonly (readonly [string, () => Html])[] = [
  ['element name', () => html`<${x}>`],
  ['end of element name', () => html`<p${x}>`],
  ['end tag', () => html`</${x}>`],
  ['attribute name', () => html`<p ${x}="a">`],
  ['part of attribute name', () => html`<p data-${x}="a">`],
  ['unquoted attribute', () => html`<p class=${x}>`],
  ['half unquoted attribute', () => html`<p class=a${x}>`],
  ['unquoted address', () => html`<a href=${x}>`],
  ['two holes unquoted', () => html`<input disabled=${true}${x}>`],
  ['quoted boolean', () => html`<input disabled="${x}">`],
  ['event handler', () => html`<p onclick="${x}">`],
  ['event handler in capitals', () => html`<p OnPointerRawUpdate="${x}">`],
  ['style attribute', () => html`<p style="color: ${x}">`],
  ['srcdoc', () => html`<iframe srcdoc="${x}"></iframe>`],
  ['srcset', () => html`<img srcset="${x} 2x">`],
  ['nonce', () => html`<script nonce="${x}"></script>`],
  ['literal nonce', () => html`<script nonce="a"></script>`],
  ['comment', () => html`<!-- ${x} -->`],
  ['comment that ends early', () => html`<!--> -->`],
  ['doctype', () => html`<!doctype ${x}>`],
  ['processing instruction', () => html`<?xml?>`],
  ['cdata', () => html`<![CDATA[${x}]]>`],
  ['script code', () => html`<script>let a = "${x}"</script>`],
  ['module code', () => html`<script type="module">${x}</script>`],
  ['import map', () => html`<script type="importmap">${x}</script>`],
  ['data block of another type', () => html`<script type="text/template">${x}</script>`],
  ['stylesheet', () => html`<style>${x}</style>`],
  ['iframe', () => html`<iframe>${x}</iframe>`],
  ['noscript', () => html`<noscript>${x}</noscript>`],
  ['noframes', () => html`<noframes>${x}</noframes>`],
  ['noembed', () => html`<noembed>${x}</noembed>`],
  ['xmp', () => html`<xmp>${x}</xmp>`],
  ['plaintext', () => html`<plaintext>`],
  ['JSON string', () => html`<script type="application/json">"${x}"</script>`],
  ['split end tag', () => html`<title></tit${x}</title>`],
  ['form method', () => html`<form method="${x}"></form>`],
  ['unknown form method', () => html`<form method="p&#111;st"></form>`],
  ['formmethod', () => html`<button formmethod="${x}"></button>`],
  ['token in the address', () => html`<button formmethod="get"></button>`],
  ['script type', () => html`<script type="${x}"></script>`],
  ['link rel', () => html`<link rel="${x}">`],
  ['http-equiv', () => html`<meta http-equiv="${x}">`],
  ['refresh', () => html`<meta content="${x}" http-equiv="refresh">`],
  ['base', () => html`<base href="${x}">`],
  ['animated attribute', () => html`<svg><set attributeName="href" to="${x}"/></svg>`],
  ['host', () => html`<a href="https://${x}/">`],
  ['end of host', () => html`<a href="https://a.example${x}">`],
  ['protocol-relative host', () => html`<a href="//${x}">`],
  ['script address', () => html`<a href="javascript:f('${x}')">`],
  ['data address', () => html`<a href="data:text/html,${x}">`],
  ['scheme in parts', () => html`<a href="${x}:alert(1)">`],
  ['scheme around a hole', () => html`<a href="java${x}:alert(1)">`],
  ['two holes in a scheme', () => html`<a href="${x}${x}">`],
  ['reference in an address', () => html`<a href="java&#115;${x}">`],
  ['percent in an address', () => html`<a href="/a/%2${x}">`],
  ['space in an address', () => html`<a href=" ${x}">`],
  ['form to another site', () => html`<form method="post" action="https://a.example/"></form>`],
  ['form to another host', () => html`<form action="//a.example/" method=PoSt></form>`],
  [
    'form to another host by backslash',
    () => html`<form action="/\\a.example/" method="post"></form>`,
  ],
  [
    'form to another host by reference',
    () => html`<form action="/&sol;a.example/" method="post"></form>`,
  ],
  ['button to another site', () => html`<button formaction="https://a.example/"></button>`],
  ['form inside a form', () => html`<form action="/a"><form method="post"></form></form>`],
  ['open tag', () => html`<p class="a"`],
  ['open quote', () => html`<p class="a`],
  ['open element name', () => html`a <`],
  ['open comment', () => html`<!-- a`],
  ['open textarea', () => html`<textarea>a`],
  ['open script', () => html`<script>a`],
  ['attribute twice', () => html`<p class="a" class="${x}">`],
  ['tag in a tag', () => html`<p <b>`],
  ['self-closed script', () => html`<script/>`],
  ['comment in script', () => html`<script><!--<script></script>`],
]

for (const [name, use] of refusedTemplates) {
  test(`[asvs 1.2.1] template: refuses ${name}, naming file and line`, () => {
    assert.throws(use, (error: unknown) => {
      assert.ok(error instanceof TemplateError)
      assert.match(error.message, /^html at .*template\.test\.ts:\d+: .{10,}/)
      return true
    })
  })
}

test('template: the error names the line of the hole, not the first of the template', () => {
  const here = Number(/:(\d+):\d+\)?$/.exec(new Error().stack?.split('\n')[1] ?? '')?.[1])
  const use = (): Html => html`<p>
    <i onclick="${x}">`
  assert.throws(use, new RegExp(`template\\.test\\.ts:${here + 2}: onclick`))
})

const refusedValues: readonly (readonly [string, () => Html])[] = [
  ['markup in an attribute', () => html`<p title="${html`a`}"></p>`],
  ['markup in a title', () => html`<title>${html`a`}</title>`],
  ['true as text', () => html`<p>${true}</p>`],
  ['text as a boolean', () => html`<input disabled=${'no'}>`],
  ['absent in part of a value', () => html`<p title="a${absent}"></p>`],
  ['absent as text', () => html`<p>${absent}</p>`],
  ['text as JSON', () => html`<script type="application/json">${'1'}</script>`],
  ['JSON as text', () => html`<p>${json('<')}</p>`],
]

for (const [name, make] of refusedValues) {
  test(`template: refuses ${name} when rendered`, () => {
    assert.throws(() => written(make()), /^TypeError: html at .*template\.test\.ts:\d+/)
  })
}

test('template: nothing but the tag makes markup', () => {
  const shape: Hole = Object.create(Html.prototype)
  assert.throws(() => written(html`<p>${shape}</p>`), TypeError)
  assert.throws(() => Reflect.construct(Html, ['<b>']), TypeError)
  assert.throws(() => Reflect.apply(html, undefined, [['<b>']]), TypeError)
  // @ts-expect-error a string is not markup
  assert.throws(() => render('<b>', context), TypeError)
  // @ts-expect-error an object is not a hole
  assert.throws(() => written(html`<p>${{ toString: () => '<b>' }}</p>`), TypeError)
})

test('template: token and nonce are asked for only where they are placed', () => {
  const never = (): string => assert.fail('asked for')
  assert.equal(render(html`<p>a</p>`, { formToken: never, nonce: never }), '<p>a</p>')
})
