/** The front page, and everything that is done with a post. */
import { type Id, id, type LoadFacts, notFound, pageNumber, redirect } from 'demijohn'
import { z } from 'zod'
import { listComments } from '../comments/data.ts'
import type { Database } from '../database.ts'
import { anyone, blueprint, may, type Role } from '../kit.ts'
import { changePost, countPosts, createPost, deletePost, findPost, listPosts } from './data.ts'
import { postFields } from './fields.ts'
import { pagesOf, postsPerPage } from './lists.ts'
import { minePage, type Shelf, shelves } from './mineView.ts'
import { editorPage, frontPage, postPage } from './views.ts'

export const front = blueprint('')

front.get(
  '/',
  { access: anyone, query: { page: pageNumber } },
  async ({ query, user, db, view }) => {
    const pages = pagesOf(await countPosts(user, db, { state: 'published' }))
    if (query.page > pages) return notFound()
    const where = { page: query.page, perPage: postsPerPage }
    const posts = await listPosts(user, db, { state: 'published', ...where })
    const address = (page: number) => `/?page=${page}`
    return frontPage(view, { posts, paging: { page: query.page, pages, address } })
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
  async ({ query, user, db, view }) => {
    const own = { authorId: user.id }
    const [drafts, published] = await Promise.all([
      countPosts(user, db, { ...own, state: 'draft' }),
      countPosts(user, db, { ...own, state: 'published' }),
    ])
    const counts = { all: drafts + published, drafts, published }
    const pages = pagesOf(counts[query.show])
    if (query.page > pages) return notFound()
    const where = { page: query.page, perPage: postsPerPage }
    const posts = await listPosts(user, db, { ...own, ...stateOn[query.show], ...where })
    const address = (page: number) => `/posts/mine?show=${query.show}&page=${page}`
    const paging = { page: query.page, pages, address }
    return minePage(view, { shelf: query.show, counts, posts, paging })
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
    return redirect(`/posts/${postId}`, { notice: savedNotice[values.state] })
  },
})

posts.get(
  '/:postId',
  { ...onePost, access: anyone, query: { page: pageNumber } },
  async ({ resource: post, query: { page }, user, db, view }) => {
    const comments = await listComments(user, db, { post, page })
    return page > comments.pages ? notFound() : postPage(view, { post, comments })
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
    const isNew = post.state !== values.state
    const notice = isNew ? savedNotice[values.state] : 'Saved.'
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
