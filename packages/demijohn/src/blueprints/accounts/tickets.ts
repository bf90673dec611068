/**
 * One-time links: for the first administrator, a forgotten password, a new address.
 *
 * Stops a link from working twice, late, or for another purpose (ASVS 6.6.2), and a stolen
 * database from holding links that work: it has the SHA-256 of 256 random bits. Redeeming is one
 * conditional write, so of any number at once one succeeds. Does not keep the mail from being read.
 */

import { isSecretShape, randomSecret, sha256Hex, systemRandom } from '../../core/bytes.ts'
import type { AccountStore } from './data.ts'

export type Ticket = {
  readonly accountId: string | null
  /** The address that the link is about: exactly this one is confirmed by it (CVE-2026-32700). */
  readonly email: string | null
  readonly role: string | null
  readonly createdAt: number
}

/** Makes a ticket and gives its secret, which is stored nowhere. */
export async function createTicket(
  { db, clock, random = systemRandom }: AccountStore,
  input: {
    readonly purpose: string
    /** null where the account is yet to be made. */
    readonly accountId: string | null
    readonly ttlMinutes: number
    readonly email?: string
    readonly role?: string
    /** The account that makes it for somebody else: what ends that one's rights voids it. */
    readonly createdBy?: string | null
  },
): Promise<string> {
  const { purpose, accountId, ttlMinutes, email = null, role = null, createdBy = null } = input
  if (!(ttlMinutes > 0)) throw new RangeError('a ticket has to last for some time')
  const secret = randomSecret(random)
  const now = clock.now()
  const times = { createdAt: now, expiresAt: now + ttlMinutes * 60_000, usedAt: null }
  await db
    .insertInto('demijohn_tickets')
    .values({ id: sha256Hex(secret), purpose, accountId, email, role, createdBy, ...times })
    .execute()
  return secret
}

const told = ['accountId', 'email', 'role', 'createdAt'] as const

type Presented = { readonly secret: string; readonly purpose: string }

/** Whether a ticket would be redeemed now, without using it: for the page with the form. */
export async function findTicket(
  { db, clock }: AccountStore,
  { secret, purpose }: Presented,
): Promise<Ticket | undefined> {
  if (!isSecretShape(secret)) return undefined
  return db
    .selectFrom('demijohn_tickets')
    .select(told)
    .where('id', '=', sha256Hex(secret))
    .where('purpose', '=', purpose)
    .where('usedAt', 'is', null)
    .where('expiresAt', '>', clock.now())
    .executeTakeFirst()
}

/** Whether it was one that has been used: another's copy, or the owner's second try. */
export async function wasRedeemed(
  { db }: Pick<AccountStore, 'db'>,
  { secret, purpose }: Presented,
): Promise<boolean> {
  if (!isSecretShape(secret)) return false
  const used = await db
    .selectFrom('demijohn_tickets')
    .select('id')
    .where('id', '=', sha256Hex(secret))
    .where('purpose', '=', purpose)
    .where('usedAt', 'is not', null)
    .executeTakeFirst()
  return used !== undefined
}

/** Uses a ticket up; undefined when it is unknown, used, over, or for another purpose. */
export async function redeemTicket(
  { db, clock }: AccountStore,
  { secret, purpose }: Presented,
): Promise<Ticket | undefined> {
  if (!isSecretShape(secret)) return undefined
  const id = sha256Hex(secret)
  const now = clock.now()
  const { numUpdatedRows } = await db
    .updateTable('demijohn_tickets')
    .set({ usedAt: now })
    .where('id', '=', id)
    .where('purpose', '=', purpose)
    .where('usedAt', 'is', null)
    .where('expiresAt', '>', now)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows !== 1n) return undefined
  return db.selectFrom('demijohn_tickets').select(told).where('id', '=', id).executeTakeFirst()
}

/**
 * Voids an account's open tickets, of one purpose or of all, apart from those of a purpose that were made
 * before a moment.
 */
export async function voidTickets(
  { db }: AccountStore,
  {
    accountId,
    purpose,
    except,
  }: {
    readonly accountId: string
    readonly purpose?: string
    readonly except?: { readonly purpose: string; readonly olderThan: number }
  },
): Promise<void> {
  let open = db
    .deleteFrom('demijohn_tickets')
    .where('accountId', '=', accountId)
    // A row that is used is what keeps it from being used again.
    .where('usedAt', 'is', null)
  if (purpose !== undefined) open = open.where('purpose', '=', purpose)
  if (except !== undefined) {
    const { olderThan } = except
    open = open.where((where) =>
      where.or([where('purpose', '!=', except.purpose), where('createdAt', '>=', olderThan)]),
    )
  }
  await open.execute()
}

/** Voids the open tickets that an account made for others: whoever may not invite opens none either. */
export async function voidTicketsMadeBy(
  { db }: Pick<AccountStore, 'db'>,
  accountId: string,
): Promise<void> {
  await db
    .deleteFrom('demijohn_tickets')
    .where('createdBy', '=', accountId)
    .where('usedAt', 'is', null)
    .execute()
}

/** Deletes tickets that are over, and says how many. */
export async function sweepTickets({ db, clock }: AccountStore): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('demijohn_tickets')
    .where('expiresAt', '<=', clock.now())
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}
