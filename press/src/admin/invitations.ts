/**
 * New people, and the one-time links by which they choose a password: an administrator never knows
 * one. The link's secret is shown once and stored as a hash alone.
 */
import {
  type AccountStore,
  accountStore,
  createAccount,
  createTicket,
  findAccount,
  voidOpenLinks,
  welcomePurpose,
} from 'demijohn/accounts'
import type { Kysely } from 'kysely'
import type { Database } from '../database.ts'
import type { Person, Role } from '../kit.ts'
import { holdAdministrator, type Kept } from './changes.ts'

const linkLifetimeMinutes = 7 * 24 * 60

export type Invitation = {
  readonly personId: string
  readonly name: string
  readonly secret: string
  /** UTC milliseconds. */
  readonly expiresAt: number
}

/** `now` is in UTC milliseconds. */
type Store = { readonly db: Kysely<Database>; readonly now: number }

/** Makes an account without a password, and its link; undefined when the address is taken. */
export function invite(
  actor: Person,
  { db, now }: Store,
  input: { readonly name: string; readonly email: string; readonly role: Role },
): Promise<Invitation | Kept | undefined> {
  return db.transaction().execute(async (transaction) => {
    if (!(await holdAdministrator(transaction, actor))) return noLonger
    const store = accountStore({ db: transaction, clock: { now: () => now } })
    const account = await createAccount(store, { ...input, passwordHash: null })
    return account === undefined ? undefined : linkFor(store, account)
  })
}

/**
 * A new link for somebody who has lost their password or the first link; older ones are void. Not
 * for oneself: whoever sits down at an open session could change its password with one.
 */
export function renewLink(
  actor: Person,
  { db, now }: Store,
  { personId }: { readonly personId: string },
): Promise<Invitation | Kept> {
  if (personId === actor.id) return Promise.resolve({ kept: 'own-account' })
  return db.transaction().execute(async (transaction) => {
    if (!(await holdAdministrator(transaction, actor))) return noLonger
    const store = accountStore({ db: transaction, clock: { now: () => now } })
    const account = await findAccount(store, personId)
    if (account === undefined) return { kept: 'gone' }
    await voidOpenLinks(store, personId)
    return linkFor(store, account)
  })
}

const noLonger: Kept = { kept: 'actor-no-longer-administrator' }

async function linkFor(
  store: AccountStore,
  { id, name }: { readonly id: string; readonly name: string },
): Promise<Invitation> {
  const ticket = { purpose: welcomePurpose, accountId: id, ttlMinutes: linkLifetimeMinutes }
  const expiresAt = store.clock.now() + linkLifetimeMinutes * 60_000
  return { personId: id, name, expiresAt, secret: await createTicket(store, ticket) }
}
