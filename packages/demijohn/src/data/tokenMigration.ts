/** Signing keys, what apps and scripts hold, and apps that wait to be let in. */

import type { Migration, MigrationDatabase } from './migrations.ts'

const milliseconds = 'bigint'

const tables = [
  'demijohn_device_grants',
  'demijohn_personal_tokens',
  'demijohn_refresh_tokens',
  'demijohn_token_families',
  'demijohn_signing_keys',
]

const indexes = [
  ['demijohn_token_families', ['accountId', 'expiresAt']],
  ['demijohn_refresh_tokens', ['familyId', 'expiresAt']],
  ['demijohn_personal_tokens', ['accountId', 'expiresAt']],
  ['demijohn_device_grants', ['accountId', 'expiresAt']],
] as const

export const tokens: Migration = {
  id: '009-tokens',
  up: async (db) => {
    await createKeys(db)
    await createFamilies(db)
    await createPersonal(db)
    await createGrants(db)
    for (const [table, columns] of indexes) {
      for (const column of columns) {
        await db.schema.createIndex(`${table}_${column}`).on(table).column(column).execute()
      }
    }
  },
  down: async (db) => {
    for (const table of tables) await db.schema.dropTable(table).execute()
  },
}

async function createKeys({ schema }: MigrationDatabase): Promise<void> {
  await schema
    .createTable('demijohn_signing_keys')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('algorithm', 'text', (c) => c.notNull())
    .addColumn('privateKey', 'text', (c) => c.notNull())
    .addColumn('publicKey', 'text')
    .addColumn('createdAt', milliseconds, (c) => c.notNull())
    .addColumn('signsFrom', milliseconds, (c) => c.notNull())
    .addColumn('retiredAt', milliseconds)
    .execute()
}

async function createFamilies({ schema }: MigrationDatabase): Promise<void> {
  await schema
    .createTable('demijohn_token_families')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('accountId', 'text', (c) =>
      c.notNull().references('demijohn_accounts.id').onDelete('cascade'),
    )
    .addColumn('clientId', 'text', (c) => c.notNull())
    .addColumn('scopes', 'text', (c) => c.notNull())
    .addColumn('credentialRevision', 'integer', (c) => c.notNull())
    .addColumn('authenticatedAt', milliseconds, (c) => c.notNull())
    .addColumn('methods', 'text', (c) => c.notNull())
    .addColumn('boundTo', 'text')
    .addColumn('createdAt', milliseconds, (c) => c.notNull())
    .addColumn('lastUsedAt', milliseconds, (c) => c.notNull())
    .addColumn('lastNetwork', 'text', (c) => c.notNull())
    .addColumn('expiresAt', milliseconds, (c) => c.notNull())
    .addColumn('endedAt', milliseconds)
    .addColumn('endedBecause', 'text')
    .execute()
  await schema
    .createTable('demijohn_refresh_tokens')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('familyId', 'text', (c) =>
      c.notNull().references('demijohn_token_families.id').onDelete('cascade'),
    )
    .addColumn('createdAt', milliseconds, (c) => c.notNull())
    .addColumn('usedAt', milliseconds)
    .addColumn('expiresAt', milliseconds, (c) => c.notNull())
    .execute()
}

async function createPersonal({ schema }: MigrationDatabase): Promise<void> {
  await schema
    .createTable('demijohn_personal_tokens')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('tokenHash', 'text', (c) => c.notNull().unique())
    .addColumn('accountId', 'text', (c) =>
      c.notNull().references('demijohn_accounts.id').onDelete('cascade'),
    )
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('scopes', 'text', (c) => c.notNull())
    .addColumn('credentialRevision', 'integer', (c) => c.notNull())
    .addColumn('authenticatedAt', milliseconds, (c) => c.notNull())
    .addColumn('createdAt', milliseconds, (c) => c.notNull())
    .addColumn('expiresAt', milliseconds, (c) => c.notNull())
    .addColumn('lastUsedAt', milliseconds)
    .addColumn('revokedAt', milliseconds)
    .execute()
}

async function createGrants({ schema }: MigrationDatabase): Promise<void> {
  await schema
    .createTable('demijohn_device_grants')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('deviceHash', 'text', (c) => c.notNull().unique())
    .addColumn('userHash', 'text', (c) => c.notNull().unique())
    .addColumn('clientId', 'text', (c) => c.notNull())
    .addColumn('scopes', 'text', (c) => c.notNull())
    .addColumn('boundTo', 'text')
    .addColumn('network', 'text', (c) => c.notNull())
    .addColumn('createdAt', milliseconds, (c) => c.notNull())
    .addColumn('expiresAt', milliseconds, (c) => c.notNull())
    .addColumn('intervalSeconds', 'integer', (c) => c.notNull())
    .addColumn('lastPolledAt', milliseconds)
    .addColumn('accountId', 'text', (c) => c.references('demijohn_accounts.id').onDelete('cascade'))
    .addColumn('credentialRevision', 'integer')
    .addColumn('authenticatedAt', milliseconds)
    .addColumn('methods', 'text')
    .addColumn('decision', 'text')
    .addColumn('decidedAt', milliseconds)
    .addColumn('redeemedAt', milliseconds)
    .addColumn('familyId', 'text')
    .execute()
}
