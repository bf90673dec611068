/**
 * Tokens in the wrong hands, place, moment or role: every way in which one ends is refused at the very
 * next request, and the handler did not run. Gap 28; CVE-2026-45337.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { changeRole, suspendAccount } from '../../src/blueprints/accounts/standing.ts'
import { accountStore } from '../../src/blueprints/accounts/store.ts'
import { tokens } from '../../src/blueprints/tokens/routes.ts'
import { Misconfiguration } from '../../src/core/misconfiguration.ts'
import { html } from '../../src/html/template.ts'
import type { SignedInClient } from '../../src/testing/site.ts'
import {
  type AppTokens,
  apiPath,
  approve,
  ask,
  connect,
  deviceGrant,
  makePersonal,
  oauthPost,
  openSite,
  refresh,
  roles,
  type TokenSite,
} from '../tokens/siteFixture.ts'

const minute = 60_000

type Held = { readonly person: SignedInClient; readonly app: AppTokens; readonly personal: string }

async function hold(site: TokenSite, role = 'editor'): Promise<Held> {
  const person = await site.signInAs(role)
  const app = await connect(site, person)
  const personal = await makePersonal(person)
  assert.match(personal, /^site_pat_/)
  return { person, app, personal }
}

/** Both tokens open the API, so a refusal afterwards is what the test has done. */
async function holdUsed(site: TokenSite): Promise<Held> {
  const held = await hold(site)
  for (const token of [held.app.access, held.personal]) {
    assert.equal((await ask(site, token)).status, 200)
  }
  site.handled.length = 0
  return held
}

const storeOf = ({ db, clock }: TokenSite) => accountStore({ db, clock })
const idOf = (held: Held) => held.person.accountId

/** The lines of a person's page, with the form that revokes each. */
async function revokeLine(person: SignedInClient, at: number): Promise<void> {
  const page = await person.get('/account/tokens')
  const forms = page.forms.filter(({ action }) => action === '/account/tokens/revoke')
  const values = Object.fromEntries(forms[at]?.values ?? [])
  const headers = {
    origin: 'https://site.example',
    'sec-fetch-site': 'same-origin',
    'content-type': 'application/x-www-form-urlencoded',
  }
  const body = new URLSearchParams(values).toString()
  const reply = await person.send({
    method: 'POST',
    target: '/account/tokens/revoke',
    headers,
    body,
  })
  assert.equal(reply.status, 303)
}

type Way = {
  readonly name: string
  readonly ends: readonly ('app' | 'personal')[]
  /** It is done to the one app, or by it, and says nothing about another that waits. */
  readonly isOfOne?: true
  readonly run: (site: TokenSite, held: Held) => Promise<unknown>
}

const both = ['app', 'personal'] as const
const ways: readonly Way[] = [
  {
    name: '[asvs 10.4.9] the person revokes the app on their page',
    ends: ['app'],
    isOfOne: true,
    run: (_, { person }) => revokeLine(person, 0),
  },
  {
    name: '[asvs 10.4.9] the person revokes the personal token on their page',
    ends: ['personal'],
    run: (_, { person }) => revokeLine(person, 1),
  },
  {
    name: '[asvs 10.7.3] the person revokes all at once',
    ends: both,
    run: (_, { person }) =>
      person.post('/account/tokens/revoke-all', {}, { from: '/account/tokens' }),
  },
  {
    name: 'the app gives its access token back',
    ends: ['app'],
    isOfOne: true,
    run: (site, { app }) =>
      oauthPost(site, '/oauth/revoke', { token: app.access, client_id: 'cli' }),
  },
  {
    name: 'the app gives its refresh token back',
    ends: ['app'],
    isOfOne: true,
    run: (site, { app }) =>
      oauthPost(site, '/oauth/revoke', { token: app.refresh, client_id: 'cli' }),
  },
  {
    name: 'a script gives its token back',
    ends: ['personal'],
    run: (site, { personal }) => oauthPost(site, '/oauth/revoke', { token: personal }),
  },
  {
    name: '[asvs 10.4.5] a refresh token comes twice',
    ends: ['app'],
    isOfOne: true,
    run: async (site, { app }) => {
      await refresh(site, app)
      await refresh(site, app)
    },
  },
  {
    name: 'signed out everywhere',
    ends: ['app'],
    run: (_, { person }) =>
      person.post('/account/sessions/everywhere', {}, { from: '/account/sessions' }),
  },
  {
    name: '[asvs 7.4.3] the password is chosen',
    ends: both,
    run: async (_, { person }) => {
      const reply = await person.post('/account/password', { newPassword: 'four unrelated words' })
      assert.equal(reply.status, 303, reply.text)
    },
  },
  {
    name: '[asvs 7.4.2] suspended',
    ends: both,
    run: (site, held) =>
      site.app.sessions.endAllOf(idOf(held), {
        alongside: (db) => suspendAccount({ ...storeOf(site), db }, idOf(held)),
      }),
  },
  {
    name: '[asvs 8.3.2] another role',
    ends: both,
    run: (site, held) =>
      site.app.sessions.endAllOf(idOf(held), {
        alongside: (db) => changeRole({ ...storeOf(site), db }, idOf(held), 'viewer'),
      }),
  },
  {
    name: '[asvs 7.4.2] the account is deleted by its owner',
    ends: both,
    run: async (_, { person }) => {
      const reply = await person.post('/account/delete', { email: person.email })
      assert.equal(reply.status, 200)
    },
  },
]

for (const { name, ends, run } of ways) {
  test(`${name}: refused at the very next request`, async (t) => {
    const site = await openSite(t)
    const held = await holdUsed(site)
    const other = await holdUsed(site)
    await run(site, held)
    for (const [kind, token] of [
      ['app', held.app.access],
      ['personal', held.personal],
    ] as const) {
      site.handled.length = 0
      const reply = await ask(site, token)
      assert.equal(reply.status, ends.includes(kind) ? 401 : 200, kind)
      assert.equal(site.handled.length, ends.includes(kind) ? 0 : 1, kind)
    }
    assert.equal((await refresh(site, held.app)).reply.status, ends.includes('app') ? 400 : 200)
    for (const token of [other.app.access, other.personal]) {
      assert.equal((await ask(site, token)).status, 200, 'nobody else’s')
    }
  })
}

for (const { name, ends, isOfOne = false, run } of ways) {
  if (!ends.includes('app') || isOfOne) continue
  test(`${name}: an app that was let in and has not fetched its tokens gets none`, async (t) => {
    const site = await openSite(t)
    const held = await hold(site)
    const { json } = await oauthPost(site, '/oauth/device_authorization', { client_id: 'cli' })
    assert.equal((await approve(held.person, String(json.user_code))).status, 200)
    await run(site, held)
    const form = { grant_type: deviceGrant, client_id: 'cli', device_code: `${json.device_code}` }
    const fetched = await oauthPost(site, '/oauth/token', form)
    assert.equal(fetched.reply.status, 400)
    // As to somebody who was refused: RFC 8628 section 3.5.
    assert.match(String(fetched.json.error), /^(?:access_denied|invalid_grant)$/)
    const families = await site.db.selectFrom('demijohn_token_families').selectAll().execute()
    assert.ok(families.every(({ endedAt }) => endedAt !== null))
  })
}

test('a refresh token that came twice is told once, to the owner and to the log', async (t) => {
  const site = await openSite(t)
  const { person, app } = await hold(site)
  const before = (await site.mails()).length
  await refresh(site, app)
  await refresh(site, app)
  await refresh(site, app)
  const told = (await site.mails()).slice(before)
  assert.deepEqual(
    told.map(({ to, links }) => ({ to, links })),
    [{ to: person.email, links: ['/account/tokens'] }],
  )
  const lines = site.logLines.filter((line) => line.includes('"authn_token_reuse"'))
  assert.equal(lines.length, 1)
  assert.match(lines[0] ?? '', /"level":"error"/)
})

test('the sentinel hears of tokens that come twice, and meets whoever sends them', async (t) => {
  const never = Number.POSITIVE_INFINITY
  const thresholds = { enumeration: { slow: 2, challenge: never, ban: never } }
  for (const times of [1, 2]) {
    const site = await openSite(t, { sentinel: { thresholds } })
    const person = await site.signInAs('editor')
    const from = { peerAddress: '203.0.113.9' }
    for (let thefts = 0; thefts < 2; thefts += 1) {
      const { refresh: token } = await connect(site, person)
      const form = { grant_type: 'refresh_token', client_id: 'cli', refresh_token: token }
      for (let sent = 0; sent < times; sent += 1) await oauthPost(site, '/oauth/token', form, from)
    }
    const statuses: number[] = []
    for (let asked = 0; asked < 20; asked += 1) {
      statuses.push((await site.visitor().send({ target: '/oauth/jwks.json', ...from })).status)
    }
    assert.equal(statuses.includes(429), times === 2)
  }
})

test('a token is no credential anywhere but in the Authorization field', async (t) => {
  const site = await openSite(t)
  const { app, personal, person } = await hold(site)
  site.handled.length = 0
  for (const token of [app.access, personal]) {
    for (const [target, headers] of [
      [`/api/v1/notes?access_token=${token}`, {}],
      [`/api/v1/notes?token=${token}`, {}],
      ['/api/v1/notes', { cookie: `__Host-session=${token}` }],
      ['/api/v1/notes', { 'x-api-key': token }],
      ['/api/v1/notes', { authorization: token }],
      ['/api/v1/notes', { authorization: `Basic ${token}` }],
      ['/api/v1/notes', { authorization: `Bearer ${token} ${token}` }],
      ['/api/v1/notes', { authorization: `Bearer ${token}, Bearer ${token}` }],
    ] as const) {
      const reply = await site.visitor().send({ target, headers })
      assert.ok([400, 401].includes(reply.status), `${target} ${reply.status}`)
    }
    // A bearer on a page: nobody is signed in by it.
    const page = await site
      .visitor()
      .send({ target: '/account/tokens', headers: { authorization: `Bearer ${token}` } })
    assert.notEqual(page.status, 200)
  }
  // The session's cookie on an API route.
  assert.equal((await person.get('/api/v1/notes')).status, 401)
  // What refreshes opens nothing.
  assert.equal((await ask(site, app.refresh)).status, 401)
  assert.deepEqual(site.handled, [])
})

test('[asvs 8.2.1] a token does what it was given and its person may, and nothing else', async (t) => {
  const site = await openSite(t)
  const editor = await site.signInAs('editor')
  const reads = await makePersonal(editor)
  const writes = await makePersonal(editor, { name: 'writes', scope_note_write: 'on' })
  site.handled.length = 0
  const post = { method: 'POST' } as const
  assert.equal((await ask(site, reads, post)).status, 403)
  assert.equal((await ask(site, writes, post)).status, 204)
  assert.equal((await ask(site, writes, { target: '/api/v1/people' })).status, 403)
  assert.deepEqual(site.handled, [`write ${editor.accountId}`])
})

test('a personal token gets no permission that its maker has not, not even by a forged form', async (t) => {
  const site = await openSite(t)
  const viewer = await site.signInAs('viewer')
  const page = await viewer.get('/account/tokens/new')
  const form = page.forms.find(({ action }) => action === '/account/tokens/new')
  assert.deepEqual([...(form?.names ?? [])].sort(), [
    'days',
    'formToken',
    'name',
    'scope_note_read',
  ])
  const body = new URLSearchParams({
    ...Object.fromEntries(form?.values ?? []),
    ...{ name: 'x', days: '30', scope_note_read: 'on', scope_note_write: 'on' },
  })
  const headers = {
    origin: 'https://site.example',
    'sec-fetch-site': 'same-origin',
    'content-type': 'application/x-www-form-urlencoded',
  }
  const reply = await viewer.send({
    ...{ method: 'POST', target: '/account/tokens/new', headers, body: body.toString() },
  })
  assert.equal(reply.status, 422)
  const rows = await site.db.selectFrom('demijohn_personal_tokens').selectAll().execute()
  assert.deepEqual(rows, [])
})

test('scopes beyond a role that has shrunk without a word to anybody are powerless', async (t) => {
  const site = await openSite(t)
  const editor = await site.signInAs('editor')
  const token = await makePersonal(editor, { scope_note_write: 'on' })
  // Around every function that would end it: the rows alone.
  await site.app.sessions.accountChanged(editor.accountId, {
    alongside: (db) =>
      db
        .updateTable('demijohn_accounts')
        .set({ role: 'viewer' })
        .where('id', '=', editor.accountId)
        .execute(),
  })
  site.handled.length = 0
  assert.equal((await ask(site, token, { method: 'POST' })).status, 403)
  assert.equal((await ask(site, token)).status, 200)
  assert.deepEqual(site.handled, ['read'])
})

test('a personal token is shown once, is in no address, notice or mail, and its page is not kept', async (t) => {
  const site = await openSite(t)
  const person = await site.signInAs('editor')
  const made = await person.post('/account/tokens/new', {
    ...{ name: 'nightly', days: '7', scope_note_read: 'on' },
  })
  assert.equal(made.status, 200)
  assert.equal(made.header('cache-control'), 'no-store')
  const token = /site_pat_[0-9A-Za-z]+/.exec(made.text)?.[0] ?? ''
  const list = await person.get('/account/tokens')
  assert.ok(list.text.includes('nightly') && !list.text.includes(token))
  const [mail] = (await site.mails()).slice(-1)
  assert.equal(mail?.to, person.email)
  assert.deepEqual(mail?.links, ['/account/tokens'])
  const everywhere = JSON.stringify(await site.mails()) + site.logLines.join('')
  assert.ok(!everywhere.includes(token) && !everywhere.includes(token.slice(9, 40)))
  // The page sent a second time makes no second token.
  const again = await person.post('/account/tokens/new', {
    ...{ name: 'nightly', days: '7', scope_note_read: 'on' },
  })
  assert.equal(again.status, 422)
})

test('[asvs 7.5.3] making, revoking and letting in ask for a recent proof', async (t) => {
  const site = await openSite(t)
  const { person } = await hold(site)
  const begun = await oauthPost(site, '/oauth/device_authorization', { client_id: 'cli' })
  site.clock.advance(11 * minute)
  const confirm = /^\/login\/confirm/
  assert.match((await person.get('/account/tokens/new')).location ?? '', confirm)
  const list = await person.get('/account/tokens')
  assert.equal(list.forms.filter(({ action }) => action.includes('revoke')).length, 0)
  const entered = await person.post('/device', { code: String(begun.json.user_code) })
  assert.equal(entered.status, 422, 'and the code is over')
  const another = await oauthPost(site, '/oauth/device_authorization', { client_id: 'cli' })
  const known = await person.post('/device', { code: String(another.json.user_code) })
  assert.match((await person.follow(known)).location ?? '', confirm)
})

test('CVE-2026-45337: over the pages, too, a grant is decided by who typed its code', async (t) => {
  const site = await openSite(t)
  const [ann, ben] = [await site.signInAs('editor'), await site.signInAs('editor')]
  const { json } = await oauthPost(site, '/oauth/device_authorization', { client_id: 'cli' })
  const entered = await ann.post('/device', { code: String(json.user_code) })
  const page = entered.location ?? ''
  assert.match(page, /^\/device\/[0-9a-f-]{36}$/)
  // Ben knows the address and the code; he has a form token of his own.
  assert.equal((await ben.get(page)).location, '/device')
  assert.equal((await ben.post('/device', { code: String(json.user_code) })).status, 422)
  const token = (await ben.get('/device')).forms.find(({ action }) => action === '/device')
  const body = `formToken=${token?.values.get('formToken')}`
  const headers = {
    origin: 'https://site.example',
    'sec-fetch-site': 'same-origin',
    'content-type': 'application/x-www-form-urlencoded',
  }
  const forged = await ben.send({ method: 'POST', target: `${page}/approve`, headers, body })
  assert.equal(forged.status, 404)
  const poll = () =>
    oauthPost(site, '/oauth/token', {
      ...{ grant_type: deviceGrant, client_id: 'cli', device_code: String(json.device_code) },
    })
  assert.equal((await poll()).json.error, 'authorization_pending')
  assert.equal((await ann.post(`${page}/approve`, {}, { from: page })).status, 200)
  site.clock.advance(5_000)
  const { access_token: access } = (await poll()).json
  assert.equal(JSON.parse((await ask(site, String(access))).text).who, ann.email)
})

test('[asvs 10.7.2] the page of consent says which app, what it could do, and from where it asks', async (t) => {
  const site = await openSite(t)
  const viewer = await site.signInAs('viewer')
  const { json } = await oauthPost(site, '/oauth/device_authorization', { client_id: 'cli' })
  const entered = await viewer.post('/device', { code: String(json.user_code) })
  const { text } = await viewer.follow(entered)
  for (const word of ['Site CLI', 'Read notes', '127.0.0.1', 'Refuse'])
    assert.ok(text.includes(word), word)
  assert.match(text, /does not get it: Write notes/)
  await viewer.post(`${entered.location}/approve`, {}, { from: entered.location ?? '' })
  const answer = await oauthPost(site, '/oauth/token', {
    ...{ grant_type: deviceGrant, client_id: 'cli', device_code: String(json.device_code) },
  })
  assert.equal(answer.json.scope, 'note:read')
  const [mail] = (await site.mails()).slice(-1)
  assert.match(mail?.subject ?? '', /^Site CLI may now use/)
})

test('guesses at user codes wait, and a guess in time gets what an unknown code gets', async (t) => {
  const site = await openSite(t)
  const person = await site.signInAs('editor')
  const statuses: number[] = []
  for (let guess = 0; guess < 12; guess += 1) {
    statuses.push((await person.post('/device', { code: 'BCDF-GHJK' })).status)
  }
  assert.deepEqual(statuses, [...Array(10).fill(422), 429, 429])
  const { json } = await oauthPost(site, '/oauth/device_authorization', { client_id: 'cli' })
  // The right code is not looked at while somebody has to wait.
  assert.equal((await approve(person, String(json.user_code))).status, 429)
  assert.equal((await approve(await site.signInAs('editor'), String(json.user_code))).status, 200)
})

test('[asvs 10.4.4, 10.4.11] an app gets no grant but its own, and no scope that it was not given', async (t) => {
  const site = await openSite(t, { clients: { cli: { name: 'CLI', scopes: ['note:read'] } } })
  const errorOf = async (path: string, form: Readonly<Record<string, string>>) => {
    const { reply, json } = await oauthPost(site, path, form)
    assert.equal(reply.status, 400)
    assert.equal(reply.header('cache-control'), 'no-store')
    return json.error
  }
  const token = '/oauth/token'
  const device = '/oauth/device_authorization'
  for (const grant_type of [
    'password',
    'client_credentials',
    'authorization_code',
    'implicit',
    '',
  ]) {
    const error = await errorOf(token, { grant_type, client_id: 'cli' })
    assert.equal(error, grant_type === '' ? 'invalid_request' : 'unsupported_grant_type')
  }
  assert.equal(await errorOf(device, { client_id: 'other' }), 'invalid_client')
  assert.equal(await errorOf(device, { scope: 'note:read' }), 'invalid_request')
  for (const scope of [
    'note:write',
    'people:manage',
    'note:read note:write',
    'note:read  x',
    '"',
  ]) {
    assert.equal(await errorOf(device, { client_id: 'cli', scope }), 'invalid_scope', scope)
  }
  for (const code of ['', 'x', `site_dc_${'a'.repeat(49)}`]) {
    const form = { grant_type: deviceGrant, client_id: 'cli', device_code: code }
    assert.equal(await errorOf(token, form), code === '' ? 'invalid_request' : 'invalid_grant')
  }
})

test('undeclared, doubled and foreign input is refused at OAuth’s addresses', async (t) => {
  const site = await openSite(t)
  const send = (body: string, type = 'application/x-www-form-urlencoded') =>
    site.visitor().send({
      ...{ method: 'POST', target: '/oauth/token', headers: { 'content-type': type }, body },
    })
  assert.equal((await send('grant_type=password&username=a&password=b')).status, 400)
  assert.equal((await send('grant_type=refresh_token&grant_type=refresh_token')).status, 400)
  assert.equal((await send('{"grant_type":"refresh_token"}', 'application/json')).status, 415)
  assert.equal((await site.visitor().get('/oauth/token')).status, 405)
})

async function parallel<T>(t: TestContext, run: (site: TokenSite, held: Held) => Promise<T>[]) {
  const site = await openSite(t)
  const held = await hold(site)
  return { site, held, answers: await Promise.all(run(site, held)) }
}

test('[asvs 10.4.5] of twenty refreshes over the wire one wins, then the family ends', async (t) => {
  const { site, answers } = await parallel(t, (site, { app }) =>
    Array.from({ length: 20 }, () => refresh(site, app)),
  )
  const won = answers.filter(({ reply }) => reply.status === 200)
  assert.equal(won.length, 1)
  assert.equal((await ask(site, String(won[0]?.json.access_token))).status, 401)
})

test('[asvs 9.1.3] the published keys verify what was signed, and hold nothing secret', async (t) => {
  const site = await openSite(t)
  const { app } = await hold(site)
  const reply = await site.visitor().send({ target: '/oauth/jwks.json' })
  const { keys } = JSON.parse(reply.text)
  assert.equal(keys.length, 1)
  assert.deepEqual(Object.keys(keys[0]).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x'])
  const { createLocalJWKSet, jwtVerify } = await import('jose')
  const origin = 'https://site.example'
  const verified = await jwtVerify(app.access, createLocalJWKSet({ keys }), {
    ...{ issuer: origin, audience: origin, typ: 'at+jwt' },
  })
  assert.equal(verified.payload.client_id, 'cli')
})

/** Every text in every table of the library. */
async function everyText(site: TokenSite): Promise<string> {
  const tables = (await site.db.introspection.getTables()).map(({ name }) => name)
  const rows = tables.map((name) =>
    site.db
      .selectFrom(name as 'demijohn_accounts')
      .selectAll()
      .execute(),
  )
  return JSON.stringify(await Promise.all(rows))
}

test('[asvs 14.2.6] the export of one’s own data tells of apps and tokens, and holds no hash of one', async (t) => {
  const site = await openSite(t)
  const { person } = await hold(site)
  const reply = await person.post('/account/export')
  const { apps, personalTokens, appsThatAsked } = JSON.parse(reply.text)
  assert.deepEqual(
    [apps.rows.length, personalTokens.rows.length, appsThatAsked.rows.length],
    [1, 1, 1],
  )
  assert.equal(personalTokens.rows[0].name, 'nightly')
  assert.equal(apps.rows[0].clientId, 'cli')
  const secrets: string[] = []
  const read = { personal: 'demijohn_personal_tokens', refresh: 'demijohn_refresh_tokens' } as const
  for (const row of await site.db.selectFrom(read.personal).selectAll().execute()) {
    secrets.push(row.tokenHash, row.id)
  }
  for (const row of await site.db.selectFrom(read.refresh).selectAll().execute()) {
    secrets.push(row.id, row.familyId)
  }
  for (const row of await site.db.selectFrom('demijohn_device_grants').selectAll().execute()) {
    secrets.push(row.deviceHash, row.userHash)
  }
  assert.ok(secrets.length >= 6)
  for (const secret of secrets) assert.ok(!reply.text.includes(secret))
})

test('[asvs 14.2.7] a deleted account leaves no app, token or grant behind', async (t) => {
  const site = await openSite(t)
  const { person } = await hold(site)
  assert.ok((await everyText(site)).includes(person.accountId))
  await person.post('/account/delete', { email: person.email })
  assert.ok(!(await everyText(site)).includes(person.accountId))
  for (const table of ['demijohn_refresh_tokens', 'demijohn_device_grants'] as const) {
    assert.deepEqual(await site.db.selectFrom(table).selectAll().execute(), [])
  }
})

test('[asvs 16.5.3] tokens: an app whose mails cannot be written is refused at start, or a copy would end nothing', async () => {
  const settings = (name: string) => ({
    ...{ roles, layout: () => html``, siteName: 'A site whose name is most of a line' },
    ...{ scopes: { 'note:read': 'Read notes' }, clients: { cli: { name, scopes: ['note:read'] } } },
  })
  assert.ok(tokens(settings('Site CLI')))
  for (const name of ['x'.repeat(80), 'Site\nBcc: all', 'Site \u202eILC']) {
    assert.throws(() => tokens(settings(name)), Misconfiguration)
  }
})

test('tokens: whatever refuses a program is JSON, before there is a route and while it is banned', async (t) => {
  const site = await openSite(t)
  const peerAddress = '192.0.2.66'
  const from = (method: string, target: string) =>
    site.visitor().send({ method, target, peerAddress })
  const addresses = [
    ['GET', apiPath],
    ['GET', '/api/v1/nowhere'],
    ['POST', '/oauth/token'],
    ['POST', '/oauth/device_authorization'],
    ['POST', '/oauth/revoke'],
    ['GET', '/oauth/jwks.json'],
    ['GET', '/.well-known/oauth-authorization-server'],
  ] as const
  const expectRefused = async (status: number, code: string): Promise<void> => {
    for (const [method, target] of addresses) {
      const reply = await from(method, target)
      assert.equal(reply.status, status, target)
      assert.equal(reply.header('content-type'), 'application/problem+json', target)
      assert.match(reply.header('retry-after') ?? '60', /^\d+$/, target)
      assert.equal(JSON.parse(reply.text).code, code, target)
    }
  }
  const probe = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at += 1) await from('GET', `/wp-content/${at}`)
  }
  await probe(8)
  await expectRefused(429, 'sentinel.slow')
  await probe(60)
  await expectRefused(403, 'sentinel.banned')
  assert.match((await from('GET', '/')).header('content-type') ?? '', /^text\/html/)
  const wrongMethod = await site.visitor().send({ method: 'GET', target: '/oauth/token' })
  assert.equal(wrongMethod.status, 405)
  assert.equal(wrongMethod.header('content-type'), 'application/problem+json')
  assert.deepEqual(site.handled, [])
})
