/** Search among what is published. */
import { notFound, pageNumber, searchText } from 'demijohn'
import { anyone, blueprint } from '../kit.ts'
import { countPosts, listPosts } from './data.ts'
import { pagesOf, postsPerPage } from './lists.ts'
import { searchPage } from './searchView.ts'

export const search = blueprint('/search')

/** Each word costs a reading of every post: more are not looked for. */
const maxWords = 10

search.get(
  '',
  { access: anyone, query: { q: searchText, page: pageNumber }, limit: '60 per minute' },
  async ({ query: { q, page }, user, db, view }) => {
    const words = wordsOf(q)
    if (words.length === 0) return searchPage(view, { q: '', found: null })
    const wanted = { state: 'published', words } as const
    const count = await countPosts(user, db, wanted)
    const pages = pagesOf(count)
    if (page > pages) return notFound()
    const posts = await listPosts(user, db, { ...wanted, page, perPage: postsPerPage })
    const address = (other: number) => `/search?q=${encodeURIComponent(q)}&page=${other}`
    return searchPage(view, { q, found: { count, posts, paging: { page, pages, address } } })
  },
)

function wordsOf(text: string): readonly string[] {
  return [...new Set(text.split(/\s+/).filter(Boolean))].slice(0, maxWords)
}
