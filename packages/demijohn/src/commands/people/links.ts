/**
 * New people, and one-time links by which they choose a password: whoever runs a command never
 * knows one.
 *
 * Stops an old link from outliving a new one. The link is shown once, on standard output, and
 * stored as a hash alone; whoever reads the terminal's history within its time can use it.
 */
import { type Account, type AccountStore, createAccount } from '../../blueprints/accounts/data.ts'
import { welcomePurpose } from '../../blueprints/accounts/links/purposes.ts'
import { voidOpenLinks } from '../../blueprints/accounts/links/writes.ts'
import { createTicket } from '../../blueprints/accounts/tickets.ts'
import { email } from '../../html/fields.ts'
import { personName } from '../../html/personName.ts'
import { oneOf, origin, port } from '../../secrets/readers.ts'
import { type Environment, readSettings } from '../../secrets/settings.ts'
import { type Project, projectRoutes } from '../../serve/application.ts'
import { print } from '../terminal/print.ts'
import { requireRole, shown } from './changes.ts'
import { type Desk, requirePerson, Undone } from './desk.ts'

type Kind = { readonly purpose: string; readonly path: string; readonly ttlMinutes: number }

/**
 * For whoever has no password yet: a week, as mails are read late.
 *
 * Both are links of an administrator. Those of a reset that a person asks for went by mail, so their
 * page takes the address for read, which a link that was handed over does not show.
 */
const welcome: Kind = { purpose: welcomePurpose, path: '/welcome', ttlMinutes: 7 * 24 * 60 }
/** For an account that is in use: shorter, for it opens what is there already. */
const reset: Kind = { ...welcome, ttlMinutes: 24 * 60 }

export async function add(
  desk: Desk,
  input: { readonly address: string; readonly name: string; readonly role: string },
): Promise<void> {
  const { project, store, record } = desk
  requireRole(project, input.role)
  const address = email().parse(input.address)
  if (!address.ok) throw new Undone(`${JSON.stringify(input.address)}: ${address.message}`)
  const name = personName({ max: 80 }).parse(input.name)
  if (!name.ok) throw new Undone(`the name: ${name.message}`)
  const base = linkBase(desk.environment)
  requireRoute(project, welcome)
  const facts = { email: address.value, name: name.value, role: input.role, passwordHash: null }
  const made = await store.db.transaction().execute(async (db) => {
    const inside = { ...store, db }
    const account = await createAccount(inside, facts)
    if (account === undefined) throw new Undone(taken(address.value))
    const secret = await createLink(inside, account, welcome)
    record.events('user_created', [{ targetId: account.id, role: input.role }])
    record.events('authn_token_created', [{ targetId: account.id }])
    return { account, secret }
  })
  print(`${shown(made.account)} is here as ${input.role}.`)
  printLink(`${base}${welcome.path}/${made.secret}`, welcome)
}

function taken(address: string): string {
  return `${address} is here already; npx demijohn people reset-link ${address} makes a link for that account`
}

export async function resetLink(desk: Desk, address: string): Promise<void> {
  const { store, record, project } = desk
  const account = await requirePerson(store, address)
  if (account.suspendedAt !== null) {
    throw new Undone(
      `${account.email} is suspended, and no link helps; npx demijohn people restore ${account.email} first`,
    )
  }
  const base = linkBase(desk.environment)
  const kind = account.passwordChangedAt === null ? welcome : reset
  requireRoute(project, kind)
  const secret = await store.db.transaction().execute(async (db) => {
    const made = await createLink({ ...store, db }, account, kind)
    record.events('authn_token_created', [{ targetId: account.id }])
    return made
  })
  print(`${shown(account)} chooses a new password here; older links are void.`)
  printLink(`${base}${kind.path}/${secret}`, kind)
}

async function createLink(
  store: AccountStore,
  { id }: Account,
  { purpose, ttlMinutes }: Kind,
): Promise<string> {
  await voidOpenLinks(store, id)
  return createTicket(store, { purpose, accountId: id, ttlMinutes })
}

/** On a line of its own, so that it can be copied whole from a narrow terminal. */
function printLink(link: string, { ttlMinutes }: Kind): void {
  const days = Math.round(ttlMinutes / (24 * 60))
  print(`It works once, for ${days === 1 ? 'a day' : `${days} days`}:\n\n${link}\n`)
}

function requireRoute(project: Project, { path }: Kind): void {
  if (projectRoutes(project).some((route) => route.path === `${path}/:secret`)) return
  throw new Undone(
    `this project serves no ${path}/:secret; mount accounts(…) from demijohn/accounts`,
  )
}

/** What links begin with: where people reach the site, by the settings that it is started with. */
function linkBase(environment: Environment): string {
  const { NODE_ENV } = readSettings(environment, {
    NODE_ENV: oneOf(['development', 'production'], {
      describe: 'whether real people use this site',
      default: 'development',
    }),
  })
  if (NODE_ENV === 'production') {
    return readSettings(environment, { ORIGIN: origin({ describe: 'how people reach the site' }) })
      .ORIGIN
  }
  const { PORT } = readSettings(environment, {
    PORT: port({ describe: 'where the server listens', default: 8080 }),
  })
  return `http://localhost:${PORT}`
}
