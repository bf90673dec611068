/**
 * New people, and the one-time links by which they choose a password: an administrator never knows
 * one. The link's secret is shown once and stored as a hash alone. A link lasts no longer than the
 * rights of whoever made it.
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
import type { Kysely, Transaction } from 'kysely'
import type { Database } from '../database.ts'
import type { Person, Role } from '../kit.ts'
import { type Effects, holdAdministrator, type Kept } from './changes.ts'
import { linkMade } from './mails.ts'

/** An account's first password may wait for the mail to be read; who has one is on the telephone. */
const linkLifetimeMinutes = { first: 7 * 24 * 60, another: 60 } as const

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
    return account === undefined ? undefined : linkFor(store, actor, { ...account, kind: 'first' })
  })
}

/**
 * A new link for somebody who has lost their password or the first link; older ones are void. Not
 * for oneself: whoever sits down at an open session could change its password with one. Whoever has
 * a password hears of it by mail, for the link takes the place of theirs.
 */
export function renewLink(
  actor: Person,
  { db, now }: Store,
  mail: Effects['mail'],
  { personId }: { readonly personId: string },
): Promise<Invitation | Kept> {
  if (personId === actor.id) return Promise.resolve({ kept: 'own-account' })
  return db.transaction().execute(async (transaction) => {
    if (!(await holdAdministrator(transaction, actor))) return noLonger
    const store = accountStore({ db: transaction, clock: { now: () => now } })
    const account = await findAccount(store, personId)
    if (account === undefined) return { kept: 'gone' }
    await voidOpenLinks(store, personId)
    if (!(await hasPassword(transaction, personId))) {
      return linkFor(store, actor, { ...account, kind: 'first' })
    }
    await mail.sendIn(transaction, { ...linkMade(), to: account.email })
    return linkFor(store, actor, { ...account, kind: 'another' })
  })
}

const noLonger: Kept = { kept: 'actor-no-longer-administrator' }

async function hasPassword(db: Transaction<Database>, personId: string): Promise<boolean> {
  const { passwordHash } = await db
    .selectFrom('demijohn_accounts')
    .select('passwordHash')
    .where('id', '=', personId)
    .executeTakeFirstOrThrow()
  return passwordHash !== null
}

async function linkFor(
  store: AccountStore,
  actor: Person,
  {
    id,
    name,
    kind,
  }: {
    readonly id: string
    readonly name: string
    readonly kind: keyof typeof linkLifetimeMinutes
  },
): Promise<Invitation> {
  const ttlMinutes = linkLifetimeMinutes[kind]
  const ticket = { purpose: welcomePurpose, accountId: id, ttlMinutes, createdBy: actor.id }
  const expiresAt = store.clock.now() + ttlMinutes * 60_000
  return { personId: id, name, expiresAt, secret: await createTicket(store, ticket) }
}
