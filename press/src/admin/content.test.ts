import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { createId } from 'demijohn'
import { type TestSite, testApp } from 'demijohn/testing'
import type { CommentsTable, PostsTable, ProfilesTable } from '../database.ts'
import type { Role } from '../kit.ts'
import { project } from '../project.ts'
import { seed } from '../seed/seed.ts'
import { countAll, listAllComments, listAllPosts } from './overview.ts'
import { listPeople } from './people.ts'

async function exampleSite(): Promise<TestSite> {
  const site = await testApp(project)
  await seed({ db: site.db, clock: site.clock, random: randomBytes })
  return site
}

const writingOf = (site: TestSite) =>
  site.db.withTables<{ posts: PostsTable; comments: CommentsTable; profiles: ProfilesTable }>()

test('deletion: posts, comments and profile go with the person, and nobody else’s', async () => {
  const site = await exampleSite()
  const admin = await site.signInAs('admin')
  const { id } = await site.db
    .selectFrom('demijohn_accounts')
    .select('id')
    .where('email', '=', 'editor@press.example')
    .executeTakeFirstOrThrow()
  const page = await admin.get(`/admin/people/${id}/delete`)
  assert.match(page.text, /7 posts and 2 comments of theirs/)
  await admin.post(`/admin/people/${id}/delete`)
  const posts = await writingOf(site).selectFrom('posts').selectAll().execute()
  const comments = await writingOf(site).selectFrom('comments').selectAll().execute()
  assert.equal(posts.length, 3)
  assert.ok(!posts.some(({ authorId }) => authorId === id))
  const left = new Set(posts.map((post) => post.id))
  assert.ok(comments.length > 0)
  assert.ok(comments.every(({ authorId, postId }) => authorId !== id && left.has(postId)))
  await site.close()
})

test('moderation: a comment of somebody else’s is taken away from the list', async () => {
  const site = await exampleSite()
  const admin = await site.signInAs('admin')
  const from = '/admin/comments'
  const { forms } = await admin.get(from)
  const removals = forms.filter(({ action }) => action.endsWith('/delete'))
  assert.equal(removals.length, 12)
  const [first] = removals
  assert.equal((await admin.post(first?.action ?? '', {}, { from })).status, 303)
  const rest = await writingOf(site).selectFrom('comments').select('id').execute()
  assert.equal(rest.length, 11)
  assert.ok(!rest.some(({ id }) => first?.action.includes(id)))
  await site.close()
})

test('posts: all of them, or what waits as a draft', async () => {
  const site = await exampleSite()
  const admin = await site.signInAs('admin')
  const rows = (text: string): number => text.match(/scope="row"/g)?.length ?? 0
  assert.equal(rows((await admin.get('/admin/posts')).text), 10)
  assert.equal(rows((await admin.get('/admin/posts?state=draft')).text), 2)
  assert.equal((await admin.get('/admin/posts?state=gone')).status, 422)
  for (const list of ['people', 'posts', 'comments']) {
    assert.equal((await admin.get(`/admin/${list}?page=2`)).status, 404, list)
  }
  await site.close()
})

/** A second wall: a route with the wrong `access` still gets nothing out of these. */
test('data: the lists of the administration answer no other role', async () => {
  const site = await exampleSite()
  const db = writingOf(site)
  const asked = (role: Role) => {
    const actor = { id: createId(0), name: 'Actor', email: 'actor@site.example', role }
    return [
      () => listPeople(actor, db, { page: 1, q: '' }),
      () => listAllPosts(actor, db, { page: 1, state: 'all' }),
      () => listAllComments(actor, db, { page: 1 }),
      () => countAll(actor, db),
    ]
  }
  for (const ask of asked('admin')) await ask()
  for (const role of ['viewer', 'member', 'editor'] as const) {
    for (const ask of asked(role)) await assert.rejects(ask, /only who/)
  }
  await site.close()
})
