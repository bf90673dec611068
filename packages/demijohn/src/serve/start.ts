/**
 * From a project to a running site: settings, database, keys, migrations, first people, listening,
 * and an orderly end. Whatever is wrong is one clear line and a non-zero exit.
 */
import { resolve } from 'node:path'
import { hasAnybody } from '../blueprints/accounts/links/newAccount.ts'
import { setupPurpose } from '../blueprints/accounts/links/purposes.ts'
import { createTicket } from '../blueprints/accounts/tickets.ts'
import { systemRandom } from '../core/bytes.ts'
import { systemClock } from '../core/clock.ts'
import { Misconfiguration } from '../core/misconfiguration.ts'
import { migrate, migrationStatus } from '../data/migrations.ts'
import { DatabaseProblem } from '../data/problems.ts'
import { openSqlite } from '../data/sqlite.ts'
import type { DemijohnTables } from '../data/tables.ts'
import type { SharedLimits } from '../defences/limits/shared.ts'
import { smtpTransport } from '../mail/smtp.ts'
import { startMailWorker } from '../mail/worker.ts'
import type { Environment } from '../secrets/settings.ts'
import { createLog, type Log } from '../watch/log.ts'
import { announcement } from './announcement.ts'
import { type Application, createApplication, migrationSets, type Project } from './application.ts'
import { followBans, openBans } from './bans.ts'
import { loopback } from './connections.ts'
import { watchEventLoop } from './eventLoop.ts'
import { housekeeping } from './housekeeping.ts'
import { type Listening, listen } from './listen.ts'
import { lowerPoolPriority } from './poolPriority.ts'
import { type RunSettings, runSettings } from './settings.ts'
import { tokenSettingsOf } from './tokens.ts'

/** Runs a project until it is told to stop. Prints to standard output; exits by itself. */
export async function start(project: Project, environment: Environment): Promise<void> {
  try {
    await run(project, environment)
  } catch (error) {
    const line = startProblem(error)
    if (line === undefined) throw error
    process.stderr.write(`${project.name} cannot start: ${line}\n`)
    process.exitCode = 1
  }
}

async function run(project: Project, environment: Environment): Promise<void> {
  const sharedStore = project.limits?.sharedStore
  const settings = runSettings(project.name, environment, {
    mail: project.mail !== undefined,
    sharedLimits: sharedStore !== undefined,
  })
  const log = createLog({ clock: systemClock })
  const { db, close } = openSqlite<DemijohnTables>({ path: settings.databasePath })
  let listening: Listening | undefined
  let sharedLimits: SharedLimits | undefined
  try {
    await bringUpToDate(project, settings, db)
    // Connects on its own; the site is up without it.
    if (settings.redisUrl !== undefined) sharedLimits = sharedStore?.({ url: settings.redisUrl })
    const { sentinel } = project
    const bans = openBans({ db, clock: systemClock, sharedLimits, sentinel, log })
    const stopBans = await followBans(bans)
    const app = createApplication(project, {
      db,
      clock: systemClock,
      log,
      origin: settings.origin,
      loopbackOrigin: `http://localhost:${settings.port}`,
      subkeys: (purpose) => settings.keyring.subkeys(purpose),
      trustedProxies: settings.trustedProxies,
      sentinel: { allowed: settings.allowedNetworks, bans },
      sharedLimits,
    })
    await warmUp(project, app)
    const unlimited = [...loopback, ...settings.trustedProxies]
    listening = await listen(app, { ...settings, unlimited })
    const stopWatching = watchEventLoop(app.strained, log)
    // Only once nothing can stop the start any more: passwords and links are shown a single time,
    // and a start that fails must not void the link of the server that is running.
    const seeded = await seedOnce(project, settings, db)
    const setupSecret = await setupTicket(project, settings, db)
    const stopWorkers = startWorkers(app, { db, settings, log })
    log.event('sys_startup', { mode: settings.mode, port: listening.address.port })
    process.stdout.write(
      announcement({
        ...{ name: project.name, settings, listening, seeded, setupSecret },
        sendsMail: app.mails !== undefined,
      }),
    )
    endOrderly(listening, log, async () => {
      stopBans()
      stopWatching()
      await stopWorkers()
      await sharedLimits?.close()
      await close()
    })
  } catch (error) {
    await listening?.stop()
    await sharedLimits?.close()
    await close()
    throw error
  }
}

/** What is better done before anybody asks: a key of RSA takes some hundred milliseconds. */
async function warmUp(project: Project, { tokens }: Application): Promise<void> {
  if (tokenSettingsOf(project) !== undefined) await tokens.prepare()
  await lowerPoolPriority()
}

/** What goes on beside the requests. Gives the way to stop it. */
function startWorkers(
  app: Application,
  deps: { readonly db: Database; readonly settings: RunSettings; readonly log: Log },
): () => Promise<void> {
  const { sessions, tokens, mails } = app
  const { db, settings, log } = deps
  const stopHousekeeping = housekeeping({ db, sessions, tokens, mails, clock: systemClock, log })
  const stopMail = startMail(app, settings, log)
  return async () => {
    stopHousekeeping()
    await stopMail()
  }
}

/** Sends mail where there is a server for it. In development it stays in the outbox. */
function startMail({ mails }: Application, settings: RunSettings, log: Log): () => Promise<void> {
  if (mails === undefined || settings.mail === undefined) return async () => undefined
  const clientName = new URL(settings.origin).hostname
  const transport = smtpTransport({ ...settings.mail, clientName })
  const worker = { queue: mails, transport, clock: systemClock, random: systemRandom, log }
  return startMailWorker(worker).stop
}

type Database = ReturnType<typeof openSqlite<DemijohnTables>>['db']

/** Development migrates by itself. Production is migrated on purpose, before it is started. */
async function bringUpToDate(project: Project, settings: RunSettings, db: Database): Promise<void> {
  const sets = migrationSets(project)
  if (settings.mode === 'development') {
    await migrate(db, sets, { clock: systemClock })
    return
  }
  const pending = (await migrationStatus(db, sets)).filter((one) => one.appliedAt === null)
  if (pending.length > 0) {
    throw new Misconfiguration([
      `the database ${resolve(settings.databasePath)} lacks ${pending.length} migrations; run npx demijohn migrate`,
    ])
  }
}

async function seedOnce(project: Project, settings: RunSettings, db: Database) {
  if (settings.mode === 'production' || project.seed === undefined) return []
  const anybody = await db.selectFrom('demijohn_accounts').select('id').limit(1).executeTakeFirst()
  if (anybody !== undefined) return []
  return project.seed({ db, clock: systemClock, random: systemRandom })
}

/** While a production site has no administrator, each start makes one link to become it, for a day. */
async function setupTicket(
  project: Project,
  settings: RunSettings,
  db: Database,
): Promise<string | undefined> {
  if (settings.mode === 'development') return undefined
  // The links of earlier starts are void, so that one that was left in a log is of no use.
  await db.deleteFrom('demijohn_tickets').where('purpose', '=', setupPurpose).execute()
  if (await hasAnybody({ db }, project.administratorRole)) return undefined
  const store = { db, clock: systemClock }
  return createTicket(store, { purpose: setupPurpose, accountId: null, ttlMinutes: 24 * 60 })
}

/** One line for what a person can mend; undefined for what is our own fault, which shows its stack. */
function startProblem(error: unknown): string | undefined {
  if (error instanceof Misconfiguration || error instanceof DatabaseProblem) return error.message
  if (!(error instanceof Error) || !('code' in error)) return undefined
  const port = 'port' in error ? String(error.port) : ''
  if (error.code === 'EADDRINUSE') {
    return `port ${port} is taken by another program. Stop that one, or set PORT to another number.`
  }
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return 'HOST names no address of this machine. Correct it.'
  if (error.code === 'EACCES' && 'syscall' in error && error.syscall === 'listen') {
    return `port ${port} is not open to this user. Set PORT to a number from 1024 on.`
  }
  if (error.code === 'EACCES' || error.code === 'EPERM' || error.code === 'EROFS') {
    const path = 'path' in error ? String(error.path) : 'the folder of the data'
    return `${path} cannot be written. Correct its owner and mode, or set DATABASE to another place.`
  }
  return undefined
}

/** SIGTERM and SIGINT finish what was taken on; a second one, or a fault outside of requests, does not wait. */
function endOrderly(listening: Listening, log: Log, close: () => Promise<void>): void {
  let ending = false
  const end = async (signal: string): Promise<void> => {
    if (ending) process.exit(1)
    ending = true
    log.event('sys_shutdown', { signal })
    await listening.stop()
    await close()
    log.flush()
    process.exit(0)
  }
  const crash = (error: unknown): void => {
    log.fault('none', error)
    log.flush()
    process.exit(1)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      end(signal).catch(crash)
    })
  }
  process.on('uncaughtException', crash)
  process.on('unhandledRejection', crash)
}
