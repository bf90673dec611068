/** What was found, and the box to search again. */
import { type Html, html } from 'demijohn'
import type { PageView } from '../kit.ts'
import { layout } from '../layout/layout.ts'
import type { Post } from './data.ts'
import { type Paging, paging, postList } from './lists.ts'

type Found = {
  readonly count: number
  readonly posts: readonly Post[]
  readonly paging: Paging
}

type SearchShown = {
  readonly q: string
  /** null where nothing was asked yet. */
  readonly found: Found | null
}

export function searchPage(view: PageView, { q, found }: SearchShown): Html {
  const title = found === null ? 'Search' : `${counted(found.count)} for “${q}”`
  const main = html`<header class="page-head"><h1>${title}</h1>
<form class="search-again" role="search" aria-label="Search again" action="/search" method="get">
<label class="visually-hidden" for="q">Search posts</label>
<input id="q" name="q" type="search" value="${q}" maxlength="100"><button>Search</button>
</form></header>
${found === null ? nothingAsked : found.count === 0 ? nothingFound : results(found)}`
  return layout({ view, title, main })
}

function results({ posts, paging: place }: Found): Html {
  return html`${postList(posts, { heading: 'h2' })}
${paging(place)}`
}

const nothingAsked = html`<div><div class="empty"><p class="empty-title">What are you looking for?</p><p>Every word has to occur in the title, the summary or the text.</p></div></div>`

const nothingFound = html`<div><div class="empty"><p class="empty-title">Nothing matched.</p><p>Try fewer words, or a part of the title.</p></div></div>`

function counted(count: number): string {
  if (count === 0) return 'No posts'
  return count === 1 ? '1 post' : `${count} posts`
}
