import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type DefaultTreeAdapterTypes, defaultTreeAdapter, parseFragment } from 'parse5'
import { growth, stepsOf } from '../../test/properties/steps.ts'
import { sanitise } from './sanitise.ts'
import { render } from './template.ts'

const clean = (markup: string, maxLength = 1_000_000): string =>
  render(sanitise(markup, { maxLength }), {
    formToken: () => assert.fail(),
    nonce: () => assert.fail(),
  })

const kept = [
  '<h1>a</h1><p>b <em>c</em> <strong>d</strong> <del>e</del> x<sup>2</sup></p>',
  '<ul><li>a<ol start="3"><li>b</li></ol></li></ul>',
  '<blockquote><p>a</p></blockquote><hr><p>a<br>b</p>',
  '<pre><code class="language-ts">a &lt; b &amp;&amp; c\n</code></pre>',
  '<pre>\n\na</pre>',
  '<table><thead><tr><th align="left">a</th></tr></thead><tbody><tr><td colspan="2">b</td></tr></tbody></table>',
  '<p><a href="/posts/1">a</a><a href="#b">b</a><a href="x?y=1&amp;z">c</a></p>',
  '<p><a href="https://a.example/" rel="nofollow ugc noopener">a</a></p>',
  '<p><img src="/a.png" alt="a" title="t"></p>',
]

for (const markup of kept) {
  test(`sanitise: keeps ${markup.slice(0, 50)}`, () => assert.equal(clean(markup), markup))
}

const changed = [
  ['<p onclick=x style=y id=z name=n class=c>a</p>', '<p>a</p>'],
  ['<a href="javascript:x">a</a>', 'a'],
  ['<a href=" java\nscript:x">a</a>', 'a'],
  ['<a href="java&#0;script:x">a</a>', 'a'],
  [
    '<a href="//a.example" rel=opener target=_blank>a</a>',
    '<a href="//a.example" rel="nofollow ugc noopener">a</a>',
  ],
  ['<a href="/\\a.example">a</a>', '<a href="/\\a.example" rel="nofollow ugc noopener">a</a>'],
  ['<img src=x onerror=y>', '<img src="x" alt="">'],
  ['<img src="data:image/svg+xml,x" alt="a&lt;">', 'a&lt;'],
  ['<img src="mailto:a@b" alt="a">', 'a'],
  ['a<script>b</script>c', 'ac'],
  ['<center><blink>a</blink></center>', 'a'],
  ['<svg><p>a</p></svg><math><mi>b</mi></math>', '<p>a</p>'],
  ['<noscript><p title="</noscript><img src=x onerror=y>">', '<img src="x" alt="">&quot;&gt;'],
  ['<template><b>a</b></template><iframe>b</iframe><style>c</style>', ''],
  ['<form><input name=a><button>b</button></form>', 'b'],
  ['<!-- a --><![CDATA[b]]><?c?>d', 'd'],
  ['<code class="language-x y">a</code>', '<code>a</code>'],
  ['<b>a<p>b</b>c', '<b>a</b><p><b>b</b>c</p>'],
  ['a & b < c > "d"', 'a &amp; b &lt; c &gt; &quot;d&quot;'],
] as const

for (const [markup, want] of changed) {
  test(`[asvs 1.3.1] sanitise: ${markup.slice(0, 60)}`, () => assert.equal(clean(markup), want))
}

type Case = { readonly payload: string }

function isCase(value: unknown): value is Case {
  return (
    typeof value === 'object' &&
    value !== null &&
    'payload' in value &&
    typeof value.payload === 'string'
  )
}

test('[asvs 1.3.1] sanitise: nothing of the DOMPurify corpus survives, and twice is once', () => {
  const path = new URL(
    '../../../../../shared/reference/corpora/html-sanitizer/dompurify_expect.json',
    import.meta.url,
  )
  const read: unknown = JSON.parse(readFileSync(path, 'utf8'))
  const cases = Array.isArray(read) ? read.filter(isCase) : []
  assert.ok(cases.length > 100, `only ${cases.length} cases were read`)
  for (const { payload } of cases) {
    const once = clean(payload)
    assertHarmless(parseFragment(once).childNodes, payload)
    assert.equal(clean(once), once, payload)
  }
})

const harmful = /^(?:script|style|svg|math|iframe|object|embed|form|input|template|link|meta|base)$/

function assertHarmless(
  nodes: readonly DefaultTreeAdapterTypes.ChildNode[],
  payload: string,
): void {
  for (const node of nodes) {
    if (!defaultTreeAdapter.isElementNode(node)) continue
    assert.doesNotMatch(node.tagName, harmful, payload)
    for (const { name, value } of node.attrs) {
      assert.doesNotMatch(name, /^on|^(?:style|id|name|srcdoc|formaction|target)$/, payload)
      if (name !== 'href' && name !== 'src' && name !== 'cite') continue
      const { protocol } = new URL(value, 'https://here.example/')
      assert.match(protocol, /^(?:https?|mailto|tel):$/, payload)
    }
    assertHarmless(node.childNodes, payload)
  }
}

const deep = [
  '<div>',
  '<b>',
  '<a><b>',
  '<font a=1><p>',
  '<table><tr><td>',
  '<svg><g>',
  '<ul><li>',
  '<select><div>',
]

for (const tags of deep) {
  test(`sanitise: 100,000 times ${tags} does not throw, and takes no more than its share`, () => {
    assert.doesNotMatch(clean(tags.repeat(100_000), 2_000_000), /<(?:div|b|font|table|svg|ul)>/)
    // 4 would be quadratic.
    assert.ok(growth((size) => clean(tags.repeat(size)), 10_000) < 2.5)
  })
}

test('sanitise: many scopes are not looked through for every tag', () => {
  const scopes = (open: number, size: number) =>
    `${'<span>'.repeat(open)}${'<p></p>'.repeat(size)}${'</i>'.repeat(size / 5)}`
  assert.ok(growth((size) => clean(scopes(200, size)), 10_000) < 2.5)
  const [none, many] = [0, 200].map((open) => stepsOf(() => clean(scopes(open, 20_000))))
  assert.ok((many ?? 0) < 2 * (none ?? 0), `${none} steps with none open, ${many} with 200`)
})

test('sanitise: input over the limit throws', () => {
  assert.throws(() => sanitise('abc', { maxLength: 2 }), RangeError)
  assert.throws(() => sanitise('a'.repeat(1_000_001)), RangeError)
})

test('sanitise: nothing else in the library turns text into markup', () => {
  const source = new URL('../', import.meta.url)
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  const users = files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .filter((file) => readFileSync(new URL(file, source), 'utf8').includes('unsafeFromText'))
  assert.deepEqual(users.sort(), ['html/markup.ts', 'html/sanitise.ts'])
})
