/** What people say of themselves: the name beside everything they write, and a biography. */
import type { Transaction } from 'kysely'
import type { Database } from '../database.ts'
import type { Person, Reader } from '../kit.ts'

/** `bio` is Markdown as it was written. */
export type Profile = { readonly name: string; readonly bio: string }

/**
 * The actor's own profile, fresh: the session's copy of the name may be a moment old. null where the
 * actor was deleted meanwhile.
 */
export async function readProfile(actor: Person, db: Reader): Promise<Profile | null> {
  const found = await db
    .selectFrom('demijohn_accounts')
    .leftJoin('profiles', 'profiles.accountId', 'demijohn_accounts.id')
    .select(['demijohn_accounts.name', 'profiles.bio'])
    .where('demijohn_accounts.id', '=', actor.id)
    .executeTakeFirst()
  return found === undefined ? null : { name: found.name, bio: found.bio ?? '' }
}

/**
 * Writes both, in the transaction in which the actor's sessions learn of the name; false where the
 * actor was deleted meanwhile.
 */
export async function saveProfile(
  actor: Person,
  db: Transaction<Database>,
  { name, bio }: Profile,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('demijohn_accounts')
    .set({ name })
    .where('id', '=', actor.id)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) return false
  await db
    .insertInto('profiles')
    .values({ accountId: actor.id, bio })
    .onConflict((conflict) => conflict.column('accountId').doUpdateSet({ bio }))
    .execute()
  return true
}
