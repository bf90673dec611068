/** `npx demijohn import` as a process of its own, on a file of its own. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { place } from './processFixture.ts'

const bcrypt = '$2b$04$OqAttskRv1sBQJ7rooTVdujVilwOqUORF5.rwpgo.Ma9zA.scwHHS'
const good = `email,name,role,passwordHash,suspended
ada@press.example,Ada Lovelace,admin,${bcrypt},
"bob@press.example","Bob ""the"" Builder",member,,true
`
const all =
  'select email, name, role, passwordHash, suspendedAt from demijohn_accounts order by email'

test('import: takes people, says so, logs each, and finds them there the next time', async (t) => {
  const at = place(t)
  at.write('people.csv', `\ufeff${good.replaceAll('\n', '\r\n')}`)
  assert.equal((await at.run('migrate')).code, 0)
  const first = await at.run('import', 'people.csv')
  assert.equal(first.code, 0, first.stderr)
  assert.match(first.stdout, /taken +2 +admin 1 · member 1/)
  assert.match(first.stdout, /passwords: bcrypt 1 · none 1/)
  const [ada, bob] = at.rows(all)
  assert.deepEqual(
    { ...ada },
    {
      email: 'ada@press.example',
      name: 'Ada Lovelace',
      role: 'admin',
      passwordHash: bcrypt,
      suspendedAt: null,
    },
  )
  assert.equal(bob?.name, 'Bob "the" Builder')
  assert.ok(typeof bob?.suspendedAt === 'number')

  const changed = good.replace('Ada Lovelace,admin', 'Someone Else,member').replace(bcrypt, '')
  at.write('people.csv', changed.replaceAll('ada@press', 'ADA@PRESS'))
  const again = await at.run('import', 'people.csv')
  assert.equal(again.code, 0)
  assert.match(again.stdout, /taken +0\n.*already there +2 +left as they are/)
  assert.deepEqual(at.rows(all), [ada, bob])

  const lines = readFileSync(at.log, 'utf8').trimEnd().split('\n')
  const events = lines.map((line): unknown => JSON.parse(line))
  assert.equal(events.length, 2)
  for (const event of events) {
    assert.partialDeepStrictEqual(event, { actor: 'command line', event: 'user_created' })
  }
  assert.doesNotMatch(lines.join(), /press\.example|\$2b/)
  assert.equal(statSync(at.log).mode & 0o777, 0o600)
})

test('import: a dry run writes nothing, and finds the same', async (t) => {
  const at = place(t)
  at.write('people.csv', `${good}eve,,root,hunter2,\n`)
  await at.run('migrate')
  const dry = await at.run('import', 'people.csv', '--dry-run', '--report', 'dry.json')
  assert.equal(dry.code, 1)
  assert.match(dry.stdout, /would be taken +2 /)
  assert.deepEqual(at.rows(all), [])
  assert.ok(!existsSync(at.log))
  const real = await at.run('import', 'people.csv', '--report', 'real.json')
  assert.equal(real.code, 1)
  const report = (name: string) => {
    const text = readFileSync(join(at.folder, name), 'utf8')
    const parsed: { refused: unknown; summary: Record<string, unknown> } = JSON.parse(text)
    assert.doesNotMatch(text, /hunter2|\$2b/)
    assert.equal(statSync(join(at.folder, name)).mode & 0o777, 0o600)
    return parsed
  }
  const { refused, summary } = report('real.json')
  assert.deepEqual(report('dry.json').refused, refused)
  assert.partialDeepStrictEqual(summary, { rows: 3, taken: 2, alreadyThere: 0, refused: 1 })
  assert.match(JSON.stringify(refused), /"row":4,"column":"passwordHash"/)
  for (const said of [dry, real]) {
    for (const column of ['email', 'name', 'role', 'passwordHash']) {
      assert.match(said.stdout, new RegExp(`^row 4 {2}${column} `, 'm'))
    }
    assert.doesNotMatch(said.stdout + said.stderr, /hunter2|\$2b|\u001b/)
  }
})

test('import: the same people as JSON', async (t) => {
  const at = place(t)
  await at.run('migrate')
  const people = [
    { email: 'ada@press.example', name: 'Ada Lovelace', role: 'admin', passwordHash: bcrypt },
    { email: 'bob@press.example', name: 'Bob', role: 'member', suspended: true, createdAt: null },
    { email: 'eve@press.example', name: 'Eve', role: 'member', isAdmin: true },
  ]
  at.write('people.json', JSON.stringify(people, null, 2))
  const { code, stdout } = await at.run('import', 'people.json')
  assert.equal(code, 1)
  assert.match(stdout, /^row 3 {2}"isAdmin" /m)
  assert.deepEqual(
    at.rows(all).map(({ email, suspendedAt }) => [email, suspendedAt !== null]),
    [
      ['ada@press.example', false],
      ['bob@press.example', true],
    ],
  )
})

test('import: an address stands once in the file, in any spelling', async (t) => {
  const at = place(t)
  await at.run('migrate')
  at.write('people.csv', 'email,name,role\na@x.example,A,member\nA@X.example,B,admin\n')
  const { code, stdout } = await at.run('import', 'people.csv')
  assert.equal(code, 1)
  assert.match(stdout, /^row 3 {2}email {2}This address stands in row 2 already\.$/m)
  assert.deepEqual(
    at.rows(all).map(({ name }) => name),
    ['A'],
  )
})

const unusable: readonly (readonly [string, string, string | Uint8Array, RegExp])[] = [
  [
    'Windows-1252',
    'p.csv',
    Buffer.from('email,name,role\na@x.example,Jos\xe9,member\n', 'latin1'),
    /not UTF-8; Windows-1252.*iconv/,
  ],
  ['UTF-16 with a mark', 'p.csv', Buffer.from(`\ufeff${good}`, 'utf16le'), /is UTF-16.*iconv/],
  ['UTF-16 without one', 'p.csv', Buffer.from(good, 'utf16le'), /is UTF-16/],
  ['a spreadsheet', 'p.csv', Buffer.from('PK\u0003\u0004\u0014\0\0\0'), /UTF-16|UTF-8|header/],
  ['another name', 'p.txt', good, /called \.csv or \.json/],
  ['nothing', 'p.csv', '', /is empty/],
  ['a header alone', 'p.csv', 'email,name,role\n', /has no rows/],
  ['an unknown column', 'p.csv', 'email,name,role,age\n', /"age", which is none of/],
  [
    'a quote left open in the last row',
    'p.csv',
    `${good}x@x.example,"X,member\n`,
    /row 4 opens a quote/,
  ],
  [
    'an array that breaks off',
    'p.json',
    '[{"email":"a@x.example","name":"A","role":"member"},',
    /row 2 is cut off/,
  ],
]

test('import: of a file that cannot be read to its end nothing is taken', async (t) => {
  const at = place(t)
  await at.run('migrate')
  for (const [what, name, content, want] of unusable) {
    at.write(name, content)
    const { code, stderr } = await at.run('import', name)
    assert.equal(code, 2, what)
    assert.match(stderr, want, what)
    assert.doesNotMatch(stderr, /^\s+at |Error:/m, what)
  }
  assert.deepEqual(at.rows(all), [])
})

test('import: says what is missing around it, and makes no database', async (t) => {
  const at = place(t)
  at.write('people.csv', good)
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['people.csv'], /no database at .*npx demijohn migrate/],
    [['nowhere.csv'], /cannot be opened \(ENOENT\)/],
    [['people.csv', 'more.csv'], /name one file/],
    [['people.csv', '--force'], /Unknown option '--force'/],
    [['people.csv', '--hashes', 'md5'], /flask-security, flask-bcrypt-sha256/],
    [['people.csv', '--report', 'people.csv'], /is the file to import/],
  ]
  for (const [words, want] of cases) {
    const { code, stderr } = await at.run('import', ...words)
    assert.equal(code, 2, words.join(' '))
    assert.match(stderr, want)
  }
  assert.equal(readFileSync(join(at.folder, 'people.csv'), 'utf8'), good)
  assert.ok(!existsSync(at.database))
})

test('import and people: where the log cannot be written nothing is changed', async (t) => {
  const at = place(t)
  await at.run('migrate')
  at.write('people.csv', good)
  mkdirSync(at.log)
  const closed = await at.run('import', 'people.csv')
  assert.equal(closed.code, 2)
  assert.match(closed.stderr, /cannot be written \(EISDIR\)/)
  rmSync(at.log, { recursive: true })
  // A medium without room: the file opens, and no line fits.
  symlinkSync('/dev/full', at.log)
  const full = await at.run('import', 'people.csv')
  assert.equal(full.code, 2)
  assert.match(full.stderr, /cannot be written \(ENOSPC\)/)
  assert.deepEqual(at.rows(all), [])
  rmSync(at.log)
  await at.run('import', 'people.csv')
  const before = at.rows(all)
  rmSync(at.log)
  symlinkSync('/dev/full', at.log)
  for (const words of [
    ['suspend', 'ada@press.example', '--even-the-last-administrator'],
    ['role', 'bob@press.example', 'editor'],
  ]) {
    const { code, stdout, stderr } = await at.run('people', ...words)
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, /cannot be written \(ENOSPC\)/)
  }
  assert.deepEqual(at.rows(all), before)
})

test('migrate --status and --down make no database', async (t) => {
  const at = place(t)
  for (const option of ['--status', '--down']) {
    const { code, stdout, stderr } = await at.run('migrate', option)
    assert.equal(code, 0)
    assert.match(stderr, /There is no database at .*flask\.db yet/)
    assert.match(stdout, option === '--status' ? /^pending +demijohn 001/ : /Nothing is applied/)
  }
  assert.ok(!existsSync(join(at.folder, 'data')))
})
