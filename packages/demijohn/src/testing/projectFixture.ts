/** A small project that has one route of each kind, for the tests of the pipeline and of the client. */
import type { DemijohnTables } from '../data/tables.ts'
import { defineRoles } from '../defences/access/roles.ts'
import { id } from '../defences/input/schemas.ts'
import { checkbox, password, text, textarea } from '../html/fields.ts'
import { type Hole, html } from '../html/template.ts'
import { notFound, redirect } from '../pipeline/answer.ts'
import { kit } from '../pipeline/kit.ts'
import type { ErrorPageFacts } from '../pipeline/parts.ts'
import type { View } from '../pipeline/route.ts'
import type { Project } from '../serve/application.ts'

export const roles = defineRoles({
  viewer: { may: ['note:read'] },
  editor: { is: 'viewer', may: ['note:edit:own'] },
  admin: { is: 'editor', may: ['note:edit'] },
})

/** What the handlers did, for tests that say that they did not. */
export type Calls = { readonly handled: string[]; errorPageBreaks: boolean }

export const secretMessage = 'the cause of the fault is for the log'

export function noteProject(): { readonly project: Project; readonly calls: Calls } {
  const calls: Calls = { handled: [], errorPageBreaks: false }
  const project: Project = {
    name: 'notes',
    roles,
    administratorRole: 'admin',
    blueprints: [notes(calls), sessions(calls), faults()],
    migrations: { name: 'notes', migrations: [] },
    errorPage: (facts) => {
      if (calls.errorPageBreaks) throw new Error('the error page is broken as well')
      return errorPage(facts)
    },
  }
  return { project, calls }
}

const { anyone, signedIn, may, blueprint } = kit<DemijohnTables>()({ roles })

function frame(view: View, main: Hole) {
  return html`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>x</title></head>
<body><p id="notice">${view.notice}</p><p id="user">${view.user?.name}</p>${main}</body></html>`
}

function errorPage({ status, title, requestId, view }: ErrorPageFacts) {
  return frame(view, html`<h1>${title}</h1><p id="request">${status} ${requestId}</p>`)
}

function notes(calls: Calls) {
  const routes = blueprint('')
  routes.get('/', { access: anyone }, ({ view }) => frame(view, 'welcome'))
  routes.form('/note', {
    access: anyone,
    fields: {
      title: text({ max: 20 }),
      body: textarea({ max: 200, optional: true }),
      secret: password({ purpose: 'current' }),
      agreed: checkbox(),
    },
    initial: () => ({ title: 'as it is' }),
    page: ({ form, view }) =>
      frame(
        view,
        html`<form method="post">${form.summary}${form.fields}<button>Go</button></form>`,
      ),
    submit: ({ values, fail }) => {
      calls.handled.push(values.title)
      if (values.title === 'taken') return fail({ title: 'That title is taken.' })
      if (values.title === 'hidden') return notFound()
      return redirect('/', { notice: 'Saved.' })
    },
  })
  routes.get(
    '/notes/:noteId',
    {
      params: { noteId: id },
      load: ({ params }) => ({ ownerId: params.noteId, title: 'x' }),
      access: may('note:edit'),
    },
    ({ resource, view }) => {
      calls.handled.push('note')
      return frame(view, resource.title)
    },
  )
  routes.get('/private', { access: signedIn }, ({ user, view }) => frame(view, user.name))
  routes.get('/moved', { access: anyone }, () => redirect('/private'))
  routes.get('/limited', { access: anyone, limit: '2 per minute' }, ({ view }) => frame(view, 'x'))
  return routes
}

function sessions(calls: Calls) {
  const routes = blueprint('/session')
  const button = (view: View, action: string) =>
    frame(view, html`<form method="post" action="${action}"><button>Go</button></form>`)
  routes.form('/become', {
    access: anyone,
    fields: { accountId: text({ max: 36 }) },
    page: ({ form, view }) => frame(view, html`<form method="post">${form.fields}</form>`),
    submit: async ({ values, session }) => {
      const methods = ['password', 'totp'] as const
      await session.signIn({ accountId: values.accountId, credentialRevision: 0, methods })
      return redirect('/', { notice: 'Welcome.' })
    },
  })
  routes.get('/buttons/:what', { params: { what: word }, access: anyone }, ({ params, view }) =>
    button(view, `/session/${params.what}`),
  )
  routes.action('/leave', {
    access: anyone,
    submit: async ({ session }) => {
      calls.handled.push('leave')
      await session.signOut()
      return redirect('/')
    },
  })
  routes.action('/end-others', {
    access: signedIn,
    submit: async ({ session }) => {
      await session.endOthers()
      return redirect('/')
    },
  })
  routes.action('/end-all', {
    access: signedIn,
    submit: async ({ session, user }) => {
      await session.endAllOf(user.id)
      return redirect('/')
    },
  })
  return routes
}

const word = {
  '~standard': {
    version: 1,
    vendor: 'demijohn',
    validate: (value: unknown) =>
      typeof value === 'string' && /^[a-z-]+$/.test(value)
        ? { value }
        : { issues: [{ message: 'no word' }] },
  },
} as const

function faults() {
  const routes = blueprint('/fault')
  routes.get('/now', { access: anyone }, () => {
    throw new TypeError(secretMessage)
  })
  routes.get('/later', { access: anyone }, async () => {
    await Promise.resolve()
    throw new TypeError(secretMessage)
  })
  routes.get('/in-markup', { access: anyone }, ({ view }) =>
    // The name of a tag is no place for a value: the template throws when it is rendered.
    frame(view, html`<${'b'}>x</b>`),
  )
  return routes
}
