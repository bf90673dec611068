/** What the store of tokens asks of accounts and of the sessions that people decide in. */

import { factorsOf, hasSecondFactor } from '../../../data/accountRows.ts'
import type { Database, TokenParts } from './parts.ts'

/** The person behind a token, if the account may be used by it now. */
export type LiveAccount = {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly role: string
  readonly credentialRevision: number
  readonly hasSecondFactor: boolean
}

/** undefined: gone or suspended. */
export async function readAccount(
  db: Database,
  accountId: string,
): Promise<LiveAccount | undefined> {
  const row = await db
    .selectFrom('demijohn_accounts as a')
    .select(['a.id', 'a.name', 'a.email', 'a.role', 'a.credentialRevision'])
    .select((is) => factorsOf(is.ref('a.id')))
    .where('a.id', '=', accountId)
    .where('a.suspendedAt', 'is', null)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const { totpOf, passkeyOf, ...account } = row
  return { ...account, hasSecondFactor: hasSecondFactor({ totpOf, passkeyOf }) }
}

/** What is compared: nothing has to be told to tokens when an account changes. */
export function isUsable(
  { secondFactorRoles }: Pick<TokenParts, 'secondFactorRoles'>,
  account: LiveAccount | undefined,
  { credentialRevision }: { readonly credentialRevision: number },
): account is LiveAccount {
  if (account === undefined || account.credentialRevision !== credentialRevision) return false
  return account.hasSecondFactor || !secondFactorRoles.has(account.role)
}

export type Proof = {
  readonly credentialRevision: number
  readonly authenticatedAt: number
  readonly methods: string
}

/**
 * What the person has proven in the session in which they decide something; undefined where that has
 * ended meanwhile. The account is held, so that it ends after this, or has ended before.
 */
export async function proofOf(
  db: Database,
  { accountId, sessionId }: { readonly accountId: string; readonly sessionId: string | null },
): Promise<Proof | undefined> {
  if (sessionId === null) return undefined
  const account = await db
    .updateTable('demijohn_accounts')
    .set((is) => ({ credentialRevision: is.ref('credentialRevision') }))
    .where('id', '=', accountId)
    .where('suspendedAt', 'is', null)
    .returning('credentialRevision')
    .executeTakeFirst()
  const session = await db
    .selectFrom('demijohn_sessions')
    .select(['authenticatedAt', 'methods'])
    .where('id', '=', sessionId)
    .where('accountId', '=', accountId)
    .executeTakeFirst()
  return account === undefined || session === undefined ? undefined : { ...account, ...session }
}
