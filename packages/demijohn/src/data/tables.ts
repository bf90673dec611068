import type { MigrationSet } from './migrations.ts'

/**
 * The library's own tables. Times are UTC milliseconds; secrets are stored as SHA-256 of 256 random
 * bits, so a copy of the database opens no session (ASVS 7.2.3 and 11.4.1 lean on this).
 */
export type DemijohnTables = {
  demijohn_accounts: AccountsTable
  demijohn_sessions: SessionsTable
  demijohn_tickets: TicketsTable
  demijohn_revisions: RevisionsTable
  demijohn_mails: MailsTable
}

export type AccountsTable = {
  /** UUIDv7. */
  id: string
  /** As the person writes it, normalised; mail goes here. */
  email: string
  /** Unique: the lower-cased form by which two addresses are one. */
  emailKey: string
  name: string
  /** Argon2id in PHC form; null while no password was chosen. */
  passwordHash: string | null
  role: string
  suspendedAt: number | null
  createdAt: number
  passwordChangedAt: number | null
}

export type SessionsTable = {
  /** SHA-256 of the token in hexadecimal. */
  id: string
  /** Goes with its account. */
  accountId: string
  createdAt: number
  /** When a password or the like was last given. */
  authenticatedAt: number
  lastSeenAt: number
  /** The absolute end, whatever happens in between. */
  expiresAt: number
  /** At most 300 characters. */
  userAgent: string
  clientAddress: string
  /** Shown once, on the next page. */
  notice: string | null
}

/** One-time links: set-up, password reset, change of address. */
export type TicketsTable = {
  /** SHA-256 of the secret in hexadecimal. */
  id: string
  purpose: string
  /** Goes with its account; null where there is none yet. */
  accountId: string | null
  createdAt: number
  expiresAt: number
  /** Set by one conditional write, which of twenty parallel ones exactly one wins. */
  usedAt: number | null
}

/** Counters that other processes watch to learn that something was revoked. */
export type RevisionsTable = {
  name: string
  revision: number
}

/** Mails that wait to be sent, and for a week those that were. */
export type MailsTable = {
  /** UUIDv7; the Message-ID is made of it. */
  id: string
  recipient: string
  subject: string
  /** Sealed, for the links in it are secrets; null once it was sent or given up. */
  body: string | null
  createdAt: number
  /** When it is tried next; while somebody holds it, when another may take it. Null: never again. */
  dueAt: number | null
  attempts: number
  sentAt: number | null
  givenUpAt: number | null
  /** A code of the last failure, without a server's words. */
  problem: string | null
}

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
  ],
}

async function indexOn(
  db: Parameters<MigrationSet['migrations'][number]['up']>[0],
  table: string,
  column: string,
): Promise<void> {
  await db.schema.createIndex(`${table}_${column}`).on(table).column(column).execute()
}
