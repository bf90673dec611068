/** Public profiles. */
import { id, notFound, pageNumber } from 'demijohn'
import { anyone, blueprint } from '../kit.ts'
import { countPosts, listPosts } from '../posts/data.ts'
import { pagesOf, postsPerPage } from '../posts/lists.ts'
import { findProfile } from './data.ts'
import { profilePage } from './views.ts'

export const people = blueprint('/people')

people.get(
  '/:personId',
  {
    params: { personId: id },
    query: { page: pageNumber },
    load: ({ params, user, db }) => findProfile(user, db, params.personId),
    access: anyone,
  },
  async ({ resource: person, query: { page }, user, db, view }) => {
    const wanted = { state: 'published', authorId: person.id } as const
    const count = await countPosts(user, db, wanted)
    const pages = pagesOf(count)
    if (page > pages) return notFound()
    const posts = await listPosts(user, db, { ...wanted, page, perPage: postsPerPage })
    const address = (other: number) => `/people/${person.id}?page=${other}`
    return profilePage(view, { person, posts, count, paging: { page, pages, address } })
  },
)
