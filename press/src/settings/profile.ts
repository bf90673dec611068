/** What people say of themselves: the name beside everything they write, and a biography. */
import type { Transaction } from 'kysely'
import type { Database } from '../database.ts'
import type { Person, Reader } from '../kit.ts'

/** `bio` is Markdown as it was written. */
export type Profile = { readonly name: string; readonly bio: string }

/** The actor's own profile, fresh: the session's copy of the name may be a moment old. */
export async function readProfile(actor: Person, db: Reader): Promise<Profile> {
  const { name, bio } = await db
    .selectFrom('demijohn_accounts')
    .leftJoin('profiles', 'profiles.accountId', 'demijohn_accounts.id')
    .select(['demijohn_accounts.name', 'profiles.bio'])
    .where('demijohn_accounts.id', '=', actor.id)
    .executeTakeFirstOrThrow()
  return { name, bio: bio ?? '' }
}

/** Writes both, in the transaction in which the actor's sessions learn of the name. */
export async function saveProfile(
  actor: Person,
  db: Transaction<Database>,
  { name, bio }: Profile,
): Promise<void> {
  await db
    .updateTable('demijohn_accounts')
    .set({ name })
    .where('id', '=', actor.id)
    .executeTakeFirstOrThrow()
  await db
    .insertInto('profiles')
    .values({ accountId: actor.id, bio })
    .onConflict((conflict) => conflict.column('accountId').doUpdateSet({ bio }))
    .execute()
}
