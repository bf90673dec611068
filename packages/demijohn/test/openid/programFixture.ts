/** The site of the journeys in Chromium, as a process of its own. */
import { accounts } from '../../src/accounts.ts'
import { createAccount } from '../../src/blueprints/accounts/data.ts'
import { isRefusal } from '../../src/core/refusals.ts'
import { openIdClientSecret, openIdProvider } from '../../src/openid.ts'
import { start } from '../../src/serve/start.ts'
import { hasher, layout, pages, password, roles } from './siteFixture.ts'

const example = openIdProvider({
  ...{ id: 'example', name: 'Example', issuer: process.env.ISSUER ?? '', clientId: 'the-site' },
  clientSecret: openIdClientSecret(process.env),
})

await start(
  {
    ...{ name: 'flask', roles, administratorRole: 'admin' },
    blueprints: [
      pages(),
      accounts({
        ...{ roles, layout, siteName: 'Flask', administratorRole: 'admin', providers: [example] },
        ...{ registration: 'open', memberRole: 'member', afterSignIn: '/private' },
      }),
    ],
    migrations: { name: 'flask', migrations: [] },
    mail: { signature: 'Flask' },
    seed: async ({ db, clock }) => {
      const passwordHash = await hasher.hashPassword(password)
      if (isRefusal(passwordHash)) throw new Error('there is no room for one hash')
      const email = 'ada@site.example'
      const about = { email, name: 'Ada', role: 'member', passwordHash }
      await createAccount({ db, clock }, { ...about, emailVerifiedAt: clock.now() })
      return [{ role: 'member', email, password }]
    },
  },
  process.env,
)
