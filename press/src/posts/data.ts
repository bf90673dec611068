/** Posts, as far as the actor may know of them. */
import { createId, type Id } from 'demijohn'
import { type Expression, type ExpressionBuilder, type Kysely, type SqlBool, sql } from 'kysely'
import type { Database } from '../database.ts'
import type { Actor, Person, Reader } from '../kit.ts'
import { heldBy, visibleTo } from './visible.ts'

export type PostState = 'draft' | 'published'

export type Post = {
  readonly id: string
  readonly ownerId: string
  readonly authorName: string
  readonly title: string
  readonly summary: string
  readonly body: string
  readonly state: PostState
  readonly updatedAt: number
  readonly publishedAt: number | null
}

/** What the form of a post gives. */
export type Written = Pick<Post, 'title' | 'summary' | 'body' | 'state'>

export type Wanted = {
  readonly state?: PostState
  readonly authorId?: string
  /** Each of them has to occur in title, summary or body. */
  readonly words?: readonly string[]
}

export async function findPost(actor: Actor, db: Reader, postId: Id): Promise<Post | null> {
  const found = await visiblePosts(actor, db)
    .where('posts.id', '=', postId)
    .select(shown)
    .executeTakeFirst()
  return found ?? null
}

const postsPerPage = 10

/** Some of the posts that were wanted, and how many there are in all. */
export type PostPage = {
  readonly posts: readonly Post[]
  readonly count: number
  readonly page: number
  /** At least 1: where there are no posts, the first page says so. */
  readonly pages: number
}

/** One page of posts, the newest first; null where there is no such page. */
export async function listPosts(
  actor: Actor,
  db: Reader,
  { page, perPage = postsPerPage, ...wanted }: Wanted & { page: number; perPage?: number },
): Promise<PostPage | null> {
  const count = await countPosts(actor, db, wanted)
  const pages = Math.max(1, Math.ceil(count / perPage))
  if (page > pages) return null
  const posts = await visiblePosts(actor, db)
    .where(matches(wanted))
    .select(shown)
    .orderBy(wanted.state === 'published' ? 'posts.publishedAt' : 'posts.updatedAt', 'desc')
    .orderBy('posts.id', 'desc')
    .limit(perPage)
    .offset((page - 1) * perPage)
    .execute()
  return { posts, count, page, pages }
}

/** Where a list went to: the moment of publication and the id of its last post. */
export type PostPlace = readonly [publishedAt: number, id: string]

/** Published posts behind a place, the newest first. */
export function listPublished(
  actor: Actor,
  db: Reader,
  { after, most }: { readonly after: PostPlace | undefined; readonly most: number },
): Promise<readonly Post[]> {
  const published = visiblePosts(actor, db).where('posts.state', '=', 'published')
  const rest =
    after === undefined
      ? published
      : published.where((is) =>
          is.or([
            is('posts.publishedAt', '<', after[0]),
            is.and([is('posts.publishedAt', '=', after[0]), is('posts.id', '<', after[1])]),
          ]),
        )
  return rest
    .select(shown)
    .orderBy('posts.publishedAt', 'desc')
    .orderBy('posts.id', 'desc')
    .limit(most)
    .execute()
}

export async function countPosts(actor: Actor, db: Reader, wanted: Wanted): Promise<number> {
  const { count } = await visiblePosts(actor, db)
    .where(matches(wanted))
    .select((query) => query.fn.countAll().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}

/**
 * Returns the id of the new post, which belongs to the actor; null where the actor was deleted
 * meanwhile. One statement, so that there is no moment in between.
 */
export async function createPost(
  actor: Person,
  db: Kysely<Database>,
  { written, now }: { readonly written: Written; readonly now: number },
): Promise<Id | null> {
  const id = createId(now)
  const { title, summary, body, state } = written
  const publishedAt = state === 'published' ? now : null
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('posts')
    .columns([
      'id',
      'authorId',
      'title',
      'summary',
      'body',
      'state',
      'createdAt',
      'updatedAt',
      'publishedAt',
    ])
    .expression((from) =>
      from
        .selectFrom('demijohn_accounts')
        .where('demijohn_accounts.id', '=', actor.id)
        .select((is) => [
          is.val<string>(id).as('id'),
          'demijohn_accounts.id as authorId',
          is.val(title).as('title'),
          is.val(summary).as('summary'),
          is.val(body).as('body'),
          is.val(state).as('state'),
          is.cast<number>(is.val(now), 'bigint').as('createdAt'),
          is.cast<number>(is.val(now), 'bigint').as('updatedAt'),
          is.cast<number | null>(is.val(publishedAt), 'bigint').as('publishedAt'),
        ]),
    )
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n ? id : null
}

/** Names a version of a post. It grows with every change, however quickly they follow each other. */
export function revisionOf({ updatedAt }: Post): string {
  return String(updatedAt)
}

type Change = {
  readonly post: Post
  readonly written: Written
  /** The version that the person changed. */
  readonly revision: string
  readonly now: number
}

/**
 * One conditional write (ASVS 15.4.2): false where the post is at another version by now, or is no
 * longer there or theirs to change. A post that goes back to draft keeps the day of its first
 * publication.
 */
export async function changePost(
  actor: Person,
  db: Kysely<Database>,
  { post, written, revision, now }: Change,
): Promise<boolean> {
  if (revision !== revisionOf(post)) return false
  const { title, summary, body, state } = written
  const publishedAt = post.publishedAt ?? (state === 'published' ? now : null)
  const updatedAt = Math.max(now, post.updatedAt + 1)
  const { numUpdatedRows } = await db
    .updateTable('posts')
    .set({ title, summary, body, state, updatedAt, publishedAt })
    .where('id', '=', post.id)
    .where('updatedAt', '=', post.updatedAt)
    .where(heldBy(actor, 'post:edit', 'posts.authorId'))
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/** Its comments go with it. False where it is no longer there, or theirs to delete. */
export async function deletePost(
  actor: Person,
  db: Kysely<Database>,
  post: Post,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('posts')
    .where('id', '=', post.id)
    .where(heldBy(actor, 'post:delete', 'posts.authorId'))
    .executeTakeFirstOrThrow()
  return numDeletedRows === 1n
}

const shown = [
  'posts.id',
  'posts.authorId as ownerId',
  'demijohn_accounts.name as authorName',
  'posts.title',
  'posts.summary',
  'posts.body',
  'posts.state',
  'posts.updatedAt',
  'posts.publishedAt',
] as const

function visiblePosts(actor: Actor, db: Reader) {
  return db
    .selectFrom('posts')
    .innerJoin('demijohn_accounts', 'demijohn_accounts.id', 'posts.authorId')
    .where(visibleTo(actor))
}

function matches({ state, authorId, words = [] }: Wanted) {
  return (query: ExpressionBuilder<Database, 'posts'>): Expression<SqlBool> =>
    query.and([
      ...(state === undefined ? [] : [query('posts.state', '=', state)]),
      ...(authorId === undefined ? [] : [query('posts.authorId', '=', authorId)]),
      ...words.map(contains),
    ])
}

/** `%`, `_` and the escape itself are meant as they stand. */
function contains(word: string): Expression<SqlBool> {
  const pattern = `%${word.replace(/[!%_]/g, '!$&')}%`
  const column = (name: 'title' | 'summary' | 'body') =>
    sql<SqlBool>`lower(${sql.ref(`posts.${name}`)}) like lower(${pattern}) escape '!'`
  return sql<SqlBool>`(${column('title')} or ${column('summary')} or ${column('body')})`
}
