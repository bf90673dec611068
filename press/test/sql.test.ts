/**
 * SQL text in every place where a stranger's text comes in: each path parameter, each name of each
 * query, each field of each form, generated from the declared routes. It is stored as it is, or
 * refused, and never does anything.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { sqlTexts } from '../src/posts/postsFixture.ts'
import {
  askerFor,
  askFor,
  codeOf,
  dumpAll,
  factorsOf,
  freshTarget,
  newAddress,
  routes,
  type SweptRoute,
  sendWith,
} from './sweep.ts'
import { addPost, type Dump, dump, look, openWorld, sendForm, type Values } from './world.ts'

const texts: readonly string[] = [
  ...sqlTexts,
  "'",
  '"',
  "''",
  '`',
  "\\'",
  '\\',
  ';',
  '--',
  '/*',
  "' -- comment",
  "1' /*! OR 1=1 */ --",
  "' AND 1=0 UNION ALL SELECT name, sql, 3, 4, 5, 6, 7, 8, 9 FROM sqlite_master --",
  "x'; INSERT INTO posts SELECT * FROM posts; --",
  "'; UPDATE demijohn_accounts SET role = 'admin' WHERE '1' = '1",
  '1; PRAGMA writable_schema = 1; DROP TABLE demijohn_sessions',
  "' || (SELECT passwordHash FROM demijohn_accounts LIMIT 1) || '",
  "' OR randomblob(1000000000) IS NOT NULL --",
  "'; SELECT load_extension('x'); --",
  '%',
  '_',
  '!%',
  '%_!%_',
  '[a-z]*?',
  "' GLOB '*",
  '0x27',
  '%27%20OR%201=1',
  '\u2019 OR \u20181\u2019=\u20181',
  '\uff07 OR 1=1 \u2010\u2010',
  '\u02bc; DROP TABLE posts',
  '-1',
  '1e9',
  'NULL',
  'true',
  '$1',
  ':id',
  '@id',
  '?1',
  '{"$gt": ""}',
  "\u202e'; DROP TABLE posts; --",
  "x'\u200b OR 1=1 --",
]

/** Unicode's list of what is not seen: controls, marks of direction, joiners, fillers. */
const isUnseen = (text: string): boolean =>
  /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/u.test(text)

/** Where a name is one that people go by: something in it can be read, and nothing is hidden. */
const isReadable = (text: string): boolean => /[\p{L}\p{N}]/u.test(text) && !isUnseen(text)

/** What is free takes every text there is, but for these, which say in whose sight it will stand. */
const takenWhere = (route: string, field: string): ((text: string) => boolean) | undefined => {
  // A passkey comes with its name, and none can be made without a device.
  if (route === 'POST /account/factors/passkeys') return () => false
  if (route === 'POST /account/factors/passkeys/:passkey') return (text) => text.length <= 60
  if (route === 'POST /account/tokens/new' && field === 'name') return (text) => text.length <= 80
  if (field === 'name') return isReadable
  if (isPassword(field)) return () => field === 'newPassword'
  // It stands in a mail, where its words must not turn around.
  if (route === 'POST /admin/people/:personId/suspend') return (text) => !/\u202e/.test(text)
  return /^(?:title|summary|body|bio)$/.test(field) ? () => true : undefined
}

/** Rows more of each table; 0 is a row that changes, `[1, 1]` one more and one that changes. */
type Written = Readonly<Record<string, number | readonly [number, number]>>

/**
 * Rows that a form adds, by hand. What is not named keeps every row it had. A sentence says why a
 * form writes nothing here.
 */
const writes: Readonly<Record<string, Written | string>> = {
  // Two posts and four comments were the editor's own or stood on these, and a last mail goes out. The
  // app that waits for the editor to decide waits in vain from then on, as wherever sessions end.
  'POST /account/delete': {
    ...{ demijohn_accounts: -1, demijohn_sessions: -1, demijohn_mails: 1 },
    ...{ posts: -2, comments: -4, profiles: -1, demijohn_device_grants: -1 },
  },
  'POST /account/email': { demijohn_mails: 1, demijohn_tickets: 1, demijohn_throttles: 1 },
  'POST /account/export': 'it reads',
  'POST /account/factors/passkeys': 'no device answers here: see the journeys in a browser',
  'POST /account/factors/passkeys/:passkey': { demijohn_passkeys: 0 },
  'POST /account/factors/passkeys/:passkey/remove': {
    ...{ demijohn_accounts: 0, demijohn_sessions: 0, demijohn_device_grants: 0 },
    ...{ demijohn_passkeys: -1, demijohn_mails: 1 },
  },
  'POST /account/factors/recovery-codes': 'the editor has no factor that they would stand in for',
  'POST /account/factors/totp': {
    ...{ demijohn_accounts: 0, demijohn_sessions: 0, demijohn_totp: 0 },
    ...{ demijohn_recovery_codes: 10, demijohn_mails: 1 },
  },
  'POST /account/factors/totp/new': { demijohn_totp: 1 },
  'POST /account/factors/totp/remove': {
    ...{ demijohn_accounts: 0, demijohn_sessions: 0 },
    ...{ demijohn_totp: -1, demijohn_recovery_codes: -10, demijohn_mails: 1 },
  },
  'POST /account/password': {
    ...{ demijohn_accounts: 0, demijohn_sessions: 0, demijohn_mails: 1 },
    demijohn_device_grants: 0,
  },
  'POST /account/sessions/end': 'the key of no session ends none',
  'POST /account/sessions/everywhere': { demijohn_sessions: -1, demijohn_device_grants: 0 },
  'POST /account/sessions/others': { demijohn_sessions: 0, demijohn_device_grants: 0 },
  'POST /account/tokens/new': { demijohn_personal_tokens: 1, demijohn_mails: 1 },
  'POST /account/tokens/revoke': 'the id of no token revokes none',
  // None is there, but an app that waits.
  'POST /account/tokens/revoke-all': { demijohn_device_grants: 0 },
  'POST /admin/people/:personId/delete': { demijohn_accounts: -1, demijohn_mails: 1 },
  'POST /admin/people/:personId/link': { demijohn_tickets: 1 },
  'POST /admin/people/:personId/restore': { demijohn_accounts: 0, demijohn_mails: 1 },
  'POST /admin/people/:personId/role': { demijohn_accounts: 0, demijohn_mails: 1 },
  'POST /admin/people/:personId/suspend': { demijohn_accounts: 0, demijohn_mails: 1 },
  'POST /admin/people/new': { demijohn_accounts: 1, demijohn_tickets: 1 },
  'POST /comments/:commentId/delete': { comments: -1 },
  'POST /device': { demijohn_device_grants: 0 },
  'POST /device/:grantId/approve': { demijohn_device_grants: 0, demijohn_mails: 1 },
  'POST /device/:grantId/deny': { demijohn_device_grants: 0 },
  // The link is used up, and one to undo it goes to the old address.
  'POST /email/confirm/:secret': {
    ...{ demijohn_accounts: 0, demijohn_mails: 1 },
    demijohn_tickets: [1, 1],
  },
  // The link is used up, and one to choose a password follows it.
  'POST /email/undo/:secret': {
    ...{ demijohn_accounts: 0, demijohn_mails: 1 },
    demijohn_tickets: [1, 1],
  },
  // A first sign-in leaves two rows of devices: the browser, and that there was one.
  'POST /invitation/:secret': {
    ...{ demijohn_accounts: 1, demijohn_tickets: 0 },
    ...{ demijohn_sessions: 1, demijohn_devices: 1 },
  },
  'POST /login': { demijohn_sessions: 1, demijohn_devices: 1, demijohn_mails: 1 },
  'POST /login/confirm': { demijohn_sessions: 0 },
  'POST /login/confirm/passkey': 'no device answers here: see the journeys in a browser',
  'POST /login/passkey': 'no device answers here: see the journeys in a browser',
  'POST /login/second-factor': {
    ...{ demijohn_sessions: 0, demijohn_totp: 0 },
    ...{ demijohn_devices: 1, demijohn_mails: 1 },
  },
  'POST /login/second-factor/passkey': 'no device answers here: see the journeys in a browser',
  'POST /logout': { demijohn_sessions: -1 },
  'POST /posts/:postId/comments': { comments: 1 },
  'POST /posts/:postId/delete': { posts: -1 },
  'POST /posts/:postId/edit': { posts: 0 },
  'POST /posts/new': { posts: 1 },
  'POST /register': { demijohn_mails: 1, demijohn_tickets: 1, demijohn_throttles: 1 },
  'POST /reset': { demijohn_mails: 1, demijohn_tickets: 1, demijohn_throttles: 1 },
  'POST /reset/:secret': {
    ...{ demijohn_accounts: 0, demijohn_tickets: 0, demijohn_mails: 2 },
    ...{ demijohn_sessions: 1, demijohn_devices: 1 },
  },
  'POST /settings': { demijohn_accounts: 0, profiles: 0 },
  'POST /setup/:secret': {
    ...{ demijohn_accounts: 1, demijohn_tickets: 0 },
    ...{ demijohn_sessions: 1, demijohn_devices: 1 },
  },
  'POST /verify/:secret': {
    ...{ demijohn_accounts: 1, demijohn_tickets: 0 },
    ...{ demijohn_sessions: 1, demijohn_devices: 1 },
  },
  'POST /welcome/:secret': {
    ...{ demijohn_accounts: 0, demijohn_tickets: 0, demijohn_mails: 1 },
    ...{ demijohn_sessions: 1, demijohn_devices: 1 },
  },
}

/**
 * Where a secret is checked: how many counts of tries a wrong one leaves, and nothing else. What is
 * longer than the field is not looked at.
 */
const counted: Readonly<Record<string, { readonly rows: number; readonly upTo?: number }>> = {
  // The address has one, and the client.
  'POST /login password': { rows: 2 },
  // The session has one, and the account.
  'POST /login/confirm password': { rows: 2 },
  'POST /login/second-factor code': { rows: 1, upTo: 60 },
  'POST /account/email currentPassword': { rows: 2 },
  'POST /device code': { rows: 2, upTo: 32 },
  'POST /account/password currentPassword': { rows: 2 },
}

/** A hash takes a while: these are tried with a few of the texts, which are long enough to be taken. */
const isPassword = (field: string): boolean => /password$/i.test(field)
const few = texts.filter((text) => text.length > 40).slice(0, 3)

/** Taken, and stored in no row: why. */
const notStored: Readonly<Record<string, string>> = {
  'POST /account/sessions/end key': 'looked up, and found nowhere',
  'POST /account/tokens/revoke id': 'looked up, and found nowhere',
  'POST /login/confirm code': 'not asked of the editor, who has no second factor',
  'POST /admin/people/:personId/suspend reason': 'sealed, in the mail',
}

// Opened anew for each place, so that a look at every row stays short.
let world = await openWorld()
after(() => world.site.close())

async function startAnew(): Promise<void> {
  await world.site.close()
  world = await openWorld()
  // So that saving the profile changes a row, and adds none.
  const { accountId } = world.people.editor
  await world.site.tables.insertInto('profiles').values({ accountId, bio: '' }).execute()
}

for (const route of routes) {
  for (const name of route.params) {
    test(`[asvs 1.2.4] ${route.route}: SQL for :${name}`, async () => {
      await startAnew()
      const whole = await freshTarget(world, route)
      const before = await dumpAll(world.site)
      const segments = route.path.split('/')
      const at = segments.indexOf(`:${name}`)
      for (const text of texts) {
        for (const value of [text, `${whole.split('/')[at] ?? ''}${text}`]) {
          const target = whole.split('/').with(at, encodeURIComponent(value)).join('/')
          const { status } = await askFor(world, world.clients.admin, route, target)
          assert.ok(status === 404 || status === 400, `${target} is ${status}`)
        }
      }
      assert.deepEqual(await dumpAll(world.site), before)
    })
  }

  for (const name of route.query) {
    const isWrite = route.method === 'POST'
    test(`[asvs 1.2.4] ${route.route}: SQL for ?${name}`, async () => {
      await startAnew()
      const client = isWrite ? undefined : await askerFor(world, route)
      const whole = await freshTarget(world, route)
      const before = await dumpAll(world.site)
      // What is a path of the site leads there; nothing else leads anywhere.
      const paths = name === 'next' ? texts.map((text) => `/${text}`) : []
      for (const text of isWrite ? few.concat(paths.slice(0, 3)) : texts.concat(paths)) {
        const query = `?${name}=${encodeURIComponent(text)}`
        if (client === undefined) {
          await startAnew()
          await sendRight(route, query)
          continue
        }
        const reply = await look(client, `${whole}${query}`)
        const refused = name === 'page' || name === 'show' || name === 'state' ? 422 : 200
        assert.equal(reply.status, refused, query)
      }
      if (client !== undefined) assert.deepEqual(await dumpAll(world.site), before)
    })
  }

  for (const name of route.fields) {
    const isSlow = isPassword(name)
    test(`[asvs 1.2.4] ${route.route}: SQL for the field ${name}`, async () => {
      if (!isSlow) await startAnew()
      const isTaken = takenWhere(route.route, name)
      for (const text of isSlow ? few : texts) {
        // The present password is what it was.
        if (isSlow) await startAnew()
        const taken = await submit(route, name, text)
        const where = `${name}=${text} ${taken ? 'is taken' : 'is refused'}`
        if (isTaken !== undefined) assert.equal(taken, isTaken(text), where)
      }
    })
  }

  if (route.method !== 'POST') continue
  test(`${route.route}: what it writes when nothing is wrong`, async () => {
    await startAnew()
    await sendRight(route)
  })
}

test('the list of what forms write names every one, and none that is not there', () => {
  const there = routes.filter(({ method }) => method === 'POST').map(({ route }) => route)
  assert.deepEqual(Object.keys(writes), there.toSorted())
})

/** Sends a form with nothing wrong in it; it writes what stands in the list. */
async function sendRight(route: SweptRoute, query = ''): Promise<void> {
  const target = await freshTarget(world, route)
  const client = await askerFor(world, route)
  const before = await dumpAll(world.site)
  const values = { ...(await ownValues(route)), ...addressOfItsOwn(route, '') }
  const reply = await sendWith(world, client, {
    ...{ route: route.route, values },
    target: `${target}${query}`,
  })
  const where = `${route.route}${query} is ${reply.status}`
  const isUnanswerable = route.path.endsWith('/passkey') || route.path.endsWith('/passkeys')
  const good = isUnanswerable ? [422] : [200, 201, 303]
  assert.ok(good.includes(reply.status), where)
  assert.match(reply.location ?? '/', /^\/(?![/\\])/, `${where} and leads elsewhere`)
  const now = await dumpAll(world.site)
  const expected = expectedOf(route.route)
  checkWritten(before, now, expected, where)
  for (const table of Object.keys(expected)) assert.notDeepEqual(now[table], before[table], where)
}

/** What only whoever asks can know. */
async function ownValues({ path }: SweptRoute): Promise<Values> {
  const now = world.site.clock.now()
  if (path === '/account/factors/totp') {
    return { code: codeOf((await factorsOf(world)).pending.secret, now) }
  }
  if (path === '/login/second-factor') {
    return { code: codeOf((await factorsOf(world)).half.secret, now) }
  }
  if (path === '/account/delete') return { email: world.people.editor.email }
  return path === '/account/sessions/end' ? { key: 'none' } : {}
}

function expectedOf(route: string): Written {
  const expected = writes[route]
  assert.ok(expected !== undefined, `${route} is not in the list of what forms write`)
  return typeof expected === 'string' ? {} : expected
}

/** Every table has the rows that it should have; gives what stands in those that were written. */
function checkWritten(
  before: Dump,
  now: Dump,
  expected: Written,
  where: string,
): readonly unknown[] {
  assert.deepEqual(Object.keys(now), Object.keys(before), 'the tables are the same')
  const written: unknown[] = []
  for (const [table, rows] of Object.entries(now)) {
    const had = before[table] ?? []
    const counts = expected[table] ?? 0
    const [added, altered] = typeof counts === 'number' ? [counts, 0] : counts
    assert.equal(rows.length, had.length + added, `${where}: ${table}`)
    if (!(table in expected)) assert.deepEqual(rows, had, `${where}: ${table}`)
    const known = new Set(had.map((row) => JSON.stringify(row)))
    const changed = rows.filter((row) => !known.has(JSON.stringify(row)))
    assert.ok(
      changed.length <= Math.max(1, added + altered),
      `${where}: ${changed.length} rows of ${table}`,
    )
    written.push(...changed.flatMap((row) => Object.values(row)))
  }
  return written
}

/** Sends the text in one field; looks at every row of the database before and after. */
async function submit(route: SweptRoute, field: string, text: string): Promise<boolean> {
  // How many tries there are is held elsewhere: here each is the first one.
  await world.site.db.deleteFrom('demijohn_throttles').execute()
  const target = await freshTarget(world, route)
  const client = await askerFor(world, route)
  const before = await dumpAll(world.site)
  const values = { [field]: text, ...addressOfItsOwn(route, field) }
  const reply = await sendWith(world, client, { route: route.route, target, values })
  const now = await dumpAll(world.site)
  const where = `${route.route} ${field}=${text} is ${reply.status}`
  if (![200, 201, 303].includes(reply.status)) {
    assert.ok(reply.status === 422, where)
    const { rows = 0, upTo = Number.POSITIVE_INFINITY } = counted[`${route.route} ${field}`] ?? {}
    const isCounted = rows > 0 && text.length <= upTo
    checkWritten(before, now, isCounted ? { demijohn_throttles: rows } : {}, where)
    return false
  }
  const written = checkWritten(before, now, expectedOf(route.route), where)
  const isStored = !isPassword(field) && notStored[`${route.route} ${field}`] === undefined
  assert.equal(written.includes(text), isStored, `${where}: stored as it is`)
  return true
}

/** Two people do not share an address: forms that make somebody get a new one each time. */
function addressOfItsOwn({ fields, path }: SweptRoute, field: string): Values {
  const isOwn = fields.includes('password') || path === '/reset' || path === '/account/delete'
  return !fields.includes('email') || isOwn || field === 'email' ? {} : { email: newAddress() }
}

test('[asvs 1.2.4] a password is its text: whoever chose SQL signs in with it', async () => {
  const chosen = "correct' OR '1'='1'; -- horse"
  const { site } = world
  const { editor } = world.people
  const changed = await sendForm(world.clients.other, '/account/password', {
    currentPassword: 'otters juggle seven lanterns',
    newPassword: chosen,
  })
  assert.equal(changed.status, 303)
  const { email } = world.people.other
  const right = await sendForm(site.visitor(), '/login', { email, password: chosen })
  assert.equal(right.status, 303)
  for (const password of ["' OR '1'='1", "x' OR 1=1 --", chosen.replace('horse', '')]) {
    const wrong = await sendForm(site.visitor(), '/login', { email: editor.email, password })
    assert.equal(wrong.status, 422, password)
  }
})

test('[asvs 1.2.4] what is a wildcard elsewhere is a sign here', async () => {
  const { site } = world
  const titles = { '%': 'Ninety 100% done', _: 'snake_case', '!': 'At last!', '\\': 'back\\slash' }
  const ids: Record<string, string> = {}
  for (const [sign, title] of Object.entries(titles)) {
    const post = { state: 'published', title, body: 'plain' } as const
    ids[sign] = await addPost(site, world.people.editor.accountId, post)
  }
  for (const sign of Object.keys(titles)) {
    const { text } = await look(site.visitor(), `/search?q=${encodeURIComponent(`${sign} plain`)}`)
    for (const [other, id] of Object.entries(ids)) {
      assert.equal(text.includes(`/posts/${id}`), other === sign, `${sign} finds ${other}`)
    }
  }
  for (const sign of ['%', '_', '*', '?']) {
    const q = encodeURIComponent(`Editor${sign}3`)
    const { text, status } = await look(world.clients.admin, `/admin/people?q=${q}`)
    assert.equal(status, 200)
    assert.ok(!text.includes(world.people.editor.email), `${sign} stands for itself`)
  }
})

test('the sweep would see a row that changed, and one that came', async () => {
  const before: Dump = await dump(world.site)
  await addPost(world.site, world.people.editor.accountId, { state: 'draft' })
  const now = await dump(world.site)
  assert.notDeepEqual(now, before)
  assert.equal(now.posts?.length, (before.posts?.length ?? 0) + 1)
})
