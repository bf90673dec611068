/** A project that has accounts and little else, for `npx demijohn` in a process of its own. */
import type { Layout } from '../../src/blueprints/accounts/pages.ts'
import { accounts } from '../../src/blueprints/accounts/routes.ts'
import type { DemijohnTables } from '../../src/data/tables.ts'
import { defineRoles } from '../../src/defences/access/roles.ts'
import { html } from '../../src/html/template.ts'
import { kit } from '../../src/pipeline/kit.ts'
import type { Project } from '../../src/serve/application.ts'

export const roles = defineRoles({
  member: { may: [] },
  editor: { is: 'member', may: ['post:write'] },
  admin: { is: 'editor', may: ['user:manage'] },
})
export const layout: Layout = ({ title, main }) =>
  html`<!doctype html><html lang="en"><head><title>${title}</title></head><body>${main}</body></html>`

const { signedIn, anyone, blueprint } = kit<DemijohnTables>()({ roles })

const front = blueprint('')
front.get('/', { access: anyone }, () => html`<p>front</p>`)
front.get('/mine', { access: signedIn }, ({ user }) => html`<p>${user.name}</p>`)

export const project: Project = {
  name: 'flask',
  roles,
  administratorRole: 'admin',
  blueprints: [
    front,
    accounts({
      roles,
      siteName: 'Flask',
      administratorRole: 'admin',
      layout,
    }),
  ],
  migrations: { name: 'flask', migrations: [] },
  mail: { signature: 'Flask' },
}
