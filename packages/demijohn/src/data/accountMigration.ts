/** Second factors, devices, remembered sign-ins, and what accounts, sessions and links say about them. */

import type { Migration, MigrationDatabase } from './migrations.ts'

const milliseconds = 'bigint'

const dropped = [
  'demijohn_throttles',
  'demijohn_passkeys',
  'demijohn_recovery_codes',
  'demijohn_totp',
  'demijohn_remembered',
  'demijohn_devices',
]

const added = [
  ['demijohn_accounts', ['credentialRevision', 'emailVerifiedAt']],
  ['demijohn_sessions', ['methods', 'familyId']],
  ['demijohn_tickets', ['email', 'role', 'createdBy']],
] as const

export const accountsComplete: Migration = {
  id: '006-accounts-complete',
  up: async (db) => {
    await addColumns(db)
    await createDeviceTables(db)
    await createFactorTables(db)
    await db.schema
      .createTable('demijohn_throttles')
      .addColumn('key', 'text', (c) => c.primaryKey().notNull())
      .addColumn('failures', 'integer', (c) => c.notNull())
      .addColumn('lastFailureAt', milliseconds, (c) => c.notNull())
      .execute()
    await db.schema
      .createIndex('demijohn_throttles_lastFailureAt')
      .on('demijohn_throttles')
      .column('lastFailureAt')
      .execute()
  },
  down: async (db) => {
    for (const table of dropped) await db.schema.dropTable(table).execute()
    for (const [table, columns] of added) {
      for (const column of columns) await db.schema.alterTable(table).dropColumn(column).execute()
    }
  },
}

async function addColumns({ schema }: MigrationDatabase): Promise<void> {
  const accounts = schema.alterTable('demijohn_accounts')
  await accounts
    .addColumn('credentialRevision', 'integer', (c) => c.notNull().defaultTo(0))
    .execute()
  await accounts.addColumn('emailVerifiedAt', milliseconds).execute()
  const sessions = schema.alterTable('demijohn_sessions')
  await sessions.addColumn('methods', 'text', (c) => c.notNull().defaultTo('password')).execute()
  await sessions.addColumn('familyId', 'text').execute()
  const tickets = schema.alterTable('demijohn_tickets')
  await tickets.addColumn('email', 'text').execute()
  await tickets.addColumn('role', 'text').execute()
  await tickets.addColumn('createdBy', 'text').execute()
}

async function createDeviceTables({ schema }: MigrationDatabase): Promise<void> {
  await schema
    .createTable('demijohn_devices')
    .addColumn('accountId', 'text', (c) =>
      c.notNull().references('demijohn_accounts.id').onDelete('cascade'),
    )
    .addColumn('deviceId', 'text', (c) => c.notNull())
    .addColumn('createdAt', milliseconds, (c) => c.notNull())
    .addColumn('lastSeenAt', milliseconds, (c) => c.notNull())
    .addPrimaryKeyConstraint('demijohn_devices_key', ['accountId', 'deviceId'])
    .execute()
  await schema
    .createTable('demijohn_remembered')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('familyId', 'text', (c) => c.notNull())
    .addColumn('accountId', 'text', (c) =>
      c.notNull().references('demijohn_accounts.id').onDelete('cascade'),
    )
    .addColumn('methods', 'text', (c) => c.notNull())
    .addColumn('authenticatedAt', milliseconds, (c) => c.notNull())
    .addColumn('expiresAt', milliseconds, (c) => c.notNull())
    .addColumn('usedAt', milliseconds)
    .execute()
  for (const column of ['familyId', 'accountId', 'expiresAt']) {
    await schema
      .createIndex(`demijohn_remembered_${column}`)
      .on('demijohn_remembered')
      .column(column)
      .execute()
  }
}

async function createFactorTables({ schema }: MigrationDatabase): Promise<void> {
  await schema
    .createTable('demijohn_totp')
    .addColumn('accountId', 'text', (c) =>
      c.primaryKey().notNull().references('demijohn_accounts.id').onDelete('cascade'),
    )
    .addColumn('secret', 'text', (c) => c.notNull())
    .addColumn('createdAt', milliseconds, (c) => c.notNull())
    .addColumn('confirmedAt', milliseconds)
    .addColumn('lastStep', milliseconds)
    .execute()
  await schema
    .createTable('demijohn_recovery_codes')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('accountId', 'text', (c) =>
      c.notNull().references('demijohn_accounts.id').onDelete('cascade'),
    )
    .addColumn('createdAt', milliseconds, (c) => c.notNull())
    .addColumn('usedAt', milliseconds)
    .execute()
  await schema
    .createTable('demijohn_passkeys')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('accountId', 'text', (c) =>
      c.notNull().references('demijohn_accounts.id').onDelete('cascade'),
    )
    .addColumn('publicKey', 'text', (c) => c.notNull())
    .addColumn('signCount', 'bigint', (c) => c.notNull())
    .addColumn('uvInitialized', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('backupEligible', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('transports', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('createdAt', milliseconds, (c) => c.notNull())
    .addColumn('lastUsedAt', milliseconds)
    .execute()
  for (const table of ['demijohn_recovery_codes', 'demijohn_passkeys']) {
    await schema.createIndex(`${table}_accountId`).on(table).column('accountId').execute()
  }
}
