import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createId } from 'demijohn'
import { openPress, sendForm, writeComment, writePost } from '../posts/postsFixture.ts'
import { commentsPerPage } from './data.ts'

const site = await openPress()
after(() => site.close())

const author = await site.signInAs('editor')
const post = await writePost(author, { title: 'Discussed' })

test('a member comments, and takes the comment away', async () => {
  const member = await site.signInAs('member')
  assert.match((await member.get(post)).text, /No comments yet\./)
  const reply = await member.post(`${post}/comments`, { body: 'I *agree*.' }, { from: post })
  assert.match(reply.location ?? '', new RegExp(`^${post}#comment-[0-9a-f-]{36}$`))
  const page = (await member.get(post)).text
  assert.match(page, /<h2 id="comments-title">1 comment<\/h2>/)
  assert.match(page, /<p>I <em>agree<\/em>\.<\/p>/)
  assert.ok(page.includes(`id="${(reply.location ?? '').split('#')[1]}"`))

  const button = /action="(\/comments\/[^"]+\/delete)"/.exec(page)?.[1] ?? ''
  const deleted = await member.post(button, {}, { from: post })
  assert.equal(deleted.location, post)
  assert.match((await member.follow(deleted)).text, /No comments yet\./)
})

test('an empty or overlong comment is shown again below the post, with what was typed', async () => {
  const member = await site.signInAs('member')
  const empty = await member.post(`${post}/comments`, { body: ' \n ' }, { from: post })
  assert.equal(empty.status, 422)
  assert.match(empty.text, /<h1>Discussed<\/h1>/)
  assert.match(empty.text, /id="field-body-error"/)
  const long = await member.post(`${post}/comments`, { body: 'x'.repeat(4_001) }, { from: post })
  assert.equal(long.status, 422)
  assert.ok(long.text.includes('x'.repeat(4_001)))
  const most = await member.post(`${post}/comments`, { body: 'x'.repeat(4_000) }, { from: post })
  assert.equal(most.status, 303)
  // The form has an address of its own, which works too.
  assert.equal((await member.get(`${post}/comments`)).status, 200)
})

test('[asvs 8.2.1] viewers and passers-by do not comment', async () => {
  const viewer = await site.signInAs('viewer')
  assert.ok(!(await viewer.get(post)).text.includes(`${post}/comments`))
  assert.equal((await sendForm(viewer, `${post}/comments`, { body: 'x' })).status, 403)
  const visitor = site.visitor()
  const page = (await visitor.get(post)).text
  assert.ok(!page.includes(`${post}/comments`))
  assert.ok(page.includes(`href="/login?next=${encodeURIComponent(post)}"`))
  assert.equal((await visitor.get(`${post}/comments`)).status, 303)
})

test('[asvs 8.2.2] a comment is deleted by who wrote it and by administrators alone', async () => {
  const member = await site.signInAs('member')
  const button = await writeComment(member, post, 'Mine.')
  for (const role of ['viewer', 'member', 'editor']) {
    const other = await site.signInAs(role)
    assert.ok(!(await other.get(post)).text.includes(button), `${role} is offered the button`)
    assert.equal((await sendForm(other, button, {})).status, 403, role)
  }
  // The post being theirs gives an editor no say over what others write below it.
  assert.equal((await sendForm(author, button, {})).status, 403)
  assert.ok((await member.get(post)).text.includes(button))
  const admin = await site.signInAs('admin')
  assert.equal((await admin.post(button, {}, { from: post })).location, post)
  assert.ok(!(await member.get(post)).text.includes(button))
  assert.equal((await sendForm(admin, button, {})).status, 404)
})

test('[asvs 8.2.2] comments go out of sight with their post', async () => {
  const hidden = await writePost(author, { title: 'Taken back' })
  const member = await site.signInAs('member')
  const button = await writeComment(member, hidden, 'Seen once.')
  await author.post(`${hidden}/edit`, { state: 'draft' })
  assert.equal((await member.get(hidden)).status, 404)
  assert.equal((await member.get(`${hidden}/comments`)).status, 404)
  assert.equal((await sendForm(member, `${hidden}/comments`, { body: 'x' })).status, 404)
  assert.equal((await sendForm(member, button, {})).status, 404)
  assert.match((await author.get(hidden)).text, /Seen once\./)
})

test('a long discussion is paged, and a new comment leads to its page', async () => {
  const long = await writePost(author, { title: 'Much discussed' })
  const postId = long.slice('/posts/'.length)
  const now = site.clock.now()
  const comments = Array.from({ length: commentsPerPage }, (_, index) => ({
    id: createId(now + index),
    postId,
    authorId: author.accountId,
    body: `Number ${index + 1}.`,
    createdAt: now + index,
  }))
  await site.tables.insertInto('comments').values(comments).execute()
  site.clock.advance(1000)
  const member = await site.signInAs('member')
  const reply = await member.post(`${long}/comments`, { body: 'The last.' }, { from: long })
  assert.match(reply.location ?? '', new RegExp(`^${long}\\?page=2#comment-`))
  const second = (await member.get(`${long}?page=2`)).text
  assert.match(second, /The last\./)
  assert.ok(!second.includes('Number 1.'))
  const first = (await member.get(long)).text
  assert.match(first, /Number 1\./)
  assert.match(first, /51 comments/)
  assert.ok(!first.includes('The last.'))
  assert.equal((await member.get(`${long}?page=3`)).status, 404)
})
