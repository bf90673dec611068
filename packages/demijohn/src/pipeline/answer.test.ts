import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { html } from '../html/template.ts'
import { atomFeed, documentTypes, download, notFound, page, redirect } from './answer.ts'

test('redirect: a path of this site, as it was written', () => {
  for (const path of ['/', '/posts', '/posts/1?page=2', '/posts#comments'] as const) {
    assert.deepEqual(redirect(path), { kind: 'redirect', to: path, notice: undefined })
  }
  assert.equal(redirect('/', { notice: 'Saved.' }).notice, 'Saved.')
})

const elsewhere = [
  '//evil.example',
  '///evil.example',
  '/\\evil.example',
  '/\\/evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '/posts\r\nSet-Cookie: a=b',
  '/\0',
] as const
for (const to of elsewhere) {
  test(`[asvs 3.7.2] redirect: ${JSON.stringify(to)} throws, and is not repeated`, () => {
    assert.throws(
      () => redirect(to),
      (error: unknown) => error instanceof TypeError && !error.message.includes('evil'),
    )
  })
}

test('[asvs 3.7.2] redirect: whatever does not throw stays on the site', () => {
  const base = 'https://site.example'
  const character = fc.constantFrom(...'/\\.:@?#%\t\n\r 0abAB;&=', '\u2028', 'é', '%2f', '%5c')
  const rest = fc.array(character, { maxLength: 12 }).map((parts) => parts.join(''))
  let accepted = 0
  fc.assert(
    fc.property(rest, (text) => {
      let to: string
      try {
        to = redirect(`/${text}`).to
      } catch {
        return
      }
      accepted += 1
      assert.equal(new URL(to, `${base}/a/b`).origin, base)
      assert.doesNotMatch(to, /[\r\n\0]/)
    }),
    { numRuns: 5_000 },
  )
  assert.ok(accepted > 100, String(accepted))
})

test('answers: a page, a feed, and the 404 of what may not be known of', () => {
  const markup = html`<p>x</p>`
  assert.deepEqual(page(markup), { kind: 'document', status: 200, type: 'page', markup })
  assert.equal(page(markup, { status: 201 }).status, 201)
  assert.equal(documentTypes[atomFeed(markup).type], 'application/atom+xml; charset=utf-8')
  assert.equal(notFound().status, 404)
})

test('download: a name and the JSON of the data', () => {
  const file = download({ name: 'press-data_2.json', data: { name: 'Zoë', posts: [] } })
  assert.equal(file.name, 'press-data_2.json')
  assert.deepEqual(JSON.parse(file.json.toString('utf8')), { name: 'Zoë', posts: [] })
})

const noFileNames = [
  ...['', '.json', 'a', 'a.html', 'a.json.html', 'a.b.json', '-a.json', '../a.json', 'a/b.json'],
  ...['a\\b.json', 'a".json', 'a;b.json', "a'b.json", 'a b.json', 'é.json', 'a%0d%0a.json'],
  ...['a.json\n', 'a.json\r\nSet-Cookie: a=b', 'a\r\nX-Evil: 1\r\n.json', 'a\0.json'],
  ...['a\u2028.json', 'a\u202e.json', `${'a'.repeat(96)}.json`],
]
for (const name of noFileNames) {
  test(`[asvs 5.4.2] download: ${JSON.stringify(name)} is no name of a file, and throws`, () => {
    assert.throws(() => download({ name, data: {} }), TypeError)
  })
}

test('[asvs 5.4.2] download: whatever does not throw is one token of a header (RFC 9110 section 5.6.2)', () => {
  const character = fc.constantFrom(...'aB0-_./\\ ;,"\r\n\t\0%é\u2028=')
  const stem = fc.array(character, { maxLength: 8 }).map((parts) => parts.join(''))
  let accepted = 0
  fc.assert(
    fc.property(stem, (text) => {
      let name: string
      try {
        name = download({ name: `${text}.json`, data: {} }).name
      } catch {
        return
      }
      accepted += 1
      assert.match(name, /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/)
    }),
    { numRuns: 5_000 },
  )
  assert.ok(accepted > 50, String(accepted))
})

test('download: more than memory should hold throws', () => {
  assert.throws(
    () => download({ name: 'a.json', data: ['x'.repeat(33 * 1024 * 1024)] }),
    RangeError,
  )
})
