/** What a person is told about their own account on its first page. Reads, and asks for nothing. */
import { sql } from 'kysely'
import type { DemijohnTables } from '../../../data/tables.ts'
import type { Reader } from '../../../pipeline/route.ts'

/** Times are UTC milliseconds. */
export type AccountOverview = {
  readonly name: string
  readonly email: string
  /** null: nobody has shown yet that they read mail there. */
  readonly emailVerifiedAt: number | null
  readonly hasPassword: boolean
  readonly passwordChangedAt: number | null
  /** Since when an authenticator app is asked for; null where none is. */
  readonly appSince: number | null
  readonly passkeys: number
  readonly recoveryCodesLeft: number
  /** Accounts elsewhere that this one can be signed in to by. */
  readonly identities: number
  /** Sessions before their end, this one among them; one that idled out a moment ago may count. */
  readonly sessions: number
}

/** undefined: the account was deleted meanwhile. One statement, whatever of it there is. */
export async function readOverview(
  db: Reader<DemijohnTables>,
  { accountId, now }: { readonly accountId: string; readonly now: number },
): Promise<AccountOverview | undefined> {
  const found = await db
    .selectFrom('demijohn_accounts as account')
    .where('account.id', '=', accountId)
    .select(['name', 'email', 'emailVerifiedAt', 'passwordChangedAt'])
    .select((eb) => [
      sql<number>`case when ${eb.ref('passwordHash')} is null then 0 else 1 end`.as('hasPassword'),
      eb
        .selectFrom('demijohn_totp')
        .select('confirmedAt')
        .whereRef('demijohn_totp.accountId', '=', 'account.id')
        .as('appSince'),
      eb
        .selectFrom('demijohn_passkeys')
        .select((is) => is.fn.countAll<number>().as('count'))
        .whereRef('demijohn_passkeys.accountId', '=', 'account.id')
        .as('passkeys'),
      eb
        .selectFrom('demijohn_recovery_codes')
        .select((is) => is.fn.countAll<number>().as('count'))
        .whereRef('demijohn_recovery_codes.accountId', '=', 'account.id')
        .where('usedAt', 'is', null)
        .as('recoveryCodesLeft'),
      eb
        .selectFrom('demijohn_identities')
        .select((is) => is.fn.countAll<number>().as('count'))
        .whereRef('demijohn_identities.accountId', '=', 'account.id')
        .as('identities'),
      eb
        .selectFrom('demijohn_sessions')
        .select((is) => is.fn.countAll<number>().as('count'))
        .whereRef('demijohn_sessions.accountId', '=', 'account.id')
        .where('expiresAt', '>', now)
        .as('sessions'),
    ])
    .executeTakeFirst()
  if (found === undefined) return undefined
  const { hasPassword, passkeys, recoveryCodesLeft, identities, sessions, ...rest } = found
  return {
    ...rest,
    hasPassword: Number(hasPassword) === 1,
    passkeys: Number(passkeys),
    recoveryCodesLeft: Number(recoveryCodesLeft),
    identities: Number(identities),
    sessions: Number(sessions),
  }
}
