/** The pages of posts. */
import { type Html, html } from 'demijohn'
import type { CommentPage } from '../comments/data.ts'
import type { CommentForm } from '../comments/fields.ts'
import { commentSection } from '../comments/views.ts'
import { can, type PageView } from '../kit.ts'
import { layout } from '../layout/layout.ts'
import { articleMarkup } from '../markdown/markdown.ts'
import type { Post, PostPage } from './data.ts'
import { byline, paging, postList, titleLink } from './lists.ts'

/** From here on the stylesheet sets a title smaller. */
const longTitleCharacters = 60

export function frontPage(view: PageView, listed: PostPage): Html {
  const { page } = listed
  const title = page === 1 ? 'Posts' : `Posts, page ${page}`
  const main = page === 1 ? firstPage(view, listed) : laterPage(listed)
  return layout({ view, title, main })
}

function firstPage(view: PageView, { posts, page, pages }: PostPage): Html {
  const [newest, ...others] = posts
  if (newest === undefined) return nothingPublished(view)
  return html`<h1 class="visually-hidden">Posts</h1>
<article class="cover">
${isLong(newest) ? html`<h2 class="long">${titleLink(newest)}</h2>` : html`<h2>${titleLink(newest)}</h2>`}
${standfirst(newest)}
${byline(newest)}
</article>
${others.length === 0 ? null : postList(others, { heading: 'h2' })}
${paging({ page, pages, address })}`
}

function laterPage({ posts, page, pages }: PostPage): Html {
  return html`<header class="page-head"><h1>Posts</h1></header>
${postList(posts, { heading: 'h2' })}
${paging({ page, pages, address })}`
}

function address(page: number): string {
  return `/?page=${page}`
}

function nothingPublished({ user }: PageView): Html {
  const start = html`<a class="button" href="/posts/new">Write the first post</a>`
  return html`<header class="page-head"><h1>Posts</h1></header>
<div><div class="empty"><p class="empty-title">Nothing has been published yet.</p><p>The first post will appear here.</p>${can(user, 'post:write') ? start : null}</div></div>`
}

type PostShown = {
  readonly post: Post
  readonly comments: CommentPage
  /** Filled in where a comment was sent and has to be corrected. */
  readonly form?: CommentForm | undefined
}

export function postPage(view: PageView, { post, comments, form }: PostShown): Html {
  const main = html`<article class="post">
<header class="post-header">${isLong(post) ? html`<h1 class="long">${post.title}</h1>` : html`<h1>${post.title}</h1>`}${standfirst(post)}</header>
<div class="post-body spread">
<div>${byline(post)}${post.state === 'draft' ? html`<p><span class="status">Draft</span></p>` : null}${postActions(view, post)}</div>
<div class="prose">${articleMarkup(post.body)}</div>
</div>
</article>
${commentSection(view, { post, comments, form })}`
  return layout({ view, title: post.title, main })
}

function postActions({ user }: PageView, post: Post): Html {
  const edit = html`<a class="button button-quiet" href="/posts/${post.id}/edit">Edit post</a>`
  const remove = html`<a class="button button-danger" href="/posts/${post.id}/delete">Delete post</a>`
  const mayEdit = can(user, 'post:edit', post)
  const mayDelete = can(user, 'post:delete', post)
  if (!mayEdit && !mayDelete) return html``
  return html`<div class="actions">${mayEdit ? edit : null}${mayDelete ? remove : null}</div>`
}

function standfirst({ summary }: Post): Html | null {
  return summary === '' ? null : html`<p class="standfirst">${summary}</p>`
}

function isLong({ title }: Post): boolean {
  return title.length > longTitleCharacters
}
