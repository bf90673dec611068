import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SignedInClient, TestSite } from '../../../testing/site.ts'
import { allRows, furnish, type Notes, notesOf, openSite, secrets } from './ownDataFixture.ts'

const minute = 60_000

async function tablesNaming(site: TestSite, text: string): Promise<readonly string[]> {
  const tables = [...(await allRows(site))]
  return tables
    .filter(([, rows]) => rows.some((row) => row.toLowerCase().includes(text.toLowerCase())))
    .map(([name]) => name)
}

async function tokenOf(client: SignedInClient, path: string): Promise<string> {
  const { forms } = await client.get(path)
  return forms.find(({ action }) => action === path)?.values.get('formToken') ?? ''
}

/** As a browser sends it from the page, which was opened a while ago. */
function send(client: SignedInClient, path: string, values: Record<string, string>, at = 1) {
  return client.send({
    method: 'POST',
    target: path,
    peerAddress: `192.0.2.${at}`,
    headers: {
      origin: 'https://site.example',
      'sec-fetch-site': 'same-origin',
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams(values).toString(),
  })
}

function deletion(person: SignedInClient, typed = person.email) {
  return person.post('/account/delete', { email: typed })
}

test('account: the overview says what protects the account, whatever of it there is', async (t) => {
  const site = await openSite(t)
  const bare = await site.signInAs('member')
  const { status, text } = await bare.get('/account')
  assert.equal(status, 200)
  assert.match(text, /None: you sign in without one/)
  assert.match(text, /None yet/)
  assert.match(text, /Not confirmed/)
  assert.match(text, /Signed in here alone/)
  const person = await site.signInAs('member')
  await furnish(site, person)
  await site.db
    .updateTable('demijohn_accounts')
    .set({ emailVerifiedAt: site.clock.now() })
    .where('id', '=', person.accountId)
    .execute()
  const shown = (await person.get('/account')).text
  for (const words of [
    /last changed on <time datetime="2026-01-01/,
    /Authenticator app, since/,
    /1 passkey</,
    /1 recovery code left/,
    /status-live">Confirmed/,
  ]) {
    assert.match(shown, words)
  }
  for (const secret of Object.values(secrets)) assert.ok(!shown.includes(secret), secret)
})

test('account: a name is text, and nobody sees the page of nobody', async (t) => {
  const site = await openSite(t)
  const person = await site.signInAs('member')
  await site.db
    .updateTable('demijohn_accounts')
    .set({ name: '<script>alert(1)</script>' })
    .where('id', '=', person.accountId)
    .execute()
  const { text } = await person.get('/account')
  assert.doesNotMatch(text, /<script/)
  assert.equal((await site.visitor().get('/account')).location, '/login?next=%2Faccount')
})

for (const path of ['/account/export', '/account/delete']) {
  test(`[asvs 7.5.3] ${path}: an open session is asked again who it is`, async (t) => {
    const site = await openSite(t)
    const person = await site.signInAs('member')
    await furnish(site, person)
    const token = await tokenOf(person, path)
    site.clock.advance(11 * minute)
    const asked = await person.get(path)
    assert.equal(asked.status, 303)
    assert.equal(asked.location, `/login/confirm?next=${encodeURIComponent(path)}`)
    const forced = await send(person, path, { email: person.email, formToken: token })
    assert.equal(forced.status, 401)
    assert.equal(forced.header('content-disposition'), undefined)
    assert.notDeepEqual(await tablesNaming(site, person.accountId), [])
  })
}

test('[asvs 5.4.1] [asvs 14.3.2] export: JSON as a file that nobody stores and no browser shows', async (t) => {
  const site = await openSite(t)
  const person = await site.signInAs('member')
  const reply = await person.post('/account/export')
  assert.equal(reply.status, 200)
  assert.equal(reply.header('content-type'), 'application/json; charset=utf-8')
  assert.equal(reply.header('content-disposition'), 'attachment; filename="my-data.json"')
  assert.equal(reply.header('cache-control'), 'no-store')
  assert.equal(reply.header('x-content-type-options'), 'nosniff')
  assert.match(reply.header('content-security-policy') ?? '', /default-src 'none'/)
})

test('export: what is kept of the person, what the application adds, and of nobody else', async (t) => {
  const site = await openSite(t)
  const other = await site.signInAs('member')
  const person = await site.signInAs('member')
  await furnish(site, person)
  await site.app.mails?.send({ to: person.email, subject: 'To this person', paragraphs: ['x'] })
  await site.app.mails?.send({ to: other.email, subject: 'To the other', paragraphs: ['x'] })
  const { text } = await person.post('/account/export')
  const data = JSON.parse(text)
  assert.equal(data.account.email, person.email)
  assert.equal(data.account.createdAt, '2026-01-01T00:00:00.000Z')
  assert.equal(data.sessions.rows[0].clientAddress, '127.0.0.1')
  assert.equal(data.secondFactors.passkeys.rows[0].name, 'The blue key')
  assert.deepEqual(
    data.mails.rows.map(({ subject }: { subject: string }) => subject),
    ['To this person'],
  )
  assert.deepEqual(data.application, { notes: [{ text: 'Of the sea.' }] })
  assert.ok(!text.includes(other.email) && !text.includes(other.accountId))
})

test('[asvs 14.2.6] export: no secret, no hash, nothing sealed, no key of a session', async (t) => {
  const site = await openSite(t)
  const person = await site.signInAs('member')
  await furnish(site, person)
  await site.app.mails?.send({ to: person.email, subject: 'A link', paragraphs: ['body-of-mail'] })
  const { text } = await person.post('/account/export')
  const sessions = await site.db.selectFrom('demijohn_sessions').select('id').execute()
  const mails = await site.db.selectFrom('demijohn_mails').select('body').execute()
  const kept = [
    ...Object.values(secrets),
    ...sessions.map(({ id }) => id),
    ...mails.map(({ body }) => body ?? ''),
    ...person.cookies.values(),
  ]
  assert.ok(kept.length > 10 && kept.every((secret) => secret.length > 10))
  for (const secret of kept) assert.ok(!text.includes(secret), secret)
  assert.doesNotMatch(text, /[0-9a-f]{64}|body-of-mail|\$argon2/)
})

test('export: lists have an end, and say that they were cut', async (t) => {
  const site = await openSite(t)
  const person = await site.signInAs('member')
  const createdAt = site.clock.now()
  const links = Array.from({ length: 1_500 }, (_, at) => ({
    ...{ id: String(at), purpose: 'reset', accountId: person.accountId, email: null, role: null },
    ...{ createdAt, expiresAt: createdAt + 1, usedAt: null },
  }))
  for (let at = 0; at < links.length; at += 100) {
    await site.db
      .insertInto('demijohn_tickets')
      .values(links.slice(at, at + 100))
      .execute()
  }
  const data = JSON.parse((await person.post('/account/export')).text)
  assert.equal(data.links.rows.length, 1_000)
  assert.equal(data.links.complete, false)
  assert.equal(data.sessions.complete, true)
})

test('[asvs 14.2.7] [asvs 7.4.2] deletion: no table knows the person any more, but for the last mail', async (t) => {
  const site = await openSite(t)
  const person = await site.signInAs('member')
  const { accountId, email } = person
  await furnish(site, person)
  await site.app.mails?.send({ to: email, subject: 'An older mail', paragraphs: ['x'] })
  const before = await tablesNaming(site, accountId)
  assert.deepEqual([...before].sort(), [
    'demijohn_accounts',
    'demijohn_devices',
    'demijohn_passkeys',
    'demijohn_recovery_codes',
    'demijohn_remembered',
    'demijohn_sessions',
    'demijohn_tickets',
    'demijohn_totp',
    'notes',
  ])
  const copied = new Map(person.cookies)
  const reply = await deletion(person)
  assert.equal(reply.status, 200)
  assert.match(reply.text, /Your account is deleted/)
  assert.match(reply.text, /<p id="user"><\/p>/, 'the page knows nobody')
  assert.deepEqual(await tablesNaming(site, accountId), [])
  assert.deepEqual(await tablesNaming(site, email), ['demijohn_mails'])
  const mails = await site.mails()
  assert.deepEqual(
    mails.map(({ to, subject }) => ({ to, subject })),
    [{ to: email, subject: 'Your account at Notes is deleted' }],
  )
  const thief = site.visitor()
  for (const [name, value] of copied) thief.cookies.set(name, value)
  assert.equal((await thief.get('/account')).status, 303)
  assert.ok(site.logLines.some((line) => line.includes('"event":"user_deleted"')))
  for (const line of site.logLines) assert.ok(!line.includes(email), line)
  site.clock.advance(8 * 24 * 60 * minute)
  await site.app.mails?.sweep()
  assert.deepEqual(await tablesNaming(site, email), [])
})

test('deletion: others keep everything', async (t) => {
  const site = await openSite(t)
  const other = await site.signInAs('member')
  const person = await site.signInAs('member')
  await furnish(site, other)
  const before = await tablesNaming(site, other.accountId)
  await deletion(person)
  assert.deepEqual(await tablesNaming(site, other.accountId), before)
  assert.equal((await other.get('/account')).status, 200)
})

test('deletion: the page names what goes and what stays, and another address deletes nothing', async (t) => {
  const site = await openSite(t)
  const other = await site.signInAs('member')
  const person = await site.signInAs('member')
  await furnish(site, person)
  const { text } = await person.get('/account/delete')
  assert.match(text, /Your notes\./)
  assert.match(text, /What others noted of them\./)
  const before = await allRows(site)
  for (const typed of ['', 'x', other.email, `${person.email}.evil.example`]) {
    const reply = await deletion(person, typed)
    assert.equal(reply.status, 422, typed)
  }
  assert.deepEqual(await allRows(site), before)
  assert.equal((await deletion(person, person.email.toUpperCase())).status, 200)
})

test('deletion: a hook that throws keeps the account, its rows and its sessions', async (t) => {
  const erase = () => Promise.reject(new Error('the notes are locked'))
  const site = await openSite(t, { ...notesOf, erase })
  const person = await site.signInAs('member')
  await furnish(site, person)
  const before = await allRows(site)
  assert.equal((await deletion(person)).status, 500)
  assert.deepEqual(await allRows(site), before)
  assert.equal((await person.get('/account')).status, 200)
})

const password = '$argon2id$v=19$m=65536,t=3,p=1$c2FsdA$aGFzaA'

async function administrator(site: TestSite): Promise<SignedInClient> {
  const client = await site.signInAs('admin')
  await site.db
    .updateTable('demijohn_accounts')
    .set({ passwordHash: password })
    .where('id', '=', client.accountId)
    .execute()
  return client
}

const notEnough = [
  { name: 'suspended', change: { suspendedAt: 1 } },
  { name: 'without a password or a passkey', change: { passwordHash: null } },
  { name: 'of another role', change: { role: 'member' } },
]
for (const { name, change } of notEnough) {
  test(`deletion: the last administrator stays, beside one who is ${name}`, async (t) => {
    const site = await openSite(t)
    const last = await administrator(site)
    const other = await administrator(site)
    await site.db
      .updateTable('demijohn_accounts')
      .set(change)
      .where('id', '=', other.accountId)
      .execute()
    const reply = await deletion(last)
    assert.equal(reply.status, 422)
    assert.match(reply.text, /You are the only administrator here/)
    assert.equal((await last.get('/account')).status, 200)
    assert.deepEqual(await site.mails(), [])
  })
}

test('deletion: of two administrators one may go, and of twenty who go at once one stays', async (t) => {
  const site = await openSite(t)
  const all: SignedInClient[] = []
  for (let at = 0; at < 20; at += 1) all.push(await administrator(site))
  const path = '/account/delete'
  const tokens = await Promise.all(all.map((person) => tokenOf(person, path)))
  const replies = await Promise.all(
    all.map((person, at) =>
      send(person, path, { email: person.email, formToken: tokens[at] ?? '' }, at),
    ),
  )
  const statuses = replies.map(({ status }) => status).sort()
  assert.deepEqual(statuses, [...Array(19).fill(200), 422])
  const left = await site.db.selectFrom('demijohn_accounts').select('role').execute()
  assert.deepEqual(
    left.map(({ role }) => role),
    ['admin'],
  )
})

test('deletion: twice at once from two devices is once', async (t) => {
  const site = await openSite(t)
  const person = await site.signInAs('member')
  const path = '/account/delete'
  const formToken = await tokenOf(person, path)
  const values = { email: person.email, formToken }
  const replies = await Promise.all([send(person, path, values), send(person, path, values)])
  assert.equal(replies.filter(({ status }) => status === 200).length, 1)
  const mails = await site.mails()
  assert.equal(mails.length, 1)
  assert.deepEqual(await tablesNaming(site, person.accountId), [])
})

test('ownData: without hooks there is an export, and a deletion', async (t) => {
  const site = await openSite(t, {})
  const person = await site.signInAs('member')
  assert.deepEqual(JSON.parse((await person.post('/account/export')).text).application, {})
  await site.db.withTables<Notes>().deleteFrom('notes').execute()
  assert.equal((await deletion(person)).status, 200)
})
