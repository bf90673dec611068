/**
 * A change of address: what proves the new one, and how the owner of the old one gets back in.
 *
 * CVE-2026-32700 (a race that confirms an address that was not the one proven).
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestSite } from '../../src/testing/site.ts'
import { login } from './fixture.ts'
import {
  accountOf,
  addPerson,
  askEmail,
  comparable,
  goodPassword,
  isSignedIn,
  linkFrom,
  mailsOf,
  mailsSent,
  newPassword,
  openLinks,
  resetLink,
  signedIn,
} from './linksFixture.ts'

const old = 'ann@site.example'
const other = 'ann@reader.example'

async function rowOf({ db }: TestSite, id: string) {
  const one = db.selectFrom('demijohn_accounts').selectAll().where('id', '=', id)
  return { ...(await one.executeTakeFirstOrThrow()) }
}

const day = 86_400_000

async function addPasskey(site: TestSite, accountId: string, id: string, createdAt: number) {
  const blank = { publicKey: '', signCount: 0, transports: '', name: 'x', lastUsedAt: null }
  const row = { ...blank, id, accountId, createdAt }
  await site.db.insertInto('demijohn_passkeys').values(row).execute()
}

/** Moves the account and gives the undo link that went to the address it left. */
async function move(site: TestSite, from: string, to: string, password = goodPassword) {
  const client = await signedIn(site, from, password)
  const confirm = await askEmail(site, client, to, password)
  const undo = await linkFrom(site, from, () => site.visitor().post(confirm))
  return { client, undo }
}

test('email: an unconfirmed change changes nothing', async (t) => {
  const site = await openLinks(t)
  const { id } = await addPerson(site)
  const before = await rowOf(site, id)
  const client = await signedIn(site)
  await askEmail(site, client, other)
  assert.deepEqual(await rowOf(site, id), before)
  assert.ok(await isSignedIn(client))
  site.clock.advance(3_600_000)
  assert.equal((await login(site.visitor(), other)).status, 422)
  assert.equal((await login(site.visitor(), old)).status, 303)
})

test('email: confirmed at the new address, told at the old one, and verified', async (t) => {
  const site = await openLinks(t)
  const { id } = await addPerson(site)
  const before = await rowOf(site, id)
  const client = await signedIn(site)
  const path = await askEmail(site, client, other)
  const mails = await mailsOf(site, async () => {
    const reply = await site.visitor().post(path)
    assert.equal(reply.status, 200)
    assert.ok(reply.text.includes(other))
  })
  const after = await rowOf(site, id)
  assert.deepEqual([after.email, after.emailKey], [other, other])
  assert.equal(after.emailVerifiedAt, site.clock.now())
  assert.ok(after.credentialRevision > before.credentialRevision)
  assert.deepEqual(
    mails.map(({ to, links }) => [to, links[0]?.startsWith('/email/undo/')]),
    [[old, true]],
  )
  // The new address is on the page at once, in the session that was there.
  assert.match((await client.get('/me')).text, /ann@reader\.example/)
  assert.equal((await login(site.visitor(), old)).status, 422)
})

test('email: the link confirms the address that it was sent to, and only the newest does', async (t) => {
  const site = await openLinks(t)
  const { id } = await addPerson(site)
  const client = await signedIn(site)
  const first = await askEmail(site, client, 'first@reader.example')
  const second = await askEmail(site, client, 'second@reader.example')
  assert.equal((await site.visitor().post(second)).status, 200)
  assert.equal((await site.visitor().get(first)).status, 404)
  assert.equal((await rowOf(site, id)).email, 'second@reader.example')
})

test('email: of a confirmation and a new request at once, no address is confirmed that was not proven', async (t) => {
  for (let round = 0; round < 10; round += 1) {
    const site = await openLinks(t)
    const { id } = await addPerson(site)
    const client = await signedIn(site)
    const mine = await askEmail(site, client, 'eve@evil.example')
    const race = [
      () => site.visitor().post(mine),
      () => client.post('/account/email', { email: other, currentPassword: goodPassword }),
    ]
    if (round % 2 === 1) race.reverse()
    await Promise.all(race.map((act) => act()))
    assert.notEqual((await rowOf(site, id)).email, other)
  }
})

test('[asvs 6.3.8] email: an address of somebody else gets the same answer, and its owner a mail', async (t) => {
  const site = await openLinks(t)
  await addPerson(site)
  await addPerson(site, 'bob@site.example')
  const client = await signedIn(site)
  const answers: string[] = []
  for (const email of ['free@reader.example', 'bob@site.example']) {
    site.clock.advance(200_000)
    const mails = await mailsOf(site, async () => {
      const reply = await client.post('/account/email', { email, currentPassword: goodPassword })
      assert.equal(reply.status, 200)
      answers.push(comparable(reply.text).replaceAll(email, 'ADDRESS'))
    })
    assert.deepEqual(
      mails.map(({ to }) => to),
      [email],
    )
    assert.equal(mails[0]?.links[0]?.startsWith('/email/confirm/'), email.startsWith('free'))
  }
  assert.equal(new Set(answers).size, 1)
})

test('email: an address that was taken meanwhile is a calm page, and nothing changes', async (t) => {
  const site = await openLinks(t)
  const { id } = await addPerson(site)
  const client = await signedIn(site)
  const path = await askEmail(site, client, other)
  await addPerson(site, other)
  const before = await rowOf(site, id)
  const reply = await site.visitor().post(path)
  assert.equal(reply.status, 403)
  assert.match(reply.text, /This address has an account already/)
  assert.deepEqual(await rowOf(site, id), before)
})

test('[asvs 7.5.1] email: it takes the password, and a wrong one is logged', async (t) => {
  const site = await openLinks(t)
  await addPerson(site)
  const client = await signedIn(site)
  const fails = () => site.logLines.filter((line) => line.includes('"event":"authn_login_fail"'))
  for (const currentPassword of ['wrong', '']) {
    const before = fails().length
    const reply = await client.post('/account/email', { email: other, currentPassword })
    assert.equal(reply.status, 422)
    assert.equal(fails().length, before + 1)
    assert.deepEqual(await mailsSent(site), [])
  }
})

test('[asvs 7.5.1] email and password: both ask for a fresh sign-in', async (t) => {
  const site = await openLinks(t)
  await addPerson(site)
  const client = await signedIn(site)
  for (const path of ['/account/email', '/account/password']) {
    assert.equal((await client.get(path)).status, 200)
  }
  site.clock.advance(600_001)
  for (const path of ['/account/email', '/account/password']) {
    const reply = await client.get(path)
    assert.equal(reply.location, `/login/confirm?next=${encodeURIComponent(path)}`)
  }
})

for (const end of ['others', 'everywhere']) {
  test(`[asvs 7.5.2] sessions: signing out ${end} leaves no link open but the undo`, async (t) => {
    const site = await openLinks(t)
    await addPerson(site)
    const { undo } = await move(site, old, other)
    const intruder = await signedIn(site, other)
    const links = [await askEmail(site, intruder, 'eve@evil.example'), await resetLink(site, other)]
    const owner = await signedIn(site, other)
    const from = { from: '/account/sessions' }
    assert.equal((await owner.post(`/account/sessions/${end}`, {}, from)).status, 303)
    assert.equal(await isSignedIn(intruder), false)
    for (const link of links) assert.equal((await site.visitor().get(link)).status, 404)
    assert.equal((await site.visitor().get(undo)).status, 200)
  })
}

test('undo: the owner gets back in, and whoever took the account is out by every way', async (t) => {
  const site = await openLinks(t)
  const { id } = await addPerson(site)
  // Somebody who knows the password has added a passkey, moves the account two days later, chooses
  // another password and adds a passkey more.
  const { client: intruder, undo } = await move(site, old, 'eve@evil.example')
  const changed = { currentPassword: goodPassword, newPassword: 'nine iron pigeons sleep' }
  assert.equal((await intruder.post('/account/password', changed)).status, 303)
  for (const [name, ago] of Object.entries({ old: 60 * day, prepared: 2 * day, since: 0 })) {
    await addPasskey(site, id, name, site.clock.now() - ago)
  }
  const reset = await resetLink(site, 'eve@evil.example')
  site.clock.advance(6 * 86_400_000)

  const owner = site.visitor()
  assert.equal((await owner.get(undo)).status, 200)
  assert.equal((await rowOf(site, id)).email, 'eve@evil.example')
  const mails = await mailsOf(site, async () => {
    const done = await owner.post(undo)
    assert.match(done.location ?? '', /^\/reset\//)
    const chosen = await owner.post(done.location ?? '', { newPassword })
    assert.equal(chosen.status, 303)
  })
  const after = await rowOf(site, id)
  assert.deepEqual([after.email, after.emailKey], [old, old])
  assert.deepEqual(mails.map(({ to }) => to).sort(), [old, 'eve@evil.example'])
  assert.equal(await isSignedIn(intruder), false)
  assert.equal((await site.visitor().get(reset)).status, 404)
  // Each opens the door alone, and nobody can tell whose it is.
  assert.deepEqual(await site.db.selectFrom('demijohn_passkeys').select('id').execute(), [])
  site.clock.advance(3_600_000)
  assert.equal((await login(site.visitor(), 'eve@evil.example', changed.newPassword)).status, 422)
  assert.equal((await login(site.visitor(), old, changed.newPassword)).status, 422)
  assert.equal((await login(site.visitor(), old, goodPassword)).status, 422)
  assert.equal((await login(site.visitor(), old, newPassword)).status, 303)
})

test('undo: whoever moves the account twice kills neither the undo nor undoes it', async (t) => {
  const site = await openLinks(t)
  const { id } = await addPerson(site)
  const first = await move(site, old, 'eve@evil.example')
  const second = await move(site, 'eve@evil.example', 'eve-2@evil.example')
  // The later one leads back to where the earlier one still holds.
  assert.equal((await site.visitor().get(first.undo)).status, 200)
  const done = await site.visitor().post(first.undo)
  assert.match(done.location ?? '', /^\/reset\//)
  assert.equal((await rowOf(site, id)).email, old)
  assert.equal((await site.visitor().get(second.undo)).status, 404)
})

test('undo: used by the second address first, the first owner’s stays open', async (t) => {
  const site = await openLinks(t)
  const { id } = await addPerson(site)
  const first = await move(site, old, 'eve@evil.example')
  const second = await move(site, 'eve@evil.example', 'eve-2@evil.example')
  assert.match((await site.visitor().post(second.undo)).location ?? '', /^\/reset\//)
  assert.equal((await rowOf(site, id)).email, 'eve@evil.example')
  assert.match((await site.visitor().post(first.undo)).location ?? '', /^\/reset\//)
  assert.equal((await rowOf(site, id)).email, old)
})

test('undo: a reset by the new address does not kill it', async (t) => {
  const site = await openLinks(t)
  await addPerson(site)
  const { undo } = await move(site, old, 'eve@evil.example')
  const reset = await resetLink(site, 'eve@evil.example')
  assert.equal((await site.visitor().post(reset, { newPassword })).status, 303)
  assert.equal((await site.visitor().get(undo)).status, 200)
})

const apps = [
  { name: 'two days before the move', confirmed: -2 * day, stays: false },
  { name: 'a week before the move, to the millisecond', confirmed: -7 * day, stays: false },
  { name: 'longer than a week before the move', confirmed: -7 * day - 1, stays: true },
  { name: 'after the move', confirmed: 60_000, stays: false },
  { name: 'not at all, but begun', confirmed: null, stays: false },
]

for (const { name, confirmed, stays } of apps) {
  const what = stays ? 'is asked for' : 'does not keep the owner out'
  test(`undo: an app that was set up ${name} ${what} after it`, async (t) => {
    const site = await openLinks(t)
    const { id: accountId } = await addPerson(site)
    const { undo } = await move(site, old, 'eve@evil.example')
    const at = site.clock.now() + (confirmed ?? 0)
    const confirmedAt = confirmed === null ? null : at
    const app = { accountId, secret: '', createdAt: at, confirmedAt, lastStep: null }
    await site.db.insertInto('demijohn_totp').values(app).execute()
    const code = { id: 'code', accountId, createdAt: at, usedAt: null }
    await site.db.insertInto('demijohn_recovery_codes').values(code).execute()
    const owner = site.visitor()
    const { location = '' } = await owner.post(undo)
    const chosen = await owner.post(location, { newPassword })
    assert.equal(chosen.location?.startsWith('/login/second-factor'), stays)
    assert.equal(await isSignedIn(owner), !stays)
    const codes = await site.db.selectFrom('demijohn_recovery_codes').select('id').execute()
    assert.equal(codes.length, stays ? 1 : 0)
  })
}

test('undo: an address that got another account meanwhile stays with that', async (t) => {
  const site = await openLinks(t)
  const { id } = await addPerson(site)
  const { undo } = await move(site, old, other)
  await addPerson(site, old)
  const before = await rowOf(site, id)
  const reply = await site.visitor().post(undo)
  assert.equal(reply.status, 403)
  assert.deepEqual(await rowOf(site, id), before)
  assert.notEqual((await accountOf(site, old))?.id, id)
})

test('[asvs 6.2.3] [asvs 6.3.7] password: a wrong present one is logged as a failure, a weak new one is not; a change is told', async (t) => {
  const site = await openLinks(t)
  await addPerson(site)
  const client = await signedIn(site)
  const fails = () =>
    site.logLines.filter((line) => line.includes('authn_password_change_fail')).length
  const weak = await client.post('/account/password', {
    currentPassword: goodPassword,
    newPassword: 'short',
  })
  assert.equal(weak.status, 422)
  assert.equal(fails(), 0)
  for (const currentPassword of ['wrong', '']) {
    const reply = await client.post('/account/password', { currentPassword, newPassword })
    assert.equal(reply.status, 422)
  }
  assert.equal(fails(), 2)
  const mails = await mailsOf(site, async () => {
    const values = { currentPassword: goodPassword, newPassword }
    assert.equal((await client.post('/account/password', values)).status, 303)
  })
  assert.deepEqual(
    mails.map(({ to, subject }) => [to, subject]),
    [[old, 'Your password at Links was changed']],
  )
})

test('password: an account without one sets its first, on a fresh sign-in alone', async (t) => {
  const site = await openLinks(t)
  const client = await site.signInAs('member')
  const opened = await client.get('/account/password')
  assert.equal(opened.forms[0]?.names.has('currentPassword'), false)
  assert.equal((await client.post('/account/password', { newPassword })).status, 303)
  assert.equal((await login(site.visitor(), client.email, newPassword)).status, 303)
  site.clock.advance(600_001)
  const late = await site.signInAs('member')
  site.clock.advance(600_001)
  assert.match((await late.get('/account/password')).location ?? '', /^\/login\/confirm/)
})

test('[asvs 6.3.1] password and email: an open session is no place to guess in', async (t) => {
  for (const path of ['/account/password', '/account/email']) {
    const site = await openLinks(t)
    await addPerson(site)
    const client = await signedIn(site)
    const more = path === '/account/email' ? { email: other } : { newPassword }
    const statuses: number[] = []
    for (let at = 0; at < 19; at += 1) {
      const reply = await client.post(path, { ...more, currentPassword: `guess ${at}` })
      statuses.push(reply.status)
      if (reply.status === 429) assert.ok(Number(reply.header('retry-after')) >= 1)
    }
    assert.equal(statuses[0], 422)
    assert.equal(statuses.at(-1), 429, statuses.join(' '))
    // While it waits, the right one is not looked at either.
    assert.equal((await client.post(path, { ...more, currentPassword: goodPassword })).status, 429)
  }
})
