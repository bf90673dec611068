/** Requests that may be repeated, and how they were answered. */
import type { Migration } from './migrations.ts'

const milliseconds = 'bigint'

export const idempotency: Migration = {
  id: '010-idempotency',
  up: async ({ schema }) => {
    await schema
      .createTable('demijohn_idempotency')
      .addColumn('key', 'text', (c) => c.primaryKey().notNull())
      .addColumn('owner', 'text', (c) => c.notNull())
      .addColumn('accountId', 'text', (c) =>
        c.references('demijohn_accounts.id').onDelete('cascade'),
      )
      .addColumn('fingerprint', 'text', (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('answer', 'text')
      .addColumn('createdAt', milliseconds, (c) => c.notNull())
      .addColumn('expiresAt', milliseconds, (c) => c.notNull())
      .execute()
    const indexes = { owner: ['owner', 'expiresAt'], accountId: ['accountId'], end: ['expiresAt'] }
    for (const [name, columns] of Object.entries(indexes)) {
      await schema
        .createIndex(`demijohn_idempotency_${name}`)
        .on('demijohn_idempotency')
        .columns(columns)
        .execute()
    }
  },
  down: async ({ schema }) => {
    await schema.dropTable('demijohn_idempotency').execute()
  },
}
