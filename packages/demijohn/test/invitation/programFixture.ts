/** A site that people come to by invitation alone, as a process of its own. */
import { createAccount } from '../../src/blueprints/accounts/data.ts'
import { isRefusal } from '../../src/core/refusals.ts'
import { passwordOptions } from '../../src/defences/passwords/options.ts'
import { createPasswordHasher } from '../../src/defences/passwords/verify.ts'
import { start } from '../../src/serve/start.ts'
import { linkProject } from '../attacks/linksFixture.ts'
import { administrator } from './peopleFixture.ts'

await start(
  {
    ...linkProject({ registration: 'invitation' }),
    seed: async ({ db, clock }) => {
      const hasher = createPasswordHasher({ options: passwordOptions() })
      const passwordHash = await hasher.hashPassword(administrator.password)
      if (isRefusal(passwordHash)) throw new Error('there is no room for one hash')
      const { email } = administrator
      await createAccount({ db, clock }, { email, name: 'Ada', role: 'admin', passwordHash })
      return [{ role: 'admin', ...administrator }]
    },
  },
  process.env,
)
