/** Comments for programs. */
import { created, cursor, cursorOf, id, noContent, notFound, nothing, ok, pageSize } from 'demijohn'
import { z } from 'zod'
import {
  type Comment,
  createComment,
  deleteComment,
  findComment,
  listCommentsAfter,
} from '../comments/data.ts'
import { anyone, may } from '../kit.ts'
import { onePost } from './posts.ts'
import type { V1 } from './routes.ts'
import { commentShape, isoTime, listOf, newComment } from './shapes.ts'

export function commentRoutes(v1: V1): void {
  v1.get(
    '/posts/:postId/comments',
    {
      ...onePost,
      summary: 'Comments of a post, the oldest first',
      access: anyone,
      query: { after: cursor(z.tuple([z.uuid()])), limit: pageSize },
      returns: listOf(commentShape),
    },
    async ({ resource: post, query: { after, limit }, user, db }) => {
      const found = await listCommentsAfter(user, db, { post, after: after?.[0], most: limit + 1 })
      const items = found.slice(0, limit).map(shown)
      const last = found.length > limit ? found[limit - 1] : undefined
      const next = last === undefined ? null : cursorOf([last.id])
      const path = `/api/v1/posts/${post.id}/comments` as const
      return ok(
        { items, next },
        next === null ? {} : { next: `${path}?after=${next}&limit=${limit}` },
      )
    },
  )

  v1.post(
    '/posts/:postId/comments',
    {
      ...onePost,
      summary: 'Comment on a post',
      access: may('comment:write'),
      json: newComment,
      returns: commentShape,
      idempotency: 'accepted',
      limit: '60 per hour',
    },
    async ({ json, resource: post, user, db, now }) => {
      const commentId = await createComment(user, db, { post, body: json.body, now })
      const comment = commentId === null ? null : await findComment(user, db, commentId)
      if (comment === null) return notFound()
      return created(shown(comment), { location: `/api/v1/posts/${post.id}/comments` })
    },
  )

  v1.delete(
    '/comments/:commentId',
    {
      params: { commentId: id },
      load: ({ params, user, db }) => findComment(user, db, params.commentId),
      summary: 'Delete a comment',
      access: may('comment:delete'),
      returns: nothing,
    },
    async ({ resource: comment, user, db }) =>
      (await deleteComment(user, db, comment)) ? noContent() : notFound(),
  )
}

function shown({ ownerId, authorName, createdAt, ...comment }: Comment) {
  return { ...comment, author: { id: ownerId, name: authorName }, createdAt: isoTime(createdAt) }
}
