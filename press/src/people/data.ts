/** What everybody may know of a person. */
import type { Id } from 'demijohn'
import type { Actor, Reader } from '../kit.ts'

export type Profile = {
  readonly id: string
  readonly name: string
  readonly role: string
  readonly createdAt: number
  /** Markdown; empty where nothing was said. */
  readonly bio: string
}

/** Of a suspended person, the words are not shown; the posts are the site's, and stay. */
export async function findProfile(
  _actor: Actor,
  db: Reader,
  personId: Id,
): Promise<Profile | null> {
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
  return { ...profile, bio: suspendedAt === null ? (bio ?? '') : '' }
}
