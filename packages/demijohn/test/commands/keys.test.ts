/** `npx demijohn keys` as a process of its own, beside a site that runs on the same file. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'
import { keysHelp } from '../../src/commands/keys/help.ts'
import { systemRandom } from '../../src/core/bytes.ts'
import { systemClock } from '../../src/core/clock.ts'
import { openSqlite } from '../../src/data/sqlite.ts'
import type { DemijohnTables } from '../../src/data/tables.ts'
import { parseKeyring } from '../../src/secrets/keyring.ts'
import { type Application, createApplication } from '../../src/serve/application.ts'
import { createLog } from '../../src/watch/log.ts'
import { type Place, place } from './processFixture.ts'
import { project } from './tokensProjectFixture.ts'

const KEYS = systemRandom(32).toString('base64url')
const production = { NODE_ENV: 'production', KEYS }

async function withTokens(t: TestContext): Promise<Place> {
  const at = place(t)
  const path = join(import.meta.dirname, 'tokensProjectFixture.ts')
  at.write('package.json', JSON.stringify({ type: 'module', demijohn: { project: path } }))
  await at.run('migrate')
  return at
}

/** A site of that place, in this process. */
function siteOf(t: TestContext, { database }: Place): Application {
  const { db, close } = openSqlite<DemijohnTables>({ path: database })
  t.after(close)
  const keyring = parseKeyring(KEYS)
  return createApplication(project, {
    ...{ db, clock: systemClock, origin: 'https://flask.example' },
    log: createLog({ clock: systemClock, stream: { write: () => undefined } }),
    subkeys: (purpose) => keyring.subkeys(purpose),
  })
}

type Listed = { readonly id: string; readonly state: string; readonly algorithm: string }

async function listed(at: Place): Promise<readonly Listed[]> {
  const { code, stdout } = await at.run('keys', 'list', '--json')
  assert.equal(code, 0)
  return JSON.parse(stdout)
}

async function published(site: Application): Promise<readonly unknown[]> {
  return (await site.tokens.keySet()).keys.map(({ kid }) => kid)
}

test('keys: a rotation is published at a running site within a second, and signs later', async (t) => {
  const at = await withTokens(t)
  const site = siteOf(t, at)
  await site.tokens.prepare()
  const [first] = await listed(at)
  assert.equal(first?.state, 'signs')
  const { code, stdout } = await at.runWith(production, 'keys', 'rotate')
  assert.equal(code, 0)
  assert.match(stdout, /signs in 10 minutes/)
  const states = await listed(at)
  assert.deepEqual(
    states.map(({ state }) => state),
    ['will sign', 'signs'],
  )
  await setTimeout(1_100)
  assert.deepEqual(
    await published(site),
    states.map(({ id }) => id),
  )
})

test('keys: --now signs at once, and --distrust-old publishes the old one no more', async (t) => {
  const at = await withTokens(t)
  const site = siteOf(t, at)
  await site.tokens.prepare()
  await at.runWith(production, 'keys', 'rotate', '--now')
  assert.deepEqual(
    (await listed(at)).map(({ state }) => state),
    ['signs', 'verifies'],
  )
  await at.runWith(production, 'keys', 'rotate', '--distrust-old')
  const states = await listed(at)
  assert.deepEqual(
    states.map(({ state }) => state),
    ['signs', 'retired', 'retired'],
  )
  await setTimeout(1_100)
  assert.deepEqual(await published(site), [states[0]?.id])
})

test('keys: nothing that is printed or logged is secret, and the row is sealed under KEYS', async (t) => {
  const at = await withTokens(t)
  await at.runWith(production, 'keys', 'rotate', '--now')
  const shown = [
    ...['keys list', 'keys list --json'].map((words) => at.run(...words.split(' '))),
    at.runWith(production, 'keys', 'rotate'),
  ]
  const texts = (await Promise.all(shown)).map(({ stdout, stderr }) => stdout + stderr)
  texts.push(readFileSync(at.log, 'utf8'))
  const rows = at.rows('select * from demijohn_signing_keys')
  for (const { privateKey, publicKey } of rows) {
    assert.ok(!String(privateKey).includes('"d"'))
    for (const text of texts) {
      assert.ok(
        !text.includes(String(privateKey)) && !text.includes(JSON.parse(String(publicKey)).x),
      )
    }
  }
  // Another keyring does not open it: a site with that one makes a key of its own.
  const event = JSON.parse(readFileSync(at.log, 'utf8').trimEnd().split('\n')[0] ?? '')
  assert.equal(event.event, 'authn_token_created')
  assert.equal(event.what, 'signing key')
})

test('keys: a pipe gets lines of tabs, without a head', async (t) => {
  const at = await withTokens(t)
  await at.runWith(production, 'keys', 'rotate', '--now')
  const { stdout } = await at.run('keys', 'list')
  assert.match(stdout, /^signs\tEdDSA\t\d{4}-\d\d-\d\d\t[\w-]{43}\n$/)
})

test('keys: what is not understood changes nothing', async (t) => {
  const at = await withTokens(t)
  for (const words of [['rotat'], ['rotate', 'x'], ['rotate', '--later'], ['list', '--secret']]) {
    const { code, stderr } = await at.runWith(production, 'keys', ...words)
    assert.equal(code, 2, words.join(' '))
    assert.ok(stripVTControlCharacters(stderr).includes(stripVTControlCharacters(keysHelp)))
  }
  assert.deepEqual(at.rows('select * from demijohn_signing_keys'), [])
  const { code, stderr } = await at.runWith({ NODE_ENV: 'production' }, 'keys', 'rotate')
  assert.equal(code, 1)
  assert.match(stderr, /KEYS/)
})

test('keys: a project without tokens is told so', async (t) => {
  const at = place(t)
  await at.run('migrate')
  const { code, stderr } = await at.run('keys', 'list')
  assert.equal(code, 1)
  assert.match(stderr, /makes no tokens/)
})
