import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { insertPosts, openPress, writePost } from '../posts/postsFixture.ts'
import { initials } from './initials.ts'

const site = await openPress()
after(() => site.close())

async function sayOf(accountId: string, bio: string): Promise<void> {
  await site.tables.insertInto('profiles').values({ accountId, bio }).execute()
}

test('anyone sees who somebody is and what they published', async () => {
  const editor = await site.signInAs('editor')
  await sayOf(editor.accountId, 'Keeps the *house style*.')
  const post = await writePost(editor, { title: 'In print' })
  const { text, status } = await site.visitor().get(`/people/${editor.accountId}`)
  assert.equal(status, 200)
  assert.match(text, /<h1>Editor 1<\/h1>/)
  assert.match(text, /<span>Editor<\/span> <span>Here since January 2026<\/span> <span>1 post</)
  assert.match(text, /Keeps the <em>house style<\/em>\./)
  assert.ok(text.includes(`href="${post}"`))
})

test('[asvs 8.2.3] a profile shows no address, not even to administrators', async () => {
  const member = await site.signInAs('member')
  for (const client of [site.visitor(), await site.signInAs('admin')]) {
    const { text } = await client.get(`/people/${member.accountId}`)
    assert.ok(text.includes('<h1>'))
    assert.ok(!text.includes(member.email))
  }
})

test('a suspended person has said nothing, except to administrators; the posts stay', async () => {
  const editor = await site.signInAs('editor')
  await sayOf(editor.accountId, 'Loud words.')
  const post = await writePost(editor, { title: 'Still in print' })
  assert.match((await site.visitor().get(`/people/${editor.accountId}`)).text, /Loud words\./)
  await site.db
    .updateTable('demijohn_accounts')
    .set({ suspendedAt: site.clock.now() })
    .where('id', '=', editor.accountId)
    .execute()
  for (const client of [site.visitor(), await site.signInAs('editor')]) {
    const { text } = await client.get(`/people/${editor.accountId}`)
    assert.ok(!text.includes('Loud words.'))
    assert.ok(text.includes(`href="${post}"`))
  }
  const admin = await site.signInAs('admin')
  assert.match((await admin.get(`/people/${editor.accountId}`)).text, /Loud words\./)
})

test('posts are paged, each person has their own', async () => {
  const editor = await site.signInAs('editor')
  await writePost(await site.signInAs('editor'), { title: 'Of another' })
  await insertPosts(site, editor.accountId, 12)
  const visitor = site.visitor()
  const count = async (path: string) =>
    (await visitor.get(path)).text.match(/<h3 class="entry-title">/g)?.length
  assert.equal(await count(`/people/${editor.accountId}`), 10)
  assert.equal(await count(`/people/${editor.accountId}?page=2`), 2)
  assert.equal((await visitor.get(`/people/${editor.accountId}?page=3`)).status, 404)
  assert.ok(!(await visitor.get(`/people/${editor.accountId}`)).text.includes('Of another'))
})

test('nobody of that name', async () => {
  for (const path of ['/people/019b76da-a800-7eb0-abd3-a5be8fe900a2', '/people/1', '/people/']) {
    assert.equal((await site.visitor().get(path)).status, 404, path)
  }
})

test('initials of a name', () => {
  const cases = [
    ['Ada Lovelace', 'AL'],
    ['ada king lovelace', 'AL'],
    ['Plato', 'P'],
    ['𝒜da 𝓛ovelace', '𝒜𝓛'],
    ['', ''],
  ] as const
  for (const [name, letters] of cases) assert.equal(initials(name), letters)
})
