/**
 * A forgotten password: who gets mail, what a reset ends, and what it never leads around.
 *
 * CVE-2019-19844 (mail to the address that was typed), CVE-2022-35924 (`a@x,b@y`), GHSA-7rqj-j65f-68wh
 * (look-alike `@`), GHSA-2vg6-77g8-24mp (sessions that survive), GHSA-xg6x-h9c9-2m83 (half a sign-in).
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import type { TestSite } from '../../src/testing/site.ts'
import { login, ownForm, tokenOf } from './fixture.ts'
import {
  accountOf,
  addPerson,
  askEmail,
  comparable,
  goodPassword,
  isSignedIn,
  mailsOf,
  mailsSent,
  newPassword,
  openLinks,
  resetLink,
  sessionCookieName,
  signedIn,
} from './linksFixture.ts'

const ask = (site: TestSite, email: string) => {
  site.clock.advance(600_000)
  return site.visitor().post('/reset', { email })
}

const ann = 'ann@site.example'

/** At once, by a client of its own: the route lets 20 an hour of each pass. */
async function askFrom(site: TestSite, peerAddress: string, browser = site.visitor()) {
  const formToken = await tokenOf(browser, '/reset')
  return browser.send({
    ...{ method: 'POST', target: '/reset', peerAddress, headers: ownForm },
    body: new URLSearchParams({ formToken, email: ann }).toString(),
  })
}

async function rowOf({ db }: TestSite, id: string) {
  const one = db.selectFrom('demijohn_accounts').selectAll().where('id', '=', id)
  return { ...(await one.executeTakeFirstOrThrow()) }
}

/** Every row that a request may have left behind, by table. */
async function counts({ db }: TestSite): Promise<readonly number[]> {
  const of = (table: 'demijohn_mails' | 'demijohn_tickets' | 'demijohn_throttles') =>
    db
      .selectFrom(table)
      .select((one) => one.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow()
      .then(({ n }) => Number(n))
  return [await of('demijohn_mails'), await of('demijohn_tickets')]
}

test('[asvs 6.3.8] reset: known, unknown and suspended get the same answer, and one of them mail', async (t) => {
  const site = await openLinks(t)
  await addPerson(site)
  const { id } = await addPerson(site, 'gone@site.example')
  const suspended = { suspendedAt: site.clock.now() }
  await site.db.updateTable('demijohn_accounts').set(suspended).where('id', '=', id).execute()
  const answers: string[] = []
  for (const [email, mails] of [
    ['ann@site.example', 1],
    ['eve@site.example', 0],
    ['gone@site.example', 0],
  ] as const) {
    const before = await counts(site)
    const reply = await ask(site, email)
    assert.equal(reply.status, 200)
    answers.push(comparable(reply.text).replaceAll(email, 'ADDRESS'))
    const after = await counts(site)
    assert.deepEqual(
      after.map((n, at) => n - (before[at] ?? 0)),
      [mails, mails],
      email,
    )
  }
  assert.equal(new Set(answers).size, 1)
  assert.deepEqual(
    (await mailsSent(site)).map(({ to }) => to),
    ['ann@site.example'],
  )
})

test('reset: mail goes to the stored address, in whatever spelling it was asked for', async (t) => {
  const site = await openLinks(t)
  await addPerson(site, 'Mike@Site.example')
  const stored = (await accountOf(site, 'mike@site.example'))?.email
  assert.equal(stored, 'Mike@Site.example')
  const asIs = [
    'mike@site.example',
    'MIKE@SITE.EXAMPLE',
    'ｍike@site.example',
    'mike＠site.example',
  ]
  for (const email of [...asIs, 'mi\u212ae@site.example']) {
    const mails = await mailsOf(site, () => ask(site, email))
    assert.deepEqual(
      mails.map(({ to }) => to),
      [stored],
      email,
    )
    site.clock.advance(3_600_000)
  }
})

/** Addresses that are another mailbox, and are the stored one under some folding. */
const lookAlikes = [
  'm\u0131ke@site.example',
  'mi\u0138e@site.example',
  'mike@\u0131site.example',
  'mike@s\u0131te.example',
  'mike@site.ex\u0430mple',
  'm\u0456ke@site.example',
  'm\u00efke@site.example',
  'mike@site.example\u200b',
  'mi\u00adke@site.example',
  'mike@site。example',
  'mike@site.example,eve@evil.example',
  'eve@evil.example,mike@site.example',
  'mike@site.example;eve@evil.example',
  'mike@site.example eve@evil.example',
  'mike@site.example\r\nBcc: eve@evil.example',
  'mike@site.example\0eve@evil.example',
  '"mike@site.example"@evil.example',
  'Mike <mike@site.example>',
  'eve@evil.example <mike@site.example>',
  'mike@site.example@evil.example',
  'mike%40site.example@evil.example',
  'mike+tag@site.example',
  'm.ike@site.example',
  'mike@site.example.evil.example',
  'mike@site.example.',
  ' mike@site.example, ',
]
test('reset: a look-alike of the stored address, or two at once, gets nobody mail', async (t) => {
  const site = await openLinks(t)
  await addPerson(site, 'mike@site.example')
  for (const email of lookAlikes) {
    const mails = await mailsOf(site, () => ask(site, email))
    assert.deepEqual(mails, [], JSON.stringify(email))
  }
  assert.equal((await mailsOf(site, () => ask(site, 'mike@site.example'))).length, 1)
})

test('reset: mails are spaced, and the answer is the same whether one went', async (t) => {
  const site = await openLinks(t)
  await addPerson(site)
  const answers: string[] = []
  const mails = await mailsOf(site, async () => {
    for (let at = 0; at < 8; at += 1)
      answers.push(comparable((await askFrom(site, `198.51.100.${at}`)).text))
  })
  assert.equal(mails.length, 2)
  assert.equal(new Set(answers).size, 1)
})

test('reset: whoever asks without end, from everywhere, never leaves the owner without a link', async (t) => {
  const site = await openLinks(t)
  await addPerson(site)
  for (let minutes = 0; minutes < 90; minutes += 1) {
    await askFrom(site, `198.51.100.${minutes}`)
    const links = (await mailsSent(site)).flatMap(({ links }) => links)
    const newest = await site.visitor().get(links.at(-1) ?? '')
    assert.equal(newest.status, 200, `after ${minutes} minutes`)
    site.clock.advance(60_000)
  }
  const link = (await mailsSent(site)).at(-1)?.links[0] ?? ''
  assert.equal((await site.visitor().post(link, { newPassword })).status, 303)
})

test('reset: a browser that is known to the account has its own allowance', async (t) => {
  const site = await openLinks(t)
  await addPerson(site)
  await addPerson(site, 'eve@site.example')
  const [own, eves] = [await signedIn(site), await signedIn(site, 'eve@site.example')]
  for (let at = 0; at < 5; at += 1) await askFrom(site, `198.51.100.${at}`)
  const askIn = (browser: typeof own) => mailsOf(site, () => askFrom(site, '192.0.2.1', browser))
  assert.equal((await askIn(eves)).length, 0)
  assert.equal((await askIn(own)).length, 1)
})

test('reset: a new link leaves the older ones open, and a password that was chosen voids them all', async (t) => {
  const site = await openLinks(t)
  await addPerson(site)
  const [first, second] = [await resetLink(site), await resetLink(site)]
  assert.notEqual(first, second)
  assert.equal((await site.visitor().get(first)).status, 200)
  assert.equal((await site.visitor().post(second, { newPassword })).status, 303)
  for (const link of [first, second]) assert.equal((await site.visitor().get(link)).status, 404)
})

test('[asvs 7.4.3] reset: it ends every session, voids the old password and every other link, and tells', async (t) => {
  const site = await openLinks(t)
  const { id, email } = await addPerson(site)
  const others = [await signedIn(site), await signedIn(site)]
  const [asker] = others
  assert.ok(asker)
  const confirm = await askEmail(site, asker, 'moved@reader.example')
  const before = await rowOf(site, id)
  const path = await resetLink(site)
  const client = site.visitor()
  const mails = await mailsOf(site, async () => {
    const reply = await client.post(path, { newPassword })
    assert.equal(reply.location, '/')
  })
  assert.ok(await isSignedIn(client))
  for (const other of others) assert.equal(await isSignedIn(other), false)
  assert.equal((await site.visitor().get(confirm)).status, 404)
  const after = await rowOf(site, id)
  assert.ok(after.credentialRevision > before.credentialRevision)
  assert.equal(after.emailVerifiedAt, site.clock.now())
  assert.equal(before.emailVerifiedAt, null)
  assert.deepEqual(
    mails.map(({ to, subject }) => [to, subject]),
    [[email, 'Your password at Links was changed']],
  )
  site.clock.advance(60_000)
  assert.equal((await login(site.visitor(), email)).status, 422)
  assert.equal((await login(site.visitor(), email, newPassword)).status, 303)
})

test('[asvs 6.4.3] reset: it does not lead around a second factor', async (t) => {
  const site = await openLinks(t)
  const { id: accountId } = await addPerson(site)
  const times = { createdAt: 1, confirmedAt: 1, lastStep: null }
  await site.db
    .insertInto('demijohn_totp')
    .values({ accountId, secret: '', ...times })
    .execute()
  const path = await resetLink(site)
  const client = site.visitor()
  const reply = await client.post(path, { newPassword })
  assert.match(reply.location ?? '', /^\/login\/second-factor/)
  assert.equal(await isSignedIn(client), false)
  assert.notEqual((await client.get('/account/password')).status, 200)
})

test('reset: a fault where the sessions are ended leaves password, link and sessions as they were', async (t) => {
  const site = await openLinks(t)
  const { id } = await addPerson(site)
  const other = await signedIn(site)
  const path = await resetLink(site)
  const before = await rowOf(site, id)
  const trigger =
    "create trigger broken before delete on demijohn_sessions begin select raise(abort, 'broken'); end"
  await sql.raw(trigger).execute(site.db)
  const client = site.visitor()
  assert.equal((await client.post(path, { newPassword })).status, 500)
  assert.equal(client.cookies.has(sessionCookieName), false)
  await sql.raw('drop trigger broken').execute(site.db)
  assert.deepEqual(await rowOf(site, id), before)
  assert.ok(await isSignedIn(other))
  assert.equal((await client.post(path, { newPassword })).status, 303)
  assert.equal(await isSignedIn(other), false)
})

test('reset: a weak password does not use the link, and says what is wrong', async (t) => {
  const site = await openLinks(t)
  await addPerson(site)
  const path = await resetLink(site)
  const client = site.visitor()
  for (const weak of ['short', 'ann@site.example', 'Links Links Links']) {
    const reply = await client.post(path, { newPassword: weak })
    assert.equal(reply.status, 422, weak)
    assert.ok(!reply.text.includes(`value="${weak}"`))
  }
  assert.equal((await client.post(path, { newPassword })).status, 303)
})

test('reset: a link of before a change of password is dead after it', async (t) => {
  const site = await openLinks(t)
  await addPerson(site)
  const path = await resetLink(site)
  const client = await signedIn(site)
  const values = { currentPassword: goodPassword, newPassword }
  assert.equal((await client.post('/account/password', values)).status, 303)
  assert.equal((await site.visitor().get(path)).status, 404)
})

test('reset: of a reset and a change of password at once exactly one is done', async (t) => {
  for (let round = 0; round < 6; round += 1) {
    const site = await openLinks(t)
    await addPerson(site)
    const path = await resetLink(site)
    const [client, stranger] = [await signedIn(site), site.visitor()]
    const changed = 'nine iron pigeons sleep'
    const race = [
      async () => {
        const values = { currentPassword: goodPassword, newPassword: changed }
        // Signed out by the reset in between, it finds no form to send.
        return client.post('/account/password', values).catch(() => undefined)
      },
      () => stranger.post(path, { newPassword }),
    ]
    if (round % 2 === 1) race.reverse()
    const replies = await Promise.all(race.map((go) => go()))
    assert.equal(
      replies.filter((reply) => reply?.status === 303 && reply.location !== '/login').length,
      1,
    )
    site.clock.advance(3_600_000)
    const works: string[] = []
    for (const password of [goodPassword, changed, newPassword]) {
      const reply = await login(site.visitor(), 'ann@site.example', password)
      if (reply.status === 303) works.push(password)
    }
    assert.equal(works.length, 1)
    assert.notEqual(works[0], goodPassword)
  }
})

test('reset: a sign-in with the old password that overlaps it does not outlive it', async (t) => {
  for (let round = 0; round < 8; round += 1) {
    const site = await openLinks(t)
    await addPerson(site)
    const path = await resetLink(site)
    const [old, owner] = [site.visitor(), site.visitor()]
    const race = [() => login(old, 'ann@site.example'), () => owner.post(path, { newPassword })]
    if (round % 2 === 1) race.reverse()
    await Promise.all(race.map((go) => go()))
    assert.equal(await isSignedIn(old), false)
    assert.ok(await isSignedIn(owner))
  }
})

test('reset and change of password: browsers that were known before are strangers after [asvs 6.3.5]', async (t) => {
  const site = await openLinks(t)
  const ann = await addPerson(site)
  const devices = async () => {
    const rows = site.db.selectFrom('demijohn_devices').select('deviceId')
    return (await rows.where('accountId', '=', ann.id).execute()).map(({ deviceId }) => deviceId)
  }
  const [own, other] = [await signedIn(site), await signedIn(site)]
  const known = await devices()
  await own.post('/account/password', { currentPassword: goodPassword, newPassword })
  const kept = await devices()
  assert.ok(kept.length < known.length && kept.every((id) => known.includes(id)))
  // The one that changed it is still known: signing in again tells nobody of a new browser.
  own.cookies.delete(sessionCookieName)
  const news = async () => (await site.mails()).filter((mail) => /new sign-in/i.test(mail.subject))
  const before = (await news()).length
  site.clock.advance(10_000)
  assert.equal((await login(own, ann.email, newPassword)).status, 303)
  assert.equal((await news()).length, before)
  site.clock.advance(10_000)
  assert.equal((await login(other, ann.email, newPassword)).status, 303)
  assert.equal((await news()).length, before + 1)

  const link = await resetLink(site)
  const elsewhere = site.visitor()
  await elsewhere.post(link, { newPassword: `${newPassword} again` })
  site.clock.advance(10_000)
  const count = (await news()).length
  assert.equal((await login(own, ann.email, `${newPassword} again`)).status, 303)
  assert.equal((await news()).length, count + 1)
})

test('reset and register: the log tells of a link only where one was made, by one line in any case', async (t) => {
  const site = await openLinks(t)
  const { id } = await addPerson(site, 'gone@site.example')
  await addPerson(site)
  const suspended = { suspendedAt: site.clock.now() }
  await site.db.updateTable('demijohn_accounts').set(suspended).where('id', '=', id).execute()
  const asked = async (path: string, email: string) => {
    site.clock.advance(200_000)
    const before = site.logLines.length
    assert.equal((await site.visitor().post(path, { email })).status, 200)
    const events = site.logLines.slice(before).flatMap((line) => JSON.parse(line).event ?? [])
    return events.filter((event) => event !== 'session_created').join(' ')
  }
  assert.equal(await asked('/reset', 'ann@site.example'), 'authn_token_created')
  assert.equal(await asked('/reset', 'nobody@site.example'), 'authn_login_fail')
  assert.equal(await asked('/reset', 'gone@site.example'), 'authn_login_fail')
  assert.equal(await asked('/register', 'new@site.example'), 'authn_token_created')
  assert.equal(await asked('/register', 'ann@site.example'), 'authn_login_fail')
  // Two at once, then one in twelve minutes.
  assert.equal(await asked('/register', 'new@site.example'), 'authn_token_created')
  assert.equal(await asked('/register', 'new@site.example'), 'excess_rate_limit_exceeded')
})
