/** A whole site in process, on an in-memory database, under a clock that the test turns. */
import type { Kysely } from 'kysely'
import { type Random, sha256Hex, systemRandom } from '../core/bytes.ts'
import { type Clock, manualClock } from '../core/clock.ts'
import { createId } from '../core/ids.ts'
import { migrate } from '../data/migrations.ts'
import { openSqlite } from '../data/sqlite.ts'
import type { DemijohnTables } from '../data/tables.ts'
import type { TokenReader } from '../defences/tokens/principal.ts'
import type { StoredMail } from '../mail/queue.ts'
import {
  type Application,
  createApplication,
  migrationSets,
  type Project,
  secondFactorRolesOf,
} from '../serve/application.ts'
import type { SentinelSettings } from '../serve/sentinel.ts'
import { createLog } from '../watch/log.ts'
import type { TrustedNetworks } from '../web/client.ts'
import { type TestClient, testClient } from './client.ts'

export type TestSite = {
  readonly app: Application
  readonly db: Kysely<DemijohnTables>
  readonly clock: Clock & { readonly advance: (milliseconds: number) => void }
  readonly origin: string
  /** Everything that was logged, a JSON text a line. */
  readonly logLines: readonly string[]
  /** A browser that nobody has signed in with. */
  readonly visitor: () => TestClient
  /** Every mail that was queued, the oldest first; none where the project sends none. */
  readonly mails: () => Promise<readonly TestMail[]>
  /** A browser in which a new person of that role is signed in, second factor and all. */
  readonly signInAs: (role: string) => Promise<SignedInClient>
  /** A personal access token of somebody who is signed in, for a day. */
  readonly tokenFor: (person: SignedInClient, scopes: readonly string[]) => Promise<string>
  readonly close: () => Promise<void>
}

/** A mail as it would have been sent. */
export type TestMail = {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  /** The paths of its links to this site. */
  readonly links: readonly string[]
}

export type SignedInClient = TestClient & {
  readonly accountId: string
  readonly email: string
}

export type TestSiteOptions = {
  /** `https://site.example` when left out. `loopback` is development mode. */
  readonly origin?: string
  readonly random?: Random
  readonly startMilliseconds?: number
  readonly sentinel?: SentinelSettings
  /** Reads tokens in the place of the site's own. */
  readonly readToken?: TokenReader
  readonly trustedProxies?: TrustedNetworks
}

function testMail({ to, subject, body }: StoredMail): TestMail {
  const { text, html } = body ?? { text: '', html: '' }
  const links = [...text.matchAll(/^https?:\/\/[^/\s]+(\/\S*)$/gm)].map(([, path = '']) => path)
  return { to, subject, text, html, links }
}

/** Opens a project for testing: migrated, empty, no socket. Close it at the end. */
export async function testApp(project: Project, options: TestSiteOptions = {}): Promise<TestSite> {
  const clock = manualClock(options.startMilliseconds ?? Date.UTC(2026, 0, 1))
  const { db, close } = openSqlite<DemijohnTables>({ path: ':memory:' })
  await migrate(db, migrationSets(project), { clock })
  const logLines: string[] = []
  const key = (options.random ?? systemRandom)(32)
  const app = createApplication(project, {
    db,
    clock,
    log: createLog({ clock, stream: { write: (line: string) => logLines.push(line) } }),
    origin: options.origin ?? 'https://site.example',
    subkeys: (purpose) => [Buffer.from(sha256Hex(`${key.toString('hex')}${purpose}`), 'hex')],
    ...(options.random === undefined ? {} : { random: options.random }),
    ...(options.sentinel === undefined ? {} : { sentinel: options.sentinel }),
    ...(options.readToken === undefined ? {} : { readToken: options.readToken }),
    trustedProxies: options.trustedProxies ?? [],
  })
  const origin =
    options.origin === 'loopback' ? 'http://localhost' : (options.origin ?? 'https://site.example')
  const sessionName = origin.startsWith('https:') ? '__Host-session' : 'session'
  const visitor = (): TestClient => testClient(app.handle, { origin })
  const demanding = secondFactorRolesOf(project, options.origin ?? '')
  let people = 0

  async function signInAs(role: string): Promise<SignedInClient> {
    people += 1
    const accountId = createId(clock.now())
    const email = `${role}-${people}@site.example`
    const name = `${role[0]?.toUpperCase() ?? ''}${role.slice(1)} ${people}`
    const createdAt = clock.now()
    const nothing = { passwordHash: null, suspendedAt: null, passwordChangedAt: null }
    const account = { id: accountId, email, emailKey: email, name, role, createdAt, ...nothing }
    await db.insertInto('demijohn_accounts').values(account).execute()
    if (demanding.has(role)) {
      // Set up with a secret that nobody knows: whoever needs codes enrols in the test.
      const times = { createdAt, confirmedAt: createdAt, lastStep: null }
      await db
        .insertInto('demijohn_totp')
        .values({ accountId, secret: '', ...times })
        .execute()
    }
    const issued = await app.sessions.create({
      accountId,
      credentialRevision: 0,
      methods: ['password', 'totp'],
      userAgent: 'test',
      clientAddress: '127.0.0.1',
    })
    if (issued === null) throw new Error(`nobody was signed in as ${role}`)
    const { token } = issued
    const client = visitor()
    client.cookies.set(sessionName, token)
    return Object.assign(client, { accountId, email })
  }

  const mails = async (): Promise<readonly TestMail[]> =>
    [...((await app.mails?.list(10_000)) ?? [])].reverse().map(testMail)
  const tokenFor = tokenMaker(app, sessionName)
  return { app, db, clock, origin, logLines, visitor, mails, signInAs, tokenFor, close }
}

/** Makes personal tokens in the session of whoever they are for. */
function tokenMaker({ tokens }: Application, sessionName: string): TestSite['tokenFor'] {
  let made = 0
  return async ({ accountId, cookies }, scopes) => {
    made += 1
    const sessionId = sha256Hex(cookies.get(sessionName) ?? '')
    const start = { accountId, sessionId, name: `Script ${made}`, scopes, days: 1 }
    const token = await tokens.makePersonal(start)
    if (token.kind !== 'made') throw new Error(`no token was made: ${token.kind}`)
    return token.text
  }
}
