/** Press as it is, in production mode, on a database in a temporary folder, with people signed in. */
import { join } from 'node:path'
import { createId, openSqlite, systemClock } from 'demijohn'
import type { Kysely } from 'kysely'
import { migrate } from '../packages/demijohn/src/data/migrations.ts'
import type { DemijohnTables } from '../packages/demijohn/src/data/tables.ts'
import { parseKeyring } from '../packages/demijohn/src/secrets/keyring.ts'
import { createApplication, migrationSets } from '../packages/demijohn/src/serve/application.ts'
import { listen } from '../packages/demijohn/src/serve/listen.ts'
import { lowerPoolPriority } from '../packages/demijohn/src/serve/poolPriority.ts'
import { createLog } from '../packages/demijohn/src/watch/log.ts'
import type { Database } from '../press/src/database.ts'
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
/** Access tokens for programs, signed with EdDSA. */
const accessTokens: string[] = []

/** As an app gets one: it asks, the person types its code and agrees, it fetches. */
async function accessTokenOf(accountId: string, sessionId: string): Promise<string> {
  const [clientId, network, scopes] = ['press-cli', '127.0.0.1', ['post:read']]
  const begun = await app.tokens.beginGrant({ clientId, scopes, network, boundTo: undefined })
  const grant = begun === null ? null : await app.tokens.claimGrant(begun.userCode, accountId)
  if (begun === null || grant === null) throw new Error('no app was let in')
  const decision = { id: grant.id, accountId, sessionId, scopes, decision: 'approved' } as const
  await app.tokens.decideGrant(decision)
  const facts = { token: begun.deviceCode, clientId, network, boundTo: undefined }
  const answer = await app.tokens.redeemGrant(facts)
  if (answer.kind !== 'issued') throw new Error(`no token was made: ${answer.kind}`)
  return answer.accessToken
}
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
  accessTokens.push(await accessTokenOf(accountId, issued.session.id))
}
const [author] = await db.selectFrom('demijohn_accounts').select('id').limit(1).execute()
const postId = createId(Date.now())
const now = Date.now()
await (db as unknown as Kysely<Database>)
  .insertInto('posts')
  .values({
    ...{ id: postId, authorId: author?.id ?? '', title: 'Sixty-six characters', summary: '' },
    ...{ body: 'A measure that is easy to read. '.repeat(20), state: 'published' },
    ...{ createdAt: now, updatedAt: now, publishedAt: now },
  })
  .execute()

/** What it takes to believe a token that is in no cache: a new one each time, read once. */
async function costOfNewTokens(): Promise<number> {
  const session = await app.sessions.find(tokens[0] ?? '')
  const fresh: string[] = []
  for (let at = 0; at < 40; at += 1) {
    fresh.push(await accessTokenOf(author?.id ?? '', session?.id ?? ''))
  }
  const startedAt = performance.now()
  for (const token of fresh) {
    await app.tokens.read({
      ...{ authorization: `Bearer ${token}`, proof: undefined, method: 'GET' },
      ...{ uri: `${origin}/api/v1/me`, now: Date.now(), requiresProof: false },
    })
  }
  return ((performance.now() - startedAt) * 1_000) / fresh.length
}

// As in `start`.
await lowerPoolPriority()
const { address } = await listen(app, { host: '127.0.0.1', port: 0 })
process.send?.({ port: address.port, tokens, accessTokens, postPath: `/api/v1/posts/${postId}` })
process.on('message', (message) => {
  if (message === 'cpu') process.send?.(process.cpuUsage())
  if (message === 'verify tokens') {
    costOfNewTokens()
      .then((microseconds) => process.send?.({ microseconds }))
      .catch((error) => process.send?.({ error: String(error) }))
  }
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
