import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testApp } from 'demijohn/testing'
import { project } from '../project.ts'

for (const role of ['viewer', 'member', 'editor', 'admin']) {
  test(`settings: a ${role} changes name and biography, and every page knows at once`, async () => {
    const site = await testApp(project)
    const client = await site.signInAs(role)
    for (const bio of ['Reads *everything*.', 'Reads nothing any more.']) {
      const saved = await client.post('/settings', { name: 'Anew', bio })
      assert.equal(saved.status, 303)
      const shown = await client.follow(saved)
      assert.match(shown.text, /Your profile is saved/)
      assert.match(shown.text, /<a href="\/account">Anew<\/a>/)
      const form = shown.forms.find(({ action }) => action === '/settings')
      assert.equal(form?.values.get('name'), 'Anew')
      assert.equal(form?.values.get('bio'), bio)
    }
    await site.close()
  })
}

test('settings: nobody else’s profile can be named', async () => {
  const site = await testApp(project)
  const one = await site.signInAs('viewer')
  const other = await site.signInAs('viewer')
  await one.post('/settings', { name: 'One', bio: 'Of one.' })
  const reply = await other.get(`/settings?accountId=${one.accountId}`)
  assert.equal(reply.status, 400)
  const name = (await other.get('/settings')).forms.find(({ action }) => action === '/settings')
  assert.notEqual(name?.values.get('name'), 'One')
  await site.close()
})

const tooMuch = [
  { name: '', bio: '', says: /Fill this in/ },
  { name: 'n'.repeat(81), bio: '', says: /at most 80 characters/ },
  { name: 'N', bio: 'b'.repeat(1_001), says: /at most 1,000 characters/ },
  { name: 'two\nlines', bio: '', says: /no invisible characters/ },
]

test('settings: what is too much or nothing is said beside its field, and kept for correction', async () => {
  const site = await testApp(project)
  const client = await site.signInAs('viewer')
  for (const { name, bio, says } of tooMuch) {
    const reply = await client.post('/settings', { name, bio })
    assert.equal(reply.status, 422)
    assert.match(reply.text, says)
  }
  await site.close()
})

const scripts = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'><svg/onload=alert(1)>",
  '[x](javascript:alert(1))',
  '</textarea><script>alert(1)</script>',
]

test('settings: script in name and biography is inert wherever they are shown', async () => {
  const site = await testApp(project)
  const person = await site.signInAs('member')
  const admin = await site.signInAs('admin')
  for (const text of scripts) {
    await person.post('/settings', { name: text, bio: text })
    const delete_ = `/admin/people/${person.accountId}/delete`
    for (const [client, path] of [
      [person, '/settings'],
      [admin, '/admin/people'],
      [admin, delete_],
      [admin, `/people/${person.accountId}`],
    ] as const) {
      const reply = await client.get(path)
      assert.equal(reply.status, 200, path)
      assert.doesNotMatch(reply.text, /<script|<img|<svg|href="javascript:/i, `${path} ${text}`)
    }
  }
  await site.close()
})
