/** What there is to look after, counted and listed for the administration's pages. */
import { can, type Person, type Reader } from '../kit.ts'
import { requireManager } from './people.ts'

export type Counts = {
  readonly people: number
  readonly posts: number
  readonly drafts: number
  readonly comments: number
}

/** The numbers beside the administration's tabs. */
export async function countAll(actor: Person, db: Reader): Promise<Counts> {
  requireModerator(actor)
  const counted = await db
    .selectNoFrom((is) => [
      is.selectFrom('demijohn_accounts').select(is.fn.countAll<number>().as('n')).as('people'),
      is.selectFrom('posts').select(is.fn.countAll<number>().as('n')).as('posts'),
      is
        .selectFrom('posts')
        .where('state', '=', 'draft')
        .select(is.fn.countAll<number>().as('n'))
        .as('drafts'),
      is.selectFrom('comments').select(is.fn.countAll<number>().as('n')).as('comments'),
    ])
    .executeTakeFirstOrThrow()
  return {
    people: Number(counted.people),
    posts: Number(counted.posts),
    drafts: Number(counted.drafts),
    comments: Number(counted.comments),
  }
}

export type Slice<T> = { readonly items: readonly T[]; readonly hasMore: boolean }

/** Times are UTC milliseconds. */
export type PostRow = {
  readonly id: string
  readonly title: string
  readonly state: 'draft' | 'published'
  readonly updatedAt: number
  readonly authorId: string
  readonly authorName: string
}

const perPage = 20

/** Everybody's posts and drafts, last changed first. */
export async function listAllPosts(
  actor: Person,
  db: Reader,
  { page, state }: { readonly page: number; readonly state: 'all' | 'draft' },
): Promise<Slice<PostRow>> {
  requireManager(actor)
  let posts = db
    .selectFrom('posts')
    .innerJoin('demijohn_accounts', 'demijohn_accounts.id', 'posts.authorId')
    .select([
      'posts.id',
      'posts.title',
      'posts.state',
      'posts.updatedAt',
      'posts.authorId',
      'demijohn_accounts.name as authorName',
    ])
    .orderBy('posts.updatedAt', 'desc')
    .orderBy('posts.id', 'desc')
  if (state === 'draft') posts = posts.where('posts.state', '=', 'draft')
  return slice(
    await posts
      .limit(perPage + 1)
      .offset((page - 1) * perPage)
      .execute(),
  )
}

/** `createdAt` is in UTC milliseconds, `body` is Markdown as it was written. */
export type CommentRow = {
  readonly id: string
  readonly body: string
  readonly createdAt: number
  readonly authorId: string
  readonly authorName: string
  readonly postId: string
  readonly postTitle: string
}

/** Every comment of the site, newest first. */
export async function listAllComments(
  actor: Person,
  db: Reader,
  { page }: { readonly page: number },
): Promise<Slice<CommentRow>> {
  requireModerator(actor)
  const comments = await db
    .selectFrom('comments')
    .innerJoin('demijohn_accounts', 'demijohn_accounts.id', 'comments.authorId')
    .innerJoin('posts', 'posts.id', 'comments.postId')
    .select([
      'comments.id',
      'comments.body',
      'comments.createdAt',
      'comments.authorId',
      'comments.postId',
      'demijohn_accounts.name as authorName',
      'posts.title as postTitle',
    ])
    .orderBy('comments.createdAt', 'desc')
    .orderBy('comments.id', 'desc')
    .limit(perPage + 1)
    .offset((page - 1) * perPage)
    .execute()
  return slice(comments)
}

/** One row more than a page was asked for: whether it came says whether there is a next page. */
function slice<T>(rows: readonly T[]): Slice<T> {
  return { items: rows.slice(0, perPage), hasMore: rows.length > perPage }
}

function requireModerator(actor: Person): void {
  if (!can(actor, 'comment:moderate')) throw new Error('only who moderates may ask this')
}
