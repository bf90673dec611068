/** Whom providers of OpenID Connect mean: a person there is one account here, and the reverse. */
import type { Migration } from './migrations.ts'

const milliseconds = 'bigint'

export const identities: Migration = {
  id: '008-identities',
  up: async (db) => {
    await db.schema
      .createTable('demijohn_identities')
      .addColumn('id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('accountId', 'text', (c) =>
        c.notNull().references('demijohn_accounts.id').onDelete('cascade'),
      )
      .addColumn('provider', 'text', (c) => c.notNull())
      .addColumn('issuer', 'text', (c) => c.notNull())
      .addColumn('subject', 'text', (c) => c.notNull())
      .addColumn('email', 'text')
      .addColumn('createdAt', milliseconds, (c) => c.notNull())
      .addColumn('lastUsedAt', milliseconds)
      .addUniqueConstraint('demijohn_identities_person', ['provider', 'issuer', 'subject'])
      .addUniqueConstraint('demijohn_identities_account', ['accountId', 'provider'])
      .execute()
  },
  down: async (db) => {
    await db.schema.dropTable('demijohn_identities').execute()
  },
}
