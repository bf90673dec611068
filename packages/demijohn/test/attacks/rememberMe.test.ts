/**
 * Staying signed in: copied tokens, tokens of ended families, tabs that come back together; and the
 * pages where a person finds and ends what is signed in as them.
 *
 * Gaps 3 and 4 of the usual stack; CVE-2024-31999, CVE-2024-35220, GHSA-xg6x-h9c9-2m83,
 * GHSA-2vg6-77g8-24mp, GHSA-f66q-9rf6-8795, CVE-2025-61928.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { makeRecoveryCodes } from '../../src/blueprints/accounts/factors/recoveryCodes.ts'
import { sha256Hex } from '../../src/core/bytes.ts'
import { createApplication } from '../../src/serve/application.ts'
import { type TestClient, type TestReply, testClient } from '../../src/testing/client.ts'
import { createLog } from '../../src/watch/log.ts'
import {
  type Attacked,
  attackedProject,
  goodPassword,
  login,
  marker,
  openAttacked,
  register,
  send,
  tokenOf,
} from './fixture.ts'

const email = 'ann@site.example'
const day = 86_400_000
const rememberName = '__Host-remember'
const mailing = { project: { mail: { signature: 'Site' } } }

/** A browser that stays signed in. */
async function remembered(site: Attacked, who = email): Promise<TestClient> {
  const browser = await asking(site, who)
  assert.ok(browser.cookies.has(rememberName))
  return browser
}

/** A browser in which somebody has given the password and asked to stay signed in. */
async function asking(site: Attacked, who = email): Promise<TestClient> {
  const browser = site.visitor()
  const reply = await browser.post('/login', { email: who, password: goodPassword, remember: 'on' })
  assert.equal(reply.status, 303)
  return browser
}

/** A second browser with the same cookies: what a thief holds. */
function copyOf(site: Attacked, browser: TestClient): TestClient {
  const copy = site.visitor()
  for (const [name, value] of browser.cookies) copy.cookies.set(name, value)
  return copy
}

/** As after the window was closed: what has no end of its own is gone. */
function restart(browser: TestClient): TestClient {
  browser.cookies.delete('__Host-session')
  return browser
}

async function isIn(browser: TestClient): Promise<boolean> {
  const { status, text } = await browser.get('/me')
  assert.equal(status === 200, text.includes(marker))
  return status === 200
}

async function open(t: TestContext) {
  const site = await openAttacked(t, mailing)
  const accountId = await register(site, { email })
  return { site, accountId }
}

const cookiesOf = (reply: TestReply, name: string): readonly string[] =>
  reply.headers('set-cookie').filter((cookie) => cookie.startsWith(`${name}=`))

test('gap 3: the remember token changes with each use, ends by itself, and is Secure [asvs 3.3.1] [asvs 3.3.2] [asvs 3.3.4] [asvs 7.2.2]', async (t) => {
  const { site } = await open(t)
  const browser = site.visitor()
  const values = { email, password: goodPassword, remember: 'on' }
  const seen = new Set<string>()
  let [cookie = ''] = cookiesOf(await browser.post('/login', values), rememberName)
  for (let use = 1; use <= 4; use += 1) {
    const [value = '', ...attributes] = cookie.split('; ')
    assert.match(value, /^__Host-remember=[A-Za-z0-9_-]{43}$/)
    seen.add(value)
    const maxAge = `Max-Age=${(31 - use) * 86_400}`
    assert.deepEqual(attributes.sort(), ['HttpOnly', maxAge, 'Path=/', 'SameSite=Lax', 'Secure'])
    site.clock.advance(day)
    const back = await restart(browser).get('/me')
    assert.equal(back.status, 200)
    assert.equal(cookiesOf(back, '__Host-session').length, 1)
    cookie = cookiesOf(back, rememberName)[0] ?? ''
  }
  assert.equal(seen.size, 4)
})

test('gap 3: 30 days after the sign-in nobody is signed in any more, however often they came [asvs 7.3.2]', async (t) => {
  const { site } = await open(t)
  const browser = await remembered(site)
  for (let days = 1; days < 30; days += 1) {
    site.clock.advance(day)
    assert.ok(await isIn(restart(browser)))
  }
  // A session of the last hours ends with the family, not with its own day.
  site.clock.advance(day - 60_000)
  assert.ok(await isIn(restart(browser)))
  site.clock.advance(60_000)
  assert.equal(await isIn(browser), false)
  assert.equal(browser.cookies.has(rememberName), false)
})

test('remember: nobody who did not ask for it stays signed in', async (t) => {
  const { site } = await open(t)
  const browser = site.visitor()
  await login(browser, email)
  assert.equal(browser.cookies.has(rememberName), false)
  assert.equal(await isIn(restart(browser)), false)
})

test('gap 4: no header that anybody can write passes for the token', async (t) => {
  const { site } = await open(t)
  const browser = await remembered(site)
  const token = browser.cookies.get(rememberName) ?? ''
  const attempts: readonly Readonly<Record<string, string>>[] = [
    { 'x-forwarded-for': '127.0.0.1', 'user-agent': 'test' },
    { authorization: `Bearer ${token}` },
    { 'x-remember': token },
    { cookie: `remember=${token}` },
    { cookie: `__host-remember=${token}` },
    { cookie: `__Host-session=${token}` },
    { cookie: `__Host-remember=${sha256Hex(token)}` },
    // Twice: nobody can tell which of them is ours.
    { cookie: `__Host-remember=${token}; __Host-remember=${token}` },
  ]
  for (const headers of attempts) {
    const reply = await site.visitor().send({ target: '/me', headers })
    assert.equal(reply.status, 303, JSON.stringify(Object.keys(headers)))
  }
  assert.ok(await isIn(restart(browser)))
})

test('theft: whoever comes second with a token ends both, and the owner is told [asvs 7.4.1]', async (t) => {
  for (const first of ['thief', 'owner'] as const) {
    const { site } = await open(t)
    const owner = restart(await remembered(site))
    const other = await remembered(site)
    const thief = copyOf(site, owner)
    const [early, late] = first === 'thief' ? [thief, owner] : [owner, thief]
    assert.ok(await isIn(early))
    site.clock.advance(60_000)
    const mailsBefore = (await site.mails()).length
    assert.equal(await isIn(late), false)
    // The session that came of it ends at once, and the newer token with it.
    assert.equal(await isIn(early), false)
    assert.equal(await isIn(restart(early)), false)
    assert.ok(await isIn(restart(other)), 'another browser stays')
    const told = (await site.mails()).slice(mailsBefore)
    assert.deepEqual(
      told.map(({ to, links }) => ({ to, links })),
      [{ to: email, links: ['/account/sessions'] }],
    )
    const events = site.logLines.filter((line) => line.includes('"authn_token_reuse"'))
    assert.equal(events.length, 1)
    assert.match(events[0] ?? '', /"level":"error"/)
  }
})

test('theft: a site without mail ends the family all the same', async (t) => {
  const site = await openAttacked(t)
  await register(site, { email })
  const owner = restart(await remembered(site))
  const thief = copyOf(site, owner)
  assert.ok(await isIn(thief))
  site.clock.advance(60_000)
  assert.equal(await isIn(owner), false)
  assert.equal(await isIn(thief), false)
})

test('tabs: of twenty that come back together one is signed in, and nothing is taken from the others', async (t) => {
  const { site } = await open(t)
  const browser = restart(await remembered(site))
  // Restored windows bring session cookies of the past, too.
  browser.cookies.set('__Host-session', 'A'.repeat(43))
  const tabs = Array.from({ length: 20 }, () => copyOf(site, browser))
  const replies = await Promise.all(tabs.map((tab) => tab.get('/me')))
  const winners = replies.filter(({ status }) => status === 200)
  assert.equal(winners.length, 1)
  for (const reply of replies.filter(({ status }) => status !== 200)) {
    assert.equal(reply.status, 303)
    for (const name of ['__Host-session', rememberName]) {
      assert.deepEqual(cookiesOf(reply, name), [], 'a late answer must not undo the first')
    }
  }
  assert.ok(!site.logLines.join('').includes('authn_token_reuse'))
  const rows = await site.db.selectFrom('demijohn_remembered').selectAll().execute()
  assert.equal(rows.filter(({ usedAt }) => usedAt === null).length, 1)
})

test('remember: rotation outlives a restart of the process', async (t) => {
  const { site } = await open(t)
  const browser = restart(await remembered(site))
  const first = browser.cookies.get(rememberName)
  const restarted = createApplication(attackedProject().project, {
    db: site.db,
    clock: site.clock,
    log: createLog({ clock: site.clock, stream: { write: () => undefined } }),
    origin: 'https://site.example',
    subkeys: (purpose) => [Buffer.from(sha256Hex(`another ${purpose}`), 'hex')],
  })
  const after = testClient(restarted.handle, { origin: 'https://site.example' })
  after.cookies.set(rememberName, first ?? '')
  assert.equal((await after.get('/me')).status, 200)
  assert.notEqual(after.cookies.get(rememberName), first)
  site.clock.advance(60_000)
  // The process of before knows that the token was used.
  assert.equal(await isIn(browser), false)
  after.cookies.delete('__Host-session')
  assert.equal((await after.get('/me')).status, 303)
})

test('remember: only a GET brings somebody back', async (t) => {
  const { site } = await open(t)
  const browser = restart(await remembered(site))
  const token = browser.cookies.get(rememberName)
  const before = site.runs.total()
  const posted = await send(browser, '/wipe', { formToken: 'x' })
  assert.ok(posted.status === 401 || posted.status === 403, String(posted.status))
  const head = await browser.send({ method: 'HEAD', target: '/me' })
  assert.equal(head.status, 303)
  assert.equal(site.runs.total(), before)
  assert.equal(browser.cookies.get(rememberName), token)
  assert.ok(await isIn(browser))
})

test('remember: what asks for a fresh sign-in asks a browser that came back [asvs 7.5.1]', async (t) => {
  const { site } = await open(t)
  const browser = await remembered(site)
  assert.equal((await browser.get('/account/email')).status, 200)
  site.clock.advance(day)
  assert.ok(await isIn(restart(browser)))
  const asked = await browser.get('/account/email')
  assert.equal(asked.status, 303)
  assert.match(asked.location ?? '', /^\/login\/confirm\?next=/)
  await browser.post('/login/confirm', { password: goodPassword })
  assert.equal((await browser.get('/account/email')).status, 200)
})

/** Each ends every family of the account, whoever does it. */
const endings: Readonly<Record<string, (site: Attacked, accountId: string) => Promise<void>>> = {
  'a change of password [asvs 7.4.3]': async (site) => {
    const elsewhere = site.visitor()
    await login(elsewhere, email)
    const changed = await elsewhere.post('/account/password', {
      currentPassword: goodPassword,
      newPassword: 'nine loud harbours sleeping',
    })
    assert.equal(changed.status, 303)
  },
  'signing out everywhere [asvs 7.5.2]': async (site) => {
    const elsewhere = site.visitor()
    await login(elsewhere, email)
    const from = { from: '/account/sessions' }
    assert.equal((await elsewhere.post('/account/sessions/everywhere', {}, from)).status, 303)
  },
  'signing out everywhere else [asvs 7.5.2]': async (site) => {
    const elsewhere = await remembered(site)
    const from = { from: '/account/sessions' }
    assert.equal((await elsewhere.post('/account/sessions/others', {}, from)).status, 303)
    assert.ok(await isIn(elsewhere))
    assert.ok(await isIn(restart(elsewhere)), 'the one that asked for it stays')
  },
  'suspension [asvs 7.4.2]': async (site, accountId) => {
    const administrator = await site.signInAs('admin')
    const path = `/admin/people/${accountId}/suspend`
    assert.equal((await administrator.post(path, {}, { from: '/admin/people' })).status, 303)
  },
  'a change of role': async (site, accountId) => {
    const administrator = await site.signInAs('admin')
    const path = `/admin/people/${accountId}/role`
    assert.equal((await administrator.post(path, {}, { from: '/admin/people' })).status, 303)
  },
  'deletion [asvs 7.4.2]': async (site, accountId) => {
    const administrator = await site.signInAs('admin')
    const path = `/admin/people/${accountId}/delete`
    assert.equal((await administrator.post(path, {}, { from: '/admin/people' })).status, 303)
  },
}
for (const [what, end] of Object.entries(endings)) {
  test(`remember: after ${what} no token of before signs anybody in`, async (t) => {
    const { site, accountId } = await open(t)
    const [closed, opened] = [restart(await remembered(site)), await remembered(site)]
    const bobs = await register(site, { email: 'bob@site.example' })
    assert.ok(bobs)
    const bob = restart(await remembered(site, 'bob@site.example'))
    await end(site, accountId)
    assert.equal(await isIn(closed), false)
    assert.equal(await isIn(opened), false)
    assert.equal(await isIn(restart(opened)), false)
    assert.ok(await isIn(bob), 'others are not touched')
  })
}

test('remember: whoever ends everything while a browser comes back leaves nothing of it, at whichever moment', async (t) => {
  const { site, accountId } = await open(t)
  let backBefore = 0
  for (let turns = 0; turns < 60; turns += 1) {
    const browser = restart(await remembered(site))
    const coming = browser.get('/me')
    for (let turn = 0; turn < turns * 4; turn += 1) await Promise.resolve()
    const ending = site.app.sessions.endAllOf(accountId)
    const [reply] = await Promise.all([coming, ending])
    if (reply.status === 200) backBefore += 1
    assert.equal(await isIn(browser), false, `after ${turns} turns`)
    assert.equal(await isIn(restart(browser)), false, `after ${turns} turns`)
    // Slowly enough for the limit of the sign-in page.
    site.clock.advance(10_000)
  }
  assert.ok(backBefore > 0 && backBefore < 60, String(backBefore))
})

test('remember: signing out ends the family, and a copy made before is worth nothing [asvs 7.4.1]', async (t) => {
  const { site } = await open(t)
  const browser = await remembered(site)
  const copy = copyOf(site, browser)
  const other = await remembered(site)
  await browser.post('/logout', {}, { from: '/me' })
  assert.equal(browser.cookies.has(rememberName), false)
  assert.equal(await isIn(copy), false)
  assert.equal(await isIn(restart(copy)), false)
  assert.ok(await isIn(restart(other)))
})

test('remember: signing in as somebody else ends what the browser kept of the one before', async (t) => {
  const { site } = await open(t)
  await register(site, { email: 'bob@site.example' })
  const copy = restart(await remembered(site))
  // A form that was open before, in a tab beside.
  const browser = site.visitor()
  const formToken = await tokenOf(browser, '/login')
  browser.cookies.set(rememberName, copy.cookies.get(rememberName) ?? '')
  const values = { formToken, email: 'bob@site.example', password: goodPassword }
  assert.equal((await send(browser, '/login', values)).status, 303)
  assert.equal(browser.cookies.has(rememberName), false)
  assert.equal(await isIn(copy), false)
})

test('remember: a password alone is remembered as no more than that where a second factor is set up since', async (t) => {
  const { site, accountId } = await open(t)
  const browser = restart(await remembered(site))
  await demandCode(site, accountId)
  assert.equal(await isIn(browser), false)
  assert.equal(browser.cookies.has(rememberName), false)
  const sessions = await site.db.selectFrom('demijohn_sessions').select('familyId').execute()
  assert.deepEqual(
    sessions.filter(({ familyId }) => familyId !== null),
    [],
  )
})

/** The account asks for a second factor from now on; gives codes that are one. */
async function demandCode(site: Attacked, accountId: string): Promise<readonly string[]> {
  const times = { createdAt: site.clock.now(), confirmedAt: site.clock.now(), lastStep: null }
  await site.db
    .insertInto('demijohn_totp')
    .values({ accountId, secret: '', ...times })
    .execute()
  return makeRecoveryCodes({ db: site.db, clock: site.clock }, accountId)
}

test('remember: a second factor that was given at the sign-in is remembered with it', async (t) => {
  const { site, accountId } = await open(t)
  const [code = ''] = await demandCode(site, accountId)
  const browser = await asking(site)
  assert.equal(await isIn(browser), false, 'the password alone opens nothing')
  assert.equal(browser.cookies.has(rememberName), false)
  const given = await browser.post('/login/second-factor', { code })
  assert.equal(given.status, 303)
  assert.ok(await isIn(browser))
  site.clock.advance(day)
  assert.ok(await isIn(restart(browser)))
})

test('remember: a sign-in that was left half done is remembered as nothing [asvs 6.3.4]', async (t) => {
  const { site, accountId } = await open(t)
  await demandCode(site, accountId)
  for (const wait of [0, 60_000, 20 * 60_000]) {
    const browser = await asking(site)
    site.clock.advance(wait)
    assert.equal(browser.cookies.has(rememberName), false)
    assert.equal(await isIn(restart(browser)), false)
  }
  assert.deepEqual(await site.db.selectFrom('demijohn_remembered').selectAll().execute(), [])
  assert.deepEqual(await site.db.selectFrom('demijohn_devices').selectAll().execute(), [])
})

test('sessions: sixty sign-ins by the password alone take nothing from an owner who has given more', async (t) => {
  const { site, accountId } = await open(t)
  const codes = await demandCode(site, accountId)
  const owners: TestClient[] = []
  for (const code of codes.slice(0, 2)) {
    const browser = await asking(site)
    assert.equal((await browser.post('/login/second-factor', { code })).status, 303)
    owners.push(browser)
  }
  const [opened, closed] = owners
  assert.ok(opened && closed)
  restart(closed)
  for (let at = 0; at < 60; at += 1) {
    site.clock.advance(10_000)
    assert.equal(await isIn(await asking(site)), false)
  }
  assert.ok(await isIn(opened))
  assert.ok(await isIn(closed))
  assert.equal((await site.db.selectFrom('demijohn_remembered').selectAll().execute()).length, 3)
})

test('remember: whoever ends everything while a second factor is given leaves nothing of it', async (t) => {
  const { site, accountId } = await open(t)
  const codes = await demandCode(site, accountId)
  let inBefore = 0
  for (const [turn, code] of codes.entries()) {
    const browser = await asking(site)
    const formToken = await tokenOf(browser, '/login/second-factor')
    const [reply] = await Promise.all([
      send(browser, '/login/second-factor', { formToken, code }),
      ticks(60 + turn * 20).then(() => site.app.sessions.endAllOf(accountId)),
    ])
    if (reply.location === '/') inBefore += 1
    assert.equal(await isIn(browser), false, String(turn))
    assert.equal(await isIn(restart(browser)), false, String(turn))
    assert.deepEqual(await site.db.selectFrom('demijohn_remembered').selectAll().execute(), [])
    site.clock.advance(10_000)
  }
  assert.ok(inBefore > 0 && inBefore < codes.length, String(inBefore))
})

async function ticks(count: number): Promise<void> {
  for (let tick = 0; tick < count; tick += 1) await Promise.resolve()
}

test('remember: the browser that changes the password stays remembered, by a new token alone [asvs 7.4.3]', async (t) => {
  const { site } = await open(t)
  const browser = await remembered(site)
  const [copy, other] = [restart(copyOf(site, browser)), restart(await remembered(site))]
  site.clock.advance(60_000)
  const changed = await browser.post('/account/password', {
    currentPassword: goodPassword,
    newPassword: 'nine loud harbours sleeping',
  })
  assert.equal(cookiesOf(changed, rememberName).length, 1)
  assert.match((await browser.get('/account/sessions')).text, /stays signed in/)
  for (const stranger of [copy, other]) assert.equal(await isIn(stranger), false)
  // From the sign-in on, as before.
  site.clock.advance(30 * day - 60_001)
  assert.ok(await isIn(restart(browser)))
  site.clock.advance(1)
  assert.equal(await isIn(restart(browser)), false)
})

test('sessions page: what no token is left for is not said to stay signed in', async (t) => {
  const { site, accountId } = await open(t)
  const browser = await remembered(site)
  assert.match((await browser.get('/account/sessions')).text, /stays signed in/)
  await site.db.deleteFrom('demijohn_remembered').where('accountId', '=', accountId).execute()
  assert.doesNotMatch((await browser.get('/account/sessions')).text, /stays signed in/)
})

/** The forms of the page that end one thing, in its order. */
async function keysOf(browser: TestClient): Promise<readonly string[]> {
  const page = await browser.get('/account/sessions')
  assert.equal(page.status, 200)
  return page.forms.flatMap((form) => form.values.get('key') ?? [])
}

test('sessions page: where, when, which browser; this one and the remembered ones are marked [asvs 7.5.2]', async (t) => {
  const { site } = await open(t)
  restart(await remembered(site))
  await site.db.deleteFrom('demijohn_sessions').execute()
  const browser = site.visitor()
  await login(browser, email)
  const { text } = await browser.get('/account/sessions')
  assert.match(text, /this one/)
  assert.match(text, /127\.0\.0\.1/)
  assert.match(text, /2026-01-01 00:00 UTC/)
  assert.match(text, /an unknown browser/)
  assert.match(text, /A browser that stays signed in/)
})

test('sessions page: one is ended, its family with it, and the others stay [asvs 7.5.2]', async (t) => {
  const { site } = await open(t)
  const browser = site.visitor()
  await login(browser, email)
  const known = new Set(await keysOf(browser))
  const unwanted = await remembered(site)
  const [key = ''] = (await keysOf(browser)).filter((one) => !known.has(one))
  const formToken = await tokenOf(browser, '/account/sessions')
  const reply = await send(browser, '/account/sessions/end', { formToken, key })
  assert.equal(reply.location, '/account/sessions')
  assert.equal(await isIn(unwanted), false)
  assert.equal(await isIn(restart(unwanted)), false)
  assert.ok(await isIn(browser))
})

test('sessions page: a browser that is closed and stays signed in can be ended, too', async (t) => {
  const { site } = await open(t)
  const browser = site.visitor()
  await login(browser, email)
  const known = new Set(await keysOf(browser))
  const closed = restart(await remembered(site))
  await site.db.deleteFrom('demijohn_sessions').where('familyId', 'is not', null).execute()
  const [key = ''] = (await keysOf(browser)).filter((one) => !known.has(one))
  const formToken = await tokenOf(browser, '/account/sessions')
  await send(browser, '/account/sessions/end', { formToken, key })
  assert.equal(await isIn(closed), false)
})

test('sessions page: nobody ends or sees what is another person’s, whatever key they send', async (t) => {
  const { site } = await open(t)
  await register(site, { email: 'eve@site.example' })
  const victim = await remembered(site)
  const eve = site.visitor()
  await login(eve, 'eve@site.example')
  const theirs = new Set(await keysOf(victim))
  const [family] = await site.db.selectFrom('demijohn_remembered').selectAll().execute()
  const [row] = await site.db
    .selectFrom('demijohn_sessions')
    .selectAll()
    .where('familyId', 'is not', null)
    .execute()
  assert.ok(family && row)
  for (const key of await keysOf(eve)) assert.ok(!theirs.has(key))
  for (const key of [...theirs, family.familyId, family.id, row.id, '', 'x']) {
    const formToken = await tokenOf(eve, '/account/sessions')
    const reply = await send(eve, '/account/sessions/end', { formToken, key })
    assert.ok(reply.status === 303 || reply.status === 422, key)
  }
  assert.ok(await isIn(victim))
  assert.ok(await isIn(restart(victim)))
  assert.ok(await isIn(eve))
})

test('sessions page: looking asks for a session, ending for a fresh proof [asvs 7.5.2] [asvs 7.5.3]', async (t) => {
  const { site } = await open(t)
  assert.equal((await site.visitor().get('/account/sessions')).status, 303)
  const browser = site.visitor()
  await login(browser, email)
  const [key = ''] = await keysOf(browser)
  const formToken = await tokenOf(browser, '/account/sessions')
  site.clock.advance(10 * 60_000)
  const stale = await browser.get('/account/sessions')
  assert.equal(stale.status, 200)
  assert.match(stale.text, /\/login\/confirm\?next=/)
  for (const path of ['end', 'others', 'everywhere']) {
    const reply = await send(browser, `/account/sessions/${path}`, {
      formToken,
      ...(path === 'end' ? { key } : {}),
    })
    assert.equal(reply.status, 401, path)
  }
  assert.ok(await isIn(browser))
})

test('devices: a sign-in in a new browser is told of, the first of an old account too, and a known browser is not [asvs 6.3.5]', async (t) => {
  const { site } = await open(t)
  const first = site.visitor()
  await login(first, email)
  assert.equal((await site.mails()).length, 1)
  await first.post('/logout', {}, { from: '/me' })
  await login(first, email)
  assert.equal((await site.mails()).length, 1)
  site.clock.advance(60_000)
  const second = site.visitor()
  const formToken = await tokenOf(second, '/login')
  await second.send({
    method: 'POST',
    target: '/login',
    headers: {
      origin: 'https://site.example',
      'content-type': 'application/x-www-form-urlencoded',
      'user-agent':
        'Mozilla/5.0 (X11; Linux x86_64; rv:146.0) <b>Firefox/146.0</b> http://evil.example',
    },
    body: new URLSearchParams({ formToken, email, password: goodPassword }).toString(),
  })
  const [, mail, ...more] = await site.mails()
  assert.deepEqual(more, [])
  assert.ok(mail)
  assert.equal(mail.to, email)
  assert.match(mail.text, /Firefox on Linux/)
  assert.match(mail.text, /2026-01-01 00:01 UTC/)
  assert.ok(!mail.text.includes('evil.example') && !mail.html.includes('evil'))
  assert.deepEqual(mail.links, ['/account/sessions'])
})

test('devices: after signing out everywhere the browsers of before are strangers', async (t) => {
  const { site } = await open(t)
  const browser = site.visitor()
  await login(browser, email)
  await browser.post('/account/sessions/everywhere', {}, { from: '/account/sessions' })
  await login(browser, email)
  assert.equal((await site.mails()).length, 2)
})

test('devices: a wrong password makes no browser known', async (t) => {
  const { site } = await open(t)
  const browser = site.visitor()
  assert.equal((await login(browser, email, 'wrong but long enough')).status, 422)
  assert.deepEqual(await site.db.selectFrom('demijohn_devices').selectAll().execute(), [])
  assert.equal(browser.cookies.has('__Host-device'), false)
})
