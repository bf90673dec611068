/**
 * The mistakes that do not compile, each beside the form that does. `@ts-expect-error` fails the
 * compilation when the mistake is accepted; types.test.ts compiles this file once more without
 * those comments, and reads what the compiler says to the person who made it.
 */
import { atomFeed, defineRoles, html, id, noContent, nothing, redirect, slug, text } from 'demijohn'
import { z } from 'zod'
import { anyone, api, blueprint, can, findPost, markup, may, signedIn } from './fixture.ts'

const posts = blueprint('/posts')
const fields = { title: text({ max: 120 }) }
const params = { postId: id }
const page = () => markup

// mistake: no access
// @ts-expect-error
posts.get('/a', {}, page)
posts.get('/a', { access: anyone }, page)

// mistake: no access on a form
// @ts-expect-error
posts.form('/b', { fields, page, submit: () => redirect('/') })
posts.form('/b', { access: anyone, fields, page, submit: () => redirect('/') })

// mistake: no access on an action
// @ts-expect-error
posts.action('/c', { submit: () => redirect('/') })
posts.action('/c', { access: anyone, submit: () => redirect('/') })

// mistake: an answer that leaves the site
// @ts-expect-error
posts.get('/away', { access: anyone }, () => ({ kind: 'elsewhere', to: 'https://evil.example' }))
posts.get('/home', { access: anyone }, () => redirect('/'))

// mistake: a permission no role has
// @ts-expect-error
may('post:burn')
may('post:write')

// mistake: a permission with its own on it
// @ts-expect-error
may('post:edit:own')
may('post:edit')

// mistake: asking about a permission no role has
// @ts-expect-error
can(null, 'post:burn')
can(null, 'post:edit')

// mistake: an own permission without load
// @ts-expect-error
posts.get('/:postId/d', { params, access: may('post:edit') }, page)
posts.get('/:postId/d', { params, load: findPost, access: may('post:edit') }, page)

// mistake: an own permission without load on a form
// @ts-expect-error
posts.form('/:postId/e', { params, access: may('post:edit'), fields, page, submit: page })
posts.form('/:postId/e', {
  params,
  load: findPost,
  access: may('post:edit'),
  fields,
  page,
  submit: page,
})

// mistake: an own permission without load on an action
// @ts-expect-error
posts.action('/:postId/f', { params, access: may('post:edit'), submit: page })
posts.action('/:postId/f', { params, load: findPost, access: may('post:edit'), submit: page })

// mistake: an own permission with a load without ownerId
// @ts-expect-error
posts.get('/:postId/g', { params, load: () => ({ id: 1 }), access: may('post:edit') }, page)
posts.get('/:postId/g', { params, load: () => ({ ownerId: null }), access: may('post:edit') }, page)

// mistake: a path parameter without a schema
// @ts-expect-error
posts.get('/:postId/h', { access: anyone }, page)
posts.get('/:postId/h', { params, access: anyone }, page)

// mistake: a schema under another name than the path parameter
// @ts-expect-error
posts.get('/:postId/i', { params: { post: slug }, access: anyone }, page)
posts.get('/:post/i', { params: { post: slug }, access: anyone }, page)

// mistake: the name of a person where anyone may enter
// @ts-expect-error
posts.get('/j', { access: anyone }, ({ user }) => html`${user.name}`)
posts.get('/j', { access: anyone }, ({ user }) => html`${user?.name}`)
posts.get('/k', { access: signedIn }, ({ user }) => html`${user.name}`)
posts.get('/l', { access: may('post:write') }, ({ user }) => html`${user.name}`)

// mistake: a limit in other words
// @ts-expect-error
posts.get('/m', { access: anyone, limit: '30 an hour' }, page)
posts.get('/m', { access: anyone, limit: '30 per hour' }, page)

// mistake: a limit without a number
// @ts-expect-error
posts.get('/n', { access: anyone, limit: 'often per day' }, page)
posts.get('/n', { access: anyone, limit: ['10 per minute', '50 per day'] }, page)

// mistake: freshness in other words
// @ts-expect-error
posts.get('/s', { access: signedIn.fresh('a while') }, page)
posts.get('/s', { access: signedIn.fresh('10 minutes') }, page)
posts.get('/t', { access: may('user:manage').fresh('2 hours') }, ({ user }) => html`${user.name}`)

// mistake: an own permission without load, asked for freshly
// @ts-expect-error
posts.get('/:postId/u', { params, access: may('post:edit').fresh('10 minutes') }, page)
posts.get(
  '/:postId/u',
  { params, load: findPost, access: may('post:edit').fresh('10 minutes') },
  page,
)

// mistake: a raw string to redirect
// @ts-expect-error
posts.get('/o', { access: anyone, query: { to: slug } }, ({ query }) => redirect(query.to))
posts.get('/o', { access: anyone, query: { to: slug } }, ({ query }) => redirect(`/p/${query.to}`))

// mistake: an address elsewhere to redirect
// @ts-expect-error
redirect('https://elsewhere.example/')
redirect('/here')

// mistake: a raw string as the answer
// @ts-expect-error
posts.get('/p', { access: anyone }, () => '<p>raw</p>')
posts.get('/p', { access: anyone }, () => html`<p>${'<p>text</p>'}</p>`)

// mistake: a raw string placed as markup
// @ts-expect-error
atomFeed('<feed></feed>')
atomFeed(html`<feed></feed>`)

// mistake: a template that is put together from strings
// @ts-expect-error
html(['<p>raw</p>'])

// mistake: writing in a GET handler
// @ts-expect-error
posts.get('/q', { access: anyone }, async ({ db }) => db.deleteFrom('posts').execute().then(page))
posts.get('/q', { access: anyone }, async ({ db }) =>
  db.selectFrom('posts').select('id').execute().then(page),
)

// mistake: writing while loading
// @ts-expect-error
posts.get('/r', { access: anyone, load: ({ db }) => db.deleteFrom('posts').execute() }, page)

// mistake: signing out in a GET handler
// @ts-expect-error
posts.get('/s', { access: anyone }, ({ session }) => session.signOut().then(page))
posts.action('/s', { access: anyone, submit: ({ session }) => session.signOut().then(page) })

// mistake: a field that was not declared
// @ts-expect-error
posts.action('/t', { access: anyone, fields, submit: ({ values }) => html`${values.body}` })
posts.action('/t', { access: anyone, fields, submit: ({ values }) => html`${values.title}` })

// mistake: an error for a field that was not declared
// @ts-expect-error
posts.form('/u', { access: anyone, fields, page, submit: ({ fail }) => fail({ body: 'no' }) })
posts.form('/u', { access: anyone, fields, page, submit: ({ fail }) => fail({ title: 'no' }) })

// mistake: a role that inherits from none
// @ts-expect-error
defineRoles({ member: { is: 'viewer', may: ['post:read'] } })
defineRoles({ viewer: { may: [] }, member: { is: 'viewer', may: ['post:read'] } })

// mistake: a grant that is none
// @ts-expect-error
defineRoles({ member: { may: ['everything'] } })
defineRoles({ member: { may: ['thing:verb'] } })

const notes = api('/api', { title: 'Notes', documentation: anyone })
const summary = 'One note'
const returns = z.object({ id: z.string() })
const strict = z.strictObject({ title: z.string().max(20) })

// mistake: no access on a route for programs
// @ts-expect-error
notes.get('/v', { summary, returns }, () => ({ id: 'a' }))
notes.get('/v', { summary, returns, access: anyone }, () => ({ id: 'a' }))

// mistake: nothing said of what is returned
// @ts-expect-error
notes.get('/w', { summary, access: anyone }, () => ({ id: 'a' }))
notes.get('/w', { summary, access: anyone, returns }, () => ({ id: 'a' }))

// mistake: an answer that lacks what returns names
// @ts-expect-error
notes.get('/x', { summary, access: anyone, returns }, () => ({ name: 'a' }))
notes.get('/x', { summary, access: anyone, returns }, () => ({ id: 'a', name: 'a' }))

// mistake: an answer where nothing is returned
// @ts-expect-error
notes.delete('/y', { summary, access: anyone, returns: nothing }, () => ({ id: 'a' }))
notes.delete('/y', { summary, access: anyone, returns: nothing }, () => noContent())

// mistake: an own permission without load on a route for programs
// @ts-expect-error
notes.get('/z', { summary, access: may('post:edit'), returns }, () => ({ id: 'a' }))
notes.get(
  '/z/:postId',
  { summary, params, load: findPost, access: may('post:edit'), returns },
  ({ resource }) => resource,
)

// mistake: a body that was not declared
// @ts-expect-error
notes.post('/a', { summary, access: anyone, returns }, ({ json }) => ({ id: json.title }))
notes.post('/a', { summary, access: anyone, returns, json: strict }, ({ json }) => ({
  id: json.title,
}))

// mistake: writing in a GET for programs
// @ts-expect-error
notes.get('/b', { summary, access: anyone, returns }, ({ db }) => db.deleteFrom('posts').execute())
notes.delete('/b', { summary, access: anyone, returns: nothing }, async ({ db }) => {
  await db.deleteFrom('posts').execute()
  return noContent()
})

// mistake: an API that does not say who may read about it
// @ts-expect-error
api('/api/v2', { title: 'Notes' })
api('/api/v2', { title: 'Notes', documentation: 'not served' })
