/** A site on which people register, are invited, forget passwords and move to other addresses. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { type Account, createAccount, findByEmail } from '../../src/blueprints/accounts/data.ts'
import { invite } from '../../src/blueprints/accounts/links/invitation.ts'
import { invitePage } from '../../src/blueprints/accounts/links/pages.ts'
import { type AccountsOptions, accounts } from '../../src/blueprints/accounts/routes.ts'
import { createTicket } from '../../src/blueprints/accounts/tickets.ts'
import type { DemijohnTables } from '../../src/data/tables.ts'
import { email } from '../../src/html/fields.ts'
import { html } from '../../src/html/template.ts'
import { redirect } from '../../src/pipeline/answer.ts'
import { kit } from '../../src/pipeline/kit.ts'
import type { Project } from '../../src/serve/application.ts'
import type { TestClient, TestReply } from '../../src/testing/client.ts'
import {
  type TestMail,
  type TestSite,
  type TestSiteOptions,
  testApp,
} from '../../src/testing/site.ts'
import { goodPassword, layout, login, register, roles, sessionCookieName } from './fixture.ts'

export const newPassword = 'eleven brass harbours wait'

type Changes = Partial<Pick<AccountsOptions<unknown>, 'registration' | 'mails' | 'pages'>>

export function linkProject(options: Changes = {}): Project {
  const { anyone, signedIn, may, blueprint } = kit<DemijohnTables>()({ roles })
  const site = blueprint('')
  site.get('/', { access: anyone }, ({ view }) =>
    layout({ view, title: 'Home', main: html`<p>Welcome, all.</p>` }),
  )
  site.get('/me', { access: signedIn }, ({ user, view }) =>
    layout({ view, title: 'Me', main: html`<p id="me">${user.id} ${user.role}</p>` }),
  )
  site.form('/invite', {
    access: may('people:manage'),
    fields: { email: email() },
    page: ({ form, view }) => layout({ view, ...invitePage({ form }) }),
    submit: async ({ user, values, db, now, mail }) => {
      const what = { role: 'editor', siteName: 'Links', createdBy: user.id }
      const done = await invite({ db, now, mail }, { ...what, email: values.email })
      return redirect(`/?invited=${done}`)
    },
  })
  return {
    name: 'links',
    roles,
    administratorRole: 'admin',
    migrations: { name: 'links', migrations: [] },
    mail: { signature: 'Links' },
    staticFolder: `${import.meta.dirname}/static`,
    blueprints: [
      site,
      accounts({
        ...{ roles, layout, siteName: 'Links', administratorRole: 'admin' },
        ...{ registration: 'open', memberRole: 'member' },
        ...options,
      }),
    ],
  }
}

export async function openLinks(
  t: TestContext,
  options: TestSiteOptions & { readonly accounts?: Changes } = {},
): Promise<TestSite> {
  const { accounts: changed, ...how } = options
  const site = await testApp(linkProject(changed), how)
  t.after(site.close)
  return site
}

/** Somebody who signs in with `goodPassword`. */
export async function addPerson(site: TestSite, email = 'ann@site.example'): Promise<Account> {
  await register(site, { email })
  const account = await findByEmail(site, email)
  assert.ok(account)
  return account
}

export async function accountOf(site: TestSite, address: string): Promise<Account | undefined> {
  return findByEmail(site, address)
}

/** All mails but those that tell of a sign-in, which are about devices and not about links. */
export async function mailsSent(site: TestSite): Promise<readonly TestMail[]> {
  return (await site.mails()).filter(({ subject }) => !subject.startsWith('A new sign-in'))
}

/** The mails that were queued while something was done. */
export async function mailsOf(
  site: TestSite,
  act: () => Promise<unknown>,
): Promise<readonly TestMail[]> {
  const before = (await mailsSent(site)).length
  // Mails are listed by their time.
  site.clock.advance(1)
  await act()
  return (await mailsSent(site)).slice(before)
}

/** Asks for a mail and gives the path of the link in the newest one to that address. */
export async function linkFrom(
  site: TestSite,
  to: string,
  act: () => Promise<unknown>,
): Promise<string> {
  const mails = await mailsOf(site, act)
  const path = mails.findLast((mail) => mail.to === to)?.links[0]
  assert.ok(path, `no link went to ${to}: ${mails.map((mail) => mail.to).join(' ')}`)
  return path
}

export function resetLink(site: TestSite, address = 'ann@site.example'): Promise<string> {
  site.clock.advance(720_000)
  return linkFrom(site, address, () => site.visitor().post('/reset', { email: address }))
}

/** A browser in which that person is signed in by password. */
export async function signedIn(
  site: TestSite,
  address = 'ann@site.example',
  password = goodPassword,
): Promise<TestClient> {
  const client = site.visitor()
  site.clock.advance(10_000)
  const reply = await login(client, address, password)
  assert.equal(reply.status, 303, reply.text)
  return client
}

export function isSignedIn(client: TestClient): Promise<boolean> {
  return client.get('/me').then(({ status }) => status === 200)
}

export type Kind = {
  readonly name: string
  /** What the form behind the link asks for. */
  readonly values: Readonly<Record<string, string>>
  /** It belongs to an account from the beginning. */
  readonly hasAccount: boolean
  /** Gives the path of a fresh link, and says whose account it is. */
  readonly make: (site: TestSite) => Promise<{ readonly path: string; readonly accountId?: string }>
  /** How long it works, from its purpose in the documentation. */
  readonly minutes: number
}

async function ticketFor(
  site: TestSite,
  ticket: Omit<Parameters<typeof createTicket>[1], 'ttlMinutes'>,
  minutes: number,
): Promise<string> {
  return createTicket(site, { ...ticket, ttlMinutes: minutes })
}

let made = 0

/** Every kind of one-time link, through the door that people get it by where there is one. */
export const kinds: readonly Kind[] = [
  {
    name: 'setup',
    hasAccount: false,
    values: { name: 'Ada', email: 'first@site.example', newPassword },
    minutes: 60,
    make: async (site) => {
      const secret = await ticketFor(site, { purpose: 'setup', accountId: null }, 60)
      return { path: `/setup/${secret}` }
    },
  },
  {
    name: 'welcome',
    hasAccount: true,
    values: { newPassword },
    minutes: 60,
    make: async (site) => {
      made += 1
      const who = { name: 'Will', email: `will-${made}@site.example`, role: 'member' }
      const account = await createAccount(site, { ...who, passwordHash: null })
      assert.ok(account)
      const accountId = account.id
      return {
        path: `/welcome/${await ticketFor(site, { purpose: 'welcome', accountId }, 60)}`,
        accountId,
      }
    },
  },
  {
    name: 'verify',
    hasAccount: false,
    values: { name: 'Ada', newPassword },
    minutes: 60,
    make: async (site) => {
      made += 1
      const email = `new-${made}@reader.example`
      site.clock.advance(600_000)
      return {
        path: await linkFrom(site, email, () => site.visitor().post('/register', { email })),
      }
    },
  },
  {
    name: 'invitation',
    hasAccount: false,
    values: { name: 'Ada', newPassword },
    minutes: 7 * 24 * 60,
    make: async (site) => {
      made += 1
      const email = `guest-${made}@reader.example`
      const admin = await site.signInAs('admin')
      return { path: await linkFrom(site, email, () => admin.post('/invite', { email })) }
    },
  },
  {
    name: 'reset',
    hasAccount: true,
    values: { newPassword },
    minutes: 15,
    make: async (site) => {
      made += 1
      const { id: accountId, email } = await addPerson(site, `rita-${made}@site.example`)
      return { path: await resetLink(site, email), accountId }
    },
  },
  {
    name: 'email-confirm',
    hasAccount: true,
    values: {},
    minutes: 60,
    make: async (site) => (await askMove(site)).confirm,
  },
  {
    name: 'email-undo',
    hasAccount: true,
    values: {},
    minutes: 7 * 24 * 60,
    make: async (site) => {
      const { confirm, from } = await askMove(site)
      const path = await linkFrom(site, from, () => site.visitor().post(confirm.path))
      return { path, accountId: confirm.accountId }
    },
  },
]

async function askMove(site: TestSite) {
  made += 1
  const from = `mo-${made}@site.example`
  const { id: accountId } = await addPerson(site, from)
  const client = await signedIn(site, from)
  const path = await askEmail(site, client, `moved-${made}@reader.example`)
  return { confirm: { path, accountId }, from }
}

/** Asks for another address as the person would, and gives the link that went to it. */
export function askEmail(
  site: TestSite,
  client: TestClient,
  address: string,
  currentPassword = goodPassword,
): Promise<string> {
  site.clock.advance(240_000)
  return linkFrom(site, address, () =>
    client.post('/account/email', { email: address, currentPassword }),
  )
}

/** What the form behind a link did: a redirect or a page of success, not the form once more. */
export function worked({ status }: TestReply): boolean {
  return status === 303 || status === 200
}

export { goodPassword, login, sessionCookieName }

/** A page without what differs each time. */
export function comparable(text: string): string {
  return text.replace(/name="formToken" value="[^"]*"/g, 'name="formToken"')
}
