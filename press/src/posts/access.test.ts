import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openPress, sendForm, withoutTokens, writePost } from './postsFixture.ts'

const site = await openPress()
after(() => site.close())

const nowhere = '/posts/019b76da-a800-7eb0-abd3-a5be8fe900a2'

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
  const deleted = await admin.post(`${post}/delete`)
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

async function postsBy(accountId: string): Promise<number> {
  const rows = await site.tables
    .selectFrom('posts')
    .where('authorId', '=', accountId)
    .select('id')
    .execute()
  return rows.length
}
