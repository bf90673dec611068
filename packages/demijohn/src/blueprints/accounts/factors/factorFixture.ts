/** An account in a database file, with a seal, for the tests of this folder. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { manualClock } from '../../../core/clock.ts'
import { migrate } from '../../../data/migrations.ts'
import { openSqlite } from '../../../data/sqlite.ts'
import { demijohnMigrations } from '../../../data/tableMigrations.ts'
import type { DemijohnTables } from '../../../data/tables.ts'
import { totp } from '../../../defences/factors/oneTimeCodes.ts'
import { createAccount } from '../data.ts'
import { start } from '../storeFixture.ts'
import type { FactorStore } from './store.ts'
import { beginTotp, confirmTotp, pendingTotp } from './totp.ts'

/** No cipher: what is sealed can be seen to be bound to its purpose and row. */
const sealed: FactorStore['sealed'] = {
  seal: (purpose, id, text) => Buffer.from(JSON.stringify([purpose, id, text])).toString('base64'),
  unseal: (purpose, id, box) => {
    if (box === '') return undefined
    const [forPurpose, forId, text] = JSON.parse(Buffer.from(box, 'base64').toString())
    return forPurpose === purpose && forId === id ? text : undefined
  },
}

export async function openFactors(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'demijohn-factors-'))
  const { db, close } = openSqlite<DemijohnTables>({ path: join(folder, 'site.db') })
  t.after(async () => {
    await close()
    rmSync(folder, { recursive: true })
  })
  const clock = manualClock(start)
  await migrate(db, [demijohnMigrations], { clock })
  const store = { db, clock, sealed, sessionId: 'the one that asks' }
  return { ...store, store, accountId: await person(store, 'ada') }
}

export async function person(store: FactorStore, name: string): Promise<string> {
  const facts = { email: `${name}@press.example`, name, role: 'member', passwordHash: null }
  const account = await createAccount(store, facts)
  assert.ok(account)
  return account.id
}

/** Sets an app up by its first code, and gives its secret. */
export async function setUpApp(store: FactorStore, accountId: string): Promise<Buffer> {
  await beginTotp(store, accountId)
  const secret = await pendingTotp(store, accountId)
  assert.ok(secret)
  const typed = totp(secret, store.clock.now())
  assert.equal(await confirmTotp(store, { accountId, typed }), 'confirmed')
  return secret
}

export async function addPasskey({ db, clock }: FactorStore, accountId: string): Promise<void> {
  const facts = { publicKey: '', signCount: 0, transports: '', name: 'key', lastUsedAt: null }
  await db
    .insertInto('demijohn_passkeys')
    .values({ id: `key of ${accountId}`, accountId, createdAt: clock.now(), ...facts })
    .execute()
}

export async function revisionOf({ db }: FactorStore, accountId: string): Promise<number> {
  const row = await db
    .selectFrom('demijohn_accounts')
    .select('credentialRevision')
    .where('id', '=', accountId)
    .executeTakeFirstOrThrow()
  return row.credentialRevision
}

/** The outcome of twenty of the same at once, sorted. */
export async function twenty<T>(work: () => Promise<T>): Promise<readonly T[]> {
  return (await Promise.all(Array.from({ length: 20 }, work))).sort()
}
