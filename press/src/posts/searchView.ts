/** What was found, and the box to search again. */
import { type Html, html } from 'demijohn'
import type { PageView } from '../kit.ts'
import { layout } from '../layout/layout.ts'
import type { PostPage } from './data.ts'
import { paging, postList } from './lists.ts'

type SearchShown = {
  readonly q: string
  /** null where nothing was asked yet. */
  readonly found: PostPage | null
}

export function searchPage(view: PageView, { q, found }: SearchShown): Html {
  const title = found === null ? 'Search' : `${counted(found.count)} for “${q}”`
  const main = html`<header class="page-head"><h1>${title}</h1>
<form class="search-again" role="search" aria-label="Search again" action="/search" method="get">
<label class="visually-hidden" for="q">Search posts</label>
<input id="q" name="q" type="search" value="${q}" maxlength="100"><button>Search</button>
</form></header>
${found === null ? nothingAsked : found.count === 0 ? nothingFound : results(q, found)}`
  return layout({ view, title, main })
}

function results(q: string, { posts, page, pages }: PostPage): Html {
  const address = (other: number) => `/search?q=${encodeURIComponent(q)}&page=${other}`
  return html`${postList(posts, { heading: 'h2' })}
${paging({ page, pages, address })}`
}

const nothingAsked = html`<div><div class="empty"><p class="empty-title">What are you looking for?</p><p>Every word has to occur in the title, the summary or the text.</p></div></div>`

const nothingFound = html`<div><div class="empty"><p class="empty-title">Nothing matched.</p><p>Try fewer words, or a part of the title.</p></div></div>`

function counted(count: number): string {
  if (count === 0) return 'No posts'
  return count === 1 ? '1 post' : `${count} posts`
}
