/**
 * What the commands about people share: the database, its sessions, and the security log.
 *
 * Stops a change of rights that leaves the sessions of before alive (ASVS 7.4.2): every change goes
 * through the session store, in whose one transaction the change, the end of the person's sessions
 * and remembered sign-ins, and the line in the log stand or fall together. Other processes notice
 * within a second.
 */
import type { Transaction } from 'kysely'
import { type Account, type AccountStore, findByEmail } from '../../blueprints/accounts/data.ts'
import { systemClock } from '../../core/clock.ts'
import type { DemijohnTables } from '../../data/tables.ts'
import { sessionOptions } from '../../defences/sessions/options.ts'
import { createSessionStore } from '../../defences/sessions/store.ts'
import type { SessionStore } from '../../defences/sessions/types.ts'
import { parseEmail } from '../../html/email.ts'
import type { Environment } from '../../secrets/settings.ts'
import type { Project } from '../../serve/application.ts'
import { openExisting } from '../database.ts'
import { type CommandRecord, openRecord } from '../record.ts'

export type Desk = {
  readonly project: Project
  readonly environment: Environment
  readonly store: AccountStore
  readonly sessions: SessionStore
  readonly record: CommandRecord
}

/** Opens the database, lets `work` use it, and closes it whatever happens. */
export async function atDesk<T>(
  project: Project,
  environment: Environment,
  work: (desk: Desk) => Promise<T>,
): Promise<T> {
  const { db, path, close } = await openExisting(project, environment)
  try {
    const record = openRecord(path)
    const sessions = createSessionStore({
      db,
      clock: systemClock,
      formKeysOf: () => {
        throw new Error('the command line reads no session')
      },
      options: sessionOptions(project.sessions),
    })
    const store = { db, clock: systemClock }
    return await work({ project, environment, store, sessions, record }).finally(record.close)
  } finally {
    await close()
  }
}

/** A command that cannot be done: one line for the person at the terminal, with what to do. */
export class Undone extends Error {
  override readonly name = 'Undone'
}

/** The account of an address in any spelling. Throws Undone. */
export async function requirePerson(store: AccountStore, address: string): Promise<Account> {
  const parsed = parseEmail(address)
  if (parsed === undefined) throw new Undone(`${JSON.stringify(address)} is no email address`)
  const account = await findByEmail(store, parsed)
  if (account !== undefined) return account
  throw new Undone(
    `nobody here has the address ${parsed}; npx demijohn people list --search finds people by a part of it`,
  )
}

export type Inside = {
  readonly transaction: Transaction<DemijohnTables>
  /** As the account is now that nobody else can change it. */
  readonly account: Account
}

/**
 * Changes an account and ends every session of it, or does neither. Gives how many sessions ended.
 * What `change` throws takes everything back.
 */
export async function changeAndEndSessions(
  { store, sessions }: Desk,
  { id, email }: Account,
  change: (inside: Inside) => Promise<void>,
): Promise<number> {
  return sessions.endAllOf(id, {
    alongside: async (transaction) => {
      // A sign-in that is under way began under what holds no more: it ends here, too.
      await transaction
        .updateTable('demijohn_accounts')
        .set((is) => ({ credentialRevision: is('credentialRevision', '+', 1) }))
        .where('id', '=', id)
        .execute()
      const account = await findByEmail({ ...store, db: transaction }, email)
      if (account?.id !== id) throw new Undone(`${email} was changed meanwhile; try again`)
      await change({ transaction, account })
    },
  })
}
