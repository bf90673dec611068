/**
 * What administrators change about other people: role, suspension, deletion. Each change ends every
 * session of the person in the same transaction, so that nobody goes on under rights they had, and
 * tells them by a mail that stands or falls with it.
 *
 * There is always an administrator left. Nobody changes their own account here, and the actor has
 * to be an active administrator at the moment of writing: so when a change is written, its actor
 * remains. A page that was opened before the actor's own rights went changes nothing any more.
 */
import { systemClock } from 'demijohn'
import {
  accountStore,
  changeRole as changeAccountRole,
  restoreAccount,
  suspendAccount,
} from 'demijohn/accounts'
import type { Transaction } from 'kysely'
import type { Database } from '../database.ts'
import type { Person, Role } from '../kit.ts'
import { erasePerson } from '../people/ownData.ts'
import { deleted, type Letter, restored, roleChanged, suspended } from './mails.ts'

export type KeptReason = 'own-account' | 'actor-no-longer-administrator' | 'gone' | 'unchanged'
export type Kept = { readonly kept: KeptReason }
export type Changed = { readonly name: string; readonly from: string }

/** The parts of a handler by which a write, the end of sessions and a mail are one. */
export type Effects = {
  readonly session: {
    readonly endAllOf: (
      accountId: string,
      options: { readonly alongside: (db: Transaction<Database>) => Promise<unknown> },
    ) => Promise<void>
  }
  readonly mail: {
    readonly sendIn: (
      db: Transaction<Database>,
      content: Letter & { readonly to: string },
    ) => Promise<void>
  }
}

export function changeRole(
  actor: Person,
  effects: Effects,
  { personId, role }: { readonly personId: string; readonly role: Role },
): Promise<Changed | Kept> {
  return change(actor, effects, personId, async (db, person) => {
    const store = accountStore({ db, clock: systemClock })
    if (!(await changeAccountRole(store, personId, role))) throw new Undo('unchanged')
    return { name: person.name, from: person.role, letter: roleChanged({ role }) }
  })
}

/**
 * Suspended people cannot sign in; what they have written stays. `at` null restores them. `reason` is
 * for their mail, and kept nowhere else.
 */
export function setSuspension(
  actor: Person,
  effects: Effects,
  {
    personId,
    at,
    reason = '',
  }: { readonly personId: string; readonly at: number | null; readonly reason?: string },
): Promise<Changed | Kept> {
  return change(actor, effects, personId, async (db, person) => {
    const store = accountStore({ db, clock: at === null ? systemClock : { now: () => at } })
    const change = at === null ? restoreAccount : suspendAccount
    if (!(await change(store, personId))) throw new Undo('unchanged')
    const from = person.suspendedAt === null ? 'active' : 'suspended'
    return { name: person.name, from, letter: at === null ? restored() : suspended({ reason }) }
  })
}

/** Deletes a person, their posts, comments and profile, and all that is kept of them. */
export function deletePerson(
  actor: Person,
  effects: Effects,
  { personId }: { readonly personId: string },
): Promise<Changed | Kept> {
  return change(actor, effects, personId, async (db, person) => {
    await erasePerson({ transaction: db, accountId: personId })
    return { name: person.name, from: person.role, letter: deleted() }
  })
}

type Written = Changed & { readonly letter: Letter }

type Present = {
  readonly name: string
  readonly email: string
  readonly role: string
  readonly suspendedAt: number | null
}

async function change(
  actor: Person,
  { session, mail }: Effects,
  personId: string,
  write: (db: Transaction<Database>, person: Present) => Promise<Written>,
): Promise<Changed | Kept> {
  if (personId === actor.id) return { kept: 'own-account' }
  let changed: Changed | undefined
  try {
    await session.endAllOf(personId, {
      alongside: async (db) => {
        if (!(await holdAdministrator(db, actor))) throw new Undo('actor-no-longer-administrator')
        const person = await db
          .selectFrom('demijohn_accounts')
          .select(['name', 'email', 'role', 'suspendedAt'])
          .where('id', '=', personId)
          .executeTakeFirst()
        if (person === undefined) throw new Undo('gone')
        const { letter, ...done } = await write(db, person)
        await mail.sendIn(db, { ...letter, to: person.email })
        changed = done
      },
    })
  } catch (problem) {
    if (problem instanceof Undo) return { kept: problem.because }
    throw problem
  }
  if (changed === undefined) throw new Error('the transaction ended without having run')
  return changed
}

/** Thrown in a transaction to take it back, the end of the sessions included. */
class Undo extends Error {
  readonly because: KeptReason
  constructor(because: KeptReason) {
    super(because)
    this.because = because
  }
}

/**
 * Whether the actor is an active administrator, and stays one until the transaction ends. A write
 * that changes nothing, because it locks the row in every database; `for update` does in some.
 */
export async function holdAdministrator(
  db: Transaction<Database>,
  actor: Person,
): Promise<boolean> {
  const role: Role = 'admin'
  const { numUpdatedRows } = await db
    .updateTable('demijohn_accounts')
    .set({ role })
    .where('id', '=', actor.id)
    .where('role', '=', role)
    .where('suspendedAt', 'is', null)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}
