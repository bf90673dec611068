import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  insertPosts,
  openPress,
  sendForm,
  withoutTokens,
  writeComment,
  writePost,
} from './postsFixture.ts'

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

  const deleted = await editor.post(`${post}/delete`, {}, { from: post })
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

test('[asvs 8.2.2] nobody but its author and an administrator changes a post', async () => {
  const author = await site.signInAs('editor')
  const admin = await site.signInAs('admin')
  const post = await writePost(author, { title: 'Mine' })

  for (const role of ['viewer', 'member', 'editor']) {
    const other = await site.signInAs(role)
    assert.equal((await other.get(`${post}/edit`)).status, 403, role)
    const page = await other.get(post)
    assert.ok(!page.text.includes(`${post}/edit`), `${role} is offered the edit page`)
    assert.ok(!page.text.includes(`${post}/delete`), `${role} is offered the delete button`)
    const taken = { title: 'Taken', body: 'x', state: 'published' }
    assert.equal((await sendForm(other, `${post}/edit`, taken)).status, 403, role)
    assert.equal((await sendForm(other, `${post}/delete`, {})).status, 403, role)
  }
  assert.equal(
    (await site.visitor().get(`${post}/edit`)).location,
    `/login?next=${encodeURIComponent(`${post}/edit`)}`,
  )
  assert.match((await author.get(post)).text, /<h1>Mine<\/h1>/)

  await admin.post(`${post}/edit`, { title: 'Corrected', state: 'published' })
  assert.match((await author.get(post)).text, /<h1>Corrected<\/h1>/)
  const deleted = await admin.post(`${post}/delete`, {}, { from: post })
  assert.equal(deleted.location, '/')
  assert.equal((await author.get(post)).status, 404)
})

test('[asvs 8.2.1] viewers and members do not write posts', async () => {
  for (const role of ['viewer', 'member']) {
    const person = await site.signInAs(role)
    assert.equal((await person.get('/posts/new')).status, 403)
    assert.equal((await person.get('/posts/mine')).status, 403)
    const sent = await sendForm(person, '/posts/new', { title: 'x', body: 'x', state: 'published' })
    assert.equal(sent.status, 403)
    assert.equal(await postsBy(person.accountId), 0)
  }
})

test('[asvs 8.2.2] a draft is nowhere, except for its author and administrators', async () => {
  const author = await site.signInAs('editor')
  const draft = await writePost(author, { title: 'Unfinishedword', state: 'draft' })
  const places = [
    '/',
    '/feed.xml',
    '/search?q=Unfinishedword',
    `/people/${author.accountId}`,
    draft,
  ]
  const strangers = [
    site.visitor(),
    await site.signInAs('viewer'),
    await site.signInAs('member'),
    await site.signInAs('editor'),
  ]
  for (const stranger of strangers) {
    for (const place of places) {
      const { text } = await stranger.get(place)
      // The search page repeats what was searched for: the post itself is what may not be there.
      assert.ok(!text.includes(draft) && !text.includes(draft.slice('/posts/'.length)), place)
    }
    assert.equal((await stranger.get(draft)).status, 404)
  }
  for (const stranger of strangers.slice(1)) {
    const known = (await stranger.get(nowhere)).text
    const hidden = (await stranger.get(draft)).text
    assert.equal(withoutTokens(hidden), withoutTokens(known), 'a draft answers as nothing does')
  }
  const editor = await site.signInAs('editor')
  const sent = { edit: { body: 'x' }, comments: { body: 'x' }, delete: {} }
  for (const [path, values] of Object.entries(sent)) {
    assert.equal((await sendForm(editor, `${draft}/${path}`, values)).status, 404, path)
  }
  assert.equal((await author.get(draft)).status, 200)
  assert.equal((await (await site.signInAs('admin')).get(draft)).status, 200)
  for (const place of [
    '/',
    '/feed.xml',
    '/search?q=Unfinishedword',
    `/people/${author.accountId}`,
  ]) {
    assert.ok(
      !(await author.get(place)).text.includes(draft),
      `${place} is about what is published`,
    )
  }
})

test('an author who becomes a viewer no longer finds their drafts', async () => {
  const author = await site.signInAs('editor')
  const draft = await writePost(author, { title: 'Left behind', state: 'draft' })
  await site.db
    .updateTable('demijohn_accounts')
    .set({ role: 'viewer' })
    .where('id', '=', author.accountId)
    .execute()
  site.clock.advance(5000)
  assert.equal((await author.get(draft)).status, 404)
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
  await author.post(`${post}/delete`, {}, { from: post })
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

async function postsBy(accountId: string): Promise<number> {
  const rows = await site.tables
    .selectFrom('posts')
    .where('authorId', '=', accountId)
    .select('id')
    .execute()
  return rows.length
}
