/** Private pages in caches, and answers of one name under another. CVE-2026-24472, CVE-2026-44457. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { everyRole, noteId, openAttacked, send, tokenOf } from './fixture.ts'

test('gap 11: nothing that somebody signed in is answered may be kept by anything [asvs 14.3.2] [asvs 14.2.2]', async (t) => {
  const site = await openAttacked(t)
  for (const role of everyRole) {
    const client = await site.signInAs(role)
    const formToken = await tokenOf(client)
    const replies = [
      ...(await Promise.all(
        [
          '/',
          '/search?q=a',
          '/styled',
          '/me',
          '/read',
          '/admin',
          '/admin/people',
          `/notes/${noteId}`,
          '/contact',
          '/write',
          '/fields',
          '/account/password',
          '/login',
          '/nowhere',
          '/boom',
          '/logout',
          '//',
        ].map((path) => client.get(path)),
      )),
      await client.send({ method: 'HEAD', target: '/me' }),
      await send(client, '/fields', { formToken }),
      await send(client, '/wipe', {}),
      await send(client, '/wipe', { formToken }),
      await send(client, '/logout', { formToken }),
    ]
    for (const [at, reply] of replies.entries()) {
      assert.deepEqual(
        reply.headers('cache-control'),
        ['no-store'],
        `${role}, answer ${at}: ${reply.status}`,
      )
      assert.deepEqual(reply.headers('etag'), [], `${role}, answer ${at}`)
      assert.deepEqual(reply.headers('last-modified'), [])
      assert.deepEqual(reply.headers('expires'), [])
    }
  }
})

test('gap 11: whatever sets a cookie, holds a token or is a refusal is not kept either', async (t) => {
  const site = await openAttacked(t)
  const stale = site.visitor()
  stale.cookies.set('__Host-session', 'A'.repeat(43))
  const replies = [
    await site.visitor().get('/contact'),
    await site.visitor().get('/login'),
    await site.visitor().get('/me'),
    await site.visitor().get('/nowhere'),
    await stale.get('/me'),
  ]
  for (const reply of replies) assert.deepEqual(reply.headers('cache-control'), ['no-store'])
  // An anonymous page clears a dead cookie: with a Set-Cookie no shared cache may keep it.
  stale.cookies.set('__Host-session', 'A'.repeat(43))
  const page = await stale.get('/')
  assert.equal(page.headers('set-cookie').length, 1)
  assert.match(page.header('cache-control') ?? '', /no-store|private/)
})

test('cache: a page for everybody is kept by nobody but the browser, and asked for again', async (t) => {
  const site = await openAttacked(t)
  assert.equal((await site.visitor().get('/')).header('cache-control'), 'private, no-cache')
})

test('cache: a file is public, the same for everybody, and varies by its coding alone', async (t) => {
  const site = await openAttacked(t)
  const member = await site.signInAs('member')
  for (const client of [site.visitor(), member]) {
    const page = await client.get('/')
    const hashed = /href="(\/static\/[^"]+)"/.exec(page.text)?.[1] ?? ''
    const file = await client.get(hashed)
    assert.equal(file.header('cache-control'), 'public, max-age=31536000, immutable')
    assert.deepEqual(file.headers('set-cookie'), [])
    assert.equal(file.header('vary'), 'Accept-Encoding')
    const plain = await client.get('/static/site.css')
    assert.equal(plain.header('cache-control'), 'public, no-cache')
    const unchanged = await client.send({
      target: hashed,
      headers: { 'if-none-match': file.header('etag') ?? '' },
    })
    assert.equal(unchanged.status, 304)
    assert.equal(unchanged.text, '')
    assert.equal(unchanged.header('vary'), 'Accept-Encoding')
    assert.equal(unchanged.header('cache-control'), file.header('cache-control'))
  }
})

test('cache: a private page under a name that looks like a file is not there (web cache deception) [asvs 14.2.5]', async (t) => {
  const site = await openAttacked(t)
  const member = await site.signInAs('member')
  for (const end of [
    '/x.css',
    '/site.css',
    '.css',
    ';x.css',
    '%2Fx.css',
    '%00.css',
    '%0a.css',
    '%23.css',
    '%3f.css',
    '/..%2fstatic/site.css',
  ]) {
    const reply = await member.get(`/me${end}`)
    assert.ok(reply.status === 404 || reply.status === 400, `${end}: ${reply.status}`)
    assert.equal(reply.header('cache-control'), 'no-store')
    assert.ok(!reply.text.includes(member.email), end)
  }
  for (const start of ['/static/', '/static/x/..', '/static/%2e%2e']) {
    const reply = await member.get(`${start}/me`)
    assert.ok(reply.status === 404 || reply.status === 400, `${start}: ${reply.status}`)
  }
})

test('gap 12: no Host but our own is answered, and none is ever printed', async (t) => {
  const site = await openAttacked(t)
  const visitor = site.visitor()
  const wellFormed = [
    'evil.example',
    'site.example.evil.example',
    'evil.site.example',
    'xsite.example',
    'site.example:80',
    'site.example:8443',
    'localhost',
    '127.0.0.1',
    '[::1]',
    'site.example.',
    'evil.example:443',
    '169.254.169.254',
  ]
  const malformed = [
    '',
    ' ',
    'site.example@evil.example',
    'evil.example/site.example',
    'site.example evil.example',
    'site.example,evil.example',
    'https://site.example',
    'site.example#',
    'site.example?',
    'site.example\\',
    'site.example:99999',
    'site.example:port',
    '[::1',
    'site%2eexample',
    's\u0131te.example',
    'site.example\u0000',
  ]
  for (const host of wellFormed) {
    const reply = await visitor.send({ target: '/', headers: { host } })
    assert.equal(reply.status, 421, host)
    assert.ok(!reply.text.includes('evil'), host)
  }
  for (const host of malformed) {
    const reply = await visitor.send({ target: '/', headers: { host } })
    assert.equal(reply.status, 400, host)
    assert.ok(!reply.text.includes('evil'), host)
  }
  assert.equal(site.runs.total(), 0)
  for (const host of ['site.example', 'SITE.example']) {
    assert.equal((await visitor.send({ target: '/', headers: { host } })).status, 200, host)
  }
  // Names that a proxy may add are read by nobody.
  for (const name of [
    'x-forwarded-host',
    'x-host',
    'x-forwarded-server',
    'forwarded',
    'x-original-host',
    'x-http-host-override',
  ]) {
    for (const target of ['/', '/me', '/nowhere', '/contact']) {
      const reply = await visitor.send({ target, headers: { [name]: 'evil.example' } })
      assert.ok(!reply.text.includes('evil'), name)
      assert.ok(!reply.location?.includes('evil'), name)
    }
  }
})

test('gap 16: what is said of the scheme by anybody is not believed [asvs 4.1.3]', async (t) => {
  const site = await openAttacked(t)
  const headers = [
    'x-forwarded-proto',
    'x-forwarded-scheme',
    'x-url-scheme',
    'front-end-https',
    'x-forwarded-ssl',
    'forwarded',
  ]
  for (const name of headers) {
    for (const value of ['http', 'https', 'off', 'proto=http', 'javascript', 'http,https']) {
      const reply = await site.visitor().send({ target: '/contact', headers: { [name]: value } })
      assert.equal(reply.status, 200, `${name}: ${value}`)
      assert.match(reply.header('set-cookie') ?? '', /^__Host-visitor=.*; Secure$/)
      assert.match(reply.header('strict-transport-security') ?? '', /^max-age=/)
    }
  }
  // And in development, where HTTP is true, nobody can make it say otherwise.
  const local = await openAttacked(t, { origin: 'loopback' })
  const reply = await local
    .visitor()
    .send({ target: '/contact', headers: { host: 'localhost', 'x-forwarded-proto': 'https' } })
  assert.equal(reply.status, 200)
  assert.match(
    reply.header('set-cookie') ?? '',
    /^visitor=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Lax$/,
  )
  assert.equal(reply.header('strict-transport-security'), undefined)
  const elsewhere = await local.visitor().send({ target: '/', headers: { host: 'evil.example' } })
  assert.equal(elsewhere.status, 421)
})
