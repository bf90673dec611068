/** A site with the pages of second factors, for the tests of this folder. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { createId } from '../../../core/ids.ts'
import type { DemijohnTables } from '../../../data/tables.ts'
import { defineRoles } from '../../../defences/access/roles.ts'
import { decodeBase32 } from '../../../defences/factors/base32.ts'
import { totp } from '../../../defences/factors/oneTimeCodes.ts'
import { passwordOptions } from '../../../defences/passwords/options.ts'
import { createPasswordHasher } from '../../../defences/passwords/verify.ts'
import type { Method } from '../../../defences/sessions/stage.ts'
import { html } from '../../../html/template.ts'
import { redirect } from '../../../pipeline/answer.ts'
import { kit } from '../../../pipeline/kit.ts'
import type { TestClient, TestReply } from '../../../testing/client.ts'
import { type TestSite, testApp } from '../../../testing/site.ts'
import type { Layout } from '../pages.ts'
import { accounts } from '../routes.ts'

const roles = defineRoles({ member: { may: ['note:write'] }, admin: { is: 'member', may: [] } })
const { anyone, signedIn, may, blueprint } = kit<DemijohnTables>()({ roles })

const layout: Layout = ({ view, title, main }) =>
  html`<!doctype html><html lang="en"><head><title>${title}</title></head><body><p id="user">${view.user?.name}</p><p id="notice">${view.notice}</p>${main}</body></html>`

const accountRoutes = accounts({
  ...{ roles, layout, siteName: 'The Press', administratorRole: 'admin', afterSignIn: '/private' },
})

export const password = 'a lamp beside an open window'
const hasher = createPasswordHasher({ options: passwordOptions() })

/** Gives somebody the password above. */
export async function choosePassword({ db }: TestSite, { id }: Somebody): Promise<void> {
  const passwordHash = await hasher.hashPassword(password)
  assert.ok(typeof passwordHash === 'string')
  await db.updateTable('demijohn_accounts').set({ passwordHash }).where('id', '=', id).execute()
}

/** What the handlers did, for tests that say that they did not. */
export type Written = string[]

function notes(written: Written) {
  const routes = blueprint('')
  routes.get('/', { access: anyone }, ({ view }) => layout({ view, title: 'Front', main: html`` }))
  routes.get('/private', { access: signedIn }, ({ view }) => {
    written.push('private')
    return layout({ view, title: 'Private', main: html`` })
  })
  routes.form('/write', {
    access: may('note:write'),
    fields: {},
    page: ({ view, form }) =>
      layout({ view, title: 'Write', main: html`<form method="post">${form.fields}</form>` }),
    submit: () => {
      written.push('note')
      return redirect('/')
    },
  })
  return routes
}

export async function openSite(t: TestContext) {
  const written: Written = []
  const site = await testApp({
    name: 'factors',
    roles,
    administratorRole: 'admin',
    blueprints: [notes(written), accountRoutes],
    migrations: { name: 'factors', migrations: [] },
    mail: { signature: 'The Press' },
  })
  t.after(site.close)
  return { site, written }
}

export type Somebody = { readonly id: string; readonly email: string }

export async function addPerson({ db, clock }: TestSite, role: string): Promise<Somebody> {
  const id = createId(clock.now())
  const email = `${id}@press.example`
  const times = { createdAt: clock.now(), suspendedAt: null, passwordChangedAt: null }
  await db
    .insertInto('demijohn_accounts')
    .values({ id, email, emailKey: email, name: 'Ada', role, passwordHash: null, ...times })
    .execute()
  return { id, email }
}

/** A browser in which that person has just proven these; by the password alone when left out. */
export async function arriveAs(
  site: TestSite,
  { id: accountId }: Somebody,
  methods: readonly Method[] = ['password'],
): Promise<TestClient> {
  const { credentialRevision } = await site.db
    .selectFrom('demijohn_accounts')
    .select('credentialRevision')
    .where('id', '=', accountId)
    .executeTakeFirstOrThrow()
  const facts = { accountId, credentialRevision, methods }
  const issued = await site.app.sessions.create({
    ...facts,
    userAgent: 'test',
    clientAddress: '192.0.2.1',
  })
  assert.ok(issued)
  const client = site.visitor()
  client.cookies.set('__Host-session', issued.token)
  return client
}

/** The secret that the page shows as text. */
export function shownSecret({ text }: TestReply): Buffer {
  const [, shown = ''] = /<code class="secret-key">([A-Z2-7 ]+)<\/code>/.exec(text) ?? []
  const secret = decodeBase32(shown.replaceAll(' ', ''))
  assert.ok(secret && secret.length === 20)
  return secret
}

export function shownCodes({ text }: TestReply): readonly string[] {
  return [...text.matchAll(/<li><code>([A-Z2-7-]+)<\/code><\/li>/g)].map(([, code = '']) => code)
}

/** Sets an app up over its pages; the clock stands in the next step afterwards. */
export async function enrol(site: TestSite, client: TestClient) {
  await client.post('/account/factors/totp/new', {}, { from: '/account/factors' })
  const secret = shownSecret(await client.get('/account/factors/totp'))
  const code = totp(secret, site.clock.now())
  const reply = await client.post('/account/factors/totp', { code })
  assert.equal(reply.status, 200)
  site.clock.advance(30_000)
  return { secret, recoveryCodes: shownCodes(reply), reply }
}
