/** What Press is made of. `main.ts` runs it, `npx demijohn` reads it, tests open it. */
import { join } from 'node:path'
import type { Project } from 'demijohn'
import { accounts } from 'demijohn/accounts'
import { migrations } from './database.ts'
import { roles } from './kit.ts'
import { errorPage } from './layout/errorPage.ts'
import { layout } from './layout/layout.ts'

export const project: Project = {
  name: 'press',
  roles,
  administratorRole: 'admin',
  blueprints: [accounts({ roles, layout, siteName: 'Press', administratorRole: 'admin' })],
  migrations,
  errorPage,
  staticFolder: join(import.meta.dirname, '../static'),
}
