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
