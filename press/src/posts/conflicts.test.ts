/** Two people at one post: nobody writes over what they have not seen, and nobody loses their text. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { FoundForm, SignedInClient } from 'demijohn/testing'
import { openPress, sendForm, writeComment, writePost } from './postsFixture.ts'

const site = await openPress()
after(() => site.close())

/** What an open edit page would send, with these changes. */
async function openEdit(client: SignedInClient, post: string): Promise<FoundForm> {
  const form = (await client.get(`${post}/edit`)).forms.find(({ names }) => names.has('body'))
  assert.ok(form !== undefined)
  return form
}

function send(
  client: SignedInClient,
  post: string,
  form: FoundForm,
  changes: Record<string, string>,
) {
  const { formToken: _, ...values } = Object.fromEntries(form.values)
  return sendForm(client, `${post}/edit`, { ...values, state: 'published', ...changes })
}

const rowOf = (post: string) =>
  site.tables
    .selectFrom('posts')
    .where('id', '=', post.slice('/posts/'.length))
    .selectAll()
    .executeTakeFirstOrThrow()

test('[asvs 15.4.2] saving over what somebody else saved meanwhile is refused, and keeps both texts', async () => {
  const author = await site.signInAs('editor')
  const admin = await site.signInAs('admin')
  const post = await writePost(author, { title: 'Shared', body: 'As it was.' })
  const [mine, theirs] = [await openEdit(author, post), await openEdit(admin, post)]

  assert.equal((await send(admin, post, theirs, { body: 'By the administrator.' })).status, 303)
  const refused = await send(author, post, mine, { title: 'Mine & more', body: 'By the author.' })
  assert.equal(refused.status, 422)
  assert.equal((await rowOf(post)).body, 'By the administrator.')

  assert.match(refused.text, /role="alert"[\s\S]*changed this post/)
  assert.match(refused.text, /By the author\.<\/textarea>/)
  assert.match(refused.text, /value="Mine &amp; more"/)
  assert.match(refused.text, new RegExp(`<a href="${post}"[^>]*>[^<]*as it is now`))

  // Having been told, the author may save over it.
  const again = refused.forms.find(({ names }) => names.has('body'))
  assert.ok(again !== undefined)
  assert.equal((await send(author, post, again, {})).status, 303)
  assert.equal((await rowOf(post)).body, 'By the author.')
})

test('two saves in the same millisecond are still two', async () => {
  const author = await site.signInAs('editor')
  const post = await writePost(author, { title: 'Quick', body: 'One.' })
  const form = await openEdit(author, post)
  const other = await openEdit(author, post)
  assert.equal((await send(author, post, form, { body: 'Two.' })).status, 303)
  assert.equal((await send(author, post, other, { body: 'Three.' })).status, 422)
  assert.equal((await rowOf(post)).body, 'Two.')
})

test('of twenty saves of one opened page, one is kept', async () => {
  const author = await site.signInAs('editor')
  const post = await writePost(author, { title: 'Crowded', body: 'At first.' })
  const form = await openEdit(author, post)
  const replies = await Promise.all(
    Array.from({ length: 20 }, (_, at) => send(author, post, form, { body: `Number ${at}.` })),
  )
  const saved = replies.flatMap(({ status }, at) => (status === 303 ? [at] : []))
  assert.equal(saved.length, 1)
  assert.equal((await rowOf(post)).body, `Number ${saved[0]}.`)
  assert.ok(replies.every(({ status }) => status === 303 || status === 422))
})

test('what is wrong besides does not hide that the post was changed', async () => {
  const author = await site.signInAs('editor')
  const post = await writePost(author, { title: 'Twice wrong', body: 'Old.' })
  const form = await openEdit(author, post)
  assert.equal(
    (await send(author, post, await openEdit(author, post), { body: 'New.' })).status,
    303,
  )
  const wrong = await send(author, post, form, { title: '', body: 'Kept.' })
  assert.equal(wrong.status, 422)
  const corrected = wrong.forms.find(({ names }) => names.has('body'))
  assert.ok(corrected !== undefined)
  assert.equal((await send(author, post, corrected, { title: 'Right' })).status, 422)
  assert.equal((await rowOf(post)).body, 'New.')
})

for (const revision of ['', '0', 'x', '-1', '9'.repeat(15), '1e3', "' or 1=1"]) {
  test(`a revision that is none (${revision}) saves nothing, and loses nothing`, async () => {
    const author = await site.signInAs('editor')
    const post = await writePost(author, { title: 'Forged', body: 'There.' })
    const reply = await send(author, post, await openEdit(author, post), {
      revision,
      body: 'Sent.',
    })
    assert.equal(reply.status, 422)
    assert.match(reply.text, /Sent\.<\/textarea>/)
    assert.equal((await rowOf(post)).body, 'There.')
  })
}

test('deleting a post is asked once more, and the question changes nothing', async () => {
  const author = await site.signInAs('editor')
  const post = await writePost(author, { title: 'On <trial>' })
  await writeComment(await site.signInAs('member'), post, 'Spare it.')
  const page = await author.get(post)
  assert.match(page.text, new RegExp(`<a class="[^"]*button-danger[^"]*" href="${post}/delete"`))
  assert.ok(
    page.forms.every(({ action }) => action !== `${post}/delete`),
    'no button deletes at once',
  )

  const question = await author.get(`${post}/delete`)
  assert.equal(question.status, 200)
  assert.match(question.text, /<h1>Delete “On &lt;trial&gt;”\?<\/h1>/)
  assert.match(question.text, /1 comment\b/)
  assert.match(question.text, new RegExp(`<a href="${post}">`))
  assert.equal((await author.get(post)).status, 200)

  const deleted = await author.post(`${post}/delete`, {})
  assert.equal(deleted.location, '/posts/mine')
  assert.equal((await author.get(post)).status, 404)
})

test('of twenty deletions of a post, and of a comment, one did it', async () => {
  const author = await site.signInAs('editor')
  const member = await site.signInAs('member')
  const post = await writePost(author, { title: 'Gone' })
  const comment = await writeComment(member, post, 'Gone as well.')
  for (const [client, path] of [
    [member, comment],
    [author, `${post}/delete`],
  ] as const) {
    const replies = await Promise.all(Array.from({ length: 20 }, () => sendForm(client, path, {})))
    assert.equal(replies.filter(({ status }) => status === 303).length, 1, path)
    assert.ok(
      replies.every(({ status }) => status === 303 || status === 404),
      path,
    )
  }
})
