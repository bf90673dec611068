/** Public profiles. */
import { id, notFound, pageNumber } from 'demijohn'
import { anyone, blueprint } from '../kit.ts'
import { listPosts } from '../posts/data.ts'
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
    const wanted = { state: 'published', authorId: person.id, page } as const
    const listed = await listPosts(user, db, wanted)
    return listed === null ? notFound() : profilePage(view, { person, listed })
  },
)
