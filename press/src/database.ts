/** Press's own tables beside the library's. Times are UTC milliseconds, ids are UUIDv7. */
import type { DemijohnTables, MigrationSet } from 'demijohn'

export type PostsTable = {
  id: string
  authorId: string
  title: string
  /** One or two sentences under the title; may be empty. */
  summary: string
  /** Markdown, as it was written. */
  body: string
  state: 'draft' | 'published'
  createdAt: number
  updatedAt: number
  /** When it was first published; null for what never was. */
  publishedAt: number | null
}

export type CommentsTable = {
  id: string
  postId: string
  authorId: string
  body: string
  createdAt: number
}

/** What people say of themselves; a person without a row has said nothing. */
export type ProfilesTable = {
  accountId: string
  bio: string
}

export type Database = DemijohnTables & {
  posts: PostsTable
  comments: CommentsTable
  profiles: ProfilesTable
}

export const migrations: MigrationSet = {
  name: 'press',
  migrations: [
    {
      id: '001-posts',
      up: async (db) => {
        await db.schema
          .createTable('posts')
          .addColumn('id', 'text', (c) => c.primaryKey().notNull())
          .addColumn('authorId', 'text', (c) =>
            c.notNull().references('demijohn_accounts.id').onDelete('cascade'),
          )
          .addColumn('title', 'text', (c) => c.notNull())
          .addColumn('summary', 'text', (c) => c.notNull())
          .addColumn('body', 'text', (c) => c.notNull())
          .addColumn('state', 'text', (c) => c.notNull())
          .addColumn('createdAt', 'bigint', (c) => c.notNull())
          .addColumn('updatedAt', 'bigint', (c) => c.notNull())
          .addColumn('publishedAt', 'bigint')
          .execute()
        await db.schema
          .createIndex('posts_published')
          .on('posts')
          .columns(['state', 'publishedAt'])
          .execute()
        await db.schema.createIndex('posts_author').on('posts').column('authorId').execute()
      },
      down: async (db) => {
        await db.schema.dropTable('posts').execute()
      },
    },
    {
      id: '002-comments',
      up: async (db) => {
        await db.schema
          .createTable('comments')
          .addColumn('id', 'text', (c) => c.primaryKey().notNull())
          .addColumn('postId', 'text', (c) =>
            c.notNull().references('posts.id').onDelete('cascade'),
          )
          .addColumn('authorId', 'text', (c) =>
            c.notNull().references('demijohn_accounts.id').onDelete('cascade'),
          )
          .addColumn('body', 'text', (c) => c.notNull())
          .addColumn('createdAt', 'bigint', (c) => c.notNull())
          .execute()
        await db.schema
          .createIndex('comments_post')
          .on('comments')
          .columns(['postId', 'createdAt'])
          .execute()
        await db.schema.createIndex('comments_author').on('comments').column('authorId').execute()
      },
      down: async (db) => {
        await db.schema.dropTable('comments').execute()
      },
    },
    {
      id: '003-profiles',
      up: async (db) => {
        await db.schema
          .createTable('profiles')
          .addColumn('accountId', 'text', (c) =>
            c.primaryKey().notNull().references('demijohn_accounts.id').onDelete('cascade'),
          )
          .addColumn('bio', 'text', (c) => c.notNull())
          .execute()
      },
      down: async (db) => {
        await db.schema.dropTable('profiles').execute()
      },
    },
  ],
}
