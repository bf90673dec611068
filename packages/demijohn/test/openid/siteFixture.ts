/** A site whose people sign in with providers, in process; and what is done there again and again. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { createAccount } from '../../src/blueprints/accounts/data.ts'
import type { Layout } from '../../src/blueprints/accounts/pages.ts'
import { accounts } from '../../src/blueprints/accounts/routes.ts'
import type { DemijohnTables } from '../../src/data/tables.ts'
import { defineRoles } from '../../src/defences/access/roles.ts'
import type { OpenIdProvider } from '../../src/defences/openid/types.ts'
import { passwordOptions } from '../../src/defences/passwords/options.ts'
import { createPasswordHasher } from '../../src/defences/passwords/verify.ts'
import { html } from '../../src/html/template.ts'
import { kit } from '../../src/pipeline/kit.ts'
import type { TestClient, TestReply } from '../../src/testing/client.ts'
import { type TestSite, testApp } from '../../src/testing/site.ts'
import { clientId, clientSecret, providerBrowser, type RunningProvider } from './providerFixture.ts'

export const roles = defineRoles({
  member: { may: [] },
  editor: { may: [] },
  admin: { is: 'member', may: ['all:manage'] },
})
const { anyone, signedIn, blueprint } = kit<DemijohnTables>()({ roles })

export const layout: Layout = ({ view, title, main }) =>
  html`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title></head>
<body><p id="notice">${view.notice}</p><p id="user">${view.user?.email ?? 'nobody'}</p><main>${main}</main></body></html>`

export const password = 'a lamp beside an open window'
export const hasher = createPasswordHasher({ options: passwordOptions() })

export function pages() {
  const routes = blueprint('')
  routes.get('/', { access: anyone }, ({ view }) => layout({ view, title: 'Front', main: html`` }))
  routes.get('/private', { access: signedIn }, ({ view }) =>
    layout({ view, title: 'Private', main: html`<p>for people</p>` }),
  )
  routes.get('/fresh', { access: signedIn.fresh('10 minutes') }, ({ view }) =>
    layout({ view, title: 'Fresh', main: html`` }),
  )
  return routes
}

/** What every provider of the tests knows the site by. */
export const client = { clientId, clientSecret: { reveal: () => clientSecret } }

export function callbackOf(id: string): string {
  return `http://localhost/login/with/${id}/callback`
}

export async function openSite(
  t: TestContext,
  providers: readonly OpenIdProvider[],
  {
    registration = 'closed',
    origin = 'loopback',
  }: { readonly registration?: 'open' | 'closed'; readonly origin?: string } = {},
): Promise<TestSite> {
  const site = await testApp(
    {
      name: 'flask',
      roles,
      administratorRole: 'admin',
      secondFactorRoles: ['admin'],
      blueprints: [
        pages(),
        accounts({
          ...{ roles, layout, siteName: 'Flask', administratorRole: 'admin', providers },
          ...{ registration, memberRole: 'member', afterSignIn: '/private' },
        }),
      ],
      migrations: { name: 'flask', migrations: [] },
      mail: { signature: 'Flask' },
    },
    // ID tokens are judged by the machine's clock, so the site begins with it.
    { origin, startMilliseconds: Date.now() },
  )
  t.after(site.close)
  return site
}

/** An account here; its address counts as read unless it is said otherwise. */
export async function addAccount(
  site: TestSite,
  about: {
    readonly email: string
    readonly role?: 'member' | 'admin'
    readonly isVerified?: boolean
    readonly hasPassword?: boolean
  },
): Promise<string> {
  const { email, role = 'member', isVerified = true, hasPassword = true } = about
  const passwordHash = hasPassword ? await hasher.hashPassword(password) : null
  assert.ok(passwordHash === null || typeof passwordHash === 'string')
  const account = await createAccount(site, {
    ...{ email, name: 'Ada', role, passwordHash },
    emailVerifiedAt: isVerified ? site.clock.now() : null,
  })
  assert.ok(account)
  return account.id
}

export async function suspend({ db, clock }: TestSite, accountId: string): Promise<void> {
  await db
    .updateTable('demijohn_accounts')
    .set({ suspendedAt: clock.now() })
    .where('id', '=', accountId)
    .execute()
}

/** Sets out, signs in at the provider as that person, and gives where the provider leads back to. */
export async function goToProvider(
  browser: TestClient,
  provider: RunningProvider,
  { subject, from = '/login/with/example' }: { readonly subject: string; readonly from?: string },
): Promise<URL> {
  const away = await browser.get(from)
  assert.equal(away.status, 303, away.text)
  const { location = '' } = away
  assert.ok(location.startsWith(`${provider.issuer}/`), location)
  provider.signsIn = subject
  return providerBrowser(provider.issuer).visit(location)
}

/** What a browser does that is led here by another site. */
export function comeBack(browser: TestClient, address: URL | string): Promise<TestReply> {
  const { pathname, search } = new URL(address)
  return browser.send({
    target: pathname + search,
    headers: {
      accept: 'text/html',
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    },
  })
}

/** The whole journey. */
export async function signInWith(
  browser: TestClient,
  provider: RunningProvider,
  about: { readonly subject: string; readonly from?: string },
): Promise<TestReply> {
  return comeBack(browser, await goToProvider(browser, provider, about))
}

/** Who the site takes this browser for; `nobody` is nobody. */
export async function userOf(browser: TestClient): Promise<string> {
  const { text } = await browser.get('/')
  return /<p id="user">([^<]*)</.exec(text)?.[1] ?? 'no page'
}

export function identitiesOf({ db }: TestSite) {
  return db.selectFrom('demijohn_identities').selectAll().execute()
}

export async function countRows({
  db,
}: TestSite): Promise<{ accounts: number; sessions: number; identities: number }> {
  const count = async (table: 'demijohn_accounts' | 'demijohn_sessions' | 'demijohn_identities') =>
    (await db.selectFrom(table).select('id').execute()).length
  return {
    accounts: await count('demijohn_accounts'),
    sessions: await count('demijohn_sessions'),
    identities: await count('demijohn_identities'),
  }
}

/** Links by the page of the account, as a person who has just signed in does. */
export async function linkByPage(
  browser: TestClient,
  provider: RunningProvider,
  subject: string,
): Promise<TestReply> {
  const asked = await signInWith(browser, provider, {
    subject,
    from: '/account/identities/example/link',
  })
  return pressOn(browser, asked)
}

/** Sends the form of a page that was given as an answer. */
export async function pressOn(
  browser: TestClient,
  page: TestReply,
  values: Readonly<Record<string, string>> = {},
): Promise<TestReply> {
  const form = page.forms.find(({ method, names }) => method === 'post' && names.has('identity'))
  assert.ok(form, `${page.status}: ${page.text}`)
  const body = new URLSearchParams([...form.values])
  for (const [name, value] of Object.entries(values)) body.set(name, value)
  return browser.send({
    method: 'POST',
    target: form.action,
    headers: {
      ...{ origin: 'http://localhost', 'sec-fetch-site': 'same-origin' },
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: body.toString(),
  })
}
