/**
 * People of other systems from the file to the first sign-in: hashes that the Python libraries made
 * are imported by the command, each person signs in once with the old password, and no old hash is
 * left.
 */
import assert from 'node:assert/strict'
import { chmodSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { accounts } from '../../src/blueprints/accounts/routes.ts'
import { manualClock } from '../../src/core/clock.ts'
import { importedPasswords } from '../../src/defences/passwords/foreign/options.ts'
import { flaskSecuritySalts } from '../../src/secrets/passwordSalts.ts'
import type { Project } from '../../src/serve/application.ts'
import { place } from './processFixture.ts'
import { layout, project, roles } from './projectFixture.ts'
import { openSite, signIn } from './siteFixture.ts'

type Vector = {
  readonly format: string
  readonly password: string
  readonly stored: string
  readonly salt?: string
  readonly atDefaultCost?: boolean
}
const { accepted, refused }: Record<'accepted' | 'refused', readonly Vector[]> = JSON.parse(
  readFileSync(new URL('../vectors/foreign-hashes.json', import.meta.url), 'utf8'),
)
/** One of each format and library's password, at the costs of a test. */
const chosen = [
  ...Map.groupBy(
    accepted.filter(({ atDefaultCost }) => atDefaultCost !== true),
    ({ format, password }) => `${format} ${Buffer.byteLength(password) > 72}`,
  ).values(),
].flatMap(([first]) => first ?? [])
const salts = [...new Set(accepted.flatMap(({ salt }) => salt ?? []))]

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
const csvOf = (vectors: readonly Vector[]) =>
  ['email,name,role,passwordHash']
    .concat(vectors.map(({ stored }, at) => `p${at}@old.example,P${at},member,${quoted(stored)}`))
    .join('\r\n')

/** As an application that takes people from Flask-Security over mounts its accounts. */
function projectWith(environment: Readonly<Record<string, string>>): Project {
  const [front] = project.blueprints
  assert.ok(front !== undefined)
  const imported = importedPasswords({ flaskSecuritySalts: flaskSecuritySalts(environment) })
  const administratorRole = 'admin'
  const own = accounts({ roles, siteName: 'Flask', administratorRole, layout, imported })
  return { ...project, blueprints: [front, own] }
}

const ours = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/

test('gap 32: [asvs 11.4.2] an import from every Python library, and a first sign-in of everybody', async (t) => {
  const at = place(t)
  await at.run('migrate')
  at.write('people.csv', csvOf(chosen))
  at.write('salt', `${salts.join('\n')}\n`)
  chmodSync(`${at.folder}/salt`, 0o600)
  const environment = { FLASK_SECURITY_SALT_FILE: `${at.folder}/salt` }
  const ran = await at.runWith(environment, 'import', 'people.csv')
  assert.equal(ran.code, 0, ran.stdout + ran.stderr)
  const hashOf = (email: string) =>
    String(
      at.rows('select passwordHash from demijohn_accounts where email = ?', email)[0]?.passwordHash,
    )

  const clock = manualClock(Date.now())
  const site = openSite(t, at, { project: projectWith(environment), clock })
  const enters = async (email: string, password: string) => {
    // Limits and throttles are another test's: here each try has a quiet hour to itself.
    clock.advance(3_600_000)
    const client = await signIn(site, email, password)
    return (await client.get('/mine')).status === 200
  }
  assert.ok(chosen.length > 15, `only ${chosen.length}`)
  let longer = 0
  for (const [index, { password, stored, format }] of chosen.entries()) {
    const email = `p${index}@old.example`
    assert.equal(await enters(email, `~${password}`), false, format)
    assert.ok(hashOf(email).endsWith(stored), 'a wrong password leaves the old hash')
    assert.equal(await enters(email, password), true, stored)
    assert.match(hashOf(email), ours)
    assert.ok(!hashOf(email).includes(stored.slice(-22)))
    if (Buffer.byteLength(password) <= 72) continue
    longer += 1
    // What bcrypt cut off counts from now on.
    assert.equal(await enters(email, `${password}x`), false, format)
    assert.equal(await enters(email, password.slice(0, -1)), false, format)
    assert.equal(await enters(email, password), true, format)
  }
  assert.ok(longer >= 1, 'gap 32 is about passwords above 72 bytes')
})

test('import: hashes that are nobody’s password come in by no way', async (t) => {
  const at = place(t)
  await at.run('migrate')
  at.write('people.csv', csvOf(refused))
  const { code, stdout } = await at.run('import', 'people.csv')
  assert.equal(code, 1)
  assert.ok(refused.length > 10)
  assert.match(stdout, new RegExp(`refused +${refused.length} `))
  assert.deepEqual(at.rows('select email from demijohn_accounts'), [])
})

test('import --hashes: marks what Flask-Security and Flask-Bcrypt hashed in their own way', async (t) => {
  const at = place(t)
  await at.run('migrate')
  const bare = accepted.find(({ stored }) => stored.startsWith('flask-security:$2'))
  const [, hash = ''] = /^flask-security:(.+)$/.exec(bare?.stored ?? '') ?? []
  at.write('people.csv', csvOf([{ format: '', password: '', stored: hash }]))
  const without = await at.run('import', 'people.csv', '--hashes', 'flask-security')
  assert.equal(without.code, 1)
  assert.match(without.stdout, /passwordHash {2}Set FLASK_SECURITY_SALT_FILE/)
  const salt = { FLASK_SECURITY_SALT: bare?.salt ?? '' }
  assert.equal(
    (await at.runWith(salt, 'import', 'people.csv', '--hashes', 'flask-security')).code,
    0,
  )
  const [row] = at.rows('select passwordHash from demijohn_accounts')
  assert.equal(row?.passwordHash, bare?.stored)
  const site = openSite(t, at, { project: projectWith(salt) })
  const client = await signIn(site, 'p0@old.example', bare?.password ?? '')
  assert.equal((await client.get('/mine')).status, 200)
})
