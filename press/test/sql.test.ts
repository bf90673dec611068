/**
 * SQL text in every place where a stranger's text comes in: each path parameter, each name of each
 * query, each field of each form, generated from the declared routes. It is stored as it is, or
 * refused, and never does anything.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { sqlTexts } from '../src/posts/postsFixture.ts'
import { askerFor, askFor, freshTarget, routes, sendWith } from './sweep.ts'
import { addPost, type Dump, dump, look, openWorld, sendForm } from './world.ts'

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
]

/** Rows that a form adds, by hand: table and number. What is not named keeps every row it had. */
const writes: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'POST /login': {},
  'POST /logout': {},
  'POST /account/email': { demijohn_accounts: 0 },
  'POST /account/password': { demijohn_accounts: 0, demijohn_sessions: 0 },
  'POST /admin/people/:personId/role': { demijohn_accounts: 0 },
  'POST /admin/people/new': { demijohn_accounts: 1, demijohn_tickets: 1 },
  'POST /posts/:postId/comments': { comments: 1 },
  'POST /posts/:postId/edit': { posts: 0 },
  'POST /posts/new': { posts: 1 },
  'POST /settings': { demijohn_accounts: 0, profiles: 0 },
  'POST /setup/:secret': { demijohn_accounts: 1, demijohn_tickets: 0, demijohn_sessions: 1 },
  'POST /welcome/:secret': { demijohn_accounts: 0, demijohn_tickets: -1, demijohn_sessions: 1 },
}

/** A hash takes a while: these are tried with a few of the texts, which are long enough to be taken. */
const isPassword = (field: string): boolean => field === 'newPassword'

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
      const before = await dump(world.site)
      const segments = route.path.split('/')
      const at = segments.indexOf(`:${name}`)
      for (const text of texts) {
        for (const value of [text, `${whole.split('/')[at] ?? ''}${text}`]) {
          const target = whole.split('/').with(at, encodeURIComponent(value)).join('/')
          const { status } = await askFor(world, world.clients.admin, route, target)
          assert.ok(status === 404 || status === 400, `${target} is ${status}`)
        }
      }
      assert.deepEqual(await dump(world.site), before)
    })
  }

  for (const name of route.query) {
    test(`[asvs 1.2.4] ${route.route}: SQL for ?${name}`, async () => {
      await startAnew()
      const whole = await freshTarget(world, route)
      const before = await dump(world.site)
      for (const text of texts) {
        const target = `${whole}?${name}=${encodeURIComponent(text)}`
        const reply = await look(world.clients.admin, target)
        const refused = name === 'page' || name === 'show' || name === 'state' ? 422 : 200
        assert.equal(reply.status, refused, target)
      }
      assert.deepEqual(await dump(world.site), before)
    })
  }

  for (const name of route.fields) {
    const tried = isPassword(name) ? texts.filter((text) => text.length > 40).slice(0, 3) : texts
    test(`[asvs 1.2.4] ${route.route}: SQL for the field ${name}`, async () => {
      await startAnew()
      let taken = 0
      for (const text of tried) taken += (await submit(route, name, text)) ? 1 : 0
      const isFree = /^(?:title|summary|body|name|bio)$/.test(name)
      if (isFree) assert.equal(taken, texts.length, 'free text is taken, whatever it says')
    })
  }
}

/** Sends the text in one field; looks at every row of the database before and after. */
async function submit(
  route: (typeof routes)[number],
  field: string,
  text: string,
): Promise<boolean> {
  const target = await freshTarget(world, route)
  const before = await dump(world.site)
  const values = { [field]: text, ...(await addressOfItsOwn(route.fields, field)) }
  const reply = await sendWith(world, askerFor(world, route), {
    route: route.route,
    target,
    values,
  })
  const now = await dump(world.site)
  const where = `${route.route} ${field}=${text} is ${reply.status}`
  assert.ok(reply.status < 500, where)
  assert.deepEqual(Object.keys(now), Object.keys(before), 'the tables are the same')
  if (reply.status !== 303 && reply.status !== 201) {
    assert.ok(reply.status === 422, where)
    assert.deepEqual(now, before, where)
    return false
  }
  const expected = writes[route.route]
  assert.ok(expected !== undefined, `${route.route} is not in the list of what forms write`)
  const written: unknown[] = []
  for (const [table, rows] of Object.entries(now)) {
    const had = before[table] ?? []
    assert.equal(rows.length, had.length + (expected[table] ?? 0), `${where}: ${table}`)
    if (!(table in expected)) assert.deepEqual(rows, had, `${where}: ${table}`)
    const known = new Set(had.map((row) => JSON.stringify(row)))
    const changed = rows.filter((row) => !known.has(JSON.stringify(row)))
    assert.ok(changed.length <= 1, `${where}: ${changed.length} rows of ${table}`)
    written.push(...changed.flatMap((row) => Object.values(row)))
  }
  assert.equal(written.includes(text), !isPassword(field), `${where}: stored as it is`)
  return true
}

let people = 0

/** Two people do not share an address: forms that make somebody get a new one each time. */
async function addressOfItsOwn(
  fields: readonly string[],
  field: string,
): Promise<Record<string, string>> {
  if (!fields.includes('email') || fields.includes('password') || field === 'email') return {}
  people += 1
  return { email: `person-${people}@site.example` }
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
