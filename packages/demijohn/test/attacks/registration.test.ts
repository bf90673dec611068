/**
 * Registration and invitations: whose address it is, and who may know.
 *
 * GHSA-fmh4-wcc4-5jm3 (an invitation that is not bound to whom it was sent), CVE-2025-61928 (identity
 * from the body), CVE-2022-31127 (a stranger's words in our mail).
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { send, tokenOf } from './fixture.ts'
import {
  accountOf,
  addPerson,
  comparable,
  isSignedIn,
  linkFrom,
  mailsOf,
  mailsSent,
  newPassword,
  openLinks,
} from './linksFixture.ts'

const email = 'new@reader.example'
const values = { name: 'Ada Lovelace', newPassword }

test('register: there is no account until the address was read at, and then it is signed in', async (t) => {
  const site = await openLinks(t)
  const path = await linkFrom(site, email, () => site.visitor().post('/register', { email }))
  assert.match(path, /^\/verify\//)
  assert.equal(await accountOf(site, email), undefined)
  const client = site.visitor()
  assert.equal((await client.post(path, values)).status, 303)
  assert.ok(await isSignedIn(client))
  const account = await accountOf(site, email)
  assert.equal(account?.email, email)
  assert.equal(account?.name, values.name)
  assert.equal(account?.role, 'member')
  assert.equal(account?.emailVerifiedAt, site.clock.now())
})

test('[asvs 6.3.8] register: known, unknown and suspended get the same answer', async (t) => {
  const site = await openLinks(t)
  await addPerson(site)
  const { id } = await addPerson(site, 'gone@site.example')
  const suspended = { suspendedAt: site.clock.now() }
  await site.db.updateTable('demijohn_accounts').set(suspended).where('id', '=', id).execute()
  const answers: string[] = []
  const told: (readonly (string | undefined)[])[] = []
  for (const address of [email, 'ANN@site.example', 'gone@site.example']) {
    const mails = await mailsOf(site, async () => {
      const reply = await site.visitor().post('/register', { email: address })
      assert.equal(reply.status, 200)
      const shown = comparable(reply.text).replaceAll(address, 'ADDRESS')
      answers.push(shown.replaceAll(address.toLowerCase(), 'ADDRESS'))
    })
    told.push(mails.flatMap(({ to, links }) => [to, links[0]?.replace(/[^/]{43}$/, 'secret')]))
  }
  assert.equal(new Set(answers).size, 1)
  // The owner is told at the stored address, by a mail that has no link of use to anybody.
  assert.deepEqual(told, [[email, '/verify/secret'], ['ann@site.example', '/login'], []])
  const tickets = await site.db.selectFrom('demijohn_tickets').select('purpose').execute()
  assert.deepEqual(
    tickets.map(({ purpose }) => purpose),
    ['registration'],
  )
})

test('register: nothing that a stranger typed but the address stands in the mail', async (t) => {
  const site = await openLinks(t)
  const client = site.visitor()
  const formToken = await tokenOf(client, '/register')
  for (const extra of ['name', 'message', 'role', 'newPassword']) {
    const sent = { formToken, email, [extra]: 'Win at https://evil.example' }
    assert.equal((await send(client, '/register', sent)).status, 400)
  }
  assert.deepEqual(await mailsSent(site), [])
})

test('register: of two links to one address the second finds the address taken, calmly', async (t) => {
  const site = await openLinks(t)
  const register = () => site.visitor().post('/register', { email })
  const first = await linkFrom(site, email, register)
  const second = await linkFrom(site, email, register)
  assert.equal((await site.visitor().post(second, values)).status, 303)
  const client = site.visitor()
  const reply = await client.post(first, values)
  assert.equal(reply.status, 403)
  assert.match(reply.text, /This address has an account already/)
  assert.equal(await isSignedIn(client), false)
})

test('register: mails to an address are spaced', async (t) => {
  const site = await openLinks(t)
  const mails = await mailsOf(site, async () => {
    for (let minutes = 0; minutes < 36; minutes += 4) {
      site.clock.advance(240_000)
      assert.equal((await site.visitor().post('/register', { email })).status, 200)
    }
  })
  // Two at once, then one in twelve minutes.
  assert.equal(mails.length, 4)
})

for (const registration of ['invitation', 'closed'] as const) {
  test(`register: where it is ${registration}, the page is one that never was`, async (t) => {
    const site = await openLinks(t, { accounts: { registration } })
    const nowhere = await site.visitor().get('/nowhere')
    const clean = (text: string) => text.replace(/[0-9a-f]{8,}[^<"]*/g, '')
    for (const path of ['/register', `/verify/${'A'.repeat(43)}`]) {
      const reply = await site.visitor().get(path)
      assert.equal(reply.status, 404)
      assert.equal(clean(reply.text), clean(nowhere.text))
    }
    const invited = await site.visitor().get(`/invitation/${'A'.repeat(43)}`)
    const isThere = /This link does not work any more/.test(invited.text)
    assert.equal(isThere, registration === 'invitation')
  })
}

test('invitation: it makes an account of that address and role, whoever holds it', async (t) => {
  const site = await openLinks(t, { accounts: { registration: 'invitation' } })
  const admin = await site.signInAs('admin')
  const path = await linkFrom(site, email, () => admin.post('/invite', { email }))
  const client = site.visitor()
  const formToken = await tokenOf(client, path)
  for (const [field, value] of [
    ['role', 'admin'],
    ['email', 'eve@evil.example'],
    ['accountId', admin.accountId],
  ] as const) {
    const sent = { ...values, formToken, [field]: value }
    assert.equal((await send(client, path, sent)).status, 400, field)
  }
  assert.equal((await client.post(path, values)).status, 303)
  const account = await accountOf(site, email)
  assert.deepEqual([account?.email, account?.role], [email, 'editor'])
  assert.equal(account?.emailVerifiedAt, site.clock.now())
})

for (const role of ['viewer', 'member', 'editor', 'admin']) {
  test(`invitation: opened by a signed-in ${role}, it is not for them`, async (t) => {
    const site = await openLinks(t)
    const admin = await site.signInAs('admin')
    const path = await linkFrom(site, email, () => admin.post('/invite', { email }))
    const other = await site.signInAs(role)
    const formToken = await tokenOf(other, '/')
      .catch(() => tokenOf(other, path))
      .catch(() => '')
    const seen = await other.get(path)
    assert.equal(seen.status, 403)
    assert.match(seen.text, /You are signed in already/)
    assert.equal((await send(other, path, { ...values, formToken })).status, 403)
    assert.equal(await accountOf(site, email), undefined)
    const row = await site.db
      .selectFrom('demijohn_accounts')
      .select('role')
      .where('id', '=', other.accountId)
      .executeTakeFirstOrThrow()
    assert.equal(row.role, role)
    assert.equal((await site.visitor().post(path, values)).status, 303)
  })
}

test('invitation: who has an account is not invited, and nobody without the permission invites', async (t) => {
  const site = await openLinks(t)
  const admin = await site.signInAs('admin')
  await addPerson(site)
  const reply = await admin.post('/invite', { email: 'ANN@site.example' })
  assert.equal(reply.location, '/?invited=taken')
  assert.deepEqual(await mailsSent(site), [])
  for (const role of ['viewer', 'member', 'editor']) {
    const client = await site.signInAs(role)
    assert.equal((await client.get('/invite')).status, 403)
  }
})
