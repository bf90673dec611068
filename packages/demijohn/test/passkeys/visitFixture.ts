/** What the tests of passkeys do on the site, over and over. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Stage } from '../../src/defences/sessions/stage.ts'
import type { TestReply } from '../../src/testing/client.ts'
import { type SignedInClient, type TestSite, testApp } from '../../src/testing/site.ts'
import { project } from './projectFixture.ts'
import { type Credential, creation, open, send } from './softDeviceFixture.ts'

export const path = '/account/factors/passkeys'
export const minute = 60_000

export async function site(t: TestContext): Promise<TestSite> {
  const opened = await testApp(project)
  t.after(opened.close)
  return opened
}

export async function add(client: SignedInClient, options = {}): Promise<Credential> {
  const page = await open(client, path)
  const { credential, filled } = creation(page, options)
  const reply = await send(client, page, filled)
  // With the first factor of an account come its recovery codes.
  const isFirst = reply.status === 200 && shownCodes(reply).length === 10
  assert.ok(isFirst || (reply.status === 303 && reply.location === path), reply.text)
  return credential
}

export function shownCodes({ text }: TestReply): readonly string[] {
  return [...text.matchAll(/<li><code>([A-Z2-7-]+)<\/code><\/li>/g)].map(([, code = '']) => code)
}

export async function whoIs(client: { readonly get: SignedInClient['get'] }): Promise<string> {
  return /<p id="user">(.*?)<\/p>/.exec((await client.get('/')).text)?.[1] ?? ''
}

/** A browser in which the password alone was given. */
export function halfSignedIn(flask: TestSite, member: SignedInClient) {
  return passwordGiven(flask, member, 'second-factor')
}

export async function passwordGiven(flask: TestSite, member: SignedInClient, stage: Stage) {
  const { accountId } = member
  const row = await flask.db
    .selectFrom('demijohn_accounts')
    .select('credentialRevision')
    .where('id', '=', accountId)
    .executeTakeFirstOrThrow()
  const issued = await flask.app.sessions.create({
    ...{ accountId, ...row, methods: ['password'] },
    ...{ userAgent: 'test', clientAddress: '127.0.0.1' },
  })
  assert.ok(issued !== null)
  assert.equal(issued.session.stage, stage)
  const half = flask.visitor()
  half.cookies.set('__Host-session', issued.token)
  return half
}
