/**
 * An account that comes into being by a link: the first administrator's, a registration's, an
 * invitation's.
 *
 * Stops two accounts from one link or under one address, an account under an address that nobody has
 * read mail at, and a role or an address that the person chose instead of whoever made the link
 * (GHSA-fmh4-wcc4-5jm3): both come from the link, and the form has no field for them.
 */
import { isRefusal, type Refusal } from '../../../core/refusals.ts'
import { checkNewPassword } from '../../../defences/passwords/policy.ts'
import type { AccountsContext } from '../context.ts'
import { type Account, type AccountStore, createAccount } from '../data.ts'
import { LinkGone, type OpenLink, redeem } from './open.ts'

export type Made =
  | { readonly kind: 'made'; readonly account: Account }
  | { readonly kind: 'weak'; readonly message: string }
  | { readonly kind: 'taken' }
  | { readonly kind: 'gone' }

class AddressTaken extends Error {
  override readonly name = 'AddressTaken'
}

/** Redeems the link and makes the account in one transaction; where it cannot, the link stays. */
export async function makeAccount(
  store: AccountStore,
  { hasher, siteName }: AccountsContext,
  input: {
    readonly link: Pick<OpenLink, 'secret' | 'purpose'>
    readonly person: { readonly name: string; readonly email: string; readonly role: string }
    readonly newPassword: string
    /** The link came by mail to that address. */
    readonly isEmailRead: boolean
    /** The link is void once anybody has that role. */
    readonly isFirst?: boolean
  },
): Promise<Made | Refusal> {
  const { link, person, newPassword, isEmailRead, isFirst = false } = input
  const context = [siteName, person.email, person.name]
  const problem = checkNewPassword(newPassword, { context })
  if (problem !== null) return { kind: 'weak', message: problem.message }
  const passwordHash = await hasher.hashPassword(newPassword)
  if (isRefusal(passwordHash)) return passwordHash
  const emailVerifiedAt = isEmailRead ? store.clock.now() : null
  try {
    const account = await store.db.transaction().execute(async (db) => {
      const inside = { ...store, db }
      await redeem(inside, link)
      if (isFirst && (await hasAnybody(inside, person.role))) throw new LinkGone()
      const made = await createAccount(inside, { ...person, passwordHash, emailVerifiedAt })
      if (made === undefined) throw new AddressTaken()
      return made
    })
    return { kind: 'made', account }
  } catch (error) {
    if (error instanceof LinkGone) return { kind: 'gone' }
    if (error instanceof AddressTaken) return { kind: 'taken' }
    throw error
  }
}

/** Whether there is an account of that role, whether or not its person can sign in. */
export async function hasAnybody({ db }: Pick<AccountStore, 'db'>, role: string): Promise<boolean> {
  const found = await db
    .selectFrom('demijohn_accounts')
    .select('id')
    .where('role', '=', role)
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}
