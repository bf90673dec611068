/** Lists of posts, wherever they stand: front page, profile, search. */
import { type Html, html } from 'demijohn'
import { day } from '../layout/dates.ts'
import { minutesToRead } from '../markdown/markdown.ts'
import type { Post } from './data.ts'

/** Where a page stands among its fellows. `address` leads to another one. */
export type Paging = {
  readonly page: number
  readonly pages: number
  readonly address: (page: number) => string
  /** What the two neighbours are called; newer and older posts when left out. */
  readonly labels?: { readonly previous: string; readonly next: string; readonly of: string }
}

/** Who, when, how long. */
export function byline(post: Post): Html {
  return html`<p class="meta"><a href="/people/${post.ownerId}">${post.authorName}</a> ${day(post.publishedAt ?? post.updatedAt)} <span>${minutesToRead(post.body)} min read</span></p>`
}

/** Posts under headings of the level that fits the page. */
export function postList(posts: readonly Post[], options: { readonly heading: 'h2' | 'h3' }): Html {
  return html`<ul class="post-list">${posts.map(
    (post) => html`<li><article class="entry">
${options.heading === 'h2' ? html`<h2 class="entry-title">${titleLink(post)}</h2>` : html`<h3 class="entry-title">${titleLink(post)}</h3>`}
${post.summary === '' ? null : html`<p class="entry-summary">${post.summary}</p>`}
${byline(post)}
</article></li>`,
  )}</ul>`
}

export function titleLink(post: Post): Html {
  return html`<a href="/posts/${post.id}">${post.title}</a>`
}

const newestFirst = { previous: 'Newer', next: 'Older', of: 'posts' }

/** Nothing where there is one page alone. */
export function paging({ page, pages, address, labels = newestFirst }: Paging): Html | null {
  if (pages === 1) return null
  const of = html`<span class="visually-hidden"> ${labels.of}</span>`
  const previous = html`<li><a class="button button-quiet" href="${address(page - 1)}" rel="prev">${labels.previous}${of}</a></li>`
  const next = html`<li><a class="button button-quiet" href="${address(page + 1)}" rel="next">${labels.next}${of}</a></li>`
  return html`<nav class="paging" aria-label="Pages"><ul>
${page === 1 ? null : previous}
<li>Page ${page} of ${pages}</li>
${page === pages ? null : next}
</ul></nav>`
}
