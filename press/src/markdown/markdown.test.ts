import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { markupText } from 'demijohn'
import { growth } from '../../test/steps.ts'
import { openPress, writeComment, writePost } from '../posts/postsFixture.ts'
import { leastRecentlyUsed } from './leastRecentlyUsed.ts'
import { articleMarkup, minutesToRead, remarkMarkup } from './markdown.ts'

const site = await openPress()
after(() => site.close())
const author = await site.signInAs('editor')

/** What stands on the page where the text of a post stands. */
async function shown(body: string): Promise<string> {
  site.clock.advance(120_000)
  const post = await writePost(author, { title: 'T', body })
  const { text } = await author.get(post)
  return /<div class="prose">([\s\S]*?)<\/div>\n<\/div>\n<\/article>/.exec(text)?.[1]?.trim() ?? ''
}

const cases = [
  {
    name: 'emphasis',
    source: '*a* **b** `c`',
    want: '<p><em>a</em> <strong>b</strong> <code>c</code></p>',
  },
  { name: 'headings start at h2', source: '# a', want: '<h2>a</h2>' },
  { name: 'headings start at h2 from any level', source: '### a', want: '<h2>a</h2>' },
  {
    name: 'headings skip no level on the way down',
    source: '### a\n###### b\n#### c\n# d',
    want: '<h2>a</h2>\n<h3>b</h3>\n<h4>c</h4>\n<h2>d</h2>',
  },
  {
    name: 'headings end at h6',
    source: '# a\n## b\n### c\n#### d\n##### e\n###### f',
    want: '<h2>a</h2>\n<h3>b</h3>\n<h4>c</h4>\n<h5>d</h5>\n<h6>e</h6>\n<h6>f</h6>',
  },
  { name: 'underlined headings', source: 'a\n=', want: '<h2>a</h2>' },
  { name: 'quotes are set', source: '"a" -- \'b\'', want: '<p>“a” – ‘b’</p>' },
  { name: 'HTML is text', source: '<b>a</b>', want: '<p>&lt;b&gt;a&lt;/b&gt;</p>' },
  {
    name: 'the language of code',
    source: '```ts\na < b\n```',
    want: '<pre><code class="language-ts">a &lt; b\n</code></pre>',
  },
  {
    name: 'links elsewhere give nothing away',
    source: '[a](https://example.org/?b&c)',
    want: '<p><a href="https://example.org/?b&amp;c" rel="nofollow ugc noopener">a</a></p>',
  },
  { name: 'links here', source: '[a](/b)', want: '<p><a href="/b">a</a></p>' },
  {
    name: 'addresses become links',
    source: 'https://example.org/ example.org',
    want: '<p><a href="https://example.org/" rel="nofollow ugc noopener">https://example.org/</a> example.org</p>',
  },
  { name: 'no script address', source: '[a](javascript:b)', want: '<p>[a](javascript:b)</p>' },
  {
    name: 'no other host by two slashes',
    source: '[a](//b.example)',
    want: '<p>[a](//b.example)</p>',
  },
  {
    name: 'a picture of ours',
    source: '![a "b"](/static/c.png)',
    want: '<p><img src="/static/c.png" alt="a &quot;b&quot;"></p>',
  },
  {
    name: 'a picture of others is a link',
    source: '![a](https://example.org/b.png)',
    want: '<p><a href="https://example.org/b.png" rel="nofollow ugc noopener">a</a></p>',
  },
  {
    name: 'a table scrolls by itself',
    source: 'a\n\n|b|c|\n|--|-:|\n|d|e|\n\nf',
    want: '<p>a</p>\n<div class="scroll" tabindex="0" role="region" aria-label="Table"><table>\n<thead>\n<tr>\n<th>b</th>\n<th align="right">c</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>d</td>\n<td align="right">e</td>\n</tr>\n</tbody>\n</table>\n</div><p>f</p>',
  },
] as const

for (const { name, source, want } of cases) {
  test(`a post: ${name}`, async () => assert.equal(await shown(source), want))
}

test('a comment has no headings', async () => {
  const post = await writePost(author, { title: 'T' })
  await writeComment(author, post, '# a\n\nb\n=')
  const { text } = await author.get(post)
  assert.match(text, /<div class="prose"><p># a<\/p>\n<p>b\n=<\/p>\n<\/div>/)
})

test('what was changed is shown changed, in the same millisecond', async () => {
  const post = await writePost(author, { title: 'T', body: 'Before.' })
  assert.match((await author.get(post)).text, /<p>Before\.<\/p>/)
  await author.post(`${post}/edit`, { body: 'After.', state: 'published' })
  assert.match((await author.get(post)).text, /<p>After\.<\/p>/)
})

test('minutes to read', () => {
  const words = (count: number) => 'word '.repeat(count)
  for (const [count, minutes] of [
    [0, 1],
    [1, 1],
    [230, 1],
    [2300, 10],
  ] as const) {
    assert.equal(minutesToRead(words(count)), minutes)
  }
})

// Each of these has taken some Markdown parser more than linear time.
const laborious = [
  '[',
  '![',
  '*a _b ',
  '> ',
  '`',
  '<a ',
  '[a](',
  '- ',
  '|a',
  '"\'',
  '&',
  '\\',
  '<!--',
  'a**b',
  '[a]: b "',
  'http://',
  '~~',
  '(c)',
  '1. ',
]

for (const part of laborious) {
  test(`the work for ${part} again and again grows with the text, and no faster`, () => {
    // Of another text each time: what was read once is kept.
    let times = 0
    const read = (characters: number) => {
      times += 1
      return articleMarkup(`${part.repeat(characters / part.length)} ${times}`)
    }
    // 4 would be quadratic.
    assert.ok(growth(read, 10_000) < 2.5)
  })
}

test('a table that a few characters blow up is shown as they stand', () => {
  for (const rows of ['x\n', '|\n']) {
    const head = `${'|a'.repeat(250)}\n${'|:-:'.repeat(250)}\n`
    const source = `${head}${rows.repeat(1200)}`
    assert.equal(markupText(articleMarkup(source)).includes('<td'), false)
    assert.equal(markupText(remarkMarkup(source)).includes('<td'), false)
  }
  assert.match(markupText(articleMarkup('|a|b|\n|:-:|--|\n|1|2|')), /<td/)
})

test('the memory is bounded, and forgets what was not asked for longest', () => {
  const memory = leastRecentlyUsed<string>({ maxEntries: 2 })
  let made = 0
  const get = (key: string) =>
    memory.get(key, () => {
      made += 1
      return key.toUpperCase()
    })
  assert.equal(get('a'), 'A')
  get('b')
  get('a')
  assert.equal(made, 2)
  get('c')
  get('a')
  assert.equal(made, 3, 'a was used after b')
  get('b')
  assert.equal(made, 4, 'b was forgotten')
})
