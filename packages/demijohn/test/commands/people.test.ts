/** `npx demijohn people` as a process of its own, beside a site that runs on the same file. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'
import { findByEmail } from '../../src/blueprints/accounts/data.ts'
import { resetPurpose } from '../../src/blueprints/accounts/links/purposes.ts'
import { createTicket } from '../../src/blueprints/accounts/tickets.ts'
import { help } from '../../src/commands/help.ts'
import { importHelp } from '../../src/commands/import/help.ts'
import { helpOf, helpOfAll, peopleHelp } from '../../src/commands/people/help.ts'
import { randomSecret } from '../../src/core/bytes.ts'
import { systemClock } from '../../src/core/clock.ts'
import { openSqlite } from '../../src/data/sqlite.ts'
import type { DemijohnTables } from '../../src/data/tables.ts'
import { type Place, place } from './processFixture.ts'
import { openSite, origin, signIn } from './siteFixture.ts'

/** Of bcrypt 3.2.2, in test/vectors/foreign-hashes.json. */
const password = 'correct horse battery staple'
const hash = '$2a$04$OqAttskRv1sBQJ7rooTVdujVilwOqUORF5.rwpgo.Ma9zA.scwHHS'
const file = `email,name,role,passwordHash
ada@press.example,Ada Lovelace,admin,${hash}
bob@press.example,Bob,member,${hash}
`
const production = { NODE_ENV: 'production', ORIGIN: origin }

async function withPeople(t: TestContext): Promise<Place> {
  const at = place(t)
  at.write('people.csv', file)
  await at.run('migrate')
  assert.equal((await at.run('import', 'people.csv')).code, 0)
  return at
}

const column = (at: Place, name: string, email: string): unknown =>
  at.rows(`select ${name} as value from demijohn_accounts where email = ?`, email)[0]?.value

const eventsOf = (at: Place): readonly Record<string, unknown>[] =>
  readFileSync(at.log, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): Record<string, unknown> => JSON.parse(line))
    .filter(({ imported }) => imported !== true)
    .map(({ level: _, time: __, uid: ___, targetId: ____, msg: _____, ...rest }) => rest)

const actor = 'command line'

const endings = {
  'people role: ': ['people', 'role', 'bob@press.example', 'editor'],
  '[asvs 7.4.2] people suspend: ': ['people', 'suspend', 'BOB@press.example'],
  '[asvs 7.4.5] people end-sessions: ': ['people', 'end-sessions', 'bob@press.example'],
}

for (const [title, words] of Object.entries(endings)) {
  test(`${title}a running site refuses every session within a second`, async (t) => {
    const at = await withPeople(t)
    const site = openSite(t, at)
    const [one, two, other] = await Promise.all(
      ['bob', 'bob', 'ada'].map((name) => signIn(site, `${name}@press.example`, password)),
    )
    const statusOf = async (client: typeof one) => (await client?.get('/mine'))?.status
    assert.deepEqual(await Promise.all([one, two].map(statusOf)), [200, 200])
    const before = await statusOf(other)
    const { code, stdout, stderr } = await at.run(...words)
    assert.equal(code, 0, stderr)
    assert.match(stdout, /2 sessions are ended\./)
    await setTimeout(1_000)
    assert.deepEqual(await Promise.all([one, two].map(statusOf)), [303, 303])
    assert.equal(await statusOf(other), before, 'nobody else is signed out')
    const again = await signIn(site, 'bob@press.example', password)
    assert.equal(await statusOf(again), words[1] === 'suspend' ? 303 : 200)
  })
}

test('people: remembered sign-ins end with the sessions, and a sign-in under way does not begin', async (t) => {
  const at = await withPeople(t)
  const writer = new DatabaseSync(at.database)
  writer.exec(`insert into demijohn_remembered (id, familyId, accountId, methods, authenticatedAt, expiresAt)
    select email, email, id, 'password', 0, 9e15 from demijohn_accounts`)
  writer.close()
  const before = column(at, 'credentialRevision', 'bob@press.example')
  await at.run('people', 'end-sessions', 'bob@press.example')
  assert.deepEqual(
    at.rows('select id from demijohn_remembered').map(({ id }) => id),
    ['ada@press.example'],
  )
  assert.equal(column(at, 'credentialRevision', 'bob@press.example'), Number(before) + 1)
})

test('[asvs 16.3.3] people: role, suspend and restore change what they say, and log it', async (t) => {
  const at = await withPeople(t)
  await at.run('people', 'role', 'bob@press.example', 'admin')
  assert.equal(column(at, 'role', 'bob@press.example'), 'admin')
  await at.run('people', 'suspend', 'ada@press.example')
  assert.ok(typeof column(at, 'suspendedAt', 'ada@press.example') === 'number')
  const again = await at.run('people', 'suspend', 'ada@press.example')
  assert.match(again.stdout, /is suspended already/)
  await at.run('people', 'restore', 'ada@press.example')
  assert.equal(column(at, 'suspendedAt', 'ada@press.example'), null)
  await at.run('people', 'end-sessions', 'ada@press.example')
  assert.equal(column(at, 'passwordHash', 'ada@press.example'), hash)
  assert.deepEqual(eventsOf(at), [
    { actor, event: 'privilege_permissions_changed', from: 'member', to: 'admin' },
    { actor, event: 'user_updated', changed: 'suspended' },
    { actor, event: 'user_updated', changed: 'restored' },
    { actor, event: 'session_logout', sessions: 'all' },
  ])
})

test('people: the last active administrator stays, unless the command says otherwise', async (t) => {
  const at = await withPeople(t)
  const changes = [
    ['people', 'suspend', 'ada@press.example'],
    ['people', 'role', 'ada@press.example', 'member'],
  ]
  for (const words of changes) {
    const { code, stderr } = await at.run(...words)
    assert.equal(code, 1)
    assert.match(
      stderr,
      /last active administrator.*Make somebody else admin first.*--even-the-last/,
    )
  }
  assert.equal(column(at, 'role', 'ada@press.example'), 'admin')
  assert.equal(column(at, 'suspendedAt', 'ada@press.example'), null)
  assert.equal(column(at, 'credentialRevision', 'ada@press.example'), 0)
  assert.deepEqual(eventsOf(at), [])
  for (const words of [...changes].reverse()) {
    const { code } = await at.run(...words, '--even-the-last-administrator')
    assert.equal(code, 0)
  }
  assert.equal(column(at, 'role', 'ada@press.example'), 'member')
})

test('people: of two administrators who suspend each other at once one remains', async (t) => {
  const at = await withPeople(t)
  await at.run('people', 'role', 'bob@press.example', 'admin')
  const both = await Promise.all([
    at.run('people', 'suspend', 'ada@press.example'),
    at.run('people', 'suspend', 'bob@press.example'),
  ])
  assert.deepEqual(both.map(({ code }) => code).sort(), [0, 1])
  const active = at.rows(
    "select email from demijohn_accounts where role = 'admin' and suspendedAt is null",
  )
  assert.equal(active.length, 1)
})

test('people add: an account without a password, and a link that the site serves once', async (t) => {
  const at = await withPeople(t)
  const words = ['people', 'add', 'Eve@Press.example', '--name', 'Eve', '--role', 'member']
  const { code, stdout, stderr } = await at.runWith(production, ...words)
  assert.equal(code, 0, stderr)
  const link = /^https:\/\/flask\.example(\/welcome\/[A-Za-z0-9_-]{43})$/m.exec(stdout)?.[1] ?? ''
  assert.equal(column(at, 'passwordHash', 'Eve@press.example'), null)
  const secret = link.split('/').at(-1) ?? ''
  assert.ok(!readFileSync(at.log, 'utf8').includes(secret))
  assert.ok(!readFileSync(at.database).includes(secret))
  const site = openSite(t, at)
  const chosen = 'unrelated words make one'
  const client = site.visitor()
  assert.equal((await client.post(link, { newPassword: chosen })).status, 303)
  assert.equal((await site.visitor().get(link)).status, 404)
  const eve = await signIn(site, 'eve@press.example', chosen)
  assert.match((await eve.get('/mine')).text, /<p>Eve<\/p>/)
  assert.deepEqual(eventsOf(at), [
    { actor, event: 'user_created', role: 'member' },
    { actor, event: 'authn_token_created' },
  ])
  const again = await at.run(...words)
  assert.equal(again.code, 1)
  assert.match(again.stderr, /is here already; npx demijohn people reset-link/)
})

/** A link as the person would have had it by mail. */
async function mailedReset(at: Place, address: string): Promise<string> {
  const { db, close } = openSqlite<DemijohnTables>({ path: at.database })
  try {
    const store = { db, clock: systemClock }
    const account = await findByEmail(store, address)
    assert.ok(account)
    const ticket = { purpose: resetPurpose, accountId: account.id, ttlMinutes: 15 }
    return `/reset/${await createTicket(store, ticket)}`
  } finally {
    await close()
  }
}

test('people add: a name with something unseen in it is refused', async (t) => {
  const at = await withPeople(t)
  const words = ['people', 'add', 'mal@press.example', '--name', '\u202enimda', '--role', 'member']
  const { code, stderr } = await at.run(...words)
  assert.equal(code, 1)
  assert.match(stderr, /the name: .*invisible/)
})

test('people remove-factors: app, passkeys and recovery codes are gone, and the sessions with them', async (t) => {
  const at = await withPeople(t)
  const site = openSite(t, at)
  const bob = await signIn(site, 'bob@press.example', password)
  assert.equal((await bob.get('/mine')).status, 200)
  const { db, close } = openSqlite<DemijohnTables>({ path: at.database })
  const of = await findByEmail({ db, clock: systemClock }, 'bob@press.example')
  assert.ok(of)
  const { id: accountId } = of
  const factor = { accountId, secret: '', createdAt: 1, confirmedAt: 1, lastStep: null }
  await db.insertInto('demijohn_totp').values(factor).execute()
  const code = { id: 'c'.repeat(64), accountId, createdAt: 1, usedAt: null }
  await db.insertInto('demijohn_recovery_codes').values(code).execute()
  await close()
  const half = await signIn(site, 'bob@press.example', password)
  assert.match((await half.get('/mine')).location ?? '', /^\/login\/second-factor/)
  const { code: exit, stdout } = await at.run('people', 'remove-factors', 'bob@press.example')
  assert.equal(exit, 0)
  assert.match(stdout, /has no second factor any more\. 2 sessions are ended/)
  assert.match(stdout, /They are told by mail/)
  const told = () =>
    at
      .rows('select recipient from demijohn_mails where subject like ?', '%were removed')
      .map(({ recipient }) => recipient)
  assert.deepEqual(told(), ['bob@press.example'])
  assert.deepEqual(at.rows('select accountId from demijohn_totp'), [])
  assert.deepEqual(at.rows('select accountId from demijohn_recovery_codes'), [])
  const again = await signIn(site, 'bob@press.example', password)
  assert.equal((await again.get('/mine')).status, 200)

  // Without the keys of the site there is no mail, and the command says so.
  const bare = { NODE_ENV: 'production', ORIGIN: origin }
  const untold = await at.runWith(bare, 'people', 'remove-factors', 'ada@press.example')
  assert.equal(untold.code, 0, untold.stderr)
  assert.match(untold.stdout, /Nobody is told by mail: that needs the settings of the site/)
  assert.equal(told().length, 1)
  const keys = { ...bare, KEYS: randomSecret() }
  const ada = await at.runWith(keys, 'people', 'remove-factors', 'ada@press.example')
  assert.match(ada.stdout, /They are told by mail/)
  assert.deepEqual(told().toSorted(), ['ada@press.example', 'bob@press.example'])
})

test('people reset-link: the password of now stays until the link is used; an older link is void', async (t) => {
  const at = await withPeople(t)
  const linkOf = async () => {
    const { stdout, stderr } = await at.runWith(
      production,
      'people',
      'reset-link',
      'bob@press.example',
    )
    const path = /^https:\/\/flask\.example(\/(?:welcome|reset)\/[A-Za-z0-9_-]{43})$/m.exec(
      stdout,
    )?.[1]
    assert.ok(path !== undefined, stderr)
    return path
  }
  const older = await linkOf()
  const site = openSite(t, at)
  const mailed = await mailedReset(at, 'bob@press.example')
  assert.equal((await site.visitor().get(mailed)).status, 200)
  const link = await linkOf()
  assert.equal((await site.visitor().get(mailed)).status, 404)
  assert.equal((await site.visitor().get(older)).status, 404)
  assert.equal((await (await signIn(site, 'bob@press.example', password)).get('/mine')).status, 200)
  const chosen = 'unrelated words make one'
  assert.equal((await site.visitor().post(link, { newPassword: chosen })).status, 303)
  assert.equal((await (await signIn(site, 'bob@press.example', password)).get('/mine')).status, 303)
  assert.equal((await (await signIn(site, 'bob@press.example', chosen)).get('/mine')).status, 200)
  await at.run('people', 'suspend', 'bob@press.example')
  const suspended = await at.run('people', 'reset-link', 'bob@press.example')
  assert.equal(suspended.code, 1)
  assert.match(suspended.stderr, /restore bob@press\.example first/)
})

test('people: links begin with where the site is, or are not made', async (t) => {
  const at = await withPeople(t)
  const link = ['people', 'reset-link', 'bob@press.example']
  assert.match((await at.runWith({ PORT: '3000' }, ...link)).stdout, /^http:\/\/localhost:3000\//m)
  const { code, stderr } = await at.runWith({ NODE_ENV: 'production' }, ...link)
  assert.equal(code, 1)
  assert.match(stderr, /ORIGIN is not set/)
})

test('people list: a line each in a pipe, without what a terminal would act on', async (t) => {
  const at = await withPeople(t)
  const writer = new DatabaseSync(at.database)
  writer
    .prepare("update demijohn_accounts set name = ? where email = 'bob@press.example'")
    .run('Bob\t\u001b[31m\nadmin')
  writer.close()
  await at.run('people', 'suspend', 'bob@press.example')
  const { code, stdout, stderr } = await at.run('people', 'list')
  assert.deepEqual([code, stderr], [0, ''])
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'))
  const day = new Date().toISOString().slice(0, 10)
  assert.deepEqual(lines, [
    ['ada@press.example', 'Ada Lovelace', 'admin', 'active', day],
    ['bob@press.example', 'Bob\ufffd\ufffd[31m\ufffdadmin', 'member', 'suspended', day],
  ])
  const json = await at.run('people', 'list', '--json', '--state', 'active')
  const people: readonly Record<string, unknown>[] = JSON.parse(json.stdout)
  assert.deepEqual(
    people.map(({ email, role, suspendedAt }) => [email, role, suspendedAt]),
    [['ada@press.example', 'admin', null]],
  )
  assert.doesNotMatch(json.stdout, /\$2a/)
})

test('people list: finds by a part of name or address and by role, beyond a page', async (t) => {
  const at = await withPeople(t)
  const many = Array.from({ length: 1_203 }, (_, n) => `p${n}@x.example,Ünal ${n},member\n`)
  at.write('more.csv', `email,name,role\n${many.join('')}`)
  await at.run('import', 'more.csv')
  const count = async (...words: readonly string[]) =>
    (await at.run('people', 'list', ...words)).stdout.split('\n').length - 1
  assert.equal(await count(), 1_205)
  assert.equal(await count('--search', 'üNAL'), 1_203)
  assert.equal(await count('--search', 'P1202@X'), 1)
  assert.equal(await count('--search', '%'), 0)
  assert.equal(await count('--role', 'admin'), 1)
  const empty: unknown = JSON.parse(
    (await at.run('people', 'list', '--json', '--search', 'zz')).stdout,
  )
  assert.deepEqual(empty, [])
})

test('people: what is not understood is said, and help stands behind each', async (t) => {
  const at = await withPeople(t)
  const before = at.rows('select * from demijohn_accounts')
  const cases: readonly (readonly [string, number, RegExp])[] = [
    ['', 0, /npx demijohn people add/],
    ['frobnicate', 2, /there is no "frobnicate"/],
    ['role bob@press.example', 2, /one address and one role/],
    ['role bob@press.example root', 1, /use one of member, editor, admin/],
    ['suspend', 2, /name one address/],
    ['suspend bob', 1, /is no email address/],
    ['suspend nobody@press.example', 1, /nobody here has the address.*people list --search/],
    ['restore bob@press.example --force', 2, /Unknown option '--force'/],
    ['add x@x.example --name X', 2, /--role ROLE/],
    ['add x@x.example --role member', 2, /--name/],
    ['add a@x.example,b@x.example --name X --role member', 1, /one address/],
    ['list --role root', 1, /there is no role "root"/],
    ['list --state asleep', 2, /active or suspended/],
  ]
  for (const [words, want, text] of cases) {
    const { code, stdout, stderr } = await at.run('people', ...words.split(' ').filter(Boolean))
    assert.equal(code, want, words)
    assert.match(stdout + stderr, text, words)
    assert.doesNotMatch(stderr, /^\s+at /m, words)
  }
  for (const name of ['add', 'role', 'end-sessions']) {
    const { code, stdout } = await at.run('people', name, '--help')
    assert.equal(code, 0)
    assert.ok(stdout.includes(`npx demijohn people ${name}`))
  }
  assert.deepEqual(at.rows('select * from demijohn_accounts'), before)
})

test('people: every help fits a terminal of 80 columns', () => {
  const names = [
    ...(['add', 'list', 'role', 'suspend', 'restore'] as const),
    ...(['reset-link', 'remove-factors', 'end-sessions'] as const),
  ]
  assert.deepEqual(Object.keys(peopleHelp), names)
  const texts = [help, helpOfAll(), importHelp(), ...names.map(helpOf)].map(
    stripVTControlCharacters,
  )
  for (const line of texts.flatMap((text) => text.split('\n'))) assert.ok(line.length <= 80, line)
})

test('people: without a database nothing is made', async (t) => {
  const at = place(t)
  const { code, stderr } = await at.run('people', 'list')
  assert.equal(code, 1)
  assert.match(stderr, /no database at .*npx demijohn migrate/)
  assert.ok(!existsSync(at.database))
})
