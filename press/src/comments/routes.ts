/** Commenting on a post, and taking a comment away. */
import { id, redirect } from 'demijohn'
import { blueprint, may } from '../kit.ts'
import { findPost } from '../posts/data.ts'
import { postPage } from '../posts/views.ts'
import { createComment, deleteComment, findComment, listComments } from './data.ts'
import { commentFields } from './fields.ts'

export const comments = blueprint('')

comments.form('/posts/:postId/comments', {
  params: { postId: id },
  load: ({ params, user, db }) => findPost(user, db, params.postId),
  access: may('comment:write'),
  fields: commentFields,
  limit: '60 per hour',
  page: async ({ form, resource: post, user, db, view }) =>
    postPage(view, { post, form, comments: await listComments(user, db, { post, page: 'last' }) }),
  submit: async ({ values, resource: post, user, db, now }) => {
    const commentId = await createComment(user, db, { post, body: values.body, now })
    const notice = 'Your comment is posted.'
    const { pages } = await listComments(user, db, { post, page: 'last' })
    const where = pages === 1 ? '' : `?page=${pages}`
    return redirect(`/posts/${post.id}${where}#comment-${commentId}`, { notice })
  },
})

comments.action('/comments/:commentId/delete', {
  params: { commentId: id },
  load: ({ params, user, db }) => findComment(user, db, params.commentId),
  access: may('comment:delete'),
  submit: async ({ resource: comment, user, db }) => {
    await deleteComment(user, db, comment)
    return redirect(`/posts/${comment.postId}`, { notice: 'The comment is deleted.' })
  },
})
