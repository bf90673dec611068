/** The front page, and everything that is done with a post. */
import { type Id, id, type LoadFacts, notFound, pageNumber, redirect } from 'demijohn'
import { z } from 'zod'
import { countComments, listComments } from '../comments/data.ts'
import type { Database } from '../database.ts'
import { anyone, blueprint, may, type Role } from '../kit.ts'
import {
  changePost,
  countPosts,
  createPost,
  deletePost,
  findPost,
  listPosts,
  revisionOf,
} from './data.ts'
import { deletePage, editPage, newPage } from './editorViews.ts'
import { editFields, postFields } from './fields.ts'
import { minePage, type Shelf, shelves } from './mineView.ts'
import { frontPage, postPage } from './views.ts'

export const front = blueprint('')

front.get(
  '/',
  { access: anyone, query: { page: pageNumber } },
  async ({ query: { page }, user, db, view }) => {
    const listed = await listPosts(user, db, { state: 'published', page })
    return listed === null ? notFound() : frontPage(view, listed)
  },
)

export const posts = blueprint('/posts')

type PostPath = LoadFacts<Database, Role, { readonly postId: Id }>

const onePost = {
  params: { postId: id },
  load: ({ params, user, db }: PostPath) => findPost(user, db, params.postId),
}

posts.get(
  '/mine',
  {
    access: may('post:write'),
    query: { show: z.enum(shelves).default('all'), page: pageNumber },
  },
  async ({ query: { show, page }, user, db, view }) => {
    const authorId = user.id
    const listed = await listPosts(user, db, { authorId, ...stateOn[show], page })
    if (listed === null) return notFound()
    const drafts = await countPosts(user, db, { authorId, ...stateOn.drafts })
    const published = await countPosts(user, db, { authorId, ...stateOn.published })
    const counts = { all: drafts + published, drafts, published }
    return minePage(view, { shelf: show, counts, listed })
  },
)

const stateOn = {
  all: {},
  drafts: { state: 'draft' },
  published: { state: 'published' },
} as const satisfies Record<Shelf, object>

posts.form('/new', {
  access: may('post:write'),
  fields: postFields,
  limit: '60 per hour',
  page: ({ form, view }) => newPage(view, form),
  submit: async ({ values, user, db, now }) => {
    const postId = await createPost(user, db, { written: values, now })
    if (postId === null) return notFound()
    return redirect(`/posts/${postId}`, { notice: savedNotice[values.state] })
  },
})

posts.get(
  '/:postId',
  { ...onePost, access: anyone, query: { page: pageNumber } },
  async ({ resource: post, query: { page }, user, db, view }) => {
    const comments = await listComments(user, db, { post, page })
    return comments === null ? notFound() : postPage(view, { post, comments })
  },
)

posts.form('/:postId/edit', {
  ...onePost,
  access: may('post:edit'),
  fields: editFields,
  limit: '120 per hour',
  initial: ({ resource: post }) => {
    const { title, summary, body } = post
    return { title, summary, body, revision: revisionOf(post) }
  },
  page: ({ form, resource: post, view }) => editPage(view, { form, post }),
  submit: async ({ values, resource: post, user, db, now, fail }) => {
    const { revision } = values
    if (!(await changePost(user, db, { post, written: values, revision, now }))) {
      return fail({ revision: changedMeanwhile })
    }
    const notice = post.state === values.state ? 'Saved.' : savedNotice[values.state]
    return redirect(`/posts/${post.id}`, { notice })
  },
})

const changedMeanwhile = 'Somebody changed this post after you opened it. Nothing was saved.'

posts.form('/:postId/delete', {
  ...onePost,
  access: may('post:delete'),
  fields: {},
  page: async ({ form, resource: post, user, db, view }) => {
    const comments = await countComments(user, db, post)
    return deletePage(view, { form, post, comments })
  },
  submit: async ({ resource: post, user, db }) => {
    if (!(await deletePost(user, db, post))) return notFound()
    const back = post.ownerId === user.id ? '/posts/mine' : '/'
    return redirect(back, { notice: 'The post is deleted.' })
  },
})

const savedNotice = { draft: 'Saved as a draft.', published: 'Published.' } as const
