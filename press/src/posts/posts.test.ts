import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { insertPosts, openPress, writeComment, writePost } from './postsFixture.ts'

const site = await openPress()
after(() => site.close())

const nowhere = '/posts/019b76da-a800-7eb0-abd3-a5be8fe900a2'

test('an editor writes a draft, publishes it, changes it and deletes it', async () => {
  const editor = await site.signInAs('editor')
  const post = await writePost(editor, {
    title: 'On margins',
    summary: 'Short.',
    body: '# A *part*',
    state: 'draft',
  })
  const draft = await editor.get(post)
  assert.match(draft.text, /<h1>On margins<\/h1><p class="standfirst">Short\.<\/p>/)
  assert.match(draft.text, /<h2>A <em>part<\/em><\/h2>/)
  assert.match(draft.text, /<span class="status">Draft<\/span>/)

  const changed = await editor.post(`${post}/edit`, {
    title: 'On wide margins',
    state: 'published',
  })
  assert.equal(changed.location, post)
  const shown = await editor.follow(changed)
  assert.match(shown.text, /role="status">Published\.</)
  assert.match((await site.visitor().get(post)).text, /<h1>On wide margins<\/h1>/)

  const deleted = await editor.post(`${post}/delete`)
  assert.equal(deleted.location, '/posts/mine')
  assert.equal((await editor.get(post)).status, 404)
})

test('a post keeps the day of its first publication', async () => {
  const editor = await site.signInAs('editor')
  const post = await writePost(editor, { title: 'Dated', state: 'draft' })
  const publishedAt = async () =>
    (
      await site.tables
        .selectFrom('posts')
        .where('id', '=', post.slice('/posts/'.length))
        .select('publishedAt')
        .executeTakeFirstOrThrow()
    ).publishedAt
  assert.equal(await publishedAt(), null)
  site.clock.advance(1000)
  const first = site.clock.now()
  await editor.post(`${post}/edit`, { state: 'published' })
  assert.equal(await publishedAt(), first)
  site.clock.advance(1000)
  await editor.post(`${post}/edit`, { state: 'draft' })
  assert.equal((await site.visitor().get(post)).status, 404)
  await editor.post(`${post}/edit`, { state: 'published' })
  assert.equal(await publishedAt(), first)
})

test('what is wrong is shown again, with what was typed', async () => {
  const editor = await site.signInAs('editor')
  const reply = await editor.post('/posts/new', {
    title: '',
    body: 'Kept <b>text</b>',
    state: 'draft',
  })
  assert.equal(reply.status, 422)
  assert.match(reply.text, /class="error-summary"/)
  assert.match(reply.text, /Kept &lt;b&gt;text&lt;\/b&gt;<\/textarea>/)
  assert.match(reply.text, /id="field-title"[^>]*aria-invalid="true"/)

  const tooLong = await editor.post('/posts/new', {
    title: 'a'.repeat(121),
    summary: 'b'.repeat(301),
    body: 'c'.repeat(20_001),
    state: 'draft',
  })
  assert.equal(tooLong.status, 422)
  for (const field of ['title', 'summary', 'body']) {
    assert.match(tooLong.text, new RegExp(`id="field-${field}-error"`))
  }
  const unknownState = await editor.post('/posts/new', { title: 'a', body: 'b', state: 'secret' })
  assert.equal(unknownState.status, 422)
})

test('pressing Enter in a draft does not publish it', async () => {
  const editor = await site.signInAs('editor')
  const states = (text: string) =>
    [...text.matchAll(/<button[^>]*name="state" value="([a-z]+)"/g)].map(([, state]) => state)
  assert.deepEqual(states((await editor.get('/posts/new')).text), ['draft', 'published'])
  const post = await writePost(editor, { title: 'Out' })
  assert.deepEqual(states((await editor.get(`${post}/edit`)).text), ['published', 'draft'])
})

test('my posts are mine alone, by shelf', async () => {
  const author = await site.signInAs('editor')
  const draft = await writePost(author, { title: 'A draft', state: 'draft' })
  const published = await writePost(author, { title: 'In print' })
  const other = await writePost(await site.signInAs('editor'), { title: 'Of another' })
  const expected = [
    ['/posts/mine', [draft, published]],
    ['/posts/mine?show=all', [draft, published]],
    ['/posts/mine?show=drafts', [draft]],
    ['/posts/mine?show=published', [published]],
  ] as const
  for (const [path, posts] of expected) {
    const { text } = await author.get(path)
    for (const post of [draft, published, other]) {
      const isListed = text.includes(`href="${post}"`)
      assert.equal(
        isListed,
        posts.some((one) => one === post),
        `${post} on ${path}`,
      )
    }
  }
  assert.match((await author.get('/posts/mine')).text, /All 2<.*Drafts 1<.*Published 1</s)
  assert.equal((await author.get('/posts/mine?show=others')).status, 422)
})

test('deleting a post deletes its comments', async () => {
  const author = await site.signInAs('editor')
  const post = await writePost(author, { title: 'Discussed' })
  await writeComment(await site.signInAs('member'), post, 'Indeed.')
  const count = async () =>
    (
      await site.tables
        .selectFrom('comments')
        .where('postId', '=', post.slice('/posts/'.length))
        .select('id')
        .execute()
    ).length
  assert.equal(await count(), 1)
  await author.post(`${post}/delete`)
  assert.equal(await count(), 0)
})

test('addresses that name no post are not found', async () => {
  for (const path of [nowhere, '/posts/1', '/posts/NEW', `${nowhere}/edit`, '/?page=999']) {
    const editor = await site.signInAs('editor')
    assert.equal((await editor.get(path)).status, 404, path)
  }
  assert.equal((await site.visitor().get('/?page=0')).status, 422)
})

test('the front page: nothing yet, then ten a page with the newest as cover', async () => {
  const press = await openPress()
  const editor = await press.signInAs('editor')
  assert.match((await press.visitor().get('/')).text, /Nothing has been published yet\./)
  assert.ok(!(await press.visitor().get('/')).text.includes('/posts/new'))
  assert.match((await editor.get('/')).text, /href="\/posts\/new">Write the first post/)

  await insertPosts(press, editor.accountId, 23)
  const visitor = press.visitor()
  const titles = async (path: string) =>
    [...(await visitor.get(path)).text.matchAll(/>(Post \d+)<\/a>/g)].map(([, title]) => title)
  const expected = (from: number, to: number) =>
    Array.from({ length: from - to + 1 }, (_, index) => `Post ${from - index}`)
  assert.deepEqual(await titles('/'), expected(23, 14))
  assert.deepEqual(await titles('/?page=2'), expected(13, 4))
  assert.deepEqual(await titles('/?page=3'), expected(3, 1))
  assert.equal((await visitor.get('/?page=4')).status, 404)
  assert.match((await visitor.get('/')).text, /class="cover">\s*<h2><a href="[^"]+">Post 23</)
  assert.ok(!(await visitor.get('/?page=2')).text.includes('class="cover"'))
  for (const path of ['/', '/?page=2']) {
    assert.equal((await visitor.get(path)).text.match(/<h1/g)?.length, 1)
  }
  await press.close()
})
