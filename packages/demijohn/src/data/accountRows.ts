/** What sessions and tokens both ask of an account, so that neither can come to ask less. */

import { type Expression, expressionBuilder, type Kysely } from 'kysely'
import type { DemijohnTables } from './tables.ts'

type Database = Kysely<DemijohnTables>

/** Columns of a select that reads an account; `hasSecondFactor` says what they mean. */
export function factorsOf(accountId: Expression<string>) {
  const is = expressionBuilder<DemijohnTables, never>()
  return [
    is
      .selectFrom('demijohn_totp as t')
      .select('t.accountId')
      .where('t.accountId', '=', accountId)
      .where('t.confirmedAt', 'is not', null)
      .as('totpOf'),
    is
      .selectFrom('demijohn_passkeys as p')
      .select('p.accountId')
      .where('p.accountId', '=', accountId)
      .limit(1)
      .as('passkeyOf'),
  ] as const
}

/** An authenticator app that was confirmed, or a passkey. */
export function hasSecondFactor(row: {
  readonly totpOf: string | null
  readonly passkeyOf: string | null
}): boolean {
  return row.totpOf !== null || row.passkeyOf !== null
}

/**
 * Whether what was proven at that revision proves the account still. A write that changes nothing,
 * because it locks the row in every database: whatever ends the account's sessions or tokens waits
 * for this transaction, or has come before.
 */
export async function holdProof(
  db: Database,
  accountId: string,
  credentialRevision: number,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('demijohn_accounts')
    .set({ credentialRevision })
    .where('id', '=', accountId)
    .where('credentialRevision', '=', credentialRevision)
    .where('suspendedAt', 'is', null)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/**
 * Ends what apps hold in the name of an account, and says how many apps that were. One that was let in
 * and has not fetched its tokens yet gets none.
 */
export async function endAppsOf(
  db: Database,
  accountId: string,
  { now, because }: { readonly now: number; readonly because: 'signed-out' | 'revoked' },
): Promise<number> {
  await db
    .updateTable('demijohn_device_grants')
    .set({ decision: 'denied' })
    .where('accountId', '=', accountId)
    .where('redeemedAt', 'is', null)
    .execute()
  const { numUpdatedRows } = await db
    .updateTable('demijohn_token_families')
    .set({ endedAt: now, endedBecause: because })
    .where('accountId', '=', accountId)
    .where('endedAt', 'is', null)
    .executeTakeFirstOrThrow()
  return Number(numUpdatedRows)
}
