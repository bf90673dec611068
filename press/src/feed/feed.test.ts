import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  assertInert,
  hostileTexts,
  insertPosts,
  openPress,
  writePost,
} from '../posts/postsFixture.ts'
import { childrenOf, parseXml, textIn } from './xmlFixture.ts'

const site = await openPress()
after(() => site.close())

const read = async () => parseXml((await site.visitor().get('/feed.xml')).text)

// RFC 3339 section 5.6, as RFC 4287 section 3.3 wants it: upper-case T and Z.
const dateConstruct = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z$/

test('RFC 4287 section 4.1.1: what a feed has to have, with and without entries', async () => {
  const editor = await site.signInAs('editor')
  for (const count of [0, 1]) {
    if (count === 1) {
      await writePost(editor, {
        title: 'On *margins*',
        summary: 'Short.',
        body: '# Wide\n\n[a](/b)',
      })
    }
    const feed = await read()
    assert.equal(feed.name, 'feed')
    assert.equal(feed.attributes.get('xmlns'), 'http://www.w3.org/2005/Atom')
    assert.equal(feed.attributes.get('xml:base'), 'https://site.example/')
    assert.equal(textIn(feed, 'title'), 'Press')
    assert.match(textIn(feed, 'id'), /^tag:site\.example,2026:\w+$/)
    assert.match(textIn(feed, 'updated'), dateConstruct)
    const self = childrenOf(feed, 'link').find((link) => link.attributes.get('rel') === 'self')
    assert.equal(self?.attributes.get('href'), 'https://site.example/feed.xml')
    assert.equal(childrenOf(feed, 'entry').length, count)
  }
  const reply = await site.visitor().get('/feed.xml')
  assert.equal(reply.header('content-type'), 'application/atom+xml; charset=utf-8')
})

test('RFC 4287 section 4.1.2: what an entry has to have', async () => {
  const [entry] = childrenOf(await read(), 'entry')
  assert.ok(entry !== undefined)
  const id = textIn(entry, 'id')
  assert.match(id, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal(textIn(entry, 'title'), 'On *margins*')
  assert.equal(textIn(entry, 'summary'), 'Short.')
  assert.match(textIn(entry, 'updated'), dateConstruct)
  assert.match(textIn(entry, 'published'), dateConstruct)
  const [link] = childrenOf(entry, 'link')
  const postId = id.slice('urn:uuid:'.length)
  assert.equal(link?.attributes.get('rel'), 'alternate')
  assert.equal(link?.attributes.get('href'), `https://site.example/posts/${postId}`)
  const [author] = childrenOf(entry, 'author')
  assert.ok(author !== undefined)
  assert.equal(textIn(author, 'name'), 'Editor 1')
  const [content] = childrenOf(entry, 'content')
  assert.equal(content?.attributes.get('type'), 'html')
  assert.match(content?.text ?? '', /<h2>Wide<\/h2>\s*<p><a href="\/b">a<\/a><\/p>/)
})

test('an entry keeps its id and its first day when it is changed', async () => {
  const editor = await site.signInAs('editor')
  const post = await writePost(editor, { title: 'Before' })
  const titled = async (title: string) =>
    childrenOf(await read(), 'entry').find((entry) => textIn(entry, 'title') === title)
  const before = await titled('Before')
  site.clock.advance(60_000)
  await editor.post(`${post}/edit`, { title: 'After', state: 'published' })
  const after = await titled('After')
  assert.ok(before !== undefined && after !== undefined)
  assert.equal(textIn(after, 'id'), textIn(before, 'id'))
  assert.equal(textIn(after, 'published'), textIn(before, 'published'))
  assert.ok(textIn(after, 'updated') > textIn(before, 'updated'))
})

test('[asvs 1.2.1] whatever a post says, the feed is well-formed and its content runs nothing', async () => {
  const editor = await site.signInAs('editor')
  const beyondXml = 'a\u{fffe}b\u{ffff}c ]]> &nbsp; <![CDATA['
  for (const text of [...hostileTexts, beyondXml]) {
    await writePost(editor, { title: text, summary: text, body: text })
    const entry = childrenOf(await read(), 'entry').find(
      (one) => textIn(one, 'title') === text.replace(/[\u{fffe}\u{ffff}]/gu, '\u{fffd}'),
    )
    assert.ok(entry !== undefined, text)
    assertInert(textIn(entry, 'content'), text)
    site.clock.advance(600_000)
  }
})

test('the newest twenty', async () => {
  site.clock.advance(3_600_000)
  const editor = await site.signInAs('editor')
  await insertPosts(site, editor.accountId, 25)
  const titles = childrenOf(await read(), 'entry').map((entry) => textIn(entry, 'title'))
  assert.deepEqual(
    titles,
    Array.from({ length: 20 }, (_, index) => `Post ${25 - index}`),
  )
})

test('the reader of these tests refuses what is not well-formed', () => {
  assert.equal(parseXml('<a b="&lt;"><c/>x&amp;y</a>').text, 'x&y')
  const wrong = [
    '<a>',
    '<a></b>',
    '<a>&nbsp;</a>',
    '<a>& b</a>',
    '<a b=c/>',
    '<a b="1" b="2"/>',
    '<a/><b/>',
    '<a><br></a>',
    '<a>\u{fffe}</a>',
    '<a>1 < 2</a>',
    'text',
  ]
  for (const source of wrong) assert.throws(() => parseXml(source), source)
})
