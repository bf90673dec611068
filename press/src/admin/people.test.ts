import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type SignedInClient, type TestSite, testApp } from 'demijohn/testing'
import { project } from '../project.ts'

const ledger = { from: '/admin/people' }

const pathOf = (person: SignedInClient, button: string): string =>
  `/admin/people/${person.accountId}/${button}`

async function roleOf(site: TestSite, { accountId }: SignedInClient): Promise<string | undefined> {
  const row = await site.db
    .selectFrom('demijohn_accounts')
    .select('role')
    .where('id', '=', accountId)
    .executeTakeFirst()
  return row?.role
}

async function sessionsOf(site: TestSite, { accountId }: SignedInClient): Promise<number> {
  return (await site.app.sessions.listOf(accountId)).length
}

test('role: changing it ends every session of that person at once', async () => {
  const site = await testApp(project)
  const admin = await site.signInAs('admin')
  const person = await site.signInAs('editor')
  assert.equal((await person.get('/settings')).status, 200)
  const reply = await admin.post(pathOf(person, 'role'), { role: 'viewer' }, ledger)
  assert.equal(reply.status, 303)
  assert.equal(await roleOf(site, person), 'viewer')
  assert.equal(await sessionsOf(site, person), 0)
  assert.equal((await person.get('/settings')).status, 303)
  const event = site.logLines.find((line) => line.includes('privilege_permissions_changed'))
  assert.match(event ?? '', /"from":"editor"/)
  assert.match(event ?? '', /"to":"viewer"/)
  await site.close()
})

test('role: the same one again changes nothing, and ends no session', async () => {
  const site = await testApp(project)
  const admin = await site.signInAs('admin')
  const person = await site.signInAs('editor')
  const reply = await admin.post(pathOf(person, 'role'), { role: 'editor' }, ledger)
  assert.match((await admin.follow(reply)).text, /Nothing was changed/)
  assert.equal((await person.get('/settings')).status, 200)
  await site.close()
})

test('role: one that is not offered is refused', async () => {
  const site = await testApp(project)
  const admin = await site.signInAs('admin')
  const person = await site.signInAs('editor')
  for (const role of ['owner', '', 'ADMIN', '__proto__']) {
    const reply = await admin.post(pathOf(person, 'role'), { role }, ledger)
    assert.equal(reply.status, 422, role)
  }
  assert.equal(await roleOf(site, person), 'editor')
  await site.close()
})

test('suspension: the session is dead at the next request, and restoring lets sign in again', async () => {
  const site = await testApp(project)
  const admin = await site.signInAs('admin')
  const person = await site.signInAs('member')
  assert.equal((await person.get('/settings')).status, 200)
  await admin.post(pathOf(person, 'suspend'))
  assert.equal((await person.get('/settings')).status, 303)
  const { accountId } = person
  const proof = { credentialRevision: 0, methods: ['password'] } as const
  const anew = { accountId, ...proof, userAgent: 'test', clientAddress: '127.0.0.1' }
  assert.equal(await site.app.sessions.create(anew), null)
  await admin.post(pathOf(person, 'restore'), {}, ledger)
  const { text } = await admin.get('/admin/people')
  assert.doesNotMatch(text, /Suspended/)
  // What was proven before the suspension is proven no more.
  assert.equal(await site.app.sessions.create(anew), null)
  const { credentialRevision } = await site.db
    .selectFrom('demijohn_accounts')
    .select('credentialRevision')
    .where('id', '=', accountId)
    .executeTakeFirstOrThrow()
  assert.ok(await site.app.sessions.create({ ...anew, credentialRevision }))
  await site.close()
})

test('deletion: a page asks first; then account, posts, comments and sessions are gone', async () => {
  const site = await testApp(project)
  const admin = await site.signInAs('admin')
  const person = await site.signInAs('editor')
  assert.match((await admin.get(pathOf(person, 'delete'))).text, /Delete Editor 2\?/)
  assert.equal(await roleOf(site, person), 'editor', 'looking deletes nothing')
  const reply = await admin.post(pathOf(person, 'delete'))
  assert.equal(reply.status, 303)
  assert.equal(await roleOf(site, person), undefined)
  assert.equal((await person.get('/settings')).status, 303)
  assert.equal((await admin.get(pathOf(person, 'delete'))).status, 404)
  assert.ok(site.logLines.some((line) => line.includes('user_deleted')))
  await site.close()
})

test('an administrator changes nothing about their own account here', async () => {
  const site = await testApp(project)
  const admin = await site.signInAs('admin')
  await site.signInAs('member')
  const page = await admin.get('/admin/people')
  const own = page.forms.filter(({ action }) => action.includes(admin.accountId))
  assert.deepEqual(own, [], 'it is not offered')
  const [form] = page.forms.filter(({ action }) => action.endsWith('/role'))
  for (const button of ['role', 'suspend', 'link', 'delete']) {
    const fields = { formToken: form?.values.get('formToken') ?? '' }
    const reply = await admin.send({
      method: 'POST',
      target: pathOf(admin, button),
      headers: {
        origin: site.origin,
        'sec-fetch-site': 'same-origin',
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({
        ...fields,
        ...(button === 'role' ? { role: 'viewer' } : {}),
      }).toString(),
    })
    assert.equal(reply.status, 303, button)
    assert.match((await admin.follow(reply)).text, /Another administrator can/, button)
  }
  assert.equal(await roleOf(site, admin), 'admin')
  await site.close()
})

const ways = ['role', 'suspend', 'delete'] as const

for (const way of ways) {
  test(`two administrators, twenty at once against each other by ${way}: one is left`, async () => {
    const site = await testApp(project)
    const first = await site.signInAs('admin')
    const second = await site.signInAs('admin')
    const from = (target: SignedInClient) =>
      way === 'role' ? ledger : { from: pathOf(target, way) }
    const values: Readonly<Record<string, string>> = way === 'role' ? { role: 'viewer' } : {}
    const attempts = Array.from({ length: 20 }, (_, at) =>
      at % 2 === 0
        ? first.post(pathOf(second, way), values, from(second))
        : second.post(pathOf(first, way), values, from(first)),
    )
    // A page that is refused meanwhile has no form to send, which the client reports by throwing.
    await Promise.allSettled(attempts)
    const left = await site.db
      .selectFrom('demijohn_accounts')
      .select('id')
      .where('role', '=', 'admin')
      .where('suspendedAt', 'is', null)
      .execute()
    assert.equal(left.length, 1)
    await site.close()
  })
}

test('people: found by name and address, wildcards mean themselves, pages have their bounds', async () => {
  const site = await testApp(project)
  const admin = await site.signInAs('admin')
  for (let at = 0; at < 25; at += 1) await site.signInAs('viewer')
  const rows = (text: string) => text.match(/scope="row"/g)?.length ?? 0
  assert.equal(rows((await admin.get('/admin/people')).text), 20)
  assert.equal(rows((await admin.get('/admin/people?page=2')).text), 6)
  assert.equal(rows((await admin.get('/admin/people?q=ADMIN-1@')).text), 1)
  assert.equal(rows((await admin.get('/admin/people?q=%25')).text), 0)
  assert.equal(rows((await admin.get('/admin/people?q=_dmin')).text), 0)
  assert.equal((await admin.get('/admin/people?page=0')).status, 422)
  await site.close()
})

const told = [
  {
    way: 'suspend',
    values: { reason: 'Spam, again & again.' },
    subject: 'Your account at Press is suspended',
    says: [/signed out everywhere/, /The reason that was given: Spam, again & again\./],
    links: [],
  },
  {
    way: 'suspend',
    values: { reason: '' },
    subject: 'Your account at Press is suspended',
    says: [/stays where it is/],
    links: [],
  },
  {
    way: 'role',
    values: { role: 'editor' },
    subject: 'You are an editor at Press now',
    says: [/You can write posts/],
    links: ['/login'],
  },
  {
    way: 'delete',
    values: {},
    subject: 'Your account at Press is deleted',
    says: [/last mail to you/],
    links: [],
  },
] as const

for (const { way, values, subject, says, links } of told) {
  test(`mail: ${way} ${Object.values(values)} is told to the person, and to nobody else`, async () => {
    const site = await testApp(project)
    const admin = await site.signInAs('admin')
    const person = await site.signInAs('member')
    const reply = await admin.post(
      pathOf(person, way),
      values,
      way === 'role' ? ledger : { from: pathOf(person, way) },
    )
    assert.equal(reply.status, 303)
    const [mail, ...others] = await site.mails()
    assert.deepEqual(others, [])
    assert.equal(mail?.to, person.email)
    assert.equal(mail?.subject, subject)
    for (const words of says) assert.match(mail?.text ?? '', words)
    assert.equal((mail?.text ?? '').includes('reason'), 'reason' in values && values.reason !== '')
    assert.deepEqual(mail?.links, links)
    await site.close()
  })
}

test('mail: a restoration is told, and a change that changes nothing is not', async () => {
  const site = await testApp(project)
  const admin = await site.signInAs('admin')
  const person = await site.signInAs('member')
  await admin.post(pathOf(person, 'role'), { role: 'member' }, ledger)
  assert.deepEqual(await site.mails(), [])
  await admin.post(pathOf(person, 'suspend'))
  assert.match((await admin.get(pathOf(person, 'suspend'))).text, /suspended already/)
  // Mails are listed by their time.
  site.clock.advance(1)
  await admin.post(pathOf(person, 'restore'), {}, ledger)
  const subjects = (await site.mails()).map(({ subject }) => subject)
  assert.deepEqual(subjects.at(-1), 'Your account at Press is open again')
  assert.equal(subjects.length, 2)
  await site.close()
})

const unseen = ['a\u202eb', 'a\u2066b', 'a\ufeffb', 'two\nlines', 'x'.repeat(301)]

test('suspension: a reason that may not stand in a mail is said, and suspends nobody', async () => {
  const site = await testApp(project)
  const admin = await site.signInAs('admin')
  const person = await site.signInAs('member')
  for (const reason of unseen) {
    const reply = await admin.post(pathOf(person, 'suspend'), { reason })
    assert.equal(reply.status, 422, JSON.stringify(reason))
  }
  assert.equal((await person.get('/settings')).status, 200)
  assert.deepEqual(await site.mails(), [])
  await site.close()
})

test('deletion: links and mails that name the address go as well, as by the person’s own hand', async () => {
  const site = await testApp(project)
  const admin = await site.signInAs('admin')
  const person = await site.signInAs('member')
  await admin.post(pathOf(person, 'link'), {}, ledger)
  await admin.post(pathOf(person, 'role'), { role: 'editor' }, ledger)
  await admin.post(pathOf(person, 'delete'))
  const mails = (await site.mails()).filter(({ to }) => to === person.email)
  assert.deepEqual(
    mails.map(({ subject }) => subject),
    ['Your account at Press is deleted'],
  )
  assert.deepEqual(await site.db.selectFrom('demijohn_tickets').select('id').execute(), [])
  await site.close()
})

test('people: the list says who has a second factor', async () => {
  const site = await testApp(project)
  const admin = await site.signInAs('admin')
  const { accountId } = await site.signInAs('member')
  const rowOf = (text: string) =>
    text.split('<tr role="row">').find((row) => row.includes(accountId)) ?? ''
  const stateIn = (text: string) =>
    /data-label="Second factor"><span class="[^"]*">([^<]*)</.exec(rowOf(text))?.[1]
  assert.equal(stateIn((await admin.get('/admin/people')).text), 'None')
  const createdAt = site.clock.now()
  const app = { accountId, secret: 'x', createdAt, lastStep: null }
  await site.db
    .insertInto('demijohn_totp')
    .values({ ...app, confirmedAt: null })
    .execute()
  assert.equal(stateIn((await admin.get('/admin/people')).text), 'None', 'not confirmed yet')
  await site.db.updateTable('demijohn_totp').set({ confirmedAt: createdAt }).execute()
  assert.equal(stateIn((await admin.get('/admin/people')).text), 'Set up')
  await site.close()
})
