/**
 * One-time links, every kind of them: setup, welcome, registration, invitation, reset, change of
 * address and its undo.
 *
 * GHSA-7w99-5wm4-3g79, better-auth 664c1d7 (redeemed twice by a race), CVE-2022-25896 (session id kept).
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TestSite, testApp } from '../../src/testing/site.ts'
import { send, tokenOf } from './fixture.ts'
import {
  addPerson,
  comparable,
  goodPassword,
  isSignedIn,
  kinds,
  linkProject,
  login,
  newPassword,
  openLinks,
  sessionCookieName,
  signedIn,
  worked,
} from './linksFixture.ts'

const outcomes = new Set([404, 503])

async function rowOf({ db }: TestSite, id: string) {
  const one = db.selectFrom('demijohn_accounts').selectAll().where('id', '=', id)
  return { ...(await one.executeTakeFirstOrThrow()) }
}

for (const { name, make, values, minutes, hasAccount } of kinds) {
  test(`[asvs 6.5.1] ${name}: of twenty uses at once exactly one succeeds`, async (t) => {
    const site = await openLinks(t)
    const { path } = await make(site)
    const visitors = await Promise.all(
      Array.from({ length: 20 }, async (_, at) => {
        const client = site.visitor()
        const opened = await client.get(path)
        const formToken = opened.forms[0]?.values.get('formToken') ?? ''
        return { client, formToken, peerAddress: `198.51.100.${at}` }
      }),
    )
    const replies = await Promise.all(
      visitors.map(({ client, formToken, peerAddress }) =>
        client.send({
          method: 'POST',
          target: path,
          peerAddress,
          headers: {
            origin: 'https://site.example',
            'content-type': 'application/x-www-form-urlencoded',
          },
          body: new URLSearchParams({ ...values, formToken }).toString(),
        }),
      ),
    )
    const statuses = replies.map(({ status }) => status)
    assert.equal(replies.filter(worked).length, 1, statuses.join(' '))
    for (const reply of replies) assert.ok(worked(reply) || outcomes.has(reply.status), reply.text)
    const used = await site.db
      .selectFrom('demijohn_tickets')
      .select('id')
      .where('purpose', '=', name === 'verify' ? 'registration' : name)
      .where('usedAt', 'is not', null)
      .execute()
    assert.ok(used.length <= 1)
  })

  test(`[asvs 6.6.2] ${name}: used, over, cut, made up, and of another kind are one calm page`, async (t) => {
    const site = await openLinks(t)
    const folder = (await make(site)).path.replace(/[^/]+$/, '')
    const madeUp = await site.visitor().get(`${folder}${'A'.repeat(43)}`)
    assert.equal(madeUp.status, 404)
    assert.match(madeUp.text, /This link does not work any more/)
    assert.match(madeUp.text, /for a new|new one|new link/)
    const page = comparable(madeUp.text)

    const used = (await make(site)).path
    assert.ok(worked(await site.visitor().post(used, values)))
    const over = (await make(site)).path
    site.clock.advance(minutes * 60_000)
    const late = await make(site)
    const cut = late.path.slice(0, -1)
    const others: { path: string }[] = []
    for (const kind of kinds) if (kind.name !== name) others.push(await kind.make(site))
    const foreign = others.map((other) => `${folder}${other.path.split('/').at(-1)}`)
    const odd = ['x', 'a b', 'é', 'A'.repeat(400)].map(
      (text) => `${folder}${encodeURIComponent(text)}`,
    )
    for (const path of [used, over, cut, ...foreign, ...odd]) {
      const reply = await site.visitor().get(path)
      assert.equal(reply.status, 404, path)
      assert.equal(comparable(reply.text), page, path)
      const client = site.visitor()
      const formToken = await tokenOf(client, '/login')
      const sent = await send(client, path, { ...values, formToken })
      assert.equal(sent.status, 404, path)
      assert.equal(comparable(sent.text), page, path)
      assert.equal(client.cookies.has(sessionCookieName), false)
      site.clock.advance(20_000)
    }
  })

  test(`[asvs 6.4.1] ${name}: the last millisecond of its time counts, and the next does not`, async (t) => {
    const site = await openLinks(t)
    const { path } = await make(site)
    // What made it may have taken some of its time; ask the row, compare with the documentation.
    const row = await site.db
      .selectFrom('demijohn_tickets')
      .select(['createdAt', 'expiresAt'])
      .where('purpose', '=', name === 'verify' ? 'registration' : name)
      .executeTakeFirstOrThrow()
    assert.equal(row.expiresAt - row.createdAt, minutes * 60_000)
    site.clock.advance(row.expiresAt - site.clock.now() - 1)
    assert.equal((await site.visitor().get(path)).status, 200)
    site.clock.advance(1)
    assert.equal((await site.visitor().get(path)).status, 404)
  })

  test(`${name}: looking at the page, as scanners of mail do, uses nothing up`, async (t) => {
    const site = await openLinks(t)
    const { path } = await make(site)
    const before = await site.db.selectFrom('demijohn_tickets').selectAll().orderBy('id').execute()
    for (const method of ['GET', 'HEAD', 'GET']) {
      const scanner = site.visitor()
      assert.equal((await scanner.send({ method, target: path })).status, 200)
      assert.equal(scanner.cookies.has(sessionCookieName), false)
    }
    const after = await site.db.selectFrom('demijohn_tickets').selectAll().orderBy('id').execute()
    assert.deepEqual(after, before)
    assert.ok(worked(await site.visitor().post(path, values)))
  })

  test(`${name}: a form from elsewhere does not use it`, async (t) => {
    const site = await openLinks(t)
    const { path } = await make(site)
    const client = site.visitor()
    const formToken = await tokenOf(client, path)
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    for (const headers of [
      { ...form, origin: 'https://evil.example' },
      { ...form, 'sec-fetch-site': 'cross-site' },
    ]) {
      assert.equal((await send(client, path, { ...values, formToken }, headers)).status, 403)
    }
    assert.ok(worked(await client.post(path, values)))
  })

  if (hasAccount) {
    test(`${name}: a link of somebody who is suspended is the same calm page`, async (t) => {
      const site = await openLinks(t)
      const { path, accountId } = await make(site)
      assert.ok(accountId)
      const folder = path.replace(/[^/]+$/, '')
      const client = site.visitor()
      const formToken = await tokenOf(client, path)
      const madeUp = comparable((await site.visitor().get(`${folder}${'A'.repeat(43)}`)).text)
      const before = await rowOf(site, accountId)
      await site.db
        .updateTable('demijohn_accounts')
        .set({ suspendedAt: site.clock.now() })
        .where('id', '=', accountId)
        .execute()
      const seen = await site.visitor().get(path)
      assert.deepEqual([seen.status, comparable(seen.text)], [404, madeUp])
      const sent = await send(client, path, { ...values, formToken })
      assert.deepEqual([sent.status, comparable(sent.text)], [404, madeUp])
      assert.equal(client.cookies.has(sessionCookieName), false)
      assert.deepEqual(await rowOf(site, accountId), { ...before, suspendedAt: site.clock.now() })
    })

    test(`${name}: a link goes with the account that is deleted`, async (t) => {
      const site = await openLinks(t)
      const { path, accountId } = await make(site)
      assert.ok(accountId)
      const client = site.visitor()
      const formToken = await tokenOf(client, path)
      await site.db.deleteFrom('demijohn_accounts').where('id', '=', accountId).execute()
      assert.equal((await site.visitor().get(path)).status, 404)
      assert.equal((await send(client, path, { ...values, formToken })).status, 404)
      assert.equal(client.cookies.has(sessionCookieName), false)
      const left = site.db.selectFrom('demijohn_accounts').select('id').where('id', '=', accountId)
      assert.deepEqual(await left.execute(), [])
    })
  }

  test(`${name}: nothing but the form's own fields is taken along`, async (t) => {
    const site = await openLinks(t)
    const { path } = await make(site)
    const extra = ['role', 'accountId', 'userId', 'purpose', 'id', 'secret', 'passwordHash']
    if (values.email === undefined) extra.push('email')
    for (const field of extra) {
      const client = site.visitor()
      const formToken = await tokenOf(client, path)
      const reply = await send(client, path, { ...values, formToken, [field]: 'admin' })
      assert.equal(reply.status, 400, field)
    }
    assert.ok(worked(await site.visitor().post(path, values)))
  })
}

test('links: a session that was planted is not the one that a link signs in', async (t) => {
  for (const name of ['setup', 'welcome', 'verify', 'invitation', 'reset']) {
    const site = await openLinks(t)
    const kind = kinds.find((one) => one.name === name)
    assert.ok(kind)
    const { path } = await kind.make(site)
    const client = site.visitor()
    const planted = 'A'.repeat(43)
    client.cookies.set(sessionCookieName, planted)
    assert.equal((await client.post(path, kind.values)).status, 303, name)
    const token = client.cookies.get(sessionCookieName)
    assert.ok(token !== undefined && token !== planted, name)
  }
})

test('links: the pages are private, and no link leaves in a Referer', async (t) => {
  const site = await openLinks(t)
  for (const { name, make } of kinds) {
    const reply = await site.visitor().get((await make(site)).path)
    assert.match(reply.header('cache-control') ?? '', /no-store/, name)
    assert.match(reply.header('referrer-policy') ?? '', /^(no-referrer|same-origin)$/, name)
  }
})

test('links: no secret of a link, no address and no password is in the log', async (t) => {
  const site = await openLinks(t)
  for (const { make, values } of kinds) {
    const { path } = await make(site)
    await site.visitor().post(path, values)
    const secret = path.split('/').at(-1) ?? ''
    assert.equal(secret.length, 43)
    const log = site.logLines.join('')
    for (const kept of [secret, '@reader.example', '@site.example', ...Object.values(values)]) {
      if (kept === 'Ada') continue
      assert.ok(!log.includes(kept), kept)
    }
  }
})

test('setup: an address that is taken is an error of the form, and the link stays', async (t) => {
  const site = await openLinks(t)
  const kind = kinds.find((one) => one.name === 'setup')
  assert.ok(kind)
  const { path } = await kind.make(site)
  await addPerson(site, 'first@site.example')
  const client = site.visitor()
  const reply = await client.post(path, kind.values)
  assert.equal(reply.status, 422)
  assert.match(reply.text, /This address has an account already/)
  assert.equal(await isSignedIn(client), false)
  assert.equal(
    (await client.post(path, { ...kind.values, email: 'other@site.example' })).status,
    303,
  )
})

test('links: a project that sends no mail says so on every form that would, and nothing breaks', async (t) => {
  const { mail: _, ...project } = linkProject()
  const site = await testApp(project)
  t.after(site.close)
  await addPerson(site)
  const ann = await signedIn(site)
  const answers = [
    await site.visitor().post('/reset', { email: 'ann@site.example' }),
    await site.visitor().post('/register', { email: 'new@site.example' }),
    await ann.post('/account/email', {
      email: 'moved@site.example',
      currentPassword: goodPassword,
    }),
  ]
  for (const { status, text } of answers) {
    assert.equal(status, 422)
    assert.match(text, /This site sends no mail/)
  }
  assert.deepEqual(await site.db.selectFrom('demijohn_tickets').selectAll().execute(), [])
})

const isAboutSignIn = ({ subject }: { readonly subject: string }) =>
  subject.startsWith('A new sign-in')

for (const { name, make, values } of kinds.filter((kind) =>
  ['setup', 'welcome', 'verify', 'invitation'].includes(kind.name),
)) {
  test(`${name}: the browser in which an account is made is no news to its owner, and the next one is`, async (t) => {
    const site = await openLinks(t)
    const { path } = await make(site)
    const browser = site.visitor()
    assert.equal((await browser.post(path, values)).status, 303)
    assert.deepEqual((await site.mails()).filter(isAboutSignIn), [])
    const [account] = await site.db
      .selectFrom('demijohn_accounts')
      .select('email')
      .orderBy('id', 'desc')
      .limit(1)
      .execute()
    assert.ok(account)
    assert.equal((await site.db.selectFrom('demijohn_devices').selectAll().execute()).length, 1)
    browser.cookies.delete(sessionCookieName)
    assert.equal((await login(browser, account.email, newPassword)).status, 303)
    assert.deepEqual((await site.mails()).filter(isAboutSignIn), [])
    assert.equal((await login(site.visitor(), account.email, newPassword)).status, 303)
    // An administrator's sign-in is not complete before a second factor is set up.
    const news = name === 'setup' ? 0 : 1
    assert.equal((await site.mails()).filter(isAboutSignIn).length, news)
  })
}

test('welcome: a link for an account that has a second factor makes no browser known before it is given', async (t) => {
  const site = await openLinks(t)
  const welcome = kinds.find(({ name }) => name === 'welcome')
  assert.ok(welcome)
  const { path, accountId = '' } = await welcome.make(site)
  const now = site.clock.now()
  const app = { accountId, secret: '', createdAt: now, confirmedAt: now, lastStep: null }
  await site.db.insertInto('demijohn_totp').values(app).execute()
  const reply = await site.visitor().post(path, welcome.values)
  assert.match(reply.location ?? '', /^\/login\/second-factor/)
  assert.deepEqual(await site.db.selectFrom('demijohn_devices').selectAll().execute(), [])
})

for (const suspendedAt of [null, 1]) {
  test(`setup: once there is an administrator${suspendedAt ? ', suspended even' : ''}, the link makes no other`, async (t) => {
    const site = await openLinks(t)
    const setup = kinds.find(({ name }) => name === 'setup')
    assert.ok(setup)
    const { path } = await setup.make(site)
    const client = site.visitor()
    const formToken = await tokenOf(client, path)
    const { id } = await addPerson(site, 'boss@site.example')
    const standing = { role: 'admin', suspendedAt }
    await site.db.updateTable('demijohn_accounts').set(standing).where('id', '=', id).execute()
    assert.equal((await site.visitor().get(path)).status, 404)
    assert.equal((await send(client, path, { ...setup.values, formToken })).status, 404)
    assert.equal((await site.db.selectFrom('demijohn_accounts').select('id').execute()).length, 1)
  })
}

test('setup: an administrator who comes while the password is hashed keeps the link from making another', async (t) => {
  const site = await openLinks(t)
  const setup = kinds.find(({ name }) => name === 'setup')
  assert.ok(setup)
  const { path } = await setup.make(site)
  const { id } = await addPerson(site, 'boss@site.example')
  const client = site.visitor()
  const formToken = await tokenOf(client, path)
  const sent = send(client, path, { ...setup.values, formToken })
  for (let tick = 0; tick < 60; tick += 1) await Promise.resolve()
  const role = { role: 'admin' }
  await site.db.updateTable('demijohn_accounts').set(role).where('id', '=', id).execute()
  assert.equal((await sent).status, 404)
  assert.equal((await site.db.selectFrom('demijohn_accounts').select('id').execute()).length, 1)
})
