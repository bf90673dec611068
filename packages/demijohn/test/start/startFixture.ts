/** A program to start in a process of its own: `node startFixture.ts [migrate]`. */
import { accounts } from '../../src/blueprints/accounts/routes.ts'
import { systemClock } from '../../src/core/clock.ts'
import { createId } from '../../src/core/ids.ts'
import { migrate } from '../../src/data/migrations.ts'
import { openSqlite } from '../../src/data/sqlite.ts'
import type { DemijohnTables } from '../../src/data/tables.ts'
import { defineRoles } from '../../src/defences/access/roles.ts'
import { html } from '../../src/html/template.ts'
import { kit } from '../../src/pipeline/kit.ts'
import { migrationSets, type Project } from '../../src/serve/application.ts'
import { start } from '../../src/serve/start.ts'

const roles = defineRoles({ member: { may: [] }, admin: { is: 'member', may: ['all:manage'] } })
const { anyone, blueprint } = kit<DemijohnTables>()({ roles })
const front = blueprint('')
front.get('/', { access: anyone }, async ({ db, user }) => {
  const people = await db.selectFrom('demijohn_accounts').select('email').execute()
  return html`<p>${people.length} people, ${user?.role ?? 'nobody'} here</p>`
})
front.get('/slow', { access: anyone }, async () => {
  process.stdout.write('slow has begun\n')
  await new Promise((resolve) => setTimeout(resolve, 500))
  return html`<p>finished</p>`
})

const project: Project = {
  name: 'flask',
  roles,
  administratorRole: 'admin',
  // What is tried here is the start; who has to set up a second factor first is tried elsewhere.
  secondFactorRoles: [],
  blueprints: [
    front,
    accounts({
      roles,
      siteName: 'Flask',
      administratorRole: 'admin',
      layout: ({ title, main }) =>
        html`<!doctype html><html lang="en"><head><title>${title}</title></head><body>${main}</body></html>`,
    }),
  ],
  migrations: { name: 'flask', migrations: [] },
  seed: async ({ db, clock }) => {
    const email = 'first@site.example'
    const nothing = { passwordHash: null, suspendedAt: null, passwordChangedAt: null }
    const createdAt = clock.now()
    const id = createId(createdAt)
    const person = { id, email, emailKey: email, name: 'First', role: 'member', createdAt }
    await db
      .insertInto('demijohn_accounts')
      .values({ ...person, ...nothing })
      .execute()
    return [{ role: 'member', email, password: 'shown-once' }]
  },
}

if (process.argv[2] === 'migrate') {
  const { db, close } = openSqlite<DemijohnTables>({ path: process.env.DATABASE ?? '' })
  await migrate(db, migrationSets(project), { clock: systemClock })
  await close()
} else {
  await start(project, process.env)
}
