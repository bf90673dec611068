/**
 * The sign-in form: account names that leak, passwords that are one another, guesses without end.
 *
 * CVE-2025-22228, CVE-2025-22234, CVE-2025-13473, GHSA-7rqj-j65f-68wh, CVE-2022-35924, CVE-2019-19844.
 */
import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { mock, type TestContext, test } from 'node:test'
import { isRefusal } from '../../src/core/refusals.ts'
import { passwordOptions } from '../../src/defences/passwords/options.ts'
import { createPasswordHasher } from '../../src/defences/passwords/verify.ts'
import {
  goodPassword,
  login,
  openAttacked,
  register,
  send,
  sessionCookieName,
  tokenOf,
} from './fixture.ts'

/** What each argon2 computation was asked for, less what has to differ: message, salt. */
function watchArgon2(t: TestContext): string[] {
  const seen: string[] = []
  const original = crypto.argon2
  const watched = mock.method(
    crypto,
    'argon2',
    (...[algorithm, parameters, done]: Parameters<typeof original>) => {
      const { message: _, nonce, ...cost } = parameters
      seen.push(
        JSON.stringify({ algorithm, ...cost, nonceBytes: Buffer.from(nonce as Buffer).length }),
      )
      original(algorithm, parameters, done)
    },
  )
  syncBuiltinESMExports()
  t.after(() => {
    watched.mock.restore()
    syncBuiltinESMExports()
  })
  return seen
}

/** An answer without what is different in every answer. */
function comparable(text: string, email: string): string {
  return text
    .replace(/name="(formToken|proof)" value="[^"]*"/g, 'name="$1"')
    .replace(/"challenge":"[^"]*"/g, '"challenge"')
    .replaceAll(email, 'EMAIL')
}

const headersOfAll = [
  'cache-control',
  'content-type',
  'content-security-policy',
  'set-cookie',
  'location',
  'clear-site-data',
]

test('gap 15: known and unknown accounts cost the same work and get the same answer [asvs 6.3.8]', async (t) => {
  const site = await openAttacked(t)
  const known = 'ann@site.example'
  await register(site, { email: known })
  const suspended = await register(site, { email: 'bob@site.example' })
  await site.db
    .updateTable('demijohn_accounts')
    .set({ suspendedAt: 1 })
    .where('id', '=', suspended)
    .execute()
  const passwordless = await register(site, { email: 'eve@site.example' })
  await site.db
    .updateTable('demijohn_accounts')
    .set({ passwordHash: null })
    .where('id', '=', passwordless)
    .execute()
  const seen = watchArgon2(t)
  const passwords = ['wrong but long enough', 'x', 'ü'.repeat(512), 'a'.repeat(1024)]
  for (const password of passwords) {
    const answers = []
    for (const email of [
      known,
      'bob@site.example',
      'eve@site.example',
      'nobody@site.example',
      `${'n'.repeat(60)}@site.example`,
    ]) {
      const visitor = site.visitor()
      await visitor.get('/login')
      seen.length = 0
      const reply = await login(visitor, email, password)
      answers.push({
        email,
        work: [...seen],
        status: reply.status,
        text: comparable(reply.text, email),
        headers: headersOfAll.map((name) => reply.headers(name)),
      })
      site.clock.advance(10_000)
    }
    const [first, ...others] = answers
    assert.ok(first !== undefined)
    assert.equal(first.status, 422)
    assert.equal(first.work.length, 1)
    for (const other of others) {
      assert.deepEqual(
        { ...other, email: '' },
        { ...first, email: '' },
        `${other.email}, ${password.length} characters`,
      )
    }
  }
  // The right password of a suspended account, and of nobody, tell no more.
  for (const email of ['bob@site.example', 'eve@site.example', 'nobody@site.example']) {
    seen.length = 0
    const reply = await login(site.visitor(), email)
    assert.equal(reply.status, 422)
    assert.equal(seen.length, 1)
    site.clock.advance(10_000)
  }
})

test('gap 15: every door that takes a password costs the same, the present password of a change included', async (t) => {
  const site = await openAttacked(t, { project: { mail: { signature: 'Attacked' } } })
  await register(site, { email: 'ann@site.example' })
  const client = site.visitor()
  await login(client, 'ann@site.example')
  const seen = watchArgon2(t)
  for (const path of ['/account/password', '/account/email']) {
    const formToken = await tokenOf(client, path)
    const work: number[] = []
    const rest: Readonly<Record<string, string>> =
      path === '/account/email'
        ? { email: 'new@site.example' }
        : { newPassword: 'nine loud harbours sleeping' }
    for (const currentPassword of ['wrong', 'a'.repeat(1024)]) {
      seen.length = 0
      const reply = await send(client, path, { formToken, currentPassword, ...rest })
      assert.equal(reply.status, 422)
      work.push(seen.length)
    }
    assert.deepEqual(work, [1, 1], path)
  }
})

test('gap 32: two passwords alike in their first 72 bytes are two [asvs 6.2.9]', async (t) => {
  const site = await openAttacked(t)
  const hasher = createPasswordHasher({ options: passwordOptions() })
  const start = 'correct horse battery staple '.repeat(3).slice(0, 72)
  assert.equal(Buffer.byteLength(start), 72)
  const hash = await hasher.hashPassword(`${start} and one more`)
  assert.ok(!isRefusal(hash))
  const accountId = await register(site, { email: 'ann@site.example' })
  await site.db
    .updateTable('demijohn_accounts')
    .set({ passwordHash: hash })
    .where('id', '=', accountId)
    .execute()
  for (const other of [
    start,
    `${start}x`,
    `${start} and one mor`,
    `${start} and one moreX`,
    `${start}\u0001 and one more`,
  ]) {
    assert.equal((await login(site.visitor(), 'ann@site.example', other)).status, 422, other)
    site.clock.advance(10_000)
  }
  assert.equal(
    (await login(site.visitor(), 'ann@site.example', `${start} and one more`)).status,
    303,
  )
})

test('gap 32: the last byte of a password of 1,024 bytes counts, and one byte more is refused', async (t) => {
  const site = await openAttacked(t)
  const hasher = createPasswordHasher({ options: passwordOptions() })
  const long = Array.from({ length: 1024 }, (_, at) =>
    String.fromCharCode(97 + ((at * 7) % 26)),
  ).join('')
  const hash = await hasher.hashPassword(long)
  assert.ok(!isRefusal(hash))
  const accountId = await register(site, { email: 'ann@site.example' })
  await site.db
    .updateTable('demijohn_accounts')
    .set({ passwordHash: hash })
    .where('id', '=', accountId)
    .execute()
  assert.equal(
    (await login(site.visitor(), 'ann@site.example', `${long.slice(0, -1)}!`)).status,
    422,
  )
  assert.equal((await login(site.visitor(), 'ann@site.example', `${long}a`)).status, 422)
  assert.equal((await login(site.visitor(), 'ann@site.example', long)).status, 303)
})

test('login: a password is taken in any composition of its characters, and in no other case', async (t) => {
  const site = await openAttacked(t)
  const hasher = createPasswordHasher({ options: passwordOptions() })
  const hash = await hasher.hashPassword('cr\u00e8me br\u00fbl\u00e9e \uff21 zw\u00f6lf')
  assert.ok(!isRefusal(hash))
  const accountId = await register(site, { email: 'ann@site.example' })
  await site.db
    .updateTable('demijohn_accounts')
    .set({ passwordHash: hash })
    .where('id', '=', accountId)
    .execute()
  const tries = [
    ['cre\u0300me bru\u0302le\u0301e A zwo\u0308lf', 303],
    ['cr\u00e8me br\u00fbl\u00e9e A zw\u00f6lf', 303],
    ['Cr\u00e8me br\u00fbl\u00e9e A zw\u00f6lf', 422],
    ['cr\u00e8me br\u00fbl\u00e9e a zw\u00f6lf', 422],
    [' cr\u00e8me br\u00fbl\u00e9e A zw\u00f6lf', 422],
    ['creme brulee A zwolf', 422],
  ] as const
  for (const [password, status] of tries) {
    assert.equal(
      (await login(site.visitor(), 'ann@site.example', password)).status,
      status,
      password,
    )
  }
})

test('login: one address is one address: no lists, no line breaks, no look-alikes', async (t) => {
  const site = await openAttacked(t)
  await register(site, { email: 'ann@site.example' })
  const odd = [
    'ann@site.example,evil@evil.example',
    'ann@site.example;evil@evil.example',
    'ann@site.example evil@evil.example',
    'ann@site.example\r\nBcc: evil@evil.example',
    'Ann <ann@site.example>',
    '"ann"@site.example',
    'ann@site.example\0',
    'ann@site.example\u0000.evil',
    'ann@\u0131site.example',
    'ann@s\u0131te.example',
    'a\u0430nn@site.example',
    'ann@site.example@evil.example',
    'ann%40site.example',
    '@site.example',
    'ann@',
    'ann',
  ]
  for (const email of odd) {
    const visitor = site.visitor()
    const reply = await login(visitor, email)
    assert.ok(
      reply.status === 422 || reply.status === 400,
      `${JSON.stringify(email)}: ${reply.status}`,
    )
    assert.equal(visitor.cookies.has(sessionCookieName), false)
    site.clock.advance(10_000)
  }
  // Case, width and outer blanks are how people type. Normalised before it is judged, so that what
  // was judged is what is looked up (GHSA-7rqj-j65f-68wh).
  for (const email of ['ANN@site.example', ' ann@Site.Example ', 'ann\uff20site.example']) {
    assert.equal((await login(site.visitor(), email)).status, 303, email)
  }
})

test('login: a stored hash that is no argon2id of ours signs nobody in', async (t) => {
  const site = await openAttacked(t)
  const accountId = await register(site, { email: 'ann@site.example' })
  const stored = [
    '',
    goodPassword,
    '*',
    '!',
    '$2b$12$abcdefghijklmnopqrstuv',
    'pbkdf2:sha256:1000$a$b',
    '$argon2i$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA',
    '$argon2id$v=19$m=4000000,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA',
    '$argon2id$v=19$m=8,t=1,p=1$$',
    '$argon2id$v=16$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$AAAA',
  ]
  for (const passwordHash of stored) {
    await site.db
      .updateTable('demijohn_accounts')
      .set({ passwordHash })
      .where('id', '=', accountId)
      .execute()
    const reply = await login(
      site.visitor(),
      'ann@site.example',
      passwordHash === goodPassword ? goodPassword : 'anything at all',
    )
    assert.equal(reply.status, 422, passwordHash)
    site.clock.advance(3_600_000)
  }
})

test('login: guesses from one client are slowed down, and it is told when to come back [asvs 6.3.1]', async (t) => {
  const site = await openAttacked(t)
  await register(site, { email: 'ann@site.example' })
  const visitor = site.visitor()
  const seen = watchArgon2(t)
  const formToken = await tokenOf(visitor, '/login')
  let refused = 0
  for (let guess = 0; guess < 60; guess += 1) {
    const reply = await send(visitor, '/login', {
      formToken,
      email: 'ann@site.example',
      password: `guess ${guess}`,
    })
    if (reply.status !== 429) continue
    refused += 1
    assert.ok(Number(reply.header('retry-after')) >= 1)
  }
  assert.equal(refused, 55)
  assert.equal(seen.length, 5)
  site.clock.advance(60_000)
  assert.equal((await login(visitor, 'ann@site.example')).status, 303)
})

test('login: more sign-ins at once than there is memory for are refused, and none is let in unchecked', async (t) => {
  const site = await openAttacked(t)
  await register(site, { email: 'ann@site.example' })
  const visitors = Array.from({ length: 60 }, () => site.visitor())
  const tokens = await Promise.all(visitors.map((visitor) => tokenOf(visitor, '/login')))
  const replies = await Promise.all(
    visitors.map((visitor, at) =>
      visitor.send({
        method: 'POST',
        target: '/login',
        peerAddress: `198.51.100.${at}`,
        headers: {
          origin: 'https://site.example',
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: new URLSearchParams({
          formToken: tokens[at] ?? '',
          email: `somebody-${at}@site.example`,
          password: 'wrong',
        }).toString(),
      }),
    ),
  )
  const statuses = replies.map(({ status }) => status)
  assert.ok(
    statuses.every((status) => status === 422 || status === 503),
    statuses.join(' '),
  )
  assert.ok(statuses.includes(503))
  for (const reply of replies.filter(({ status }) => status === 503)) {
    assert.equal(reply.header('retry-after'), '2')
  }
})

test('login: neither address nor password is in the log, and each attempt is [asvs 16.3.1]', async (t) => {
  const site = await openAttacked(t)
  await register(site, { email: 'ann@site.example' })
  await login(site.visitor(), 'ann@site.example', 'wrong-guess-123')
  await login(site.visitor(), 'ann@site.example')
  await site.visitor().get('/me?password=in-the-address')
  const log = site.logLines.join('')
  for (const secret of ['ann@site.example', 'wrong-guess-123', goodPassword, 'in-the-address']) {
    assert.ok(!log.includes(secret), secret)
  }
  for (const event of ['authn_login_fail', 'authn_login_success', 'session_created']) {
    assert.ok(log.includes(`"event":"${event}"`), event)
  }
})
