/** Who gets in: every route of the administration and of the settings, for every role. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TestClient, testApp } from 'demijohn/testing'
import { project } from '../project.ts'

const roles = ['viewer', 'member', 'editor'] as const

const pages = ['/admin', '/admin/people', '/admin/people/new', '/admin/posts', '/admin/comments']
const buttons = ['role', 'suspend', 'restore', 'link', 'delete']

/** A form as a browser sends it from a page of the site, with a token of that very session. */
async function forced(
  client: TestClient,
  path: string,
  body: Readonly<Record<string, string>>,
  tokenFrom = '/account/email',
) {
  const { forms } = await client.get(tokenFrom)
  const formToken = forms.find(({ method }) => method === 'post')?.values.get('formToken') ?? ''
  return client.send({
    method: 'POST',
    target: path,
    headers: {
      origin: 'https://site.example',
      'sec-fetch-site': 'same-origin',
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ ...body, formToken }).toString(),
  })
}

for (const role of roles) {
  test(`admin: a ${role} is refused on every page`, async () => {
    const site = await testApp(project)
    const client = await site.signInAs(role)
    for (const path of pages) assert.equal((await client.get(path)).status, 403, path)
    await site.close()
  })

  test(`admin: a ${role} with a token of their own changes nobody`, async () => {
    const site = await testApp(project)
    const client = await site.signInAs(role)
    const target = await site.signInAs('member')
    const before = await site.db.selectFrom('demijohn_accounts').selectAll().execute()
    for (const button of buttons) {
      const path = `/admin/people/${target.accountId}/${button}`
      const reply = await forced(client, path, button === 'role' ? { role: 'admin' } : {})
      assert.equal(reply.status, 403, button)
    }
    const body = { name: 'New', email: 'new@site.example', role: 'admin' }
    assert.equal((await forced(client, '/admin/people/new', body)).status, 403)
    assert.deepEqual(await site.db.selectFrom('demijohn_accounts').selectAll().execute(), before)
    assert.equal((await target.get('/settings')).status, 200)
    await site.close()
  })
}

test('admin: the same forced forms are what an administrator may send', async () => {
  const site = await testApp(project)
  const client = await site.signInAs('admin')
  for (const button of buttons.filter((one) => one !== 'restore')) {
    const target = await site.signInAs('member')
    const path = `/admin/people/${target.accountId}/${button}`
    const reply = await forced(client, path, button === 'role' ? { role: 'editor' } : {})
    assert.ok(reply.status === 303 || reply.status === 201, `${button} ${reply.status}`)
  }
  await site.close()
})

test('admin and settings: nobody is asked to sign in, and sent back afterwards', async () => {
  const site = await testApp(project)
  for (const path of [...pages, '/settings']) {
    const reply = await site.visitor().get(path)
    assert.equal(reply.status, 303, path)
    assert.equal(reply.location, `/login?next=${encodeURIComponent(path)}`)
  }
  await site.close()
})

test('admin: an administrator sees every page', async () => {
  const site = await testApp(project)
  const client = await site.signInAs('admin')
  assert.equal((await client.get('/admin')).location, '/admin/people')
  for (const path of pages.slice(1)) {
    const { status, text } = await client.get(path)
    assert.equal(status, 200, path)
    assert.equal(text.match(/<h1/g)?.length, 1, path)
  }
  await site.close()
})

test('admin and settings: nobody with a token of their own changes anything', async () => {
  const site = await testApp(project)
  const target = await site.signInAs('member')
  const visitor = site.visitor()
  const before = await site.db.selectFrom('demijohn_accounts').selectAll().execute()
  const forms = [
    ...buttons.map((button) => `/admin/people/${target.accountId}/${button}`),
    '/admin/people/new',
    '/settings',
  ]
  for (const path of forms) {
    assert.equal((await forced(visitor, path, {}, '/login')).status, 401, path)
  }
  assert.deepEqual(await site.db.selectFrom('demijohn_accounts').selectAll().execute(), before)
  await site.close()
})

test('[asvs 7.5.3] admin: after half an hour who it is is asked again, before people are changed', async () => {
  const site = await testApp(project)
  const admin = await site.signInAs('admin')
  const target = await site.signInAs('member')
  const person = `/admin/people/${target.accountId}`
  const asking = ['/admin/people', '/admin/people/new', `${person}/suspend`, `${person}/delete`]
  for (const path of asking) assert.equal((await admin.get(path)).status, 200, path)
  site.clock.advance(31 * 60_000)
  for (const path of asking) {
    const { status, location } = await admin.get(path)
    assert.equal(status, 303, path)
    assert.equal(location, `/login/confirm?next=${encodeURIComponent(path)}`)
  }
  const before = await site.db.selectFrom('demijohn_accounts').selectAll().execute()
  for (const button of buttons) {
    const body: Record<string, string> = button === 'role' ? { role: 'admin' } : {}
    const reply = await forced(admin, `${person}/${button}`, body, '/settings')
    assert.equal(reply.status, 401, button)
    assert.match(reply.text, /href="\/login\/confirm"/)
  }
  assert.deepEqual(await site.db.selectFrom('demijohn_accounts').selectAll().execute(), before)
  assert.equal((await admin.get('/admin/posts')).status, 200, 'looking at posts needs no proof')
  await site.close()
})

test('[asvs 6.3.3] admin: in production administrators need a second factor, in development not', async () => {
  for (const [origin, status] of [
    ['https://site.example', 303],
    ['loopback', 200],
  ] as const) {
    const site = await testApp(project, { origin })
    const admin = await site.signInAs('admin')
    await site.db.deleteFrom('demijohn_totp').execute()
    await site.app.sessions.accountChanged(admin.accountId)
    const reply = await admin.get('/admin/people')
    assert.equal(reply.status, status, origin)
    if (status === 303) assert.match(reply.location ?? '', /^\/account\/factors\?next=/)
    await site.close()
  }
})
