/** Passkeys on a whole site in process: what is stored, who gets in, what is refused. */
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import type { TestSite } from '../../src/testing/site.ts'
import { assertion, type Credential, creation, open, send } from './softDeviceFixture.ts'
import {
  add,
  halfSignedIn,
  minute,
  passwordGiven,
  path,
  shownCodes,
  site,
  whoIs,
} from './visitFixture.ts'

function pathOf(credential: Credential): string {
  return `${path}/${hash('sha256', credential.id.toString('base64url'), 'hex')}`
}

const methodsOf = async ({ db }: TestSite, accountId: string): Promise<readonly string[]> =>
  (
    await db
      .selectFrom('demijohn_sessions')
      .select('methods')
      .where('accountId', '=', accountId)
      .execute()
  ).map(({ methods }) => methods)

test('passkeys: one is added, listed, told of, and signs in by itself', async (t) => {
  const flask = await site(t)
  const member = await flask.signInAs('member')
  const credential = await add(member)
  const listed = await member.get(path)
  assert.match(listed.text, />Phone<\/a>/)
  assert.match(listed.text, /not used yet/)
  const [mail] = await flask.mails()
  assert.equal(mail?.to, member.email)
  assert.match(mail?.subject ?? '', /passkey was added/)
  const stranger = flask.visitor()
  const page = await open(stranger, '/login/passkey?next=/private')
  assert.deepEqual(page.options.allowCredentials, [])
  assert.equal(page.options.userVerification, 'required')
  const reply = await send(stranger, page, assertion(page, credential))
  assert.equal(reply.status, 303, reply.text)
  assert.equal(reply.location, '/private')
  assert.equal(await whoIs(stranger), 'Member 1')
  assert.ok((await methodsOf(flask, member.accountId)).includes('passkey-verified'))
  assert.match((await member.get(path)).text, /last used/)
})

test('passkeys: what is asked of the browser: no attestation, three algorithms, an id that says nothing', async (t) => {
  const flask = await site(t)
  const member = await flask.signInAs('member')
  const first = await add(member)
  const { options } = await open(member, path)
  assert.equal(options.attestation, 'none')
  assert.deepEqual(options.rp, { id: 'site.example', name: 'Flask' })
  assert.deepEqual(options.pubKeyCredParams, [
    { type: 'public-key', alg: -8 },
    { type: 'public-key', alg: -7 },
    { type: 'public-key', alg: -257 },
  ])
  const handle = Buffer.from(options.user?.id ?? '', 'base64url')
  assert.equal(handle.toString('hex'), member.accountId.replaceAll('-', ''))
  const id = first.id.toString('base64url')
  const transports = ['internal', 'hybrid']
  assert.deepEqual(options.excludeCredentials, [{ type: 'public-key', id, transports }])
})

test('[asvs 6.7.2] passkeys: every challenge has 256 bits, and none comes twice', async (t) => {
  const flask = await site(t)
  const challenges = new Set<string>()
  for (let i = 0; i < 50; i += 1) {
    const { options } = await open(flask.visitor(), '/login/passkey')
    assert.equal(Buffer.from(options.challenge, 'base64url').length, 32)
    challenges.add(options.challenge)
  }
  assert.equal(challenges.size, 50)
  const { n } = await flask.db
    .selectFrom('demijohn_tickets')
    .select((is) => is.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow()
  assert.equal(n, 0, 'who only looks writes nothing')
})

test('passkeys: of twenty answers to one challenge one signs in', async (t) => {
  const flask = await site(t)
  const credential = await add(await flask.signInAs('member'))
  const stranger = flask.visitor()
  const page = await open(stranger, '/login/passkey')
  const cookies = new Map(stranger.cookies)
  const replies = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const browser = flask.visitor()
      for (const [name, value] of cookies) browser.cookies.set(name, value)
      return send(browser, page, assertion(page, credential))
    }),
  )
  const statuses = replies.map(({ status }) => status).sort()
  assert.deepEqual(statuses, [303, ...Array(19).fill(422)])
})

test('passkeys: of twenty registrations under one challenge one is kept', async (t) => {
  const flask = await site(t)
  const member = await flask.signInAs('member')
  const page = await open(member, path)
  const session = new Map(member.cookies)
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      const browser = flask.visitor()
      for (const [name, value] of session) browser.cookies.set(name, value)
      return send(browser, page, creation(page).filled)
    }),
  )
  const rows = await flask.db.selectFrom('demijohn_passkeys').select('id').execute()
  assert.equal(rows.length, 1)
})

test('passkeys: a challenge lasts five minutes, and a wrong answer costs it as well', async (t) => {
  const flask = await site(t)
  const credential = await add(await flask.signInAs('member'))
  const stranger = flask.visitor()
  const late = await open(stranger, '/login/passkey')
  flask.clock.advance(5 * minute)
  assert.equal((await send(stranger, late, assertion(late, credential))).status, 422)
  const page = await open(stranger, '/login/passkey')
  flask.clock.advance(5 * minute - 1)
  const good = assertion(page, credential)
  assert.equal((await send(stranger, page, { ...good, signature: 'AAAA' })).status, 422)
  const again = await send(stranger, page, good)
  assert.equal(again.status, 422)
  assert.match(again.text, /could not be used/)
  assert.equal(await whoIs(stranger), 'nobody')
})

test('passkeys: an answer that was spent is refused again after a change of password', async (t) => {
  const flask = await site(t)
  const member = await flask.signInAs('member')
  const credential = await add(member)
  const confirm = await open(member, '/login/confirm/passkey?next=/private')
  const answer = assertion(confirm, credential)
  assert.equal((await send(member, confirm, answer)).location, '/private')
  const changed = await member.post('/account/password', { newPassword: 'a kettle on nine hills' })
  assert.equal(changed.status, 303, changed.text)
  // As if the authenticator did not count: most that synchronise do not.
  await flask.db.updateTable('demijohn_passkeys').set({ signCount: 0 }).execute()
  const { values } = await open(member, '/login/confirm/passkey?next=/private')
  const formToken = values.get('formToken') ?? ''
  const replayed = await send(member, confirm, { ...answer, formToken })
  assert.equal(replayed.status, 422, replayed.text)
})

test('passkeys: a challenge is for what and for whom it was made', async (t) => {
  const flask = await site(t)
  const member = await flask.signInAs('member')
  const credential = await add(member)
  const other = await flask.signInAs('member')
  const theirs = await add(other)
  const confirm = await open(member, '/login/confirm/passkey?next=/private')
  // Somebody else's passkey, in one's own session.
  assert.equal((await send(member, confirm, assertion(confirm, theirs))).status, 422)
  // One's own passkey, under the challenge of somebody else's page, or of the sign-in page.
  const otherPage = await open(other, '/login/confirm/passkey')
  const mine = await open(member, '/login/confirm/passkey')
  const note = otherPage.values.get('proof') ?? ''
  const strange = { ...assertion(otherPage, credential), proof: note }
  assert.equal((await send(member, mine, strange)).status, 422)
  const alone = await open(flask.visitor(), '/login/passkey')
  const proof = alone.values.get('proof') ?? ''
  const page = await open(member, '/login/confirm/passkey')
  assert.equal((await send(member, page, { ...assertion(alone, credential), proof })).status, 422)
  // And the right one.
  const right = await open(member, '/login/confirm/passkey?next=/private')
  const reply = await send(member, right, assertion(right, credential))
  assert.equal(reply.location, '/private')
})

test('passkeys: after the password a touch is enough; alone, and to confirm, it is not', async (t) => {
  const flask = await site(t)
  const member = await flask.signInAs('member')
  const credential = await add(member, { verified: false })
  assert.ok((await methodsOf(flask, member.accountId)).some((one) => / passkey$/.test(one)))
  for (const where of ['/login/passkey', '/login/confirm/passkey']) {
    const client = where === '/login/passkey' ? flask.visitor() : member
    const page = await open(client, where)
    const touched = assertion(page, credential, { verified: false })
    assert.equal((await send(client, page, touched)).status, 422, where)
  }
  const half = await halfSignedIn(flask, member)
  assert.equal((await half.get('/private')).status, 303)
  const page = await open(half, '/login/second-factor/passkey?next=/private')
  assert.equal(page.options.userVerification, 'preferred')
  const reply = await send(half, page, assertion(page, credential, { verified: false }))
  assert.equal(reply.location, '/private', reply.text)
  assert.equal((await half.get('/private')).status, 200)
})

test('passkeys: one that asked nobody for a PIN gets in nowhere alone by having one later', async (t) => {
  const flask = await site(t)
  const member = await flask.signInAs('member')
  const credential = await add(member, { verified: false })
  const stranger = flask.visitor()
  const alone = await open(stranger, '/login/passkey')
  assert.equal((await send(stranger, alone, assertion(alone, credential))).status, 422)
  assert.equal(await whoIs(stranger), 'nobody')
  const confirm = await open(member, '/login/confirm/passkey')
  assert.equal((await send(member, confirm, assertion(confirm, credential))).status, 422)
  // After the password it is what it was: something that one has.
  const half = await halfSignedIn(flask, member)
  const page = await open(half, '/login/second-factor/passkey?next=/private')
  assert.equal((await send(half, page, assertion(page, credential))).location, '/private')
  assert.ok((await methodsOf(flask, member.accountId)).includes('password passkey'))
  const again = await open(stranger, '/login/passkey')
  assert.equal((await send(stranger, again, assertion(again, credential))).status, 422)
})

test('passkeys: one that was tied to a device and is now on several is another one', async (t) => {
  const flask = await site(t)
  const credential = await add(await flask.signInAs('member'))
  const stranger = flask.visitor()
  const page = await open(stranger, '/login/passkey')
  const moved = assertion(page, credential, { synchronised: true })
  assert.equal((await send(stranger, page, moved)).status, 422)
  assert.match(flask.logLines.join(''), /"problem":"backup-eligibility"/)
})

test('passkeys: with the first one come recovery codes, shown once; with the next, none', async (t) => {
  const flask = await site(t)
  const member = await flask.signInAs('member')
  const page = await open(member, path)
  const { filled } = creation(page)
  const first = await send(member, page, filled)
  const codes = shownCodes(first)
  assert.equal(new Set(codes).size, 10)
  assert.equal(first.header('cache-control'), 'no-store')
  assert.match(first.text, new RegExp(`<a class="button" href="${path}">I have kept them`))
  const next = await open(member, path)
  const second = await send(member, next, creation(next).filled)
  assert.deepEqual([second.status, second.location], [303, path])
  const half = await halfSignedIn(flask, member)
  assert.equal((await half.post('/login/second-factor', { code: codes[0] ?? '' })).status, 303)
})

test('[asvs 6.3.3] passkeys: setting one up because the role demands it ends as every sign-in ends', async (t) => {
  const flask = await site(t)
  const admin = await flask.signInAs('admin')
  await flask.db.deleteFrom('demijohn_totp').execute()
  const browser = await passwordGiven(flask, admin, 'enrolment')
  const led = await browser.get('/private?a=1')
  assert.equal(led.location, '/account/factors?next=%2Fprivate%3Fa%3D1')
  const overview = await browser.follow(led)
  const [, link = ''] = /<a href="([^"]*passkeys[^"]*)">/.exec(overview.text) ?? []
  assert.equal(link, `${path}?next=%2Fprivate%3Fa%3D1`)
  const page = await open(browser, link)
  const { filled, credential } = creation(page, { verified: false })
  const done = await send(browser, page, filled)
  assert.equal(done.status, 200, done.text)
  assert.equal(shownCodes(done).length, 10)
  assert.match(done.text, /<a class="button" href="\/private\?a=1">I have kept them/)
  assert.equal((await browser.get('/private')).status, 200)
  assert.match(flask.logLines.join(''), /"event":"authn_login_success[^"]*"/)
  const devices = await flask.db.selectFrom('demijohn_devices').select('accountId').execute()
  assert.ok(devices.length > 0 && devices.every(({ accountId }) => accountId === admin.accountId))
  // An enrolment that is begun again by a passkey, with codes that are left, leads straight on.
  await flask.db.deleteFrom('demijohn_passkeys').execute()
  const again = await passwordGiven(flask, admin, 'enrolment')
  const anew = await open(again, `${path}?next=/private`)
  const reply = await send(again, anew, creation(anew).filled)
  assert.deepEqual([reply.status, reply.location], [303, '/private'])
  assert.equal(credential.signCount, 1)
})

test('passkeys: nobody signs in with one that is unknown, or whose owner is suspended', async (t) => {
  const flask = await site(t)
  const member = await flask.signInAs('member')
  const credential = await add(member)
  const stranger = flask.visitor()
  const unknown = await open(stranger, '/login/passkey')
  const invented = { ...credential, id: Buffer.alloc(32, 200), signCount: 9 }
  assert.equal((await send(stranger, unknown, assertion(unknown, invented))).status, 422)
  await flask.db.updateTable('demijohn_accounts').set({ suspendedAt: 1 }).execute()
  const page = await open(stranger, '/login/passkey')
  assert.equal((await send(stranger, page, assertion(page, credential))).status, 422)
  const lines = flask.logLines.filter((line) => line.includes('authn_login_fail'))
  assert.equal(lines.length, 2)
  assert.match(lines[0] ?? '', /"problem":"unknown"/)
})

test('[asvs 6.5.6] passkeys: a removed one opens nothing, its owner hears of it, other browsers are out', async (t) => {
  const flask = await site(t)
  const member = await flask.signInAs('member')
  await flask.db.updateTable('demijohn_accounts').set({ passwordHash: 'x' }).execute()
  const credential = await add(member)
  const code = { id: 'x', accountId: member.accountId, createdAt: 1, usedAt: null }
  await flask.db.insertInto('demijohn_recovery_codes').values(code).execute()
  const elsewhere = flask.visitor()
  const page = await open(elsewhere, '/login/passkey')
  await send(elsewhere, page, assertion(page, credential))
  assert.equal(await whoIs(elsewhere), 'Member 1')
  const removed = await member.post(
    `${pathOf(credential)}/remove`,
    {},
    { from: pathOf(credential) },
  )
  assert.equal(removed.location, path)
  assert.match((await member.get(path)).text, /The passkey is removed/)
  assert.equal(await whoIs(elsewhere), 'nobody')
  assert.equal(await whoIs(member), 'Member 1')
  const late = await open(elsewhere, '/login/passkey')
  assert.equal((await send(elsewhere, late, assertion(late, credential))).status, 422)
  const subjects = (await flask.mails()).map(({ subject }) => subject)
  assert.equal(subjects.filter((subject) => /was removed/.test(subject)).length, 1)
  const codes = await flask.db.selectFrom('demijohn_recovery_codes').select('id').execute()
  assert.equal(codes.length, 0, 'recovery codes go with the last factor')
})

test('passkeys: the last one stays where it is the only way in', async (t) => {
  const flask = await site(t)
  const member = await flask.signInAs('member')
  const [one, two] = [await add(member), await add(member)]
  const remove = (which: Credential) =>
    member.post(`${pathOf(which)}/remove`, {}, { from: pathOf(which) })
  await remove(one)
  await remove(two)
  assert.match((await member.get(path)).text, /only way into your account/)
  const rows = await flask.db.selectFrom('demijohn_passkeys').select('id').execute()
  assert.deepEqual(
    rows.map(({ id }) => id),
    [two.id.toString('base64url')],
  )
})

test('passkeys: the last one stays where the role demands a second factor and there is no other', async (t) => {
  const flask = await site(t)
  const admin = await flask.signInAs('admin')
  await flask.db.updateTable('demijohn_accounts').set({ passwordHash: 'x' }).execute()
  const credential = await add(admin)
  const remove = () => admin.post(`${pathOf(credential)}/remove`, {}, { from: pathOf(credential) })
  await flask.db.deleteFrom('demijohn_totp').execute()
  await remove()
  assert.match((await admin.get(path)).text, /needs a second factor/)
  const app = {
    accountId: admin.accountId,
    secret: '',
    createdAt: 1,
    confirmedAt: 1,
    lastStep: null,
  }
  await flask.db.insertInto('demijohn_totp').values(app).execute()
  await remove()
  assert.match((await admin.get(path)).text, /The passkey is removed/)
})

test('passkeys: of two removals at once one leaves the other', async (t) => {
  const flask = await site(t)
  const member = await flask.signInAs('member')
  const both = [await add(member), await add(member)]
  await Promise.all(
    both.map((one) => member.post(`${pathOf(one)}/remove`, {}, { from: pathOf(one) })),
  )
  const rows = await flask.db.selectFrom('demijohn_passkeys').select('id').execute()
  assert.equal(rows.length, 1)
})

test('passkeys: nobody sees, renames or removes somebody else’s', async (t) => {
  const flask = await site(t)
  const credential = await add(await flask.signInAs('member'))
  const other = await flask.signInAs('member')
  assert.equal((await other.get(pathOf(credential))).status, 404)
  const mine = pathOf(await add(other))
  const opened = await other.get(mine)
  const form = opened.forms.find(({ action }) => action === `${mine}/remove`)
  assert.ok(form !== undefined)
  const values = new Map(form.values)
  const page = { action: `${pathOf(credential)}/remove`, options: { challenge: '' }, values }
  assert.equal((await send(other, page, {})).status, 404)
  const rows = await flask.db.selectFrom('demijohn_passkeys').select('id').execute()
  assert.equal(rows.length, 2)
})

test('passkeys: a name is changed, and is text wherever it stands', async (t) => {
  const flask = await site(t)
  const member = await flask.signInAs('member')
  const credential = await add(member)
  await member.post(pathOf(credential), { name: '<script>alert(1)</script>' })
  const { text } = await member.get(path)
  assert.match(text, /&lt;script>alert\(1\)&lt;\/script>|&lt;script&gt;alert\(1\)&lt;\/script&gt;/)
  for (const { text: mail, html } of await flask.mails()) assert.doesNotMatch(mail + html, /alert/)
})

test('passkeys: one belongs to one person, and nobody has more than twenty', async (t) => {
  const flask = await site(t)
  const member = await flask.signInAs('member')
  const page = await open(member, path)
  const { filled, credential } = creation(page)
  await send(member, page, filled)
  const row = await flask.db.selectFrom('demijohn_passkeys').selectAll().executeTakeFirstOrThrow()
  const other = await flask.signInAs('member')
  await flask.db
    .updateTable('demijohn_passkeys')
    .set({ accountId: other.accountId })
    .where('id', '=', credential.id.toString('base64url'))
    .execute()
  const stranger = flask.visitor()
  const asked = await open(stranger, '/login/passkey')
  // The key is the other person's now, and the device still says whose it was made for.
  assert.equal((await send(stranger, asked, assertion(asked, credential))).status, 422)
  const many = Array.from({ length: 19 }, (_, i) => ({
    ...row,
    id: `x${i}`,
    accountId: other.accountId,
  }))
  await flask.db.insertInto('demijohn_passkeys').values(many).execute()
  const full = await open(other, path)
  const refused = await send(other, full, creation(full).filled)
  assert.equal(refused.status, 422)
  assert.match(refused.text, /You have 20 passkeys/)
})

test('passkeys: an open session that is not fresh changes none', async (t) => {
  const flask = await site(t)
  const member = await flask.signInAs('member')
  const credential = await add(member)
  flask.clock.advance(11 * minute)
  for (const where of [path, pathOf(credential)]) {
    const reply = await member.get(where)
    assert.equal(reply.status, 303)
    assert.match(reply.location ?? '', /^\/login\/confirm\?next=/)
  }
})

test('passkeys: a touch after the fact makes no session fresh', async (t) => {
  const flask = await site(t)
  const member = await flask.signInAs('member')
  const credential = await add(member, { verified: false })
  const half = await halfSignedIn(flask, member)
  const page = await open(half, '/login/second-factor/passkey')
  flask.clock.advance(minute)
  assert.equal(
    (await send(half, page, assertion(page, credential, { verified: false }))).status,
    303,
  )
  const times = () =>
    flask.db
      .selectFrom('demijohn_sessions')
      .select('authenticatedAt')
      .orderBy('authenticatedAt')
      .execute()
  const before = await times()
  flask.clock.advance(minute)
  assert.equal((await half.get('/login/second-factor/passkey?next=/private')).location, '/private')
  // The form of a half session, sent by what has become a full one.
  const token = (await open(half, '/login/confirm/passkey')).values
  const { options } = await open(flask.visitor(), '/login/passkey')
  const late = { action: page.action, options, values: token }
  await send(half, late, assertion(late, credential, { verified: false }))
  assert.deepEqual(await times(), before)
})

test('passkeys: an answer that is not whole is refused with a message, and no fault', async (t) => {
  const flask = await site(t)
  const credential = await add(await flask.signInAs('member'))
  const stranger = flask.visitor()
  for (const name of ['credentialId', 'clientData', 'authenticatorData', 'signature', 'proof']) {
    for (const value of ['', '=', 'A', '%', 'A'.repeat(30_000), 'AA\u2028']) {
      const page = await open(stranger, '/login/passkey')
      const filled = { ...assertion(page, credential), [name]: value }
      const reply = await send(stranger, page, filled)
      assert.ok(reply.status === 422, `${name} ${value.slice(0, 9)}: ${reply.status}`)
    }
    flask.clock.advance(minute)
  }
  assert.equal(flask.logLines.filter((line) => line.includes('sys_crash')).length, 0)
})
