/** A project that makes tokens, for `npx demijohn` in a process of its own. */
import { tokens } from '../../src/blueprints/tokens/routes.ts'
import type { Project } from '../../src/serve/application.ts'
import { layout, roles, project as usual } from './projectFixture.ts'

export const project: Project = {
  ...usual,
  blueprints: [
    ...usual.blueprints,
    tokens({
      ...{ roles, layout, siteName: 'Flask' },
      scopes: { 'post:write': 'Write posts' },
      clients: { cli: { name: 'Flask CLI', scopes: ['post:write'] } },
    }),
  ],
}
