/** The front page, and everything that is done with a post. */
import { type Id, id, type LoadFacts, notFound, pageNumber, redirect } from 'demijohn'
import { z } from 'zod'
import { listComments } from '../comments/data.ts'
import type { Database } from '../database.ts'
import { anyone, blueprint, may, type Role } from '../kit.ts'
import { changePost, countPosts, createPost, deletePost, findPost, listPosts } from './data.ts'
import { postFields } from './fields.ts'
import { minePage, type Shelf, shelves } from './mineView.ts'
import { editorPage, frontPage, postPage } from './views.ts'

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
  page: ({ form, view }) => editorPage(view, { form, post: null }),
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
  fields: postFields,
  limit: '120 per hour',
  initial: ({ resource: { title, summary, body } }) => ({ title, summary, body }),
  page: ({ form, resource: post, view }) => editorPage(view, { form, post }),
  submit: async ({ values, resource: post, user, db, now }) => {
    await changePost(user, db, { post, written: values, now })
    const notice = post.state === values.state ? 'Saved.' : savedNotice[values.state]
    return redirect(`/posts/${post.id}`, { notice })
  },
})

posts.action('/:postId/delete', {
  ...onePost,
  access: may('post:delete'),
  submit: async ({ resource: post, user, db }) => {
    await deletePost(user, db, post)
    const back = post.ownerId === user.id ? '/posts/mine' : '/'
    return redirect(back, { notice: 'The post is deleted.' })
  },
})

const savedNotice = { draft: 'Saved as a draft.', published: 'Published.' } as const
