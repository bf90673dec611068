/** What everybody may know of a person. */
import type { Id } from 'demijohn'
import { type Actor, can, type Reader } from '../kit.ts'

export type Profile = {
  readonly id: string
  readonly name: string
  readonly role: string
  readonly createdAt: number
  /** Markdown; empty where nothing was said. */
  readonly bio: string
}

/**
 * The words of a suspended person are shown to those who manage people alone. The posts are the
 * site's, and stay.
 */
export async function findProfile(actor: Actor, db: Reader, personId: Id): Promise<Profile | null> {
  const found = await db
    .selectFrom('demijohn_accounts')
    .leftJoin('profiles', 'profiles.accountId', 'demijohn_accounts.id')
    .where('demijohn_accounts.id', '=', personId)
    .select([
      'demijohn_accounts.id',
      'demijohn_accounts.name',
      'demijohn_accounts.role',
      'demijohn_accounts.createdAt',
      'demijohn_accounts.suspendedAt',
      'profiles.bio',
    ])
    .executeTakeFirst()
  if (found === undefined) return null
  const { suspendedAt, bio, ...profile } = found
  const isHeard = suspendedAt === null || can(actor, 'user:manage')
  return { ...profile, bio: isHeard ? (bio ?? '') : '' }
}
