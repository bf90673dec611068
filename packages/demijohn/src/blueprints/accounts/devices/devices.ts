/**
 * The browsers in which somebody has signed in to an account before.
 *
 * Stops a sign-in elsewhere that its owner does not hear of (ASVS 6.3.5), and lets the throttle tell
 * the owner's browser from an attacker's. A device is known by the SHA-256 of a cookie of 256 random
 * bits. It proves nothing: who has copied the cookie gets the owner's allowance of tries, and a
 * sign-in with it brings no mail. A device becomes known when a sign-in is complete, second factor
 * and all, or a password alone would earn an attacker an allowance of his own; and where a link has
 * just made an account, or given it its first password, for nobody but its owner was there yet.
 */

import type { Kysely } from 'kysely'
import type { Clock } from '../../../core/clock.ts'
import type { DemijohnTables } from '../../../data/tables.ts'

export type DeviceStore = {
  readonly db: Kysely<DemijohnTables>
  readonly clock: Clock
}

/** What a sign-in was: in a browser that is known to the account, or in a new one. */
export type Acquaintance = 'known' | 'new'

/** The least recently used ones go first: a browser that drops its cookies is new each time. */
const maxDevicesPerAccount = 100
/** Browsers keep no cookie for longer (RFC 6265bis section 5.5). */
const memoryMilliseconds = 400 * 24 * 60 * 60 * 1_000

/**
 * The device's id if somebody has signed in with it to the account of that address, else null. One
 * statement whatever the address, so that it tells by time of no account.
 */
export async function findKnownDevice(
  { db }: DeviceStore,
  { emailKey, deviceId }: { readonly emailKey: string; readonly deviceId: string | null },
): Promise<string | null> {
  if (deviceId === null) return null
  const row = await db
    .selectFrom('demijohn_devices as d')
    .innerJoin('demijohn_accounts as a', 'a.id', 'd.accountId')
    .select('d.deviceId as deviceId')
    .where('a.emailKey', '=', emailKey)
    .where('d.deviceId', '=', deviceId)
    .executeTakeFirst()
  return row?.deviceId ?? null
}

export async function isKnownDevice(
  { db }: DeviceStore,
  { accountId, deviceId }: { readonly accountId: string; readonly deviceId: string | null },
): Promise<boolean> {
  if (deviceId === null) return false
  const row = await db
    .selectFrom('demijohn_devices')
    .select('deviceId')
    .where('accountId', '=', accountId)
    .where('deviceId', '=', deviceId)
    .executeTakeFirst()
  return row !== undefined
}

/**
 * Notes a sign-in, in the transaction that is `db`. Of any number at once in a new
 * browser one is told `new`.
 */
export async function noteDevice(
  { db, clock }: DeviceStore,
  { accountId, deviceId }: { readonly accountId: string; readonly deviceId: string },
): Promise<Acquaintance> {
  const now = clock.now()
  if (await insertDevice(db, accountId, deviceId, now)) {
    await trimDevices(db, accountId)
    return 'new'
  }
  await db
    .updateTable('demijohn_devices')
    .set({ lastSeenAt: now })
    .where('accountId', '=', accountId)
    .where('deviceId', '=', deviceId)
    .execute()
  return 'known'
}

/** True when it was not there. */
async function insertDevice(
  db: DeviceStore['db'],
  accountId: string,
  deviceId: string,
  now: number,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('demijohn_devices')
    .values({ accountId, deviceId, createdAt: now, lastSeenAt: now })
    .onConflict((conflict) => conflict.columns(['accountId', 'deviceId']).doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

async function trimDevices(db: DeviceStore['db'], accountId: string): Promise<void> {
  const devices = await db
    .selectFrom('demijohn_devices')
    .select('deviceId')
    .where('accountId', '=', accountId)
    .orderBy('lastSeenAt', 'desc')
    .orderBy('createdAt', 'desc')
    .orderBy('deviceId')
    .execute()
  const surplus = devices.slice(maxDevicesPerAccount).map(({ deviceId }) => deviceId)
  if (surplus.length === 0) return
  await db
    .deleteFrom('demijohn_devices')
    .where('accountId', '=', accountId)
    .where('deviceId', 'in', surplus)
    .execute()
}

/**
 * Forgets the devices of an account, but for one: what signs out everywhere, and a change of the
 * password, make strangers of them. Pass a transaction as `db` to have it stand with others.
 */
export async function forgetDevices(
  { db }: Pick<DeviceStore, 'db'>,
  { accountId, except }: { readonly accountId: string; readonly except?: string | null },
): Promise<number> {
  let all = db.deleteFrom('demijohn_devices').where('accountId', '=', accountId)
  if (except != null) all = all.where('deviceId', '!=', except)
  const { numDeletedRows } = await all.executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}

/** Deletes devices that no browser can still be, and says how many. */
export async function sweepDevices({ db, clock }: DeviceStore): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('demijohn_devices')
    .where('lastSeenAt', '<=', clock.now() - memoryMilliseconds)
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}
