/** Commenting on a post, and taking a comment away. */
import { id, notFound, redirect } from 'demijohn'
import { blueprint, may } from '../kit.ts'
import { findPost } from '../posts/data.ts'
import { postPage } from '../posts/views.ts'
import { createComment, deleteComment, findComment, lastCommentPage, listComments } from './data.ts'
import { commentFields } from './fields.ts'

export const comments = blueprint('')

comments.form('/posts/:postId/comments', {
  params: { postId: id },
  load: ({ params, user, db }) => findPost(user, db, params.postId),
  access: may('comment:write'),
  fields: commentFields,
  limit: '60 per hour',
  page: async ({ form, resource: post, user, db, view }) => {
    const comments = await listComments(user, db, { post, page: 1 })
    return comments === null ? notFound() : postPage(view, { post, form, comments })
  },
  submit: async ({ values, resource: post, user, db, now }) => {
    const commentId = await createComment(user, db, { post, body: values.body, now })
    if (commentId === null) return notFound()
    const notice = 'Your comment is posted.'
    const page = await lastCommentPage(user, db, post)
    const where = page === 1 ? '' : `?page=${page}`
    return redirect(`/posts/${post.id}${where}#comment-${commentId}`, { notice })
  },
})

comments.action('/comments/:commentId/delete', {
  params: { commentId: id },
  load: ({ params, user, db }) => findComment(user, db, params.commentId),
  access: may('comment:delete'),
  submit: async ({ resource: comment, user, db }) => {
    if (!(await deleteComment(user, db, comment))) return notFound()
    return redirect(`/posts/${comment.postId}`, { notice: 'The comment is deleted.' })
  },
})
