/** What Press is made of. `main.ts` runs it, `npx demijohn` reads it, tests open it. */
import { join } from 'node:path'
import type { Project } from 'demijohn'
import { accounts } from 'demijohn/accounts'
import { tokens } from 'demijohn/tokens'
import { admin } from './admin/routes.ts'
import { v1 } from './api/routes.ts'
import { scopes } from './api/scopes.ts'
import { comments } from './comments/routes.ts'
import { migrations } from './database.ts'
import { feed } from './feed/routes.ts'
import { roles } from './kit.ts'
import { errorPage } from './layout/errorPage.ts'
import { layout } from './layout/layout.ts'
import { ownData } from './people/ownData.ts'
import { people } from './people/routes.ts'
import { front, posts } from './posts/routes.ts'
import { search } from './posts/search.ts'
import { seed } from './seed/seed.ts'
import { settings } from './settings/routes.ts'

export const project: Project = {
  name: 'press',
  roles,
  administratorRole: 'admin',
  // Named in static/robots.txt and nowhere else.
  honeyPaths: ['/old-admin'],
  mail: { signature: 'Press' },
  blueprints: [
    front,
    posts,
    comments,
    people,
    search,
    feed,
    settings,
    admin,
    v1,
    tokens({
      roles,
      layout,
      siteName: 'Press',
      scopes,
      clients: {
        'press-cli': {
          name: 'Press for the terminal',
          scopes: ['post:read', 'post:write', 'post:edit', 'comment:write'],
        },
      },
    }),
    accounts({
      roles,
      layout,
      siteName: 'Press',
      administratorRole: 'admin',
      registration: 'open',
      memberRole: 'member',
      ownData,
    }),
  ],
  migrations,
  errorPage,
  seed,
  staticFolder: join(import.meta.dirname, '../static'),
}
