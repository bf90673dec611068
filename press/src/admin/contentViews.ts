/** The pages about what was written: everybody's posts and drafts, and the newest comments. */
import { type Html, html, type View } from 'demijohn'
import { day, minute } from '../layout/dates.ts'
import { layout } from '../layout/layout.ts'
import { initials } from '../people/initials.ts'
import type { CommentRow, Counts, PostRow, Slice } from './overview.ts'
import { paging } from './paging.ts'
import { tabs } from './tabs.ts'

type Common = { readonly view: View; readonly counts: Counts; readonly page: number }

export function postsPage(
  facts: Common & { readonly found: Slice<PostRow>; readonly state: 'all' | 'draft' },
): Html {
  const { view, counts, found, page, state } = facts
  const title = state === 'draft' ? 'Drafts' : 'All posts'
  const path = state === 'draft' ? '/admin/posts?state=draft' : '/admin/posts'
  const main = html`<header class="page-head"><h1>${title}</h1></header>
<div>
${tabs(counts, path)}
${found.items.length === 0 ? empty('No post is waiting here.') : postLedger(found.items, title)}
</div>
${contentPaging(`/admin/posts?state=${state}&page=`, found.hasMore, page, 'posts')}`
  return layout({ view, title, main })
}

function postLedger(posts: readonly PostRow[], title: string): Html {
  return html`<table class="ledger" role="table" aria-label="${title}">
<thead role="rowgroup"><tr role="row">
<th role="columnheader" scope="col">Title</th>
<th role="columnheader" scope="col">Author</th>
<th role="columnheader" scope="col">State</th>
<th role="columnheader" scope="col">Changed</th>
<th role="columnheader" scope="col"><span class="visually-hidden">Actions</span></th>
</tr></thead>
<tbody role="rowgroup">${posts.map(postRow)}</tbody>
</table>`
}

function postRow({ id, title, state, authorId, authorName, updatedAt }: PostRow): Html {
  const status =
    state === 'published'
      ? html`<span class="status status-live">Published</span>`
      : html`<span class="status">Draft</span>`
  return html`<tr role="row">
<th role="rowheader" scope="row"><a href="/posts/${id}">${title}</a></th>
<td role="cell" data-label="Author"><a href="/people/${authorId}">${authorName}</a></td>
<td role="cell" data-label="State">${status}</td>
<td role="cell" data-label="Changed">${day(updatedAt)}</td>
<td role="cell"><div class="actions"><a class="button button-quiet" href="/posts/${id}/edit">Edit<span class="visually-hidden"> ${title}</span></a></div></td>
</tr>`
}

export function commentsPage(facts: Common & { readonly found: Slice<CommentRow> }): Html {
  const { view, counts, found, page } = facts
  const main = html`<header class="page-head"><h1>Comments</h1></header>
<div>
${tabs(counts, '/admin/comments')}
${
  found.items.length === 0
    ? empty('Nobody has commented yet.')
    : html`<ol class="comment-list">${found.items.map(comment)}</ol>`
}
</div>
${contentPaging('/admin/comments?page=', found.hasMore, page, 'comments')}`
  return layout({ view, title: 'Comments', main })
}

/** As it was written, Markdown and all: here one judges what was sent. */
function comment({
  id,
  body,
  createdAt,
  authorId,
  authorName,
  postId,
  postTitle,
}: CommentRow): Html {
  return html`<li><article class="comment">
<header>
<span class="monogram" aria-hidden="true">${initials(authorName)}</span>
<p class="meta"><a href="/people/${authorId}">${authorName}</a> <span>on <a href="/posts/${postId}#comment-${id}">${postTitle}</a></span> ${minute(createdAt)}</p>
</header>
<div class="prose"><p class="as-written">${body}</p></div>
<footer><form method="post" action="/comments/${id}/delete"><button class="button-danger">Delete<span class="visually-hidden"> the comment of ${authorName}</span></button></form></footer>
</article></li>`
}

function empty(title: string): Html {
  return html`<div class="empty"><p class="empty-title">${title}</p></div>`
}

function contentPaging(
  to: `/${string}`,
  hasMore: boolean,
  page: number,
  thing: string,
): Html | null {
  return paging({
    before: page > 1 ? `${to}${page - 1}` : null,
    after: hasMore ? `${to}${page + 1}` : null,
    here: `Page ${page}`,
    labels: ['Newer', 'Older'],
    thing,
  })
}
