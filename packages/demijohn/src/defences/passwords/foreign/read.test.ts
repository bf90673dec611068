import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { passwordOptions } from '../options.ts'
import { createPasswordHasher } from '../verify.ts'
import { importedPasswords } from './options.ts'
import { describeForeignHash, matchesForeignHash, parseForeignHash } from './read.ts'

type Vector = {
  readonly format: string
  readonly stored: string
  readonly password: string
  readonly salt?: string
  readonly atDefaultCost?: boolean
}
const { accepted }: { readonly accepted: readonly Vector[] } = JSON.parse(
  readFileSync(new URL('../../../../test/vectors/foreign-hashes.json', import.meta.url), 'utf8'),
)
const cheap = accepted.filter(({ atDefaultCost }) => atDefaultCost !== true)
/** One of each way of spelling: the text up to its first number, and the format. */
const kinds = [
  ...new Map(cheap.map((one) => [`${one.format} ${one.stored.slice(0, 13)}`, one])).values(),
]
const imported = importedPasswords({ flaskSecuritySalts: [{ reveal: () => 'some salt' }] })
const isTaken = (text: string): boolean => describeForeignHash(text, imported).accepted

const key32 = 'A'.repeat(43)
const key64 = `${'A'.repeat(86)}==`
const bcryptTail = `${'A'.repeat(21)}.${'A'.repeat(30)}.`

/** At the bound, and one step over it. */
const bounds: readonly (readonly [string, string])[] = [
  [`pbkdf2:sha256:2000000$a$${'0'.repeat(64)}`, `pbkdf2:sha256:2000001$a$${'0'.repeat(64)}`],
  [`pbkdf2_sha256$2000000$a$${key32}=`, `pbkdf2_sha256$2000001$a$${key32}=`],
  [`$pbkdf2-sha256$2000000$AA$${key32}`, `$pbkdf2-sha256$2000001$AA$${key32}`],
  [`scrypt:262144:8:1$a$${'0'.repeat(128)}`, `scrypt:524288:8:1$a$${'0'.repeat(128)}`],
  [`scrypt:32768:8:8$a$${'0'.repeat(128)}`, `scrypt:32768:8:9$a$${'0'.repeat(128)}`],
  [`scrypt:2:32:16$a$${'0'.repeat(128)}`, `scrypt:2:33:16$a$${'0'.repeat(128)}`],
  [`scrypt$2$a$32$16$${key64}`, `scrypt$2$a$32$17$${key64}`],
  [`$scrypt$ln=18,r=8,p=1$AA$${key32}`, `$scrypt$ln=19,r=8,p=1$AA$${key32}`],
  [`$2b$14$${bcryptTail}`, `$2b$15$${bcryptTail}`],
  [
    `$bcrypt-sha256$v=2,t=2b,r=14$${'A'.repeat(21)}.$${'A'.repeat(30)}.`,
    `$bcrypt-sha256$v=2,t=2b,r=15$${'A'.repeat(21)}.$${'A'.repeat(30)}.`,
  ],
  [`bcrypt_sha256$$2b$14$${bcryptTail}`, `bcrypt_sha256$$2b$15$${bcryptTail}`],
  [`flask-security:$2b$14$${bcryptTail}`, `flask-security:$2b$15$${bcryptTail}`],
  [
    `$argon2i$v=19$m=262144,t=10,p=16$${'A'.repeat(22)}$${key32}`,
    `$argon2i$v=19$m=262145,t=10,p=16$${'A'.repeat(22)}$${key32}`,
  ],
  [
    `argon2$argon2id$v=19$m=262144,t=10,p=16$${'A'.repeat(22)}$${key32}`,
    `argon2$argon2id$v=19$m=262144,t=11,p=16$${'A'.repeat(22)}$${key32}`,
  ],
  [
    `$argon2id$v=19$m=262144,t=10,p=16$${'A'.repeat(22)}$${key32}`,
    `$argon2id$v=19$m=262144,t=10,p=17$${'A'.repeat(22)}$${key32}`,
  ],
]

test('[asvs 15.2.2] foreign hashes: work is taken up to its bound and not a step beyond', () => {
  for (const [most, over] of bounds) {
    assert.deepEqual(describeForeignHash(most, imported).accepted, true, most)
    const description = describeForeignHash(over, imported)
    assert.ok(!description.accepted, over)
    assert.match(description.reason, /more work/, over)
  }
})

const huge = [
  `pbkdf2:sha512:9999999999$a$${'0'.repeat(128)}`,
  `pbkdf2_sha1$99999999999999$a$${'A'.repeat(27)}=`,
  `$pbkdf2-sha512$4294967295$AA$${'A'.repeat(86)}`,
  `scrypt:1073741824:8:1$a$${'0'.repeat(128)}`,
  `scrypt:2:99999:99999$a$${'0'.repeat(128)}`,
  `scrypt$9999999999$a$8$1$${key64}`,
  `$scrypt$ln=63,r=8,p=1$AA$${key32}`,
  `$scrypt$ln=99,r=8,p=1$AA$${key32}`,
  `$2b$31$${bcryptTail}`,
  `$2y$99$${bcryptTail}`,
  `$bcrypt-sha256$v=2,t=2b,r=31$${'A'.repeat(21)}.$${'A'.repeat(30)}.`,
  `$argon2id$v=19$m=4294967295,t=4294967295,p=16777215$${'A'.repeat(22)}$${key32}`,
  `argon2$argon2i$v=19$m=8,t=4294967295,p=1$${'A'.repeat(22)}$${key32}`,
  `flask-security:$argon2id$v=19$m=4194304,t=1,p=1$${'A'.repeat(22)}$${key32}`,
  `pbkdf2:sha256:1$${'a'.repeat(1e6)}$${'0'.repeat(64)}`,
  `$2b$04$${'A'.repeat(1e6)}`,
  'flask-security:'.repeat(1e5),
  `scrypt:${'1'.repeat(1e6)}`,
  `${'$'.repeat(1e6)}`,
]

test('[asvs 15.2.2] foreign hashes: what asks for huge work is refused, and nothing is worked at', async () => {
  for (const text of huge) assert.equal(isTaken(text), false, text.slice(0, 80))
  const hasher = createPasswordHasher({ options: passwordOptions(), imported })
  for (const text of huge) {
    const verdict = await hasher.verifyPassword(text, 'password')
    assert.deepEqual(verdict, { ok: false, needsUpgrade: false })
  }
})

test('foreign hashes: each has one spelling', () => {
  assert.ok(kinds.length > 20)
  for (const { stored } of kinds) {
    assert.ok(isTaken(stored), stored)
    const changed = [` ${stored}`, `${stored} `, `${stored}\n`, `${stored}$`, `${stored}=`]
    changed.push(stored.slice(1), stored.slice(0, -1), `\0${stored}`, `${stored}\0`, '')
    changed.push(stored.toUpperCase(), `flask-security:flask-security:${stored}`)
    changed.push(`bcrypt$${stored}x`, `argon2${stored}x`, `$${stored}`)
    for (const [from, to] of [
      [/\d/, '+$&'],
      [/\d/, '-$&'],
      [/([:$=,])([1-9]\d*)/, '$10$2'],
      [/([:$=,])([1-9]\d*)/, '$1$2.0'],
      [/([:$=,])([1-9]\d*)/, '$1 $2'],
      [/([:$=,])([1-9]\d*)/, '$1٣'],
      [/\$/, '$$$$'],
      [/.(.)$/, '$1'],
      [/.$/, '_'],
      [/.$/, 'é'],
    ] as const) {
      const text = stored.replace(from, to)
      if (text !== stored) changed.push(text)
    }
    for (const text of changed) assert.equal(isTaken(text), false, JSON.stringify(text))
  }
})

test('foreign hashes: parameters that the algorithms do not define are refused', () => {
  for (const text of [
    `scrypt:3:8:1$a$${'0'.repeat(128)}`,
    `scrypt:1:8:1$a$${'0'.repeat(128)}`,
    `scrypt:65536:1:1$a$${'0'.repeat(128)}`,
    `$scrypt$ln=16,r=1,p=1$AA$${key32}`,
    `$2b$03$${bcryptTail}`,
    `$2b$00$${bcryptTail}`,
    `$argon2id$v=16$m=64,t=1,p=1$${'A'.repeat(22)}$${key32}`,
    `$argon2id$v=19$m=15,t=1,p=2$${'A'.repeat(22)}$${key32}`,
    `$argon2id$v=19$m=64,t=0,p=1$${'A'.repeat(22)}$${key32}`,
    `$argon2id$v=19$m=64,t=1,p=1$c2FsdA$${key32}`,
    `pbkdf2:md5:1000$a$${'0'.repeat(32)}`,
    `pbkdf2:sha256:1000$a$${'0'.repeat(40)}`,
    `pbkdf2:sha256$a$${'0'.repeat(64)}`,
    `pbkdf2:sha256:0$a$${'0'.repeat(64)}`,
    `pbkdf2_sha256$1000$a$${'A'.repeat(27)}=`,
  ]) {
    assert.equal(isTaken(text), false, text)
  }
})

test('foreign hashes: the marks stand for what they name and nothing else', () => {
  const plain = `$2b$04$${bcryptTail}`
  for (const [text, format, taken] of [
    [plain, 'bcrypt', true],
    [`flask-bcrypt-sha256:${plain}`, 'flask-bcrypt-sha256', true],
    [`flask-security:${plain}`, 'flask-security', true],
    [`flask-security:bcrypt$${plain}`, 'flask-security', false],
    [`flask-security:flask-bcrypt-sha256:${plain}`, 'flask-security', false],
    ['flask-security:', 'flask-security', false],
    ['flask-bcrypt-sha256:', 'flask-bcrypt-sha256', false],
    [
      `flask-bcrypt-sha256:$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$${key32}`,
      'flask-bcrypt-sha256',
      false,
    ],
    ['plain$$password', 'plain-text', false],
    ['!', 'django-unusable', false],
    ['', 'unknown', false],
    ['password', 'unknown', false],
  ] as const) {
    const description = describeForeignHash(text, imported)
    assert.deepEqual([description.format, description.accepted], [format, taken], text)
  }
})

test('foreign hashes: any text gets an answer that does not repeat it', () => {
  const prefixes = kinds.map(({ stored }) => stored.slice(0, 20))
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 600 }),
    fc
      .tuple(fc.constantFrom(...prefixes), fc.string({ unit: 'binary', maxLength: 200 }))
      .map(([prefix, rest]) => prefix + rest),
  )
  fc.assert(
    fc.property(texts, (text) => {
      const description = describeForeignHash(text, imported)
      if (!description.accepted) assert.ok(text.length < 20 || !description.reason.includes(text))
    }),
    { numRuns: 2000 },
  )
})

const characters = [...'$:=,./+0159aAzZ-_ \n\0é']

test('foreign hashes: a bent hash never throws and is never another password', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...kinds),
      fc.nat(),
      fc.constantFrom('put', 'insert', 'remove', 'cut'),
      fc.constantFrom(...characters),
      async ({ stored, password, salt }, place, how, character) => {
        const at = place % stored.length
        const rest = stored.slice(how === 'insert' ? at : at + 1)
        const middle = how === 'put' || how === 'insert' ? character : ''
        const bent = stored.slice(0, at) + middle + (how === 'cut' ? '' : rest)
        const known = parseForeignHash(
          bent,
          salt === undefined
            ? imported
            : importedPasswords({ flaskSecuritySalts: [{ reveal: () => salt }] }),
        )
        if (known === undefined) return
        const other = `not ${password}`
        assert.equal(await matchesForeignHash(known, other, other.normalize('NFKC')), false, bent)
      },
    ),
    { numRuns: 400 },
  )
})

test('foreign hashes: the empty password is never right, though its hash was stored', async () => {
  // hashlib.pbkdf2_hmac('sha256', b'', b'salt', 1).hex() of Python 3.11
  const ofNothing = 'f135c27993baf98773c5cdb40a5706ce6a345cde61b000a67858650cd6a324d7'
  const known = parseForeignHash(`pbkdf2:sha256:1$salt$${ofNothing}`)
  assert.ok(known !== undefined)
  assert.equal(await known.verify(''), true)
  assert.equal(await matchesForeignHash(known, '', ''), false)
})

test('foreign hashes: too long and malformed passwords are wrong, and cost the same hash', async () => {
  const { stored, password } = kinds.find(({ format }) => format === 'bcrypt') ?? assert.fail()
  const known = parseForeignHash(stored)
  assert.ok(known !== undefined)
  const asked: string[] = []
  const counting = {
    ...known,
    verify: (text: string) => {
      asked.push(text)
      return known.verify(text)
    },
  }
  assert.equal(
    await matchesForeignHash(counting, `${password}${'x'.repeat(2000)}`, undefined),
    false,
  )
  assert.deepEqual(asked, [''])
  assert.equal(await matchesForeignHash(counting, 'plain', 'plain'), false)
  assert.deepEqual(asked, ['', 'plain'])
})
