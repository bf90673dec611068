/**
 * Press for programs. The same data functions as the pages, so what a person may not see there their
 * token does not see here.
 */
import { anyone, api, can, roles, signedIn } from '../kit.ts'
import { commentRoutes } from './comments.ts'
import { peopleRoutes } from './people.ts'
import { postRoutes } from './posts.ts'
import { meShape } from './shapes.ts'

export const v1 = api('/api/v1', { title: 'Press', documentation: anyone })

export type V1 = typeof v1

v1.get(
  '/me',
  { summary: 'Who the token speaks for', access: signedIn, returns: meShape },
  ({ user }) => ({
    ...user,
    // A permission held as :own counts as one that the person has.
    scopes: roles.permissions.filter((one) => can(user, one, { ownerId: user.id })),
  }),
)

postRoutes(v1)
commentRoutes(v1)
peopleRoutes(v1)
