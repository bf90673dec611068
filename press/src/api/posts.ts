/** Posts for programs. */
import {
  changedMeanwhile,
  created,
  cursor,
  cursorOf,
  type Id,
  id,
  type LoadFacts,
  noContent,
  notFound,
  nothing,
  ok,
  pageSize,
} from 'demijohn'
import { z } from 'zod'
import type { Database } from '../database.ts'
import { anyone, may, type Role } from '../kit.ts'
import {
  changePost,
  createPost,
  deletePost,
  findPost,
  listPublished,
  type Post,
  revisionOf,
} from '../posts/data.ts'
import type { V1 } from './routes.ts'
import { isoTime, listOf, newPost, postChange, postShape } from './shapes.ts'

type PostPath = LoadFacts<Database, Role, { readonly postId: Id }>

export const onePost = {
  params: { postId: id },
  load: ({ params, user, db }: PostPath) => findPost(user, db, params.postId),
}

const versioned = { ...onePost, version: revisionOf }

export function postRoutes(v1: V1): void {
  readPosts(v1)
  writePosts(v1)
}

function readPosts(v1: V1): void {
  v1.get(
    '/posts',
    {
      summary: 'Published posts, the newest first',
      access: anyone,
      query: { after: cursor(z.tuple([z.number(), z.uuid()])), limit: pageSize },
      returns: listOf(postShape),
    },
    async ({ query: { after, limit }, user, db }) => {
      const found = await listPublished(user, db, { after, most: limit + 1 })
      const items = found.slice(0, limit).map(shown)
      const last = found.length > limit ? found[limit - 1] : undefined
      const next = last === undefined ? null : cursorOf([last.publishedAt ?? 0, last.id])
      const more =
        next === null ? {} : { next: `/api/v1/posts?after=${next}&limit=${limit}` as const }
      return ok({ items, next }, more)
    },
  )

  v1.get(
    '/posts/:postId',
    { ...versioned, summary: 'One post', access: anyone, returns: postShape },
    ({ resource }) => shown(resource),
  )
}

function writePosts(v1: V1): void {
  v1.post(
    '/posts',
    {
      summary: 'Write a post',
      access: may('post:write'),
      json: newPost,
      returns: postShape,
      idempotency: 'accepted',
      limit: '60 per hour',
    },
    async ({ json, user, db, now }) => {
      const postId = await createPost(user, db, { written: json, now })
      if (postId === null) return notFound()
      // Not read again: a token that may write drafts need not be one that may see them.
      const publishedAt = json.state === 'published' ? now : null
      const author = { ownerId: user.id, authorName: user.name }
      const post = { ...json, ...author, id: postId, updatedAt: now, publishedAt }
      return created(shown(post), {
        location: `/api/v1/posts/${post.id}`,
        version: revisionOf(post),
      })
    },
  )

  v1.patch(
    '/posts/:postId',
    {
      ...versioned,
      summary: 'Change a post',
      access: may('post:edit'),
      json: postChange,
      returns: postShape,
      limit: '120 per hour',
    },
    async ({ json, resource: post, user, db, now, params }) => {
      const written = { ...writtenOf(post), ...withoutUndefined(json) }
      const change = { post, written, revision: revisionOf(post), now }
      if (!(await changePost(user, db, change))) return changedMeanwhile()
      const changed = await findPost(user, db, params.postId)
      return changed === null ? notFound() : ok(shown(changed), { version: revisionOf(changed) })
    },
  )

  v1.delete(
    '/posts/:postId',
    { ...versioned, summary: 'Delete a post', access: may('post:delete'), returns: nothing },
    async ({ resource: post, user, db }) =>
      (await deletePost(user, db, post)) ? noContent() : notFound(),
  )
}

function writtenOf({ title, summary, body, state }: Post) {
  return { title, summary, body, state }
}

type Defined<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> }

function withoutUndefined<T extends object>(changes: T): Defined<T> {
  const defined: Defined<T> = {}
  for (const name of Object.keys(changes) as (keyof T)[]) {
    const value = changes[name]
    if (value !== undefined) defined[name] = value as Exclude<T[typeof name], undefined>
  }
  return defined
}

function shown({ ownerId, authorName, updatedAt, publishedAt, ...post }: Post) {
  return {
    ...post,
    author: { id: ownerId, name: authorName },
    updatedAt: isoTime(updatedAt),
    publishedAt: publishedAt === null ? null : isoTime(publishedAt),
  }
}
