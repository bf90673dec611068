/**
 * Sessions and identity: planted, replayed, doubled, misnamed, resurrected.
 *
 * CVE-2025-61928, CVE-2022-25896, CVE-2023-29019, CVE-2024-35220, CVE-2024-31999, CVE-2025-46336,
 * CVE-2026-31865, GHSA-2vg6-77g8-24mp, GHSA-xmf8-cvqr-rfgj; the cookie rows of section 4.
 */
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import type { TestClient } from '../../src/testing/client.ts'
import {
  type Attacked,
  goodPassword,
  login,
  marker,
  openAttacked,
  register,
  send,
  sessionCookieName,
  tokenOf,
} from './fixture.ts'

/** A second browser with the same cookies: what a thief holds. */
function copyOf(site: Attacked, client: TestClient): TestClient {
  const copy = site.visitor()
  for (const [name, value] of client.cookies) copy.cookies.set(name, value)
  return copy
}

/** Neither the page nor the write is reached with that cookie. */
async function assertOutside(site: Attacked, client: TestClient, what: string): Promise<void> {
  const cookie = [...client.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const before = site.runs.total()
  const seen = await client.send({ target: '/me', headers: { cookie } })
  assert.equal(seen.status, 303, what)
  assert.match(seen.location ?? '', /^\/login\?next=/, what)
  assert.ok(!seen.text.includes(marker), what)
  client.cookies.clear()
  const written = await client.send({ method: 'POST', target: '/wipe', headers: { cookie } })
  assert.ok(written.status === 415 || written.status === 401, `${what}: ${written.status}`)
  assert.equal(site.runs.total(), before, what)
}

test('gap 1: a cookie copied before logout is worth nothing after it [asvs 7.4.1]', async (t) => {
  const site = await openAttacked(t)
  const member = await site.signInAs('member')
  const thief = copyOf(site, member)
  assert.equal((await thief.get('/me')).status, 200)
  assert.equal((await member.post('/logout', {}, { from: '/me' })).status, 303)
  await assertOutside(site, thief, 'after logout')
})

test('gap 2: a change of password ends every other session, at once [asvs 7.4.3]', async (t) => {
  const site = await openAttacked(t)
  await register(site, { email: 'ann@site.example' })
  const [here, elsewhere] = [site.visitor(), site.visitor()]
  await login(here, 'ann@site.example')
  await login(elsewhere, 'ann@site.example')
  const before = copyOf(site, here)
  const changed = await here.post('/account/password', {
    currentPassword: goodPassword,
    newPassword: 'nine loud harbours sleeping',
  })
  assert.equal(changed.status, 303)
  assert.equal((await here.get('/me')).status, 200)
  await assertOutside(site, elsewhere, 'another device')
  await assertOutside(site, before, 'the token from before the change')
  const again = site.visitor()
  assert.equal((await login(again, 'ann@site.example')).status, 422)
  assert.equal((await login(again, 'ann@site.example', 'nine loud harbours sleeping')).status, 303)
})

test('sessions: two changes of the password at once: one is written, the other is told so', async (t) => {
  const site = await openAttacked(t)
  await register(site, { email: 'ann@site.example' })
  const client = site.visitor()
  await login(client, 'ann@site.example')
  const formToken = await tokenOf(client)
  const wanted = ['nine loud harbours sleeping', 'four green trumpets waiting']
  const replies = await Promise.all(
    wanted.map((newPassword) =>
      send(copyOf(site, client), '/account/password', {
        formToken,
        currentPassword: goodPassword,
        newPassword,
      }),
    ),
  )
  const works = await Promise.all(
    wanted.map(async (password) => {
      const { status } = await login(site.visitor(), 'ann@site.example', password)
      return status === 303
    }),
  )
  assert.deepEqual(
    replies.map(({ status }) => status === 303),
    works,
    `answered ${replies.map(({ status }) => status)}, signs in: ${works}`,
  )
  assert.equal(works.filter(Boolean).length, 1)
})

for (const verb of ['suspend', 'delete', 'role'] as const) {
  test(`sessions: every session of an account is over after ${verb} [asvs 7.4.2]`, async (t) => {
    const site = await openAttacked(t)
    const [admin, editor] = [await site.signInAs('admin'), await site.signInAs('editor')]
    const thief = copyOf(site, editor)
    assert.equal((await thief.get('/write')).status, 200)
    const path = `/admin/people/${editor.accountId}/${verb}`
    assert.equal((await admin.post(path, {}, { from: '/admin/people' })).status, 303)
    await assertOutside(site, editor, verb)
    await assertOutside(site, thief, verb)
  })
}

test('sessions: an id that was planted before sign-in is never taken on [asvs 7.2.4]', async (t) => {
  const site = await openAttacked(t)
  await register(site, { email: 'ann@site.example' })
  const attacker = await site.signInAs('member')
  const own = attacker.cookies.get(sessionCookieName) ?? ''
  const planted = [own, 'A'.repeat(43), 'x', '', '0', 'null', '__proto__', `${own}A`, own.slice(1)]
  for (const value of planted) {
    const victim = site.visitor()
    victim.cookies.set(sessionCookieName, value)
    if (value === own) {
      // Somebody is signed in by it, so it is their form; the sign-in still gets its own session.
      assert.equal((await victim.get('/me')).status, 200)
    }
    const reply = await login(victim, 'ann@site.example')
    assert.equal(reply.status, 303)
    const token = victim.cookies.get(sessionCookieName)
    assert.match(token ?? '', /^[A-Za-z0-9_-]{43}$/)
    assert.notEqual(token, value)
    assert.match((await victim.get('/me')).text, /ann@site\.example/)
    await assertOutside(site, withCookie(site, `${sessionCookieName}=${value}`), value)
    site.clock.advance(60_000)
  }
})

function withCookie(site: Attacked, cookie: string): TestClient {
  const client = site.visitor()
  const equals = cookie.indexOf('=')
  client.cookies.set(cookie.slice(0, equals), cookie.slice(equals + 1))
  return client
}

test('sessions: each sign-in, and each change of password, gives a new token [asvs 7.2.4]', async (t) => {
  const site = await openAttacked(t)
  await register(site, { email: 'ann@site.example' })
  const client = site.visitor()
  const seen = new Set<string>()
  for (let round = 0; round < 3; round += 1) {
    const earlier = copyOf(site, client)
    await login(client, 'ann@site.example')
    seen.add(client.cookies.get(sessionCookieName) ?? '')
    if (round > 0) await assertOutside(site, earlier, 'replaced by a new sign-in')
  }
  assert.equal(seen.size, 3)
})

test('gap 5: the cookie tells its holder nothing [asvs 7.2.2]', async (t) => {
  const site = await openAttacked(t)
  await register(site, { email: 'ann@site.example', role: 'editor' })
  const client = site.visitor()
  const reply = await login(client, 'ann@site.example')
  const [cookie = ''] = reply.headers('set-cookie')
  const [pair = ''] = cookie.split(';')
  // 256 bits in base64url and nothing besides (RFC 4648 section 5).
  assert.match(pair, /^__Host-session=[A-Za-z0-9_-]{43}$/)
  const bytes = Buffer.from(pair.slice(pair.indexOf('=') + 1), 'base64url')
  assert.equal(bytes.length, 32)
  for (const word of ['ann', 'editor', 'member', 'exp', '{']) {
    assert.ok(!bytes.toString('latin1').includes(word) || word.length === 1, word)
  }
  // Nor does the database tell it: what is stored is not what opens.
  const stored = await site.db.selectFrom('demijohn_sessions').selectAll().execute()
  assert.equal(stored.length, 1)
  const token = client.cookies.get(sessionCookieName) ?? ''
  assert.ok(!JSON.stringify(stored).includes(token))
  await assertOutside(site, withCookie(site, `${sessionCookieName}=${stored[0]?.id}`), 'row id')
})

test('sessions: the cookie is __Host-, Secure, HttpOnly, SameSite=Lax, without Domain [asvs 3.3.1] [asvs 3.3.2] [asvs 3.3.3] [asvs 3.3.4]', async (t) => {
  const site = await openAttacked(t)
  await register(site, { email: 'ann@site.example' })
  const client = site.visitor()
  const set = [
    ...(await client.get('/login')).headers('set-cookie'),
    ...(await login(client, 'ann@site.example')).headers('set-cookie'),
    ...(await client.post('/logout', {}, { from: '/me' })).headers('set-cookie'),
  ]
  assert.ok(set.length >= 3)
  for (const cookie of set) {
    // The literal prefix: another package shipped `Host__` (WS-2022-0330).
    assert.match(cookie, /^__Host-(session|visitor|device)=/)
    const attributes = cookie.split('; ').slice(1)
    for (const wanted of ['Path=/', 'Secure', 'HttpOnly', 'SameSite=Lax']) {
      assert.ok(attributes.includes(wanted), cookie)
    }
    assert.ok(!/domain/i.test(cookie), cookie)
  }
})

const lookAlikes = [
  'session',
  '__host-session',
  '__HOST-SESSION',
  '__Host-Session',
  'Host__session',
  '__Secure-session',
  '__Host-session2',
  'x__Host-session',
  '_Host-session',
  '\u00a0__Host-session',
  '__Host-session\u00a0',
  '\u2003__Host-session',
  '\ufeff__Host-session',
  '"__Host-session"',
  '__Host-session[]',
  '__proto__',
  '__Host%2Dsession',
  'a; path=/, __Host-session',
]

test('sessions: a token under any other name is no session', async (t) => {
  const site = await openAttacked(t)
  const member = await site.signInAs('member')
  const token = member.cookies.get(sessionCookieName) ?? ''
  const anonymous = site.visitor()
  for (const name of lookAlikes) {
    const reply = await anonymous.send({
      target: '/me',
      headers: { cookie: `${name}=${token}` },
    })
    assert.ok(reply.status === 303 || reply.status === 400, `${name}: ${reply.status}`)
  }
  const right = await anonymous.send({
    target: '/me',
    headers: { cookie: `theme=dark; ${sessionCookieName}=${token}` },
  })
  assert.equal(right.status, 200)
})

test('sessions: two cookies of the name are none, whichever is the good one', async (t) => {
  const site = await openAttacked(t)
  const [one, two] = [await site.signInAs('member'), await site.signInAs('admin')]
  const [a, b] = [one, two].map(
    (client) => `${sessionCookieName}=${client.cookies.get(sessionCookieName)}`,
  )
  const anonymous = site.visitor()
  const planted = [`${sessionCookieName}=`, `${sessionCookieName}=x`, a, b]
  for (const extra of planted) {
    for (const cookie of [`${a}; ${extra}`, `${extra}; ${a}`, `${a};${extra}`, `${extra};\t${a}`]) {
      const reply = await anonymous.send({ target: '/me', headers: { cookie } })
      assert.equal(reply.status, 303, cookie)
      assert.ok(!reply.text.includes(marker))
    }
  }
  // Two Cookie headers, which only HTTP/2 may send.
  const split = await site.app.handle({
    method: 'GET',
    target: '/me',
    httpVersion: '1.1',
    rawHeaders: ['host', 'site.example', 'cookie', String(a), 'cookie', 'x=1'],
    peerAddress: '127.0.0.1',
    encrypted: true,
    body: Readable.from([]),
  })
  assert.equal(split.status, 400)
})

test('sessions: identity never comes from input', async (t) => {
  const site = await openAttacked(t)
  const admin = await site.signInAs('admin')
  const token = admin.cookies.get(sessionCookieName) ?? ''
  const anonymous = site.visitor()
  const names = [
    'userId',
    'user_id',
    'user',
    'accountId',
    'uid',
    'id',
    'session',
    'sessionId',
    'sid',
    'token',
    'role',
    sessionCookieName,
  ]
  for (const name of names) {
    for (const value of [admin.accountId, admin.email, token, 'admin']) {
      const byQuery = await anonymous.send({ target: `/me?${name}=${encodeURIComponent(value)}` })
      assert.equal(byQuery.status, 303, name)
      const byHeader = await anonymous.send({ target: '/me', headers: { [`x-${name}`]: value } })
      assert.equal(byHeader.status, 303, name)
      const byBody = await send(anonymous, '/wipe', { [name]: value })
      assert.equal(byBody.status, 401, name)
      const byCookie = await anonymous.send({
        target: '/me',
        headers: { cookie: `u_${name}=${value}` },
      })
      assert.equal(byCookie.status, 303, name)
    }
  }
  // Signed in as somebody, the fields of another change nothing either.
  const viewer = await site.signInAs('viewer')
  const formToken = await tokenOf(viewer)
  for (const name of names) {
    const reply = await send(viewer, '/wipe', { formToken, [name]: admin.accountId })
    assert.equal(reply.status, 400, name)
  }
  assert.equal(site.runs.runs.get('POST /wipe'), undefined)
})

const odd = [
  '',
  ' ',
  ';',
  ';;;;',
  '=',
  '=;=',
  '\u00ff',
  '"',
  '\\',
  '%',
  '%00',
  '%zz',
  '{',
  '\u20ac',
  'A'.repeat(9000),
]

test('sessions: no Cookie and no Authorization header is a fault of ours', async (t) => {
  const site = await openAttacked(t)
  const anonymous = site.visitor()
  const cookies = [
    ...odd,
    ...odd.map((text) => `${sessionCookieName}=${text}`),
    ...odd.map((text) => `${text}; ${sessionCookieName}; ${text}=${text}`),
    ...Array.from({ length: 60 }, (_, at) => `${sessionCookieName}=${'='.repeat(at)}`),
    Array.from({ length: 5000 }, (_, at) => `c${at}=1`).join('; '),
    '__proto__=x; constructor=y; toString=z; hasOwnProperty=1',
  ]
  const authorizations = ['Basic', 'Bearer', 'Digest', 'DPoP', 'basic', '', 'Negotiate'].flatMap(
    (scheme) => [...odd, 'Og==', 'eyJ9.e30.', '::', 'a:b'].map((text) => `${scheme} ${text}`),
  )
  for (const headers of [
    ...cookies.map((cookie) => ({ cookie })),
    ...authorizations.map((authorization) => ({ authorization })),
  ]) {
    const open = await anonymous.send({ target: '/', headers })
    assert.ok(
      open.status === 200 || open.status === 400,
      `${JSON.stringify(headers)}: ${open.status}`,
    )
    const shut = await anonymous.send({ target: '/me', headers })
    assert.ok(
      shut.status === 303 || shut.status === 400,
      `${JSON.stringify(headers)}: ${shut.status}`,
    )
  }
})

test('sessions: a session that ends while its request is at work is not brought back', async (t) => {
  const site = await openAttacked(t)
  const member = await site.signInAs('member')
  const thief = copyOf(site, member)
  const slow = member.post('/slow', {}, { from: '/me' })
  await site.door.occupied()
  assert.equal((await thief.post('/logout', {}, { from: '/me' })).status, 303)
  site.door.open()
  const reply = await slow
  // The work was begun while the session lived; that it is finished is right. The session is not.
  assert.equal(reply.status, 303)
  assert.deepEqual(reply.headers('set-cookie'), [])
  const rows = await site.db.selectFrom('demijohn_sessions').select('id').execute()
  assert.deepEqual(rows, [])
  await assertOutside(site, member, 'after the request that was at work')
})

test('sessions: a password changed by a request whose session has ended leaves nobody signed in by it', async (t) => {
  const site = await openAttacked(t)
  await register(site, { email: 'ann@site.example' })
  const client = site.visitor()
  await login(client, 'ann@site.example')
  const fields = {
    formToken: await tokenOf(client),
    currentPassword: goodPassword,
    newPassword: 'nine loud harbours sleeping',
  }
  const thief = copyOf(site, client)
  const [changed] = await Promise.all([
    send(thief, '/account/password', fields),
    client.post('/logout', {}, { from: '/me' }),
  ])
  assert.ok(changed.status < 500)
  const rows = await site.db.selectFrom('demijohn_sessions').select('id').execute()
  assert.deepEqual(rows, [])
  await assertOutside(site, thief, 'the session that ended meanwhile')
})

test('sessions: idle and absolute limits hold to the minute, whatever is asked for [asvs 7.3.1] [asvs 7.3.2]', async (t) => {
  const site = await openAttacked(t)
  const idle = await site.signInAs('member')
  site.clock.advance(4 * 3_600_000 - 60_001)
  assert.equal((await idle.get('/me')).status, 200)
  site.clock.advance(4 * 3_600_000)
  await assertOutside(site, idle, 'idle for four hours')
  const busy = await site.signInAs('member')
  for (let hour = 1; hour < 24; hour += 1) {
    site.clock.advance(3_600_000)
    assert.equal((await busy.get('/me')).status, 200, `hour ${hour}`)
  }
  site.clock.advance(3_600_000)
  await assertOutside(site, busy, 'a day after sign-in')
})

test('sessions: pages of many people at once never mix', async (t) => {
  const site = await openAttacked(t)
  const people = await Promise.all(
    Array.from({ length: 20 }, (_, at) => site.signInAs(at % 2 === 0 ? 'member' : 'admin')),
  )
  const slow = people.map((person) => person.get('/slow'))
  await site.door.occupied()
  for (let round = 0; round < 20; round += 1) {
    const replies = await Promise.all(people.map((person) => person.get('/me')))
    for (const [at, reply] of replies.entries()) {
      const own = people[at]
      assert.ok(own !== undefined && reply.text.includes(own.email))
      const addresses = new Set(reply.text.match(/[a-z]+-\d+@site\.example/g))
      assert.deepEqual([...addresses], [own.email])
    }
  }
  site.door.open()
  for (const [at, reply] of (await Promise.all(slow)).entries()) {
    const addresses = reply.text.match(/[a-z]+-\d+@site\.example/g)
    assert.deepEqual(addresses, [people[at]?.email])
  }
})

test('gap 30: nobody is nobody: the handler of an anonymous request sees no person', async (t) => {
  const site = await openAttacked(t)
  assert.match((await site.visitor().get('/')).text, /<p id="who">nobody<\/p>/)
  const member = await site.signInAs('member')
  assert.ok((await member.get('/')).text.includes(`<p id="who">${member.email}</p>`))
  for (const path of ['/me', '/read', '/admin', '/slow', '/account/password']) {
    assert.equal((await site.visitor().get(path)).status, 303, path)
  }
  assert.equal(site.runs.total(), 2)
})

test('gap 29: the same rule on a second route guards the second route as well', async (t) => {
  const site = await openAttacked(t)
  const editor = await site.signInAs('editor')
  for (const path of ['/admin', '/admin/people']) {
    assert.equal((await editor.get(path)).status, 403, path)
    assert.equal((await site.visitor().get(path)).status, 303, path)
  }
  assert.equal(site.runs.total(), 0)
})

test('gap 9: nothing signs anybody out but a form of this site [asvs 3.5.3]', async (t) => {
  const site = await openAttacked(t)
  const member = await site.signInAs('member')
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']) {
    const reply = await member.send({ method, target: '/logout' })
    assert.equal(reply.status, 405, method)
    assert.equal(reply.header('allow'), 'POST')
    assert.deepEqual(reply.headers('set-cookie'), [])
  }
  const image = await member.send({
    target: '/logout',
    headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'image', accept: 'image/*' },
  })
  assert.equal(image.status, 403)
  assert.equal((await send(member, '/logout', {})).status, 403)
  assert.equal((await member.get('/me')).status, 200)
  const out = await member.post('/logout', {}, { from: '/me' })
  assert.equal(out.status, 303)
  assert.equal(out.header('clear-site-data'), '"cache", "storage"')
  assert.equal((await member.get('/me')).status, 303)
})
