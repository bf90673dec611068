/**
 * What Press keeps of a person beside the account: to be taken along, and to be deleted. The page on
 * which people delete themselves and the administration's lead to the same function.
 */
import type { DemijohnTables } from 'demijohn'
import { eraseAccount, type OwnData, type OwnDataFacts } from 'demijohn/accounts'
import type { Transaction } from 'kysely'
import type { CommentsTable, PostsTable, ProfilesTable } from '../database.ts'

type Tables = { posts: PostsTable; comments: CommentsTable; profiles: ProfilesTable }

/**
 * The most that an export holds of each, the newest first. Posts are read by their size, for a few
 * hundred long ones would be more than a process should hold for one person's click.
 */
const most = { posts: 5_000, characters: 6_000_000, comments: 5_000 } as const

function pressTables(transaction: Transaction<DemijohnTables>): Transaction<Tables> {
  return transaction.withTables<Tables>()
}

/** With it everybody's comments on the posts that go. */
async function eraseWriting({ transaction, accountId }: OwnDataFacts): Promise<void> {
  const db = pressTables(transaction)
  await db.deleteFrom('comments').where('authorId', '=', accountId).execute()
  await db.deleteFrom('posts').where('authorId', '=', accountId).execute()
  await db.deleteFrom('profiles').where('accountId', '=', accountId).execute()
}

/** A person, with what they wrote and all that is kept of them. Inside of `endAllOf`. */
export async function erasePerson(facts: OwnDataFacts): Promise<void> {
  await eraseWriting(facts)
  await eraseAccount(facts.transaction, facts.accountId)
}

export const ownData: OwnData = {
  export: async (facts) => ({
    profile: await profileOf(facts),
    posts: await postsOf(facts),
    comments: await commentsOf(facts),
  }),
  erase: eraseWriting,
  deleted: [
    'Your profile, every post and draft of yours, and every comment of yours.',
    'The comments of others below your posts.',
  ],
  kept: ['What others quoted of you in posts and comments of their own.'],
}

async function profileOf({ transaction, accountId }: OwnDataFacts) {
  const profile = await pressTables(transaction)
    .selectFrom('profiles')
    .select('bio')
    .where('accountId', '=', accountId)
    .executeTakeFirst()
  return { about: profile?.bio ?? '' }
}

async function postsOf({ transaction, accountId }: OwnDataFacts) {
  const own = pressTables(transaction).selectFrom('posts').where('authorId', '=', accountId)
  const sizes = await own
    .select((is) => ['id', is.fn<number>('length', ['body']).as('characters')])
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .limit(most.posts + 1)
    .execute()
  let characters = 0
  let count = 0
  for (const size of sizes.slice(0, most.posts)) {
    characters += Number(size.characters)
    if (characters > most.characters) break
    count += 1
  }
  const posts = await own
    .select([
      ...(['title', 'summary', 'body', 'state', 'createdAt', 'updatedAt', 'publishedAt'] as const),
    ])
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .limit(count)
    .execute()
  return {
    complete: count === sizes.length,
    rows: posts.map(({ createdAt, updatedAt, publishedAt, ...post }) => ({
      ...post,
      createdAt: moment(createdAt),
      updatedAt: moment(updatedAt),
      publishedAt: publishedAt === null ? null : moment(publishedAt),
    })),
  }
}

async function commentsOf({ transaction, accountId }: OwnDataFacts) {
  const comments = await pressTables(transaction)
    .selectFrom('comments')
    .select(['postId', 'body', 'createdAt'])
    .where('authorId', '=', accountId)
    .orderBy('createdAt', 'desc')
    .limit(most.comments + 1)
    .execute()
  return {
    complete: comments.length <= most.comments,
    rows: comments
      .slice(0, most.comments)
      .map(({ createdAt, ...comment }) => ({ ...comment, createdAt: moment(createdAt) })),
  }
}

function moment(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
