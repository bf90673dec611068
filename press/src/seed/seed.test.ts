import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { testApp } from 'demijohn/testing'
import { project } from '../project.ts'
import { posts } from './content.ts'
import { readablePassword } from './readablePassword.ts'
import { seed } from './seed.ts'

test('seed: one person of each role, who can sign in with what is printed', async () => {
  // Development, which is where the example site is: no second factor stands in the way.
  const site = await testApp(project, { origin: 'loopback' })
  const accounts = await seed({ db: site.db, clock: site.clock, random: randomBytes })
  assert.deepEqual(
    accounts.map(({ role }) => role),
    ['admin', 'editor', 'member', 'viewer'],
  )
  for (const { email, password } of accounts) {
    const client = site.visitor()
    assert.equal((await client.post('/login', { email, password })).status, 303)
    // Good enough for the policy that people are held to.
    const next = readablePassword(randomBytes)
    const form = { currentPassword: password, newPassword: next }
    assert.equal((await client.post('/account/password', form)).status, 303)
  }
  await site.close()
})

test('seed: every page of the example site opens, drafts only for who may see them', async () => {
  const site = await testApp(project)
  await seed({ db: site.db, clock: site.clock, random: randomBytes })
  const visitor = site.visitor()
  const admin = await site.signInAs('admin')
  const front = await visitor.get('/')
  for (const { title, state } of posts) {
    assert.equal(front.text.includes(title), state === 'published', title)
  }
  const found = (await admin.get('/admin/posts')).text.matchAll(/"(\/posts\/[0-9a-f-]{36})"/g)
  const addresses = [...found].map(([, address = '']) => address)
  assert.equal(addresses.length, posts.length)
  let open = 0
  for (const address of addresses) {
    assert.equal((await admin.get(address)).status, 200)
    if ((await visitor.get(address)).status === 200) open += 1
  }
  assert.equal(open, posts.filter(({ state }) => state === 'published').length)
  await site.close()
})

test('seed: a second time writes nothing', async () => {
  const site = await testApp(project)
  const facts = { db: site.db, clock: site.clock, random: randomBytes }
  await seed(facts)
  await assert.rejects(seed(facts), /without people/)
  const people = await site.db.selectFrom('demijohn_accounts').select('id').execute()
  assert.equal(people.length, 4)
  await site.close()
})

test('seed: every file of posts/ is used', async () => {
  const files = await readdir(join(import.meta.dirname, 'posts'))
  assert.deepEqual(files.sort(), posts.map(({ file }) => `${file}.md`).sort())
})

test('password: twenty signs in groups, each sign as likely as the others', () => {
  const seen = new Map<string, number>()
  for (let round = 0; round < 2_000; round += 1) {
    const password = readablePassword(randomBytes)
    assert.match(password, /^[a-z2-9]{5}(-[a-z2-9]{5}){3}$/)
    for (const sign of password.replaceAll('-', '')) seen.set(sign, (seen.get(sign) ?? 0) + 1)
  }
  assert.equal(seen.size, 32)
  // 40,000 draws over 32 signs: 1,250 each, with a standard deviation of about 35.
  for (const [sign, times] of seen) assert.ok(Math.abs(times - 1_250) < 210, `${sign} ${times}`)
})
