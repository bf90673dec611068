/**
 * A sign-in that is half done, asked for every route there is: with the password given and a second
 * factor outstanding, or with a role that demands one and none set up, a person is nobody.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { SignedInClient } from 'demijohn/testing'
import { openPress } from '../src/posts/postsFixture.ts'
import { dump, origin } from './world.ts'

const site = await openPress()
after(() => site.close())

/** Somebody whose session has come as far as the password. */
async function halfSignedIn(role: string, factor: 'set up' | 'none'): Promise<SignedInClient> {
  const client = await site.signInAs(role)
  const { accountId } = client
  await site.db.deleteFrom('demijohn_totp').where('accountId', '=', accountId).execute()
  if (factor === 'set up') {
    const row = { accountId, secret: '', createdAt: 1, confirmedAt: 1, lastStep: null }
    await site.db.insertInto('demijohn_totp').values(row).execute()
  }
  await site.app.sessions.accountChanged(accountId)
  await site.app.sessions.endAllOf(accountId)
  const proof = { credentialRevision: 0, methods: ['password'] } as const
  const browser = { userAgent: 'test', clientAddress: '127.0.0.1' }
  const issued = await site.app.sessions.create({ accountId, ...proof, ...browser })
  assert.ok(issued)
  client.cookies.set('__Host-session', issued.token)
  return client
}

const somewhere = (path: string): string =>
  path.replace(/:[A-Za-z]+/g, '019b0000-0000-7000-8000-000000000001')

const cases = [
  {
    stage: 'a second factor outstanding',
    role: 'admin',
    factor: 'set up',
    leadsTo: '/login/second-factor?next=',
    code: 'access.second-factor-required',
    open: (access: string) => access === 'anyone' || access === 'half signed in',
  },
  {
    stage: 'none set up and one demanded',
    role: 'admin',
    factor: 'none',
    leadsTo: '/account/factors?next=',
    code: 'access.enrolment-required',
    open: (access: string) => access === 'anyone' || access.startsWith('enrolling'),
  },
] as const

const routes = site.app.routes().filter(({ credential }) => credential === 'session')
assert.ok(routes.length > 40, 'Press has more routes than that')

for (const { stage, role, factor, leadsTo, code, open } of cases) {
  const client = await halfSignedIn(role, factor)

  for (const { route, method, path, access } of routes) {
    if (open(access)) continue
    test(`[asvs 6.3.3] ${stage}: ${route} is closed`, async () => {
      const before = await dump(site)
      const target = somewhere(path)
      const reply = await client.send({ method, target, headers: { origin } })
      if (method === 'GET') {
        assert.equal(reply.status, 303)
        assert.equal(reply.location, `${leadsTo}${encodeURIComponent(target)}`)
      } else {
        assert.equal(reply.status, 401)
      }
      const last = site.logLines.findLast((line) => line.includes('"route"'))
      assert.ok(last?.includes(code), last)
      assert.deepEqual(await dump(site), before)
    })
  }

  test(`[asvs 6.3.3] ${stage}: pages for everybody do not know the person`, async () => {
    const { text } = await client.get('/')
    assert.ok(!text.includes(client.email))
    assert.ok(!text.includes('/settings'))
    assert.ok(text.includes('/login'))
  })
}
