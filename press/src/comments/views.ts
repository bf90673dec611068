/** The comments below a post, and the form for another one. */
import { formView, type Html, html } from 'demijohn'
import { can, type PageView } from '../kit.ts'
import { minute } from '../layout/dates.ts'
import { remarkMarkup } from '../markdown/markdown.ts'
import { initials } from '../people/initials.ts'
import type { Post } from '../posts/data.ts'
import { paging } from '../posts/lists.ts'
import type { Comment, CommentPage } from './data.ts'
import { type CommentForm, commentFields } from './fields.ts'

type Shown = {
  readonly post: Post
  readonly comments: CommentPage
  readonly form: CommentForm | undefined
}

export function commentSection(view: PageView, { post, comments: shown, form }: Shown): Html {
  const { comments, count, page, pages } = shown
  const address = (other: number) => `/posts/${post.id}?page=${other}#comments-title`
  return html`<section class="comments spread" aria-labelledby="comments-title">
<div><h2 id="comments-title">${counted(count)}</h2></div>
<div>
${comments.length === 0 ? noComments : html`<ol class="comment-list">${comments.map((comment) => one(view, comment))}</ol>`}
${paging({ page, pages, address, labels: oldestFirst })}
${answerForm(view, post, form)}
</div>
</section>`
}

const oldestFirst = { previous: 'Earlier', next: 'Later', of: 'comments' }

const noComments = html`<div class="empty"><p class="empty-title">No comments yet.</p></div>`

function one(view: PageView, comment: Comment): Html {
  const { id, ownerId, authorName, body, createdAt } = comment
  const remove = html`<footer><form method="post" action="/comments/${id}/delete"><button class="button-danger">Delete comment<span class="visually-hidden"> by ${authorName}</span></button></form></footer>`
  return html`<li><article class="comment" id="comment-${id}">
<header><span class="monogram" aria-hidden="true">${initials(authorName)}</span>
<p class="meta"><a href="/people/${ownerId}">${authorName}</a> <a href="#comment-${id}">${minute(createdAt)}</a></p></header>
<div class="prose">${remarkMarkup(body)}</div>
${can(view.user, 'comment:delete', comment) ? remove : null}
</article></li>`
}

function answerForm(
  { user }: PageView,
  post: Post,
  form: CommentForm = formView(commentFields),
): Html | null {
  if (user === null) {
    return html`<p><a href="/login?next=${`/posts/${post.id}`}">Sign in</a> to comment.</p>`
  }
  if (!can(user, 'comment:write')) return null
  return html`<form class="form" method="post" action="/posts/${post.id}/comments">
${form.summary}
${form.fields}
<button>Post comment</button>
</form>`
}

function counted(count: number): string {
  return count === 1 ? '1 comment' : `${count} comments`
}
