/** Comments. They are known of where their post is. */
import { createId, type Id } from 'demijohn'
import type { Kysely } from 'kysely'
import type { Database } from '../database.ts'
import type { Actor, Person, Reader } from '../kit.ts'
import type { Post } from '../posts/data.ts'
import { heldBy, visibleTo } from '../posts/visible.ts'

export type Comment = {
  readonly id: string
  readonly postId: string
  readonly ownerId: string
  readonly authorName: string
  readonly body: string
  readonly createdAt: number
}

/** So many are shown at once; a page stays small however long people talk. */
export const commentsPerPage = 50

/** Some of the comments of a post, and how many there are in all. */
export type CommentPage = {
  readonly comments: readonly Comment[]
  readonly count: number
  readonly page: number
  readonly pages: number
}

/**
 * One page of the comments of a post, the oldest first; null where there is no such page.
 */
export async function listComments(
  actor: Actor,
  db: Reader,
  { post, page }: { readonly post: Post; readonly page: number },
): Promise<CommentPage | null> {
  const count = await countComments(actor, db, post)
  const pages = pagesOf(count)
  if (page > pages) return null
  const comments = await visibleComments(actor, db)
    .where('comments.postId', '=', post.id)
    .select(shown)
    .orderBy('comments.createdAt')
    .orderBy('comments.id')
    .limit(commentsPerPage)
    .offset((page - 1) * commentsPerPage)
    .execute()
  return { comments, count, page, pages }
}

/** Comments of a post behind one of them, the oldest first. Ids grow with time. */
export function listCommentsAfter(
  actor: Actor,
  db: Reader,
  facts: { readonly post: Post; readonly after: string | undefined; readonly most: number },
): Promise<readonly Comment[]> {
  const ofPost = visibleComments(actor, db).where('comments.postId', '=', facts.post.id)
  const rest = facts.after === undefined ? ofPost : ofPost.where('comments.id', '>', facts.after)
  return rest.select(shown).orderBy('comments.id').limit(facts.most).execute()
}

/** The page that the newest comment of a post stands on. */
export async function lastCommentPage(actor: Actor, db: Reader, post: Post): Promise<number> {
  return pagesOf(await countComments(actor, db, post))
}

function pagesOf(count: number): number {
  return Math.max(1, Math.ceil(count / commentsPerPage))
}

export async function countComments(actor: Actor, db: Reader, post: Post): Promise<number> {
  const { count } = await visibleComments(actor, db)
    .where('comments.postId', '=', post.id)
    .select((query) => query.fn.countAll().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}

export async function findComment(
  actor: Actor,
  db: Reader,
  commentId: Id,
): Promise<Comment | null> {
  const found = await visibleComments(actor, db)
    .where('comments.id', '=', commentId)
    .select(shown)
    .executeTakeFirst()
  return found ?? null
}

/**
 * Returns the id of the new comment, which belongs to the actor; null where the post, or the actor,
 * was taken away after it was found. One statement, so that there is no moment in between.
 */
export async function createComment(
  actor: Person,
  db: Kysely<Database>,
  { post, body, now }: { readonly post: Post; readonly body: string; readonly now: number },
): Promise<Id | null> {
  const id = createId(now)
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('comments')
    .columns(['id', 'postId', 'authorId', 'body', 'createdAt'])
    .expression((from) =>
      from
        .selectFrom(['posts', 'demijohn_accounts'])
        .where('posts.id', '=', post.id)
        .where('demijohn_accounts.id', '=', actor.id)
        .where(visibleTo(actor))
        .select((is) => [
          is.val<string>(id).as('id'),
          'posts.id as postId',
          'demijohn_accounts.id as authorId',
          is.val(body).as('body'),
          is.cast<number>(is.val(now), 'bigint').as('createdAt'),
        ]),
    )
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n ? id : null
}

/** False where it is no longer there, or theirs to delete. */
export async function deleteComment(
  actor: Person,
  db: Kysely<Database>,
  comment: Comment,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('comments')
    .where('id', '=', comment.id)
    .where(heldBy(actor, 'comment:delete', 'comments.authorId'))
    .executeTakeFirstOrThrow()
  return numDeletedRows === 1n
}

function visibleComments(actor: Actor, db: Reader) {
  return db
    .selectFrom('comments')
    .innerJoin('posts', 'posts.id', 'comments.postId')
    .innerJoin('demijohn_accounts', 'demijohn_accounts.id', 'comments.authorId')
    .where(visibleTo(actor))
}

const shown = [
  'comments.id',
  'comments.postId',
  'comments.authorId as ownerId',
  'demijohn_accounts.name as authorName',
  'comments.body',
  'comments.createdAt',
] as const
