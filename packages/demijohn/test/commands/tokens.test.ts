/** What the command line ends of tokens: a running site refuses them within a second. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { createAccount } from '../../src/blueprints/accounts/data.ts'
import { sha256Hex } from '../../src/core/bytes.ts'
import { systemClock } from '../../src/core/clock.ts'
import { openSqlite } from '../../src/data/sqlite.ts'
import type { DemijohnTables } from '../../src/data/tables.ts'
import { createApplication } from '../../src/serve/application.ts'
import { createLog } from '../../src/watch/log.ts'
import { type Place, place } from './processFixture.ts'
import { project } from './tokensProjectFixture.ts'

const address = 'bob@press.example'
const network = '192.0.2.0'

/** A site on which somebody has an app and a personal token, both read a moment ago. */
async function withTokens(t: TestContext): Promise<{
  readonly at: Place
  readonly live: () => Promise<readonly boolean[]>
}> {
  const at = place(t)
  const path = join(import.meta.dirname, 'tokensProjectFixture.ts')
  at.write('package.json', JSON.stringify({ type: 'module', demijohn: { project: path } }))
  await at.run('migrate')
  const { db, close } = openSqlite<DemijohnTables>({ path: at.database })
  t.after(close)
  const { tokens, sessions } = createApplication(project, {
    ...{ db, clock: systemClock, origin: 'https://flask.example' },
    log: createLog({ clock: systemClock, stream: { write: () => undefined } }),
    subkeys: (purpose) => [Buffer.from(sha256Hex(`key of ${purpose}`), 'hex')],
  })
  const person = { email: address, name: 'Bob', role: 'editor', passwordHash: null }
  const account = await createAccount({ db, clock: systemClock }, person)
  const accountId = account?.id ?? ''
  const issued = await sessions.create({
    ...{ accountId, credentialRevision: 0, methods: ['password'] },
    ...{ userAgent: 'Firefox', clientAddress: '192.0.2.1' },
  })
  const sessionId = issued?.session.id ?? ''
  const scopes = ['post:write']
  const made = await tokens.makePersonal({ accountId, sessionId, name: 'x', scopes, days: 7 })
  const begun = await tokens.beginGrant({ clientId: 'cli', scopes, boundTo: undefined, network })
  const grant = await tokens.claimGrant(begun?.userCode ?? '', accountId)
  await tokens.decideGrant({ id: grant?.id ?? '', accountId, sessionId, decision: 'approved' })
  const answer = await tokens.redeemGrant({
    ...{ token: begun?.deviceCode ?? '', clientId: 'cli', boundTo: undefined, network },
  })
  assert.ok(made.kind === 'made' && answer.kind === 'issued')
  const read = async (token: string): Promise<boolean> => {
    const facts = { method: 'GET', uri: 'https://flask.example/', requiresProof: false }
    const authorization = `Bearer ${token}`
    const now = systemClock.now()
    return (
      typeof (await tokens.read({ ...facts, authorization, proof: undefined, now })) === 'object'
    )
  }
  const live = () => Promise.all([made.text, answer.accessToken].map(read))
  assert.deepEqual(await live(), [true, true])
  return { at, live }
}

for (const [title, words] of Object.entries({
  '[asvs 7.4.5] people end-sessions': ['people', 'end-sessions', address],
  '[asvs 7.4.2] people suspend': ['people', 'suspend', address],
  '[asvs 8.3.2] people role': ['people', 'role', address, 'member'],
  'people remove-factors': ['people', 'remove-factors', address],
})) {
  test(`${title}: apps and personal tokens end within a second`, async (t) => {
    const { at, live } = await withTokens(t)
    const { code, stderr } = await at.run(...words)
    assert.equal(code, 0, stderr)
    await setTimeout(1_100)
    assert.deepEqual(await live(), [false, false])
  })
}
