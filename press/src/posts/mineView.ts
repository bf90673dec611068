/** An author's own posts, drafts among them. */
import { type Html, html } from 'demijohn'
import type { PageView } from '../kit.ts'
import { layout } from '../layout/layout.ts'
import type { Post, PostPage } from './data.ts'
import { shortDay } from './dates.ts'
import { paging, titleLink } from './lists.ts'

export const shelves = ['all', 'drafts', 'published'] as const
export type Shelf = (typeof shelves)[number]

const labels: Readonly<Record<Shelf, string>> = {
  all: 'All',
  drafts: 'Drafts',
  published: 'Published',
}

type MineShown = {
  readonly shelf: Shelf
  readonly counts: Readonly<Record<Shelf, number>>
  readonly listed: PostPage
}

export function minePage(view: PageView, shown: MineShown): Html {
  const { posts, page, pages } = shown.listed
  const address = (other: number) => `/posts/mine?show=${shown.shelf}&page=${other}`
  const main = html`<header class="page-head"><h1>My posts</h1><a class="button" href="/posts/new">New post</a></header>
<div>
<nav class="tabs" aria-label="Filter"><ul>${shelves.map((shelf) => tab(shelf, shown))}</ul></nav>
${posts.length === 0 ? nothingHere(shown.shelf) : ledger(posts)}
</div>
${paging({ page, pages, address })}`
  return layout({ view, title: 'My posts', main })
}

function tab(shelf: Shelf, { shelf: current, counts }: MineShown): Html {
  const label = `${labels[shelf]} ${counts[shelf]}`
  return shelf === current
    ? html`<li><a href="/posts/mine?show=${shelf}" aria-current="page">${label}</a></li>`
    : html`<li><a href="/posts/mine?show=${shelf}">${label}</a></li>`
}

const emptyTexts: Readonly<Record<Shelf, { readonly title: string; readonly more: string }>> = {
  all: { title: 'Nothing written yet.', more: 'Your drafts and published posts will appear here.' },
  drafts: { title: 'No drafts.', more: 'Whatever you save without publishing waits here.' },
  published: { title: 'Nothing published yet.', more: 'What you publish appears here.' },
}

function nothingHere(shelf: Shelf): Html {
  const { title, more } = emptyTexts[shelf]
  return html`<div class="empty"><p class="empty-title">${title}</p><p>${more}</p></div>`
}

// The roles keep it a table for a screen reader where the stylesheet makes cards of the rows.
function ledger(posts: readonly Post[]): Html {
  return html`<table class="ledger" role="table" aria-label="My posts">
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Title</th><th role="columnheader" scope="col">State</th><th role="columnheader" scope="col">Changed</th><th role="columnheader" scope="col"><span class="visually-hidden">Actions</span></th></tr></thead>
<tbody role="rowgroup">${posts.map(row)}</tbody>
</table>`
}

function row(post: Post): Html {
  const state =
    post.state === 'published'
      ? html`<span class="status status-live">Published</span>`
      : html`<span class="status">Draft</span>`
  return html`<tr role="row">
<th role="rowheader" scope="row">${titleLink(post)}</th>
<td role="cell" data-label="State">${state}</td>
<td role="cell" data-label="Changed">${shortDay(post.updatedAt)}</td>
<td role="cell"><div class="actions"><a class="button button-quiet" href="/posts/${post.id}/edit">Edit<span class="visually-hidden"> ${post.title}</span></a></div></td>
</tr>`
}
