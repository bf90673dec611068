/** Comments. They are known of where their post is. */
import { createId, type Id } from 'demijohn'
import type { Kysely } from 'kysely'
import type { Database } from '../database.ts'
import type { Actor, Person, Reader } from '../kit.ts'
import { type Post, visibleTo } from '../posts/data.ts'

export type Comment = {
  readonly id: string
  readonly postId: string
  readonly ownerId: string
  readonly authorName: string
  readonly body: string
  readonly createdAt: number
}

/** The comments of a post, the oldest first. */
export function listComments(actor: Actor, db: Reader, post: Pick<Post, 'id'>): Promise<Comment[]> {
  return visibleComments(actor, db)
    .where('comments.postId', '=', post.id)
    .orderBy('comments.createdAt')
    .orderBy('comments.id')
    .execute()
}

export async function findComment(
  actor: Actor,
  db: Reader,
  commentId: Id,
): Promise<Comment | null> {
  const found = await visibleComments(actor, db)
    .where('comments.id', '=', commentId)
    .executeTakeFirst()
  return found ?? null
}

/** Returns the id of the new comment, which belongs to the actor. */
export async function createComment(
  actor: Person,
  db: Kysely<Database>,
  { post, body, now }: { readonly post: Post; readonly body: string; readonly now: number },
): Promise<Id> {
  const id = createId(now)
  await db
    .insertInto('comments')
    .values({ id, postId: post.id, authorId: actor.id, body, createdAt: now })
    .execute()
  return id
}

export async function deleteComment(
  _actor: Person,
  db: Kysely<Database>,
  comment: Comment,
): Promise<void> {
  await db.deleteFrom('comments').where('id', '=', comment.id).execute()
}

function visibleComments(actor: Actor, db: Reader) {
  return db
    .selectFrom('comments')
    .innerJoin('posts', 'posts.id', 'comments.postId')
    .innerJoin('demijohn_accounts', 'demijohn_accounts.id', 'comments.authorId')
    .where(visibleTo(actor))
    .select([
      'comments.id',
      'comments.postId',
      'comments.authorId as ownerId',
      'demijohn_accounts.name as authorName',
      'comments.body',
      'comments.createdAt',
    ])
}
