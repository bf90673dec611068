/** The Atom feed (RFC 4287): the newest published posts, the same for everybody. */
import { atomFeed, notFound } from 'demijohn'
import { anyone, blueprint } from '../kit.ts'
import { listPosts } from '../posts/data.ts'
import { feedMarkup } from './views.ts'

export const feed = blueprint('')

const entriesInFeed = 20

feed.get('/feed.xml', { access: anyone }, async ({ user, db, view }) => {
  const wanted = { state: 'published', page: 1, perPage: entriesInFeed } as const
  const listed = await listPosts(user, db, wanted)
  return listed === null ? notFound() : atomFeed(feedMarkup(view.origin, listed.posts))
})
