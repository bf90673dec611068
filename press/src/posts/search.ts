/** Search among what is published. */
import { notFound, pageNumber, searchText } from 'demijohn'
import { anyone, blueprint } from '../kit.ts'
import { listPosts } from './data.ts'
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
    const found = await listPosts(user, db, { state: 'published', words, page })
    return found === null ? notFound() : searchPage(view, { q, found })
  },
)

function wordsOf(text: string): readonly string[] {
  return [...new Set(text.split(/\s+/).filter(Boolean))].slice(0, maxWords)
}
