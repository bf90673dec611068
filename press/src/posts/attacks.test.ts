import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  assertInert,
  hostileTexts,
  openPress,
  readingOf,
  sqlTexts,
  writeComment,
  writePost,
} from './postsFixture.ts'

const site = await openPress()
after(() => site.close())

/** An hour later every allowance is whole again. */
function rest(): void {
  site.clock.advance(3_600_000)
}

test('script that did get through would be seen', () => {
  for (const markup of ['<script>a</script>', '<b onclick=a>', '<a href="java\nscript:a">']) {
    assert.throws(() => assertInert(markup, markup), { message: markup })
  }
  assertInert('<p title="onclick"><a href="/javascript:">a</a></p>', 'harmless')
})

for (const text of hostileTexts) {
  test(`[asvs 1.2.1] stored in every field and searched for, ${text} runs nothing`, async () => {
    rest()
    const editor = await site.signInAs('editor')
    await site.tables
      .insertInto('profiles')
      .values({ accountId: editor.accountId, bio: text })
      .execute()
    await site.db
      .updateTable('demijohn_accounts')
      .set({ name: text })
      .where('id', '=', editor.accountId)
      .execute()
    const post = await writePost(editor, { title: text, summary: text, body: text })
    await writeComment(editor, post, text)
    const q = encodeURIComponent(text)
    const pages = ['/', post, `${post}/edit`, '/posts/mine', `/people/${editor.accountId}`]
    for (const path of [...pages, `/search?q=${q}`, '/search?q=zzzz']) {
      const reply = await editor.get(path)
      assert.equal(reply.status, 200, path)
      assertInert(reply.text, `${path} with ${text}`)
    }
    const title = readingOf(await editor.get(post)).includes(text)
    assert.ok(title, 'the title is there, as text')
    const missing = await editor.post('/posts/new', { title: text, summary: text, body: '' })
    assert.equal(missing.status, 422)
    assertInert(missing.text, `the form again with ${text}`)
  })
}

for (const text of sqlTexts) {
  test(`[asvs 1.2.4] in every field and query, ${text} is stored and found as it is`, async () => {
    rest()
    const editor = await site.signInAs('editor')
    const before = await rowCounts()
    const post = await writePost(editor, { title: text, summary: text, body: text })
    await writeComment(editor, post, text)
    const row = await site.tables
      .selectFrom('posts')
      .where('id', '=', post.slice('/posts/'.length))
      .selectAll()
      .executeTakeFirstOrThrow()
    assert.deepEqual([row.title, row.summary, row.body], [text, text, text])
    const q = encodeURIComponent(text)
    const search = await site.visitor().get(`/search?q=${q}`)
    assert.equal(search.status, 200)
    assert.ok(search.text.includes(`href="${post}"`))
    const { posts, comments, accounts } = await rowCounts()
    assert.deepEqual(
      { posts, comments, accounts },
      { ...before, posts: before.posts + 1, comments: before.comments + 1 },
    )
    const inPath = encodeURIComponent(`${post.slice('/posts/'.length)}${text}`)
    for (const path of [`/posts/${inPath}`, `/people/${inPath}`]) {
      const { status } = await editor.get(path)
      assert.ok(status === 404 || status === 400, `${path} is ${status}`)
    }
    for (const query of [`/?page=${q}`, `/posts/mine?show=${q}`, `${post}?page=${q}`]) {
      assert.equal((await editor.get(query)).status, 422, query)
    }
  })
}

async function rowCounts() {
  const count = async (table: 'posts' | 'comments') =>
    (await site.tables.selectFrom(table).select('id').execute()).length
  const accounts = await site.db.selectFrom('demijohn_accounts').select('id').execute()
  return {
    posts: await count('posts'),
    comments: await count('comments'),
    accounts: accounts.length,
  }
}
