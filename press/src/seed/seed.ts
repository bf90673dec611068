/**
 * An example site for a first look, in development alone: four people, one of each role, and
 * something to read. The passwords are made anew each time and stored as hashes; whoever calls
 * shows them once.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createId, type Project } from 'demijohn'
import {
  accountStore,
  createAccount,
  createPasswordHasher,
  passwordOptions,
} from 'demijohn/accounts'
import type { Kysely } from 'kysely'
import type { CommentsTable, Database, PostsTable, ProfilesTable } from '../database.ts'
import type { Role } from '../kit.ts'
import { comments, people, posts } from './content.ts'
import { readablePassword } from './readablePassword.ts'

type Seed = NonNullable<Project['seed']>
type PressTables = { posts: PostsTable; comments: CommentsTable; profiles: ProfilesTable }

const dayMilliseconds = 86_400_000

/** Expects a migrated database without people. Everything is written, or nothing is. */
export const seed: Seed = async ({ db, clock, random }) => {
  const hasher = createPasswordHasher({ options: passwordOptions(), random })
  const newcomers = await Promise.all(
    people.map(async (person) => {
      const password = readablePassword(random)
      const passwordHash = await hasher.hashPassword(password)
      if (typeof passwordHash !== 'string') throw new Error('the hasher had no room for four')
      return { ...person, email: `${person.role}@press.example`, password, passwordHash }
    }),
  )
  const bodies = new Map(await Promise.all(posts.map(async ({ file }) => readBody(file))))
  await db
    .withTables<PressTables>()
    .transaction()
    .execute(async (transaction) => {
      const now = clock.now()
      const idOf = await seedPeople(transaction, newcomers, now)
      await seedWriting(transaction, { bodies, idOf, now })
    })
  return newcomers.map(({ role, email, password }) => ({ role, email, password }))
}

async function readBody(file: string): Promise<readonly [string, string]> {
  return [file, await readFile(join(import.meta.dirname, 'posts', `${file}.md`), 'utf8')]
}

type Newcomer = (typeof people)[number] & { readonly email: string; readonly passwordHash: string }
type IdOf = (role: Role) => string

async function seedPeople(
  db: Kysely<Database>,
  newcomers: readonly Newcomer[],
  now: number,
): Promise<IdOf> {
  const ids = new Map<Role, string>()
  for (const { daysAgo, bio, ...newcomer } of newcomers) {
    const clock = { now: () => now - daysAgo * dayMilliseconds }
    const person = { ...newcomer, emailVerifiedAt: clock.now() }
    const account = await createAccount(accountStore({ db, clock }), person)
    if (account === undefined) throw new Error('the example site needs a database without people')
    ids.set(newcomer.role, account.id)
    if (bio !== '') await db.insertInto('profiles').values({ accountId: account.id, bio }).execute()
  }
  return (role) => known(ids, role)
}

async function seedWriting(
  db: Kysely<Database>,
  facts: {
    readonly bodies: ReadonlyMap<string, string>
    readonly idOf: IdOf
    readonly now: number
  },
): Promise<void> {
  const { bodies, idOf, now } = facts
  const idOfPost = new Map<string, string>()
  for (const { file, by, daysAgo, title, summary, state } of posts) {
    const at = now - daysAgo * dayMilliseconds
    const id = createId(at)
    idOfPost.set(file, id)
    const times = { createdAt: at, updatedAt: at, publishedAt: state === 'published' ? at : null }
    const body = known(bodies, file)
    const post = { id, authorId: idOf(by), title, summary, body, state, ...times }
    await db.insertInto('posts').values(post).execute()
  }
  for (const { on, by, daysAgo, body } of comments) {
    const createdAt = now - daysAgo * dayMilliseconds
    const comment = { id: createId(createdAt), postId: known(idOfPost, on), authorId: idOf(by) }
    await db
      .insertInto('comments')
      .values({ ...comment, body, createdAt })
      .execute()
  }
}

function known<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key): Value {
  const value = map.get(key)
  if (value === undefined) throw new Error(`the example site names ${String(key)}, and has none`)
  return value
}
