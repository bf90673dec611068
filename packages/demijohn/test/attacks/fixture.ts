/**
 * A small application made to be attacked: every kind of route, every kind of access, and a count of
 * how often each handler ran, so that a refusal can show that nothing was done.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type AccountStore, createAccount } from '../../src/blueprints/accounts/data.ts'
import type { Layout } from '../../src/blueprints/accounts/pages.ts'
import { accounts } from '../../src/blueprints/accounts/routes.ts'
import { isRefusal } from '../../src/core/refusals.ts'
import type { DemijohnTables } from '../../src/data/tables.ts'
import { defineRoles } from '../../src/defences/access/roles.ts'
import { id, pageNumber, searchText } from '../../src/defences/input/schemas.ts'
import { passwordOptions } from '../../src/defences/passwords/options.ts'
import { createPasswordHasher } from '../../src/defences/passwords/verify.ts'
import { checkbox, choice, integer, text, textarea } from '../../src/html/fields.ts'
import { html } from '../../src/html/template.ts'
import { atomFeed, page, redirect } from '../../src/pipeline/answer.ts'
import { kit } from '../../src/pipeline/kit.ts'
import type { Project } from '../../src/serve/application.ts'
import type { TestClient, TestReply } from '../../src/testing/client.ts'
import { type TestSite, type TestSiteOptions, testApp } from '../../src/testing/site.ts'

export const roles = defineRoles({
  viewer: { may: ['page:read'] },
  member: { is: 'viewer', may: ['note:edit:own'] },
  editor: { is: 'member', may: ['page:write'] },
  admin: { is: 'editor', may: ['note:edit', 'people:manage'] },
})

export type Role = 'viewer' | 'member' | 'editor' | 'admin'
export const everyRole: readonly Role[] = ['viewer', 'member', 'editor', 'admin']

/** Stands in the answer of every page that not everybody may see. */
export const marker = 'FOR-THE-PERMITTED-ALONE'

/** A note that belongs to nobody who signs in, until a test hands it over. */
export const noteId = '019b76da-a800-7000-8000-000000000001'

type Counted = { readonly runs: Map<string, number>; readonly total: () => number }

function counter(): Counted & { readonly count: (name: string) => void } {
  const runs = new Map<string, number>()
  return {
    runs,
    total: () => [...runs.values()].reduce((sum, one) => sum + one, 0),
    count: (name) => runs.set(name, (runs.get(name) ?? 0) + 1),
  }
}

/** A door that handlers wait at until a test opens it. */
export type Door = {
  readonly wait: () => Promise<void>
  /** Resolves once somebody waits. */
  readonly occupied: () => Promise<void>
  readonly open: () => void
}

function door(): Door {
  const waiting: (() => void)[] = []
  let arrived = Promise.withResolvers<void>()
  return {
    wait: () =>
      new Promise((resolve) => {
        waiting.push(resolve)
        arrived.resolve()
      }),
    occupied: () => arrived.promise,
    open: () => {
      for (const resolve of waiting.splice(0)) resolve()
      arrived = Promise.withResolvers()
    },
  }
}

export const layout: Layout = ({ view, title, main }) => html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${title}</title><link rel="stylesheet" href="${view.asset('site.css')}"></head>
<body>
<p id="who">${view.user?.email ?? 'nobody'}</p>
<p id="notice">${view.notice}</p>
${main}
</body>
</html>`

export type Fixture = {
  readonly project: Project
  readonly runs: Counted
  readonly door: Door
  /** Notes by id; a test changes the owner. */
  readonly notes: Map<string, { ownerId: string; body: string }>
  /** What the handler of /fields was last given. */
  readonly taken: { values: unknown }
}

/** A fresh application, with nothing shared with another test. */
export function attackedProject(overrides: Partial<Project> = {}): Fixture {
  const { count, ...runs } = counter()
  const slow = door()
  const notes = new Map([[noteId, { ownerId: 'somebody-else', body: marker }]])
  const taken: Fixture['taken'] = { values: undefined }
  const { anyone, signedIn, may, blueprint } = kit<DemijohnTables>()({ roles })
  const site = blueprint('')

  site.get('/', { access: anyone }, ({ view }) => {
    count('GET /')
    return layout({ view, title: 'Home', main: html`<p>Welcome, all.</p>` })
  })
  site.get(
    '/search',
    { access: anyone, query: { q: searchText, page: pageNumber } },
    ({ view, query }) => {
      count('GET /search')
      return layout({ view, title: 'Search', main: html`<p>Found for ${query.q}</p>` })
    },
  )
  site.get('/styled', { access: anyone }, () => {
    count('GET /styled')
    return html`<!doctype html><title>Styled</title><style>p { color: red }</style><p>Red</p>`
  })
  site.get('/feed', { access: anyone }, () => atomFeed(html`<feed></feed>`))
  site.get('/boom', { access: anyone }, () => {
    throw new Error('the handler broke: password=hunter2')
  })
  site.get('/read', { access: may('page:read') }, ({ view }) => {
    count('GET /read')
    return layout({ view, title: 'Read', main: html`<p>${marker}</p>` })
  })
  site.get('/me', { access: signedIn }, ({ user, view }) => {
    count('GET /me')
    const main = html`<p>${marker} ${user.id}</p>
<form method="post" action="/logout"><button>Sign out</button></form>
<form method="post" action="/wipe"><button>Wipe</button></form>
<form method="post" action="/slow"><button>Slow</button></form>
<form method="post" action="/boom"><button>Boom</button></form>`
    return layout({ view, title: 'Me', main })
  })
  site.get('/slow', { access: signedIn }, async ({ user }) => {
    await slow.wait()
    count('GET /slow')
    return html`<!doctype html><title>Slow</title><p>${user.email}</p>`
  })
  site.get('/admin', { access: may('people:manage') }, ({ view }) => {
    count('GET /admin')
    return layout({ view, title: 'Admin', main: html`<p>${marker}</p>` })
  })
  site.get('/admin/people', { access: may('people:manage') }, async ({ db, view }) => {
    count('GET /admin/people')
    const people = await db.selectFrom('demijohn_accounts').select('id').execute()
    const main = html`<p>${marker}</p>${people.map(
      (
        one,
      ) => html`<form method="post" action="/admin/people/${one.id}/suspend"><button>Suspend</button></form>
<form method="post" action="/admin/people/${one.id}/delete"><button>Delete</button></form>
<form method="post" action="/admin/people/${one.id}/role"><input name="role" value="viewer"><button>Role</button></form>`,
    )}`
    return layout({ view, title: 'People', main })
  })

  const person = { params: { personId: id }, access: may('people:manage') }
  const accountsOf = { suspend: { suspendedAt: 1 } }
  site.action('/admin/people/:personId/suspend', {
    ...person,
    submit: async ({ params, session }) => {
      count('POST suspend')
      await session.endAllOf(params.personId, {
        alongside: (db) =>
          db
            .updateTable('demijohn_accounts')
            .set(accountsOf.suspend)
            .where('id', '=', params.personId)
            .execute(),
      })
      return redirect('/admin/people')
    },
  })
  site.action('/admin/people/:personId/delete', {
    ...person,
    submit: async ({ params, session }) => {
      count('POST delete')
      await session.endAllOf(params.personId, {
        alongside: (db) =>
          db.deleteFrom('demijohn_accounts').where('id', '=', params.personId).execute(),
      })
      return redirect('/admin/people')
    },
  })
  site.action('/admin/people/:personId/role', {
    ...person,
    fields: { role: choice({ options: { viewer: 'Viewer', admin: 'Admin' } }) },
    submit: async ({ params, values, session }) => {
      count('POST role')
      await session.endAllOf(params.personId, {
        alongside: (db) =>
          db
            .updateTable('demijohn_accounts')
            .set({ role: values.role })
            .where('id', '=', params.personId)
            .execute(),
      })
      return redirect('/admin/people')
    },
  })

  const note = {
    params: { noteId: id },
    access: may('note:edit'),
    load: ({ params }: { readonly params: { readonly noteId: string } }) =>
      notes.get(params.noteId) ?? null,
  }
  site.get('/notes/:noteId', note, ({ resource, view }) => {
    count('GET /notes')
    return layout({ view, title: 'Note', main: html`<p>${resource.body}</p>` })
  })
  site.form('/notes/:noteId/edit', {
    ...note,
    fields: { body: text({ max: 100 }) },
    initial: ({ resource }) => ({ body: resource.body }),
    page: ({ form, view }) => {
      count('GET /notes/edit')
      return layout({
        view,
        title: 'Edit',
        main: html`<form method="post">${form.fields}<button>Save</button></form>`,
      })
    },
    submit: ({ resource, values, params }) => {
      count('POST /notes/edit')
      resource.body = values.body
      return redirect(`/notes/${params.noteId}`, { notice: 'Saved.' })
    },
  })
  site.form('/write', {
    access: may('page:write'),
    fields: { title: text({ max: 40 }) },
    page: ({ form, view }) =>
      layout({
        view,
        title: 'Write',
        main: html`<form method="post">${form.summary}${form.fields}<button>Write</button></form>`,
      }),
    submit: () => {
      count('POST /write')
      return page(html`<!doctype html><title>Written</title>`, { status: 201 })
    },
  })
  site.form('/contact', {
    access: anyone,
    fields: { message: text({ max: 200 }) },
    page: ({ form, view }) =>
      layout({
        view,
        title: 'Contact',
        main: html`<form method="post">${form.summary}${form.fields}<button>Send</button></form>`,
      }),
    submit: ({ values }) => {
      count('POST /contact')
      taken.values = values
      return redirect('/')
    },
  })
  site.form('/fields', {
    access: signedIn,
    fields: {
      line: text({ max: 20, optional: true }),
      prose: textarea({ max: 2000, optional: true }),
      age: integer({ min: 0, max: 150, optional: true }),
      kind: choice({ options: { tea: 'Tea', coffee: 'Coffee' } }),
      agreed: checkbox(),
    },
    page: ({ form, view }) => {
      count('PAGE /fields')
      return layout({
        view,
        title: 'Fields',
        main: html`<form method="post">${form.summary}${form.fields}<button>Send</button></form>`,
      })
    },
    submit: ({ values }) => {
      count('POST /fields')
      taken.values = values
      return redirect('/me')
    },
  })
  site.action('/wipe', {
    access: signedIn,
    submit: () => {
      count('POST /wipe')
      return redirect('/me', { notice: 'Wiped.' })
    },
  })
  site.action('/slow', {
    access: signedIn,
    submit: async () => {
      await slow.wait()
      count('POST /slow')
      return redirect('/me', { notice: 'Done after a while.' })
    },
  })
  site.action('/boom', {
    access: signedIn,
    submit: () => {
      throw new Error('the handler broke: password=hunter2')
    },
  })

  const project: Project = {
    name: 'attacked',
    roles,
    administratorRole: 'admin',
    // Attacks try hundreds of spellings within a moment of a clock that stands still: each is to meet
    // its own defence, and limits have tests of their own.
    limits: { everyRoute: ['100000 per second'], unknownPaths: ['100000 per second'] },
    migrations: { name: 'attacked', migrations: [] },
    staticFolder: join(import.meta.dirname, 'static'),
    blueprints: [
      site,
      accounts({ roles, layout, siteName: 'Attacked', administratorRole: 'admin' }),
    ],
    ...overrides,
  }
  return { project, runs, door: slow, notes, taken }
}

export type Attacked = TestSite & Omit<Fixture, 'project'>

/** The application in process, closed at the end of the test. */
export async function openAttacked(
  t: TestContext,
  options: TestSiteOptions & { readonly project?: Partial<Project> } = {},
): Promise<Attacked> {
  const { project: overrides, ...how } = options
  const { project, ...fixture } = attackedProject(overrides)
  const site = await testApp(project, how)
  t.after(site.close)
  return { ...site, ...fixture }
}

export const sessionCookieName = '__Host-session'
export const visitorCookieName = '__Host-visitor'
export const formType = 'application/x-www-form-urlencoded'

/** What a browser sends with a form of this very site. */
export const ownForm: Readonly<Record<string, string>> = {
  origin: 'https://site.example',
  'sec-fetch-site': 'same-origin',
  'sec-fetch-mode': 'navigate',
  'content-type': formType,
}

/** The token that the forms of a page carry for this client. */
export async function tokenOf(client: TestClient, from = '/me'): Promise<string> {
  const opened = await client.get(from)
  const token = opened.forms.map((form) => form.values.get('formToken')).find((one) => one)
  assert.ok(token, `${from} answered ${opened.status} and has no form token`)
  return token
}

/** A form post with every header under the test's control. */
export function send(
  client: TestClient,
  target: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = ownForm,
): Promise<TestReply> {
  const body = new URLSearchParams(Object.entries(fields)).toString()
  return client.send({ method: 'POST', target, headers, body })
}

export const goodPassword = 'seven quiet lanterns drift'
let hashed: Promise<string> | undefined

async function hashOnce(): Promise<string> {
  const hash = await createPasswordHasher({ options: passwordOptions() }).hashPassword(goodPassword)
  assert.ok(!isRefusal(hash))
  return hash
}

/** An account that signs in with `goodPassword`. */
export async function register(
  site: Pick<TestSite, 'db' | 'clock'>,
  person: { readonly email: string; readonly role?: Role },
): Promise<string> {
  hashed ??= hashOnce()
  const store: AccountStore = { db: site.db, clock: site.clock }
  const made = await createAccount(store, {
    email: person.email,
    name: 'Somebody',
    role: person.role ?? 'member',
    passwordHash: await hashed,
  })
  assert.ok(made, 'the address is taken')
  return made.id
}

/**
 * Signs in through the form, as a person would. The page leads whoever is signed in already onward:
 * then the form is sent with the token of another page, as a tab would that was open before.
 */
export async function login(
  client: TestClient,
  email: string,
  password: string = goodPassword,
): Promise<TestReply> {
  const opened = await client.get('/login')
  const shown = opened.forms.find(({ action }) => action === '/login')
  const formToken = shown?.values.get('formToken') ?? (await tokenOf(client))
  return send(client, '/login', { formToken, email, password })
}
