import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { importedPasswords, nothingImported } from '../../defences/passwords/foreign/options.ts'
import { cellsOfObject, cellsOfRecord, readHeader } from './columns.ts'
import { isUnfit, type Judgement, readPerson } from './person.ts'

const now = Date.UTC(2026, 0, 1)
const judgement: Judgement = {
  roles: ['member', 'admin'],
  imported: nothingImported,
  mark: undefined,
  now,
}
const ada = { email: 'Ada@Press.example', name: 'Ada Lovelace', role: 'member' }

function problemsOf(cells: Parameters<typeof readPerson>[0], how: Partial<Judgement> = {}) {
  const person = readPerson(cells, { ...judgement, ...how })
  return isUnfit(person) ? person : []
}

function accountOf(cells: Parameters<typeof readPerson>[0], how: Partial<Judgement> = {}) {
  const person = readPerson(cells, { ...judgement, ...how })
  assert.ok(!isUnfit(person), JSON.stringify(person))
  return person.account
}

test('import: a row without more is an account without a password, of today', () => {
  const { id, ...account } = accountOf(ada)
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/)
  assert.deepEqual(account, {
    email: 'Ada@press.example',
    emailKey: 'ada@press.example',
    name: 'Ada Lovelace',
    role: 'member',
    createdAt: now,
    passwordHash: null,
    passwordChangedAt: null,
    suspendedAt: null,
    emailVerifiedAt: null,
    credentialRevision: 0,
  })
})

test('import: what a row says besides is kept', () => {
  const row = { ...ada, suspended: 'true', emailVerified: 'true', createdAt: '2019-05-31' }
  const account = accountOf(row)
  assert.equal(account.createdAt, Date.UTC(2019, 4, 31))
  assert.equal(account.suspendedAt, now)
  assert.equal(account.emailVerifiedAt, now)
  for (const text of ['2019-05-31T10:00:00+02:00', '2019-05-31 08:00:00Z', '2019-05-31T08:00Z']) {
    assert.equal(accountOf({ ...ada, createdAt: text }).createdAt, Date.UTC(2019, 4, 31, 8))
  }
})

const refused: readonly (readonly [string, Record<string, string>, RegExp])[] = [
  ['email', { email: 'a@x.example,b@x.example' }, /one address/],
  ['email', { email: 'ada' }, /one address/],
  ['email', { email: `${'a'.repeat(250)}@press.example` }, /one address/],
  ['name', { name: ' ' }, /./],
  ['name', { name: '\u202enimda' }, /invisible/],
  ['name', { name: 'Ada\u200b' }, /invisible/],
  ['name', { name: 'Ada\r\nBcc: eve@x.example' }, /./],
  ['name', { name: 'x'.repeat(81) }, /80/],
  ['role', { role: 'root' }, /member, admin/],
  ['role', { role: 'Admin' }, /member, admin/],
  ['suspended', { suspended: 'yes' }, /true or false/],
  ['emailVerified', { emailVerified: '2024-01-01' }, /true or false/],
  ['createdAt', { createdAt: '2019-05-31 08:00:00' }, /zone/],
  ['createdAt', { createdAt: '2019-02-30' }, /day or a moment/],
  ['createdAt', { createdAt: '31/05/2019' }, /day or a moment/],
  ['createdAt', { createdAt: '2026-01-02' }, /from 1970 to now/],
  ['createdAt', { createdAt: '1969-12-31' }, /from 1970 to now/],
  ['passwordHash', { passwordHash: 'hunter2' }, /password itself/],
  ['passwordHash', { passwordHash: 'correct horse battery staple' }, /password itself/],
  ['passwordHash', { passwordHash: '5f4dcc3b5aa765d61d8327deb882cf99' }, /fast hash/],
  ['passwordHash', { passwordHash: 'x'.repeat(2_000) }, /known kind/],
]

for (const [column, cells, reason] of refused) {
  test(`import: refuses ${JSON.stringify(cells).slice(0, 60)}`, () => {
    const problems = problemsOf({ ...ada, ...cells })
    assert.deepEqual(
      problems.map((problem) => problem.column),
      [column],
    )
    assert.match(problems[0]?.reason ?? '', reason)
  })
}

test('import: everything that is wrong with a row is said at once', () => {
  const problems = problemsOf({ suspended: 'x', createdAt: 'x', passwordHash: 'x' })
  const columns = ['email', 'name', 'role', 'passwordHash', 'suspended', 'createdAt']
  assert.deepEqual(
    problems.map(({ column }) => column),
    columns,
  )
})

type Vector = { readonly format: string; readonly stored: string; readonly salt?: string }
const vectors: Record<'accepted' | 'refused', readonly Vector[]> = JSON.parse(
  readFileSync(new URL('../../../test/vectors/foreign-hashes.json', import.meta.url), 'utf8'),
)
const salts = [...new Set(vectors.accepted.flatMap(({ salt }) => salt ?? []))]
const imported = importedPasswords({
  flaskSecuritySalts: salts.map((salt) => ({ reveal: () => salt })),
})

test('[asvs 11.4.2] import: takes each hash that a Python library made, and refuses the weak ones', () => {
  assert.ok(vectors.accepted.length > 100 && vectors.refused.length > 10)
  for (const { stored, format } of vectors.accepted) {
    const { passwordHash } = accountOf({ ...ada, passwordHash: stored }, { imported })
    const isPlainArgon2id = stored.startsWith('$argon2id$')
    assert.equal(passwordHash, isPlainArgon2id ? `argon2${stored}` : stored, format)
  }
  for (const { stored } of vectors.refused) {
    const [problem, ...more] = problemsOf({ ...ada, passwordHash: stored }, { imported })
    assert.deepEqual([problem?.column, more.length], ['passwordHash', 0])
  }
})

test('import: no reason quotes anything of a hash', () => {
  const bent = [...vectors.accepted, ...vectors.refused].map(
    ({ stored }) => `${stored.slice(0, -1)}~`,
  )
  for (const passwordHash of bent) {
    const problems = problemsOf({ ...ada, passwordHash })
    assert.ok(problems.length === 1, passwordHash)
    const { reason = '' } = problems[0] ?? {}
    for (const part of passwordHash.split('$').filter((one) => one.length > 7)) {
      assert.ok(!reason.includes(part), reason)
    }
  }
})

test('import: hashes are marked where the system made them otherwise, and only those', () => {
  const bcrypt = vectors.accepted.find(({ stored }) => stored.startsWith('$2b$'))?.stored ?? ''
  const django = vectors.accepted.find(({ format }) => format === 'django-pbkdf2')?.stored ?? ''
  const marked = (mark: 'flask-security' | 'flask-bcrypt-sha256', passwordHash: string) =>
    accountOf({ ...ada, passwordHash }, { imported, mark }).passwordHash
  assert.equal(marked('flask-security', bcrypt), `flask-security:${bcrypt}`)
  assert.equal(marked('flask-security', `flask-security:${bcrypt}`), `flask-security:${bcrypt}`)
  assert.equal(marked('flask-security', django), django)
  assert.equal(marked('flask-bcrypt-sha256', bcrypt), `flask-bcrypt-sha256:${bcrypt}`)
  assert.equal(marked('flask-bcrypt-sha256', django), django)
  const [problem] = problemsOf({ ...ada, passwordHash: bcrypt }, { mark: 'flask-security' })
  assert.match(problem?.reason ?? '', /FLASK_SECURITY_SALT_FILE/)
})

const headers: readonly (readonly [string, RegExp])[] = [
  ['email,name', /lacks the column role/],
  ['email,name,role,role', /"role" twice/],
  ['email,name,role,shoe size', /"shoe size", which is none of email, name/],
  ['Email,name,role', /write email/],
  ['email, name,role', /write name/],
  ['email;name;role', /not separated by commas/],
  ['id,password', /lacks the column email, name, role/],
]

for (const [header, want] of headers) {
  test(`import: refuses the header ${header}`, () => {
    const read = readHeader(header.split(','))
    assert.ok('problems' in read)
    assert.match(read.problems.join('\n'), want)
  })
}

test('import: columns stand in any order, and empty cells are absent', () => {
  const header = readHeader(['role', 'email', 'passwordHash', 'name'])
  assert.ok('columns' in header)
  const cells = cellsOfRecord(['member', 'a@x.example', '', 'A'], header.columns)
  assert.deepEqual(cells, { role: 'member', email: 'a@x.example', name: 'A' })
  const short = cellsOfRecord(['member', 'a@x.example'], header.columns)
  assert.deepEqual(short, [{ column: '', reason: 'has 2 fields and not 4' }])
})

test('import: an object has text, true and false where they belong, and nothing unknown', () => {
  assert.deepEqual(cellsOfObject({ ...ada, suspended: true, createdAt: null, passwordHash: '' }), {
    ...ada,
    suspended: 'true',
  })
  const odd = JSON.parse('{"__proto__":"x","name":{"a":1},"role":["admin"],"email":1,"name2":"x"}')
  assert.deepEqual(cellsOfObject(odd), [
    { column: '"__proto__"', reason: 'is not known: remove it' },
    { column: 'name', reason: 'has to be text' },
    { column: 'role', reason: 'has to be text' },
    { column: 'email', reason: 'has to be text' },
    { column: '"name2"', reason: 'is not known: remove it' },
  ])
})
