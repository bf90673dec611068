/** The smallest site that people sign in to with passkeys. */
import { createAccount } from '../../src/blueprints/accounts/data.ts'
import type { Layout } from '../../src/blueprints/accounts/pages.ts'
import { passkeySignInSection } from '../../src/blueprints/accounts/passkeys/sections.ts'
import { accounts } from '../../src/blueprints/accounts/routes.ts'
import { isRefusal } from '../../src/core/refusals.ts'
import type { DemijohnTables } from '../../src/data/tables.ts'
import { defineRoles } from '../../src/defences/access/roles.ts'
import { passwordOptions } from '../../src/defences/passwords/options.ts'
import { createPasswordHasher } from '../../src/defences/passwords/verify.ts'
import { html } from '../../src/html/template.ts'
import { kit } from '../../src/pipeline/kit.ts'
import type { Project } from '../../src/serve/application.ts'

const roles = defineRoles({ member: { may: [] }, admin: { is: 'member', may: ['all:manage'] } })
const { anyone, signedIn, blueprint } = kit<DemijohnTables>()({ roles })

export const person = {
  email: 'first@site.example',
  password: 'a lamp beside an open window',
} as const

export const hasher = createPasswordHasher({ options: passwordOptions() })
const layout: Layout = ({ view, title, main }) =>
  html`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title></head>
<body><p id="notice">${view.notice}</p><p id="user">${view.user?.name ?? 'nobody'}</p><main>${main}</main></body></html>`

const pages = blueprint('')
pages.get('/', { access: anyone }, ({ view }) => layout({ view, title: 'Front', main: html`` }))
pages.get('/private', { access: signedIn }, ({ view }) =>
  layout({ view, title: 'Private', main: html`<p>for people</p>` }),
)
/** A sign-in page of the application's own, with an address to fill in and the section in it. */
pages.get('/welcome', { access: anyone }, async ({ db, sealed, now, view }) => {
  const section = await passkeySignInSection({ db, sealed, now, view, next: undefined })
  const main = html`<label>Address <input type="email" name="email"></label>${section}`
  return layout({ view, title: 'Welcome', main })
})

export const project: Project = {
  name: 'flask',
  roles,
  administratorRole: 'admin',
  secondFactorRoles: ['admin'],
  blueprints: [pages, accounts({ roles, layout, siteName: 'Flask', administratorRole: 'admin' })],
  migrations: { name: 'flask', migrations: [] },
  mail: { signature: 'Flask' },
  seed: async ({ db, clock }) => {
    const passwordHash = await hasher.hashPassword(person.password)
    if (isRefusal(passwordHash)) throw new Error('there is no room for one hash')
    const about = { email: person.email, name: 'First', role: 'member', passwordHash }
    await createAccount({ db, clock }, about)
    return [{ role: 'member', ...person }]
  },
}
