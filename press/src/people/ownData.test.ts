import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPress, writeComment, writePost } from '../posts/postsFixture.ts'

test('export: the profile, every post and draft, and the comments, of this person alone', async () => {
  const site = await openPress()
  const person = await site.signInAs('editor')
  const other = await site.signInAs('editor')
  await person.post('/settings', { name: 'Ann', bio: 'Reads *everything*.' })
  const post = await writePost(person, { title: 'Mine', body: 'Of mine.' })
  // The newest stands first.
  site.clock.advance(1)
  await writePost(person, { title: 'Waiting', state: 'draft' })
  await writePost(other, { title: 'Not mine' })
  await writeComment(person, post, 'A remark of mine.')
  await writeComment(other, post, 'A remark of another.')
  const reply = await person.post('/account/export')
  assert.equal(reply.header('content-disposition'), 'attachment; filename="my-data.json"')
  const { application } = JSON.parse(reply.text)
  assert.deepEqual(application.profile, { about: 'Reads *everything*.' })
  assert.deepEqual(
    application.posts.rows.map((row: { title: string; body: string; state: string }) => [
      row.title,
      row.body,
      row.state,
    ]),
    [
      ['Waiting', 'Text.', 'draft'],
      ['Mine', 'Of mine.', 'published'],
    ],
  )
  assert.equal(application.posts.complete, true)
  assert.equal(application.comments.rows.length, 1)
  assert.equal(application.comments.rows[0].body, 'A remark of mine.')
  assert.doesNotMatch(reply.text, /Not mine|of another/)
  await site.close()
})

test('export: what is too much for one answer is left out from the oldest on, and said', async () => {
  const site = await openPress()
  const person = await site.signInAs('editor')
  const createdAt = site.clock.now()
  for (let at = 0; at < 7; at += 1) {
    const times = { createdAt: createdAt + at, updatedAt: createdAt, publishedAt: createdAt }
    const post = { id: `post-${at}`, authorId: person.accountId, title: `Post ${at}`, summary: '' }
    await site.tables
      .insertInto('posts')
      .values({ ...post, body: 'x'.repeat(1_000_000), state: 'published', ...times })
      .execute()
  }
  const { posts } = JSON.parse((await person.post('/account/export')).text).application
  assert.equal(posts.complete, false)
  assert.deepEqual(
    posts.rows.map(({ title }: { title: string }) => title),
    ['Post 6', 'Post 5', 'Post 4', 'Post 3', 'Post 2', 'Post 1'],
  )
  await site.close()
})

test('deletion: one’s own words go, and those of others elsewhere stay', async () => {
  const site = await openPress()
  const person = await site.signInAs('editor')
  const other = await site.signInAs('editor')
  const mine = await writePost(person, { title: 'Mine' })
  const theirs = await writePost(other, { title: 'Theirs' })
  await writeComment(other, mine, 'Below mine.')
  await writeComment(person, theirs, 'Below theirs.')
  await writeComment(other, theirs, 'Stays.')
  await person.post('/settings', { name: 'Ann', bio: 'Reads.' })
  const reply = await person.post('/account/delete', { email: person.email })
  assert.equal(reply.status, 200)
  const posts = await site.tables.selectFrom('posts').select('title').execute()
  const comments = await site.tables.selectFrom('comments').select('body').execute()
  const profiles = await site.tables.selectFrom('profiles').select('bio').execute()
  assert.deepEqual(
    [posts.map(({ title }) => title), comments.map(({ body }) => body), profiles.length],
    [['Theirs'], ['Stays.'], 0],
  )
  await site.close()
})

test('deletion: the only administrator of the site stays', async () => {
  const site = await openPress()
  const admin = await site.signInAs('admin')
  const reply = await admin.post('/account/delete', { email: admin.email })
  assert.equal(reply.status, 422)
  assert.match(reply.text, /Make somebody else one/)
  assert.equal((await admin.get('/account')).status, 200)
  await site.close()
})
