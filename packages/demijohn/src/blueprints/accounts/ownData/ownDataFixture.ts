/** A site with the accounts blueprint and one table of its own, for the tests of this folder. */
import type { TestContext } from 'node:test'
import { type RawBuilder, sql } from 'kysely'
import { createId } from '../../../core/ids.ts'
import type { DemijohnTables } from '../../../data/tables.ts'
import { defineRoles } from '../../../defences/access/roles.ts'
import { html } from '../../../html/template.ts'
import { kit } from '../../../pipeline/kit.ts'
import { type SignedInClient, type TestSite, testApp } from '../../../testing/site.ts'
import { accounts } from '../routes.ts'
import type { OwnData } from './hooks.ts'

type NotesTable = { id: string; author: string; text: string }
export type Notes = { notes: NotesTable }

export const roles = defineRoles({
  member: { may: ['note:read'] },
  admin: { is: 'member', may: [] },
})
const { anyone, blueprint } = kit<DemijohnTables>()({ roles })

/** Without a foreign key, so that nothing but the hook takes a note away. */
export const notesOf: OwnData = {
  export: async ({ transaction, accountId }) => ({
    notes: await transaction
      .withTables<Notes>()
      .selectFrom('notes')
      .select('text')
      .where('author', '=', accountId)
      .execute(),
  }),
  erase: ({ transaction, accountId }) =>
    transaction.withTables<Notes>().deleteFrom('notes').where('author', '=', accountId).execute(),
  deleted: ['Your notes.'],
  kept: ['What others noted of them.'],
}

export async function openSite(t: TestContext, ownData: OwnData = notesOf): Promise<TestSite> {
  const front = blueprint('')
  front.get('/', { access: anyone }, () => html`<!doctype html><title>Front</title>`)
  const site = await testApp({
    name: 'notes',
    roles,
    administratorRole: 'admin',
    secondFactorRoles: [],
    mail: { signature: 'Notes' },
    blueprints: [
      front,
      accounts({
        roles,
        siteName: 'Notes',
        administratorRole: 'admin',
        layout: ({ view, title, main }) =>
          html`<!doctype html><html lang="en"><head><title>${title}</title></head><body><p id="user">${view.user?.name}</p>${main}</body></html>`,
        ownData,
      }),
    ],
    migrations: {
      name: 'notes',
      migrations: [
        {
          id: '001-notes',
          up: async (db) => {
            await db.schema
              .createTable('notes')
              .addColumn('id', 'text', (c) => c.primaryKey().notNull())
              .addColumn('author', 'text', (c) => c.notNull())
              .addColumn('text', 'text', (c) => c.notNull())
              .execute()
          },
          down: async (db) => {
            await db.schema.dropTable('notes').execute()
          },
        },
      ],
    },
  })
  t.after(site.close)
  return site
}

/** Values that no answer to a person may hold, each in the place where such a one stands. */
export const secrets = {
  passwordHash: '$argon2id$v=19$m=65536,t=3,p=1$c2FsdHNhbHQ$aGFzaGhhc2g',
  totp: 'sealed-totp-secret',
  recovery: 'a'.repeat(64),
  device: 'b'.repeat(64),
  ticket: 'c'.repeat(64),
  remembered: 'd'.repeat(64),
  family: 'family-of-remembered',
  publicKey: 'public-key-of-a-passkey',
  credential: 'credential-id-of-a-passkey',
} as const

/** Fills every table that knows of accounts with something of this person's. */
export async function furnish({ db, clock }: TestSite, person: SignedInClient): Promise<void> {
  const { accountId, email } = person
  const createdAt = clock.now()
  const expiresAt = createdAt + 3_600_000
  await db
    .updateTable('demijohn_accounts')
    .set({ passwordHash: secrets.passwordHash, passwordChangedAt: createdAt })
    .where('id', '=', accountId)
    .execute()
  await db
    .insertInto('demijohn_totp')
    .values({ accountId, secret: secrets.totp, createdAt, confirmedAt: createdAt, lastStep: 1 })
    .execute()
  await db
    .insertInto('demijohn_recovery_codes')
    .values({ id: secrets.recovery, accountId, createdAt, usedAt: null })
    .execute()
  await db
    .insertInto('demijohn_passkeys')
    .values({
      ...{ id: secrets.credential, accountId, publicKey: secrets.publicKey, signCount: 1 },
      ...{ transports: 'usb', name: 'The blue key', createdAt, lastUsedAt: null },
    })
    .execute()
  await db
    .insertInto('demijohn_devices')
    .values({ accountId, deviceId: secrets.device, createdAt, lastSeenAt: createdAt })
    .execute()
  await db
    .insertInto('demijohn_remembered')
    .values({
      ...{ id: secrets.remembered, familyId: secrets.family, accountId, methods: 'password' },
      ...{ authenticatedAt: createdAt, expiresAt, usedAt: null },
    })
    .execute()
  const times = { createdAt, expiresAt, usedAt: null }
  const invitation = { purpose: 'invitation', accountId: null, role: 'member' }
  await db
    .insertInto('demijohn_tickets')
    .values([
      { id: secrets.ticket, purpose: 'reset', accountId, email: null, role: null, ...times },
      { id: 'e'.repeat(64), ...invitation, email: email.toUpperCase(), ...times },
    ])
    .execute()
  await db
    .withTables<Notes>()
    .insertInto('notes')
    .values({ id: createId(createdAt), author: accountId, text: 'Of the sea.' })
    .execute()
}

/** Every row of every table, as text. */
export async function allRows({ db }: TestSite): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows: tables } = await sql<{
    name: string
  }>`select name from sqlite_master where type = 'table'`.execute(db)
  const found = new Map<string, readonly string[]>()
  for (const { name } of tables) {
    const all: RawBuilder<object> = sql`select * from ${sql.table(name)}`
    const { rows } = await all.execute(db)
    found.set(
      name,
      rows.map((row) => JSON.stringify(row)),
    )
  }
  return found
}
