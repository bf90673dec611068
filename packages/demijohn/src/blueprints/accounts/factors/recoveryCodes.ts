/**
 * What is stored of recovery codes: the SHA-256 of 120 random bits each.
 *
 * Stops a code from working twice: using one up is one conditional write, so of any number at once
 * one succeeds (ASVS 6.5.1). New codes void the old ones, all of them.
 */
import { systemRandom } from '../../../core/bytes.ts'
import { newRecoveryCodes, recoveryCodeId } from '../../../defences/factors/recoveryCodes.ts'
import type { AccountStore } from '../data.ts'
import { type FactorReader, inTransaction, raiseRevision } from './store.ts'

/** New codes, to be shown once: they are stored nowhere. */
export function makeRecoveryCodes(
  store: AccountStore,
  accountId: string,
): Promise<readonly string[]> {
  return inTransaction(store, async (inside) => {
    const { db, clock, random = systemRandom } = inside
    const codes = newRecoveryCodes(random)
    const createdAt = clock.now()
    const rows = codes.map((code) => ({ id: idOf(code), accountId, createdAt, usedAt: null }))
    await voidRecoveryCodes(inside, accountId)
    await db.insertInto('demijohn_recovery_codes').values(rows).execute()
    await raiseRevision(inside, accountId)
    return codes
  })
}

/** To be called where an account's last second factor goes: nothing asks for codes then. */
export async function voidRecoveryCodes({ db }: AccountStore, accountId: string): Promise<void> {
  await db.deleteFrom('demijohn_recovery_codes').where('accountId', '=', accountId).execute()
}

/** How many of an account's codes still work. */
export async function countRecoveryCodes(
  { db }: Pick<FactorReader, 'db'>,
  accountId: string,
): Promise<number> {
  const { left } = await db
    .selectFrom('demijohn_recovery_codes')
    .select((row) => row.fn.countAll<number>().as('left'))
    .where('accountId', '=', accountId)
    .where('usedAt', 'is', null)
    .executeTakeFirstOrThrow()
  return Number(left)
}

/** Uses a code up and says how many are left; undefined for what is no code, or none any longer. */
export async function useRecoveryCode(
  { db, clock }: AccountStore,
  { accountId, typed }: { readonly accountId: string; readonly typed: string },
): Promise<{ readonly left: number } | undefined> {
  const id = recoveryCodeId(typed)
  if (id === undefined) return undefined
  const { numUpdatedRows } = await db
    .updateTable('demijohn_recovery_codes')
    .set({ usedAt: clock.now() })
    .where('id', '=', id)
    .where('accountId', '=', accountId)
    .where('usedAt', 'is', null)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n ? { left: await countRecoveryCodes({ db }, accountId) } : undefined
}

function idOf(code: string): string {
  const id = recoveryCodeId(code)
  if (id === undefined) throw new TypeError('a new recovery code does not read back')
  return id
}
