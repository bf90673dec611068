/** How the library's own tables came to be what `tables.ts` says. */

import { accountsComplete } from './accountMigration.ts'
import { idempotency } from './idempotencyMigration.ts'
import { identities } from './identityMigration.ts'
import type { MigrationDatabase, MigrationSet } from './migrations.ts'
import { tokens } from './tokenMigration.ts'

/** Milliseconds since 1970 outgrow PostgreSQL's `integer`; SQLite reads `bigint` as INTEGER. */
const milliseconds = 'bigint'

export const demijohnMigrations: MigrationSet = {
  name: 'demijohn',
  migrations: [
    {
      id: '001-accounts',
      up: async (db) => {
        await db.schema
          .createTable('demijohn_accounts')
          .addColumn('id', 'text', (c) => c.primaryKey().notNull())
          .addColumn('email', 'text', (c) => c.notNull())
          .addColumn('emailKey', 'text', (c) => c.notNull().unique())
          .addColumn('name', 'text', (c) => c.notNull())
          .addColumn('passwordHash', 'text')
          .addColumn('role', 'text', (c) => c.notNull())
          .addColumn('suspendedAt', milliseconds)
          .addColumn('createdAt', milliseconds, (c) => c.notNull())
          .addColumn('passwordChangedAt', milliseconds)
          .execute()
      },
      down: async (db) => {
        await db.schema.dropTable('demijohn_accounts').execute()
      },
    },
    {
      id: '002-sessions',
      up: async (db) => {
        await db.schema
          .createTable('demijohn_sessions')
          .addColumn('id', 'text', (c) => c.primaryKey().notNull())
          .addColumn('accountId', 'text', (c) =>
            c.notNull().references('demijohn_accounts.id').onDelete('cascade'),
          )
          .addColumn('createdAt', milliseconds, (c) => c.notNull())
          .addColumn('authenticatedAt', milliseconds, (c) => c.notNull())
          .addColumn('lastSeenAt', milliseconds, (c) => c.notNull())
          .addColumn('expiresAt', milliseconds, (c) => c.notNull())
          .addColumn('userAgent', 'varchar(300)', (c) => c.notNull())
          .addColumn('clientAddress', 'text', (c) => c.notNull())
          .addColumn('notice', 'text')
          .execute()
        await indexOn(db, 'demijohn_sessions', 'accountId')
        // Old ones are swept away by their end.
        await indexOn(db, 'demijohn_sessions', 'expiresAt')
      },
      down: async (db) => {
        await db.schema.dropTable('demijohn_sessions').execute()
      },
    },
    {
      id: '003-tickets',
      up: async (db) => {
        await db.schema
          .createTable('demijohn_tickets')
          .addColumn('id', 'text', (c) => c.primaryKey().notNull())
          .addColumn('purpose', 'text', (c) => c.notNull())
          .addColumn('accountId', 'text', (c) =>
            c.references('demijohn_accounts.id').onDelete('cascade'),
          )
          .addColumn('createdAt', milliseconds, (c) => c.notNull())
          .addColumn('expiresAt', milliseconds, (c) => c.notNull())
          .addColumn('usedAt', milliseconds)
          .execute()
        await indexOn(db, 'demijohn_tickets', 'accountId')
        await indexOn(db, 'demijohn_tickets', 'expiresAt')
      },
      down: async (db) => {
        await db.schema.dropTable('demijohn_tickets').execute()
      },
    },
    {
      id: '004-revisions',
      up: async (db) => {
        await db.schema
          .createTable('demijohn_revisions')
          .addColumn('name', 'text', (c) => c.primaryKey().notNull())
          .addColumn('revision', 'bigint', (c) => c.notNull())
          .execute()
        await db
          .insertInto('demijohn_revisions')
          .values({ name: 'sessions', revision: 0 })
          .execute()
      },
      down: async (db) => {
        await db.schema.dropTable('demijohn_revisions').execute()
      },
    },
    {
      id: '005-mail',
      up: async (db) => {
        await db.schema
          .createTable('demijohn_mails')
          .addColumn('id', 'text', (c) => c.primaryKey().notNull())
          .addColumn('recipient', 'text', (c) => c.notNull())
          .addColumn('subject', 'text', (c) => c.notNull())
          .addColumn('body', 'text')
          .addColumn('createdAt', milliseconds, (c) => c.notNull())
          .addColumn('dueAt', milliseconds)
          .addColumn('attempts', 'integer', (c) => c.notNull())
          .addColumn('sentAt', milliseconds)
          .addColumn('givenUpAt', milliseconds)
          .addColumn('problem', 'text')
          .execute()
        await indexOn(db, 'demijohn_mails', 'dueAt')
        await indexOn(db, 'demijohn_mails', 'createdAt')
      },
      down: async (db) => {
        await db.schema.dropTable('demijohn_mails').execute()
      },
    },
    accountsComplete,
    {
      id: '007-journal',
      up: async (db) => {
        await db.schema
          .createTable('demijohn_journal')
          .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
          .addColumn('name', 'text', (c) => c.notNull())
          .addColumn('text', 'text', (c) => c.notNull())
          .addColumn('createdAt', milliseconds, (c) => c.notNull())
          .execute()
        await indexOn(db, 'demijohn_journal', 'createdAt')
      },
      down: async (db) => {
        await db.schema.dropTable('demijohn_journal').execute()
      },
    },
    identities,
    tokens,
    idempotency,
  ],
}

async function indexOn(db: MigrationDatabase, table: string, column: string): Promise<void> {
  await db.schema.createIndex(`${table}_${column}`).on(table).column(column).execute()
}
