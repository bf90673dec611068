/**
 * A site that must not start: keys that somebody else knows, settings that mean something else than
 * they say, rules that guard nothing. Each is refused at start, with a remedy and without its value.
 *
 * GHSA-8fpg-xm3f-6cx3, CVE-2026-44351, CVE-2026-54290.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { accounts } from '../../src/blueprints/accounts/routes.ts'
import { Misconfiguration } from '../../src/core/misconfiguration.ts'
import { defineRoles } from '../../src/defences/access/roles.ts'
import { csrfOptions } from '../../src/defences/csrf/options.ts'
import { parseLimit } from '../../src/defences/limits/options.ts'
import { html } from '../../src/html/template.ts'
import { compileRoutes } from '../../src/pipeline/compile.ts'
import type { AnyBlueprint } from '../../src/pipeline/kit.ts'
import { parseKeyring } from '../../src/secrets/keyring.ts'
import { flag, secret } from '../../src/secrets/readers.ts'
import { readSettings } from '../../src/secrets/settings.ts'
import { createApplication } from '../../src/serve/application.ts'
import { runSettings } from '../../src/serve/settings.ts'
import { testApp } from '../../src/testing/site.ts'
import { createLog } from '../../src/watch/log.ts'
import { attackedProject, openAttacked, roles } from './fixture.ts'

/** 32 bytes that somebody drew for this test; no pattern, so only that they are public is wrong. */
const goodKey = 'q3JxV0n8cUe5m1ZtB7yLw9Kf2RhPdG4sXoA6iCjEuMk'
const otherKey = 'Zr8vQ1kTgN5hWc3xYb7mJp0LdS9fAe2uGiC4oR6tDwE'

const production = {
  NODE_ENV: 'production',
  ORIGIN: 'https://press.example',
  KEYS: goodKey,
}

/** The message of what was refused. */
function refusalOf(start: () => unknown): string {
  try {
    start()
  } catch (error) {
    assert.ok(error instanceof Misconfiguration, String(error))
    return error.message
  }
  return assert.fail('it started')
}

test('configuration: a good one starts, with one key or several', () => {
  assert.equal(runSettings('press', production).mode, 'production')
  assert.equal(
    runSettings('press', { ...production, KEYS: `${otherKey},${goodKey}` }).keyring.size,
    2,
  )
})

const published = [
  'dev',
  'secret',
  'SECRET_KEY',
  'changeme',
  'change-me',
  'CHANGE_ME_PLEASE_CHANGE_ME_PLEASE',
  'password',
  'a',
  '0',
  'x'.repeat(64),
  'your-secret-key',
  'your_secret_key_here_your_secret_key',
  'super-secret',
  'super secret key super secret key',
  'keyboard cat',
  'hard to guess string',
  'you-will-never-guess',
  '192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf',
  '_5#y2L"F4Q8z\\n\\xec]/',
  '5791628bb0b13ce0c676dfde280ba245',
  '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
  'pf9Wkove4IKEAXvy-cQkeDPhv9Cb3Ag-wyJILbq_dFw',
  'AyM1SysPpbyfDfZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
  '00000000000000000000000000000000',
  '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
  'abcdefghijklmnopqrstuvwxyzabcdef',
  'A'.repeat(43),
  'AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE',
  'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
  'correct horse battery staple',
  goodKey.slice(0, 42),
  goodKey.slice(0, 10),
  `${goodKey}A`,
  `${goodKey}=`,
]

test('gap 26: a public, one-letter, short or patterned secret does not start, and is never shown [asvs 11.2.3]', () => {
  for (const text of published) {
    const asKeys = refusalOf(() => runSettings('press', { ...production, KEYS: text }))
    assert.match(asKeys, /KEYS/, text)
    if (text.length > 4) assert.ok(!asKeys.includes(text), asKeys)
    if (text.startsWith(goodKey.slice(0, 10))) continue
    const asSecret = refusalOf(() =>
      readSettings({ TOKEN: text }, { TOKEN: secret({ describe: 'x' }) }),
    )
    assert.match(asSecret, /^TOKEN /, text)
    if (text.length > 7) assert.ok(!asSecret.includes(text), asSecret)
  }
})

test('gap 26: one weak key among good ones is enough to be refused, and is named by its place', () => {
  const second = refusalOf(() =>
    runSettings('press', { ...production, KEYS: `${goodKey},${'A'.repeat(43)}` }),
  )
  assert.match(second, /Key 2/)
  assert.ok(!second.includes(goodKey))
  assert.match(
    refusalOf(() => parseKeyring(`${goodKey} ${goodKey}`)),
    /twice/,
  )
})

test('gap 26: without keys or origin production does not start, and says both at once', () => {
  const message = refusalOf(() => runSettings('press', { NODE_ENV: 'production' }))
  assert.match(message, /ORIGIN is not set/)
  assert.match(message, /KEYS is not set/)
  for (const text of ['', ' ', ',', '\n']) {
    assert.match(
      refusalOf(() => runSettings('press', { ...production, KEYS: text })),
      /KEYS/,
    )
  }
})

test('gap 28: an HMAC key of five bytes, none, or less than the hash is refused wherever one is taken', () => {
  const ownOrigins = ['https://press.example']
  for (const bytes of [0, 1, 5, 16, 31]) {
    refusalOf(() => csrfOptions({ ownOrigins, subkeys: [Buffer.alloc(bytes, 7)] }))
    refusalOf(() =>
      csrfOptions({ ownOrigins, subkeys: [Buffer.alloc(32, 7), Buffer.alloc(bytes, 7)] }),
    )
    refusalOf(() =>
      parseKeyring(
        Buffer.from('q3JxV0n8cUe5m1ZtB7yLw9Kf2RhPdG4s').subarray(0, bytes).toString('base64url'),
      ),
    )
  }
  refusalOf(() => csrfOptions({ ownOrigins, subkeys: [] }))
  assert.equal(csrfOptions({ ownOrigins, subkeys: [Buffer.alloc(32, 7)] }).subkeys.length, 1)
})

test('gap 28: an application is not put together on a short key, though a caller derive it', async () => {
  const site = await testApp(attackedProject().project)
  const { project } = attackedProject()
  const log = createLog({ clock: site.clock, stream: { write: () => undefined } })
  for (const bytes of [0, 5, 31]) {
    refusalOf(() =>
      createApplication(project, {
        db: site.db,
        clock: site.clock,
        log,
        origin: 'https://press.example',
        subkeys: () => [Buffer.alloc(bytes, 7)],
      }),
    )
  }
  await site.close()
})

test('gap 27: False is false, and what is neither is refused', () => {
  const spec = { DEBUG: flag({ describe: 'more to read' }) }
  const read = (DEBUG: string): boolean => readSettings({ DEBUG }, spec).DEBUG
  for (const text of ['False', 'false', 'FALSE', '0', 'no', 'No', 'off', 'OFF'])
    assert.equal(read(text), false, text)
  for (const text of ['True', 'true', 'TRUE', '1', 'yes', 'on'])
    assert.equal(read(text), true, text)
  for (const text of [
    '',
    ' ',
    'f',
    'n',
    'none',
    'None',
    'null',
    'undefined',
    '2',
    '-1',
    '00',
    'false ',
    ' false',
    'disabled',
    '"false"',
    '[]',
  ]) {
    assert.match(
      refusalOf(() => read(text)),
      /DEBUG/,
      JSON.stringify(text),
    )
  }
})

test('configuration: no flag turns production into development [asvs 13.4.2]', () => {
  for (const NODE_ENV of [
    'Production',
    'prod',
    'PRODUCTION',
    'production ',
    'staging',
    'test',
    'live',
    '',
  ]) {
    assert.match(
      refusalOf(() => runSettings('press', { ...production, NODE_ENV })),
      /NODE_ENV/,
      NODE_ENV,
    )
  }
  const settings = runSettings('press', {
    ...production,
    DEBUG: 'true',
    FLASK_DEBUG: '1',
    DEMIJOHN_DEV: '1',
  })
  assert.equal(settings.mode, 'production')
})

test('configuration: an origin that is not https, or not an origin, does not start', () => {
  const refused = [
    'http://press.example',
    'http://10.0.0.5',
    'http://localhost.press.example',
    'http://127.0.0.1.press.example',
    'press.example',
    '//press.example',
    'https://press.example/',
    'https://press.example/a',
    'https://press.example?',
    'https://Press.example',
    'https://press.example:443',
    'HTTPS://press.example',
    'https://user@press.example',
    'https://press.example https://evil.example',
    'https://',
    'https://*',
    'https://*.press.example',
    '*',
    'null',
    'ftp://press.example',
    'ws://press.example',
    'file:///',
    'javascript:alert(1)',
    'loopback',
    '',
    ' https://press.example',
    'https://press.example\n',
  ]
  for (const ORIGIN of refused) {
    assert.match(
      refusalOf(() => runSettings('press', { ...production, ORIGIN })),
      /ORIGIN/,
      ORIGIN,
    )
  }
})

test('configuration: a proxy is trusted by its address, never everybody and never by counting', () => {
  for (const networks of [
    '*',
    '0.0.0.0/0',
    '::/0',
    'true',
    '1',
    'loopback',
    '10.0.0.0/33',
    '10.0.0.1/8',
    '10.0.0',
    '10.0.0.256',
    'proxy.example',
    '::ffff:0:0/96x',
    ' ',
    '10.0.0.0/8;*',
    '010.0.0.1',
  ]) {
    // Whoever the sentinel leaves alone is named in the same words.
    for (const name of ['TRUSTED_PROXIES', 'ALLOWED_NETWORKS']) {
      const refusal = refusalOf(() => runSettings('press', { ...production, [name]: networks }))
      assert.ok(refusal.includes(name), networks)
    }
  }
  const two = '10.0.0.0/8, fd00::/8'
  const settings = runSettings('press', {
    ...production,
    TRUSTED_PROXIES: two,
    ALLOWED_NETWORKS: two,
  })
  assert.equal(settings.trustedProxies.length, 2)
  assert.equal(settings.allowedNetworks.length, 2)
})

test('configuration: development listens on this machine alone, whatever HOST says', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'demijohn-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const DATABASE = join(folder, 'press.db')
  const settings = runSettings('press', {
    DATABASE,
    HOST: '0.0.0.0',
    ORIGIN: 'http://press.example',
  })
  assert.equal(settings.host, '127.0.0.1')
  assert.equal(settings.origin, 'loopback')
})

test('[asvs 12.2.1] configuration: production in plain HTTP does not leave this machine', () => {
  const plain = { ...production, ORIGIN: 'http://localhost:8080' }
  for (const HOST of ['0.0.0.0', '::', '192.0.2.1', 'press.example']) {
    assert.match(
      refusalOf(() => runSettings('press', { ...plain, HOST })),
      /HOST/,
      HOST,
    )
    assert.equal(runSettings('press', { ...production, HOST }).host, HOST)
  }
  for (const HOST of ['127.0.0.1', '::1', 'localhost']) {
    assert.equal(runSettings('press', { ...plain, HOST }).host, HOST)
  }
})

test('configuration: roles that do not exist, inherit from themselves or grant nothing readable are refused', () => {
  const tables: readonly object[] = [
    {},
    { admin: { is: 'root', may: [] } },
    { admin: { is: 'admin', may: [] } },
    { a: { is: 'b', may: [] }, b: { is: 'a', may: [] } },
    { Admin: { may: [] } },
    { 'ad min': { may: [] } },
    { admin: { may: ['*'] } },
    { admin: { may: ['post:*'] } },
    { admin: { may: ['post'] } },
    { admin: { may: ['post:edit:all'] } },
    { admin: { may: [''] } },
  ]
  for (const table of tables) {
    // A caller without types.
    refusalOf(() => defineRoles(table as Parameters<typeof defineRoles>[0]))
  }
  assert.equal(roles.reach('root', 'page:read'), 'none')
  for (const role of ['__proto__', 'constructor', 'toString', '']) {
    assert.equal(roles.reach(role, 'page:read'), 'none', role)
    assert.equal(roles.reach('admin', role), 'none', role)
  }
})

test('configuration: an administrator role that nobody defined is refused', async () => {
  const { project } = attackedProject({ administratorRole: 'root' })
  await assert.rejects(() => testApp(project), Misconfiguration)
})

test('configuration: a person whose role is no longer defined may do nothing', async (t) => {
  const site = await openAttacked(t)
  for (const role of ['ghost', '__proto__', 'constructor', 'toString', 'ADMIN', 'admin ']) {
    const client = await site.signInAs(role)
    for (const path of ['/admin', '/read', '/write']) {
      assert.equal((await client.get(path)).status, 403, `${path} as ${role}`)
    }
  }
})

test('configuration: a route without a rule, or with one that guards nothing, does not start', () => {
  const base = {
    path: '/x',
    method: 'GET' as const,
    credential: 'session' as const,
    body: 'none' as const,
    api: undefined,
    params: {},
    query: {},
    fields: undefined,
    limits: [],
    load: undefined,
    initial: undefined,
    page: undefined,
    handle: () => html`x`,
  }
  const wrong: readonly object[] = [
    {},
    { access: undefined },
    { access: null },
    { access: true },
    { access: 'anyone' },
    { access: {} },
    { access: { kind: 'public' } },
    { access: { kind: 'may' } },
    { access: { kind: 'may', permission: '' } },
    { access: { kind: 'may', permission: 'page:reed' } },
    { access: { kind: 'may', permission: 'note:edit' } },
    { access: { kind: 'anyone' }, path: '/x/' },
    { access: { kind: 'anyone' }, path: '/:id' },
    { access: { kind: 'anyone' }, path: '/*' },
    { access: { kind: 'anyone' }, path: '/%61' },
    { access: { kind: 'anyone' }, path: '/../x' },
    { access: { kind: 'anyone' }, path: '//x' },
    { access: { kind: 'anyone' }, limits: ['10'] },
    { access: { kind: 'anyone' }, limits: ['0 per hour'] },
    { access: { kind: 'anyone' }, handle: undefined },
  ]
  for (const change of wrong) {
    const blueprint = { prefix: '', routes: [{ ...base, ...change }] }
    refusalOf(() => compileRoutes([blueprint as unknown as AnyBlueprint], roles))
  }
  const twice = {
    prefix: '',
    routes: [
      { ...base, access: { kind: 'anyone' } },
      { ...base, access: { kind: 'signed-in' } },
    ],
  }
  assert.match(
    refusalOf(() => compileRoutes([twice as AnyBlueprint], roles)),
    /declared twice/,
  )
})

test('configuration: limits that limit nothing are no limits', () => {
  for (const text of [
    '',
    '0 per hour',
    '-1 per hour',
    '10',
    '10/hour',
    '10 per',
    'per hour',
    '1e9 per hour',
    '10 per fortnight',
    '10 per hours',
    ' 10 per hour',
    '10 per hour;',
    'Infinity per day',
    '1.5 per hour',
    '10  per hour',
    '9999999999 per second',
  ]) {
    assert.equal(parseLimit(text), undefined, text)
  }
  assert.equal(parseLimit('10 per hour')?.windowMilliseconds, 3_600_000)
})

test('[asvs 16.5.3] configuration: a site whose alarms cannot be written does not start, or a copied token would end nothing', async () => {
  const { project } = attackedProject()
  const named = (siteName: string) => ({
    ...project,
    mail: { signature: 'Notes' },
    blueprints: [
      accounts({ roles, layout: ({ main }) => main, siteName, administratorRole: 'admin' }),
    ],
  })
  const site = await testApp(named('Notes'))
  await site.close()
  for (const siteName of ['x'.repeat(200), 'No\ntes', 'No\u202etes']) {
    await assert.rejects(testApp(named(siteName)), Misconfiguration, JSON.stringify(siteName))
  }
})
