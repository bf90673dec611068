/**
 * Role, suspension and sessions of one person, from the command line.
 *
 * Stops a site from being left without anybody who could administer it: the last active
 * administrator is changed only where the command says that this is meant. Two such commands at
 * once are one after the other, so they cannot each take the other for the one who remains.
 */
import type { Account } from '../../blueprints/accounts/data.ts'
import * as standing from '../../blueprints/accounts/standing.ts'
import { print } from '../terminal/print.ts'
import { printable } from '../terminal/width.ts'
import { changeAndEndSessions, type Desk, type Inside, requirePerson, Undone } from './desk.ts'
import { tellerAt } from './told.ts'

export const lastAdministratorOption = 'even-the-last-administrator'

export type Change = { readonly address: string; readonly evenTheLast: boolean }

export async function changeRole(
  desk: Desk,
  { address, role, evenTheLast }: Change & { readonly role: string },
): Promise<void> {
  const { project, record } = desk
  requireRole(project, role)
  const account = await requirePerson(desk.store, address)
  if (account.role === role) return print(`${shown(account)} is ${role} already.`)
  const ended = await changeAndEndSessions(desk, account, async (inside) => {
    const from = inside.account.role
    if (!evenTheLast) await keepAnAdministrator(desk, inside)
    await standing.changeRole({ ...desk.store, db: inside.transaction }, account.id, role)
    record.events('privilege_permissions_changed', [{ targetId: account.id, from, to: role }])
  })
  print(`${shown(account)} is now ${role}, was ${account.role}. ${sessionsEnded(ended)}`)
}

export async function suspend(desk: Desk, { address, evenTheLast }: Change): Promise<void> {
  const account = await requirePerson(desk.store, address)
  if (account.suspendedAt !== null) return print(`${shown(account)} is suspended already.`)
  const ended = await changeAndEndSessions(desk, account, async (inside) => {
    if (!evenTheLast) await keepAnAdministrator(desk, inside)
    await standing.suspendAccount({ ...desk.store, db: inside.transaction }, account.id)
    desk.record.events('user_updated', [{ targetId: account.id, changed: 'suspended' }])
  })
  print(`${shown(account)} is suspended and cannot sign in. ${sessionsEnded(ended)}`)
}

export async function restore(desk: Desk, address: string): Promise<void> {
  const account = await requirePerson(desk.store, address)
  if (account.suspendedAt === null) return print(`${shown(account)} is not suspended.`)
  await changeAndEndSessions(desk, account, async ({ transaction }) => {
    await standing.restoreAccount({ ...desk.store, db: transaction }, account.id)
    desk.record.events('user_updated', [{ targetId: account.id, changed: 'restored' }])
  })
  print(`${shown(account)} can sign in again.`)
}

/** For somebody who has lost them, or whose account an intruder has locked with his own. They are told. */
export async function removeFactors(desk: Desk, address: string): Promise<void> {
  const account = await requirePerson(desk.store, address)
  const teller = tellerAt(desk, factorsRemoved)
  const ended = await changeAndEndSessions(desk, account, async (inside) => {
    for (const table of factorTables) {
      await inside.transaction.deleteFrom(table).where('accountId', '=', account.id).execute()
    }
    if (teller.tells) await teller.queue(inside)
    desk.record.events('user_updated', [{ targetId: account.id, changed: 'factors' }])
  })
  print(`${shown(account)} has no second factor any more. ${sessionsEnded(ended)}`)
  if (teller.tells) print('They are told by mail, which the site sends.')
  else if (teller.because !== '') print(teller.because)
}

const factorsRemoved = (siteName: string) => ({
  subject: `Your second factors at ${siteName} were removed`,
  paragraphs: [
    'Hello,',
    `the people who run ${siteName} have removed the authenticator app, the passkeys and the recovery codes of your account. Every device is signed out, and your password alone signs you in.`,
  ],
  action: { label: 'Set up a second factor', path: '/account/factors' },
  footer: `Did you not ask for that? Then choose another password, and write to the people of ${siteName}.`,
})

const factorTables = ['demijohn_totp', 'demijohn_passkeys', 'demijohn_recovery_codes'] as const

export async function endSessions(desk: Desk, address: string): Promise<void> {
  const account = await requirePerson(desk.store, address)
  const ended = await changeAndEndSessions(desk, account, async () => {
    desk.record.events('session_logout', [{ targetId: account.id, sessions: 'all' }])
  })
  print(`${shown(account)}: ${sessionsEnded(ended)}`)
}

export function requireRole({ roles }: Desk['project'], role: string): void {
  if (roles.names.includes(role)) return
  throw new Undone(`${JSON.stringify(role)} is no role; use one of ${roles.names.join(', ')}`)
}

/** Throws Undone where nobody else could administrate the site: see `isLastAdministrator`. */
async function keepAnAdministrator(desk: Desk, { transaction, account }: Inside): Promise<void> {
  const { administratorRole } = desk.project
  const about = { accountId: account.id, administratorRole }
  if (!(await standing.isLastAdministrator({ db: transaction }, about))) return
  throw new Undone(
    `${account.email} is the last active administrator. Make somebody else ${administratorRole} first, or add --${lastAdministratorOption}`,
  )
}

export function shown({ name, email }: Pick<Account, 'name' | 'email'>): string {
  return `${printable(name)} <${printable(email)}>`
}

function sessionsEnded(count: number): string {
  if (count === 0) return 'No session was open.'
  return count === 1 ? '1 session is ended.' : `${count} sessions are ended.`
}
