/** Press as it is, in production mode, on a database in a temporary folder, with people signed in. */
import { join } from 'node:path'
import { createId, openSqlite, systemClock } from 'demijohn'
import { migrate } from '../packages/demijohn/src/data/migrations.ts'
import type { DemijohnTables } from '../packages/demijohn/src/data/tables.ts'
import { parseKeyring } from '../packages/demijohn/src/secrets/keyring.ts'
import { createApplication, migrationSets } from '../packages/demijohn/src/serve/application.ts'
import { listen } from '../packages/demijohn/src/serve/listen.ts'
import { lowerPoolPriority } from '../packages/demijohn/src/serve/poolPriority.ts'
import { createLog } from '../packages/demijohn/src/watch/log.ts'
import { project } from '../press/src/project.ts'

const [folder = '', people = '1'] = process.argv.slice(2)
const { db } = openSqlite<DemijohnTables>({ path: join(folder, `bench-${people}.db`) })
await migrate(db, migrationSets(project), { clock: systemClock })
const keys = parseKeyring(
  Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url'),
)
const log = createLog({ clock: systemClock })
const origin = 'https://press.example'
// What is measured is the cost of counting, not that of refusing.
const limits = {
  everyRoute: ['100000000 per second'],
  staticFiles: ['100000000 per second'],
  unknownPaths: ['100000000 per second'],
} as const
const app = createApplication(
  { ...project, limits },
  {
    db,
    clock: systemClock,
    log,
    origin,
    subkeys: (purpose) => keys.subkeys(purpose),
  },
)

const tokens: string[] = []
for (let at = 0; at < Number(people); at += 1) {
  const accountId = createId(Date.now())
  const email = `person-${at}@press.example`
  const none = { passwordHash: null, suspendedAt: null, passwordChangedAt: null }
  const account = {
    id: accountId,
    email,
    emailKey: email,
    name: `Person ${at}`,
    role: 'editor',
    createdAt: Date.now(),
    ...none,
  }
  await db.insertInto('demijohn_accounts').values(account).execute()
  const issued = await app.sessions.create({
    accountId,
    credentialRevision: 0,
    methods: ['password'],
    userAgent: 'bench',
    clientAddress: '127.0.0.1',
  })
  if (issued === null) throw new Error('nobody was signed in')
  tokens.push(issued.token)
}
// As in `start`.
await lowerPoolPriority()
const { address } = await listen(app, { host: '127.0.0.1', port: 0 })
process.send?.({ port: address.port, tokens })
process.on('message', (message) => {
  if (message === 'cpu') process.send?.(process.cpuUsage())
  if (message !== 'end a session') return
  const [token = ''] = tokens
  Promise.resolve(app.sessions.find(token))
    .then(async (session) => {
      if (session !== null) await app.sessions.end(session.id)
      process.send?.({ ended: true })
    })
    .catch((error) => process.send?.({ error: String(error) }))
})
process.on('disconnect', () => process.exit(0))
