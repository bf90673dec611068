/** Accounts that came from another system sign in with the password they had there. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isRefusal } from '../../core/refusals.ts'
import { importedPasswords } from '../../defences/passwords/foreign/options.ts'
import { passwordOptions } from '../../defences/passwords/options.ts'
import { createPasswordHasher } from '../../defences/passwords/verify.ts'
import { authenticate, createAccount, findAccount, findPasswordHash } from './data.ts'
import { openAccounts, start } from './storeFixture.ts'

type Vector = {
  readonly format: string
  readonly password: string
  readonly stored: string
  readonly salt?: string
  readonly atDefaultCost?: boolean
}
const { accepted, refused }: Record<'accepted' | 'refused', readonly Vector[]> = JSON.parse(
  readFileSync(new URL('../../../test/vectors/foreign-hashes.json', import.meta.url), 'utf8'),
)
const ofEach = [
  ...Map.groupBy(
    accepted.filter(({ atDefaultCost }) => atDefaultCost !== true),
    ({ format, password }) => `${format} ${password}`,
  ).values(),
].flatMap(([first]) => first ?? [])
const salts = new Set(accepted.flatMap(({ salt }) => salt ?? []))
const imported = importedPasswords({
  flaskSecuritySalts: [...salts].map((salt) => ({ reveal: () => salt })),
})
const hasher = createPasswordHasher({ options: passwordOptions(), imported })
const ours = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/

test('[asvs 11.4.2] an imported hash signs in once, and is argon2id of the whole password after', async (t) => {
  assert.ok(ofEach.length > 60)
  const store = await openAccounts(t)
  for (const [at, { stored, password, format }] of ofEach.entries()) {
    const email = `person${at}@press.example`
    const account = await createAccount(store, {
      email,
      name: 'Person',
      role: 'member',
      passwordHash: stored,
    })
    assert.ok(account)
    const sign = async (word: string) => {
      const answer = await authenticate(store, hasher, { email, password: word })
      assert.ok(!isRefusal(answer))
      return answer?.id ?? null
    }
    const hash = async () => (await findPasswordHash(store, account.id))?.passwordHash ?? ''
    assert.equal(await sign(`~${password}`), null, format)
    assert.equal(await hash(), stored, 'a wrong password leaves the old hash')
    assert.equal(await sign(password), account.id, stored)
    const anew = await hash()
    assert.match(anew, ours)
    assert.ok(!anew.includes(stored.slice(-22)))
    assert.equal(await sign(password), account.id, 'and again')
    assert.equal(await hash(), anew, 'made anew once')
    assert.equal(await sign(password.normalize('NFC')), account.id)
    assert.equal((await findAccount(store, account.id))?.passwordChangedAt, start)
  }
  const { rows } = await findTexts(store)
  assert.equal(rows.length, ofEach.length)
  for (const { passwordHash } of rows) assert.match(passwordHash ?? '', ours)
})

async function findTexts({ db }: Awaited<ReturnType<typeof openAccounts>>) {
  return { rows: await db.selectFrom('demijohn_accounts').select('passwordHash').execute() }
}

test('gap 32: [asvs 6.2.9] after its first sign-in a bcrypt password counts beyond byte 72', async (t) => {
  const long = ofEach.find(
    ({ format, password }) => format === 'bcrypt' && Buffer.byteLength(password) > 72,
  )
  assert.ok(long !== undefined)
  const store = await openAccounts(t)
  const email = 'ada@press.example'
  const made = { email, name: 'Ada', role: 'member', passwordHash: long.stored }
  assert.ok(await createAccount(store, made))
  const sign = (password: string) => authenticate(store, hasher, { email, password })
  assert.ok(await sign(long.password))
  assert.equal(await sign(`${long.password}x`), null)
  assert.equal(await sign(long.password.slice(0, 72)), null)
  assert.ok(await sign(long.password))
})

test('of twenty sign-ins at once with the right password every one gets in', async (t) => {
  const vector = ofEach.find(({ format }) => format === 'werkzeug-pbkdf2')
  assert.ok(vector !== undefined)
  const store = await openAccounts(t)
  const email = 'ada@press.example'
  const made = { email, name: 'Ada', role: 'member', passwordHash: vector.stored }
  const account = await createAccount(store, made)
  assert.ok(account)
  const { password } = vector
  const roomy = createPasswordHasher({ options: passwordOptions({ waitingHashes: 100 }) })
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => authenticate(store, roomy, { email, password })),
  )
  for (const answer of answers) {
    assert.ok(answer !== null && !isRefusal(answer))
    assert.equal(answer.id, account.id)
  }
  assert.match((await findPasswordHash(store, account.id))?.passwordHash ?? '', ours)
})

test('an imported hash that is not taken signs nobody in, and stays for a link to replace', async (t) => {
  const store = await openAccounts(t)
  assert.ok(refused.length > 10)
  for (const [at, { stored, password }] of refused.entries()) {
    const email = `person${at}@press.example`
    const made = { email, name: 'Person', role: 'member', passwordHash: stored }
    const account = await createAccount(store, made)
    assert.ok(account)
    assert.equal(await authenticate(store, hasher, { email, password }), null)
    assert.equal(await authenticate(store, hasher, { email, password: stored }), null)
    assert.equal((await findPasswordHash(store, account.id))?.passwordHash, stored)
  }
})
