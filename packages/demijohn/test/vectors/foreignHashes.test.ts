/**
 * Hashes that the Python libraries made themselves (foreign-hashes.py), at sign-in: the password
 * they were made of is right and asks for an upgrade, and others are wrong.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { importedPasswords } from '../../src/defences/passwords/foreign/options.ts'
import { describeForeignHash } from '../../src/defences/passwords/foreign/read.ts'
import { passwordOptions } from '../../src/defences/passwords/options.ts'
import { createPasswordHasher } from '../../src/defences/passwords/verify.ts'

type Vector = {
  readonly library: string
  readonly format: string
  readonly password: string
  readonly stored: string
  readonly salt?: string
  readonly atDefaultCost?: boolean
}
const fixture: { readonly accepted: readonly Vector[]; readonly refused: readonly Vector[] } =
  JSON.parse(readFileSync(new URL('./foreign-hashes.json', import.meta.url), 'utf8'))

const salts = new Set(fixture.accepted.flatMap(({ salt }) => salt ?? []))
const imported = importedPasswords({
  flaskSecuritySalts: [...salts].map((salt) => ({ reveal: () => salt })),
})
const hasher = createPasswordHasher({ options: passwordOptions(), imported })
const right = { ok: true, needsUpgrade: true }
const wrong = { ok: false, needsUpgrade: false }

const groups = Map.groupBy(fixture.accepted, ({ library, format }) => `${library}: ${format}`)
/** bcrypt reads 72 bytes of these, and read no more of them at their origin. */
const cutsAt72: ReadonlySet<string> = new Set(['bcrypt', 'django-bcrypt'])

function wrongOnes({ password }: Vector): readonly string[] {
  const swapped = password.replace(/\p{L}/u, (letter) =>
    letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase(),
  )
  assert.notEqual(swapped, password)
  return [swapped, ` ${password}`, `${password}\0`, `${password}\0${password}`, password.slice(1)]
}

test('imported hashes: there are vectors of every library, at low and at default cost', () => {
  assert.ok(fixture.accepted.length > 150)
  assert.ok(fixture.refused.length > 10)
  const libraries = ['Werkzeug', 'bcrypt', 'Flask-Bcrypt', 'passlib', 'argon2-cffi', 'Django']
  for (const name of [...libraries, 'Flask-Security', 'hashlib']) {
    assert.ok(
      fixture.accepted.some(({ library }) => library.startsWith(name)),
      name,
    )
  }
  const formats = new Set(fixture.accepted.map(({ format }) => format))
  for (const format of formats) {
    const own = fixture.accepted.filter((vector) => vector.format === format)
    assert.ok(
      own.some(({ atDefaultCost }) => atDefaultCost === true),
      format,
    )
    assert.ok(own.filter(({ atDefaultCost }) => atDefaultCost !== true).length >= 5, format)
  }
  assert.ok(formats.size >= 14)
})

for (const [name, vectors] of groups) {
  test(`imported hashes: ${name}: the right password and no other`, async () => {
    for (const vector of vectors) {
      const { stored, password, format, atDefaultCost = false } = vector
      assert.deepEqual(describeForeignHash(stored, imported), { format, accepted: true })
      assert.deepEqual(await hasher.verifyPassword(stored, password), right, stored)
      const others = wrongOnes(vector)
      for (const other of atDefaultCost ? others.slice(0, 1) : [...others, '']) {
        const verdict = await hasher.verifyPassword(stored, other)
        assert.deepEqual(verdict, wrong, `${stored}: ${JSON.stringify(other)}`)
      }
    }
  })
}

test('imported hashes: what follows byte 72 counts, but where the origin did not look', async () => {
  const long = fixture.accepted.filter(({ password }) => Buffer.byteLength(password) > 72)
  assert.ok(long.length > 20)
  const seen = { whole: 0, cut: 0 }
  for (const { format, password, stored } of long) {
    const isCut = cutsAt72.has(format)
    seen[isCut ? 'cut' : 'whole'] += 1
    const verdict = isCut ? right : wrong
    assert.deepEqual(await hasher.verifyPassword(stored, password.slice(0, -1)), verdict, stored)
    assert.deepEqual(await hasher.verifyPassword(stored, `${password}x`), verdict, stored)
    const sooner = `${password.slice(0, 71)}~${password.slice(72)}`
    assert.deepEqual(await hasher.verifyPassword(stored, sooner), wrong, stored)
  }
  assert.ok(seen.whole > 10 && seen.cut > 5)
})

test('imported hashes: a password is right as it was typed there, and as another keyboard types it', async () => {
  const typed = 'Ame\u0301lie et ﬁlles'
  const vectors = fixture.accepted.filter(({ password }) => password === typed)
  assert.ok(vectors.length > 20)
  assert.notEqual(typed.normalize('NFC'), typed)
  assert.notEqual(typed.normalize('NFC'), typed.normalize('NFKC'))
  for (const { stored, format } of vectors) {
    assert.deepEqual(await hasher.verifyPassword(stored, typed), right, stored)
    // Only Flask-Security brought it into a normal form; elsewhere these bytes alone are right.
    const verdict = format === 'flask-security' ? right : wrong
    assert.deepEqual(await hasher.verifyPassword(stored, typed.normalize('NFKD')), verdict, stored)
    assert.deepEqual(await hasher.verifyPassword(stored, typed.normalize('NFKC')), verdict, stored)
  }
  const composed = fixture.accepted.filter(({ password }) => password.startsWith('Ünï'))
  assert.ok(composed.length > 20)
  for (const { stored, password } of composed) {
    assert.equal(password.normalize('NFKC'), password)
    assert.deepEqual(await hasher.verifyPassword(stored, password.normalize('NFD')), right, stored)
  }
})

test('imported hashes: those that are not taken are nobody’s password, and say why', async () => {
  for (const { stored, password, format } of fixture.refused) {
    const description = describeForeignHash(stored, imported)
    assert.equal(description.format, format, stored)
    assert.ok(!description.accepted)
    assert.ok(description.reason.length > 20 && !description.reason.includes(stored))
    for (const text of [password, '', stored]) {
      assert.deepEqual(await hasher.verifyPassword(stored, text), wrong, stored)
    }
  }
})

test('imported hashes: a double hash is nobody’s password without its salt', async () => {
  const vectors = fixture.accepted.filter(({ format }) => format === 'flask-security')
  assert.ok(vectors.length > 10)
  const other = importedPasswords({ flaskSecuritySalts: [{ reveal: () => 'another salt' }] })
  const without = createPasswordHasher({ options: passwordOptions() })
  const under = createPasswordHasher({ options: passwordOptions(), imported: other })
  const both = importedPasswords({
    flaskSecuritySalts: ['another salt', ...salts].map((salt) => ({ reveal: () => salt })),
  })
  const second = createPasswordHasher({ options: passwordOptions(), imported: both })
  for (const { stored, password, atDefaultCost } of vectors) {
    if (atDefaultCost === true) continue
    assert.equal(describeForeignHash(stored).accepted, false)
    assert.deepEqual(await without.verifyPassword(stored, password), wrong)
    assert.deepEqual(await under.verifyPassword(stored, password), wrong)
    assert.deepEqual(await second.verifyPassword(stored, password), right)
  }
})
