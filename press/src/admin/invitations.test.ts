import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type SignedInClient, testApp } from 'demijohn/testing'
import { project } from '../project.ts'

const newcomer = { name: 'Newcomer', email: 'newcomer@site.example', role: 'editor' }
const newPassword = 'four unrelated lanterns'

async function inviteOne(admin: SignedInClient): Promise<string> {
  const reply = await admin.post('/admin/people/new', newcomer)
  assert.equal(reply.status, 201)
  return linkIn(reply.text)
}

function linkIn(text: string): string {
  const [, link = ''] =
    /<code>https:\/\/site\.example(\/welcome\/[\w-]{43})<\/code>/.exec(text) ?? []
  assert.notEqual(link, '', 'the page shows a link with the site’s own origin')
  return link
}

test('invitation: the link works once, for twenty at once', async () => {
  const site = await testApp(project)
  const link = await inviteOne(await site.signInAs('admin'))
  const replies = await Promise.all(
    Array.from({ length: 20 }, () => site.visitor().post(link, { newPassword })),
  )
  assert.equal(replies.filter(({ status }) => status === 303).length, 1)
  assert.equal((await site.visitor().get(link)).status, 404)
  const signedIn = await site.visitor().post('/login', {
    email: newcomer.email,
    password: newPassword,
  })
  assert.equal(signedIn.status, 303)
  await site.close()
})

test('invitation: over after seven days', async () => {
  const site = await testApp(project)
  const link = await inviteOne(await site.signInAs('admin'))
  site.clock.advance(7 * 24 * 3_600_000 - 1)
  assert.equal((await site.visitor().get(link)).status, 200)
  site.clock.advance(1)
  assert.equal((await site.visitor().get(link)).status, 404)
  await site.close()
})

test('invitation: an address that is taken makes nobody', async () => {
  const site = await testApp(project)
  const admin = await site.signInAs('admin')
  await inviteOne(admin)
  const again = await admin.post('/admin/people/new', {
    ...newcomer,
    email: 'NEWCOMER@site.example',
  })
  assert.equal(again.status, 422)
  assert.match(again.text, /has this address already/)
  const tickets = await site.db.selectFrom('demijohn_tickets').select('id').execute()
  assert.equal(tickets.length, 1)
  await site.close()
})

test('link: a new one voids the older, and neither is in the log', async () => {
  const site = await testApp(project)
  const admin = await site.signInAs('admin')
  const first = await inviteOne(admin)
  const { forms } = await admin.get('/admin/people')
  const action = forms.find((form) => form.action.endsWith('/link'))?.action ?? ''
  const second = linkIn((await admin.post(action, {}, { from: '/admin/people' })).text)
  assert.equal((await site.visitor().get(first)).status, 404)
  assert.equal((await site.visitor().get(second)).status, 200)
  for (const link of [first, second]) {
    const secret = link.slice('/welcome/'.length)
    assert.ok(!site.logLines.some((line) => line.includes(secret)))
    assert.ok(!JSON.stringify(await admin.get('/admin/people')).includes(secret))
  }
  await site.close()
})

type Site = Awaited<ReturnType<typeof testApp>>

async function linkTo(site: Site, admin: SignedInClient, personId: string): Promise<string> {
  const reply = await admin.post(`/admin/people/${personId}/link`, {}, { from: '/admin/people' })
  assert.equal(reply.status, 201)
  assert.equal((await site.visitor().get(linkIn(reply.text))).status, 200)
  return linkIn(reply.text)
}

test('link: for who has a password it lives an hour, and they are told', async () => {
  const site = await testApp(project)
  const admin = await site.signInAs('admin')
  const reader = await site.signInAs('viewer')
  await site.db
    .updateTable('demijohn_accounts')
    .set({ passwordHash: 'one that there is' })
    .where('id', '=', reader.accountId)
    .execute()
  const link = await linkTo(site, admin, reader.accountId)
  const [mail, ...more] = (await site.mails()).filter(({ to }) => to === reader.email)
  assert.equal(more.length, 0)
  assert.match(mail?.subject ?? '', /link to choose a new password/)
  assert.ok(!JSON.stringify(mail).includes(link.slice('/welcome/'.length)), 'the link is not in it')
  site.clock.advance(3_600_000 - 1)
  assert.equal((await site.visitor().get(link)).status, 200)
  site.clock.advance(1)
  assert.equal((await site.visitor().get(link)).status, 404)
  await site.close()
})

test('link: who has no password yet has a week, and gets no mail', async () => {
  const site = await testApp(project)
  const admin = await site.signInAs('admin')
  await inviteOne(admin)
  const { id } = await site.db
    .selectFrom('demijohn_accounts')
    .select('id')
    .where('email', '=', newcomer.email)
    .executeTakeFirstOrThrow()
  const link = await linkTo(site, admin, id)
  assert.deepEqual(await site.mails(), [])
  site.clock.advance(7 * 24 * 3_600_000 - 1)
  assert.equal((await site.visitor().get(link)).status, 200)
  await site.close()
})

const ends: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  role: { role: 'viewer' },
  suspend: { reason: '' },
  delete: {},
}

for (const [end, values] of Object.entries(ends)) {
  test(`[asvs 8.3.2] link: void once whoever made it is no administrator: ${end}`, async () => {
    const site = await testApp(project)
    const [leaving, staying] = [await site.signInAs('admin'), await site.signInAs('admin')]
    const reader = await site.signInAs('viewer')
    const links = [await inviteOne(leaving), await linkTo(site, leaving, reader.accountId)]
    const path = `/admin/people/${leaving.accountId}/${end}`
    const from = end === 'role' ? '/admin/people' : path
    assert.equal((await staying.post(path, values, { from })).status, 303)
    for (const link of links) assert.equal((await site.visitor().get(link)).status, 404)
    const kept = await linkTo(site, staying, reader.accountId)
    assert.equal((await site.visitor().post(kept, { newPassword })).status, 303)
    await site.close()
  })
}
