/** Stores over a database file of their own, for the tests of this folder. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Kysely, KyselyPlugin } from 'kysely'
import { type Clock, manualClock } from '../../core/clock.ts'
import { migrate } from '../../data/migrations.ts'
import { openSqlite } from '../../data/sqlite.ts'
import { demijohnMigrations } from '../../data/tableMigrations.ts'
import type { DemijohnTables } from '../../data/tables.ts'
import { type SessionOptions, sessionOptions } from './options.ts'
import { createSessionStore } from './store.ts'
import type { IssuedSession, SessionStart, SessionStore } from './types.ts'

/** 2026-01-01T00:00:00Z. */
export const start = 1_767_225_600_000
/** What a sign-in by password in some browser begins with. */
export const browser = {
  userAgent: 'Firefox',
  clientAddress: '192.0.2.1',
  credentialRevision: 0,
  methods: ['password'],
} as const

export type StoreFixture = {
  readonly db: Kysely<DemijohnTables>
  readonly clock: ReturnType<typeof manualClock>
  readonly store: TestStore
  /** How many statements the store has sent so far. */
  readonly statements: () => number
  /** Makes every statement of the store fail from now on. */
  readonly breakDatabase: () => void
  /** Keeps the result of the store's next statement back until the function returned is called. */
  readonly holdNextResult: () => () => void
  /** A second store on the same file, over connections of its own: another process. */
  readonly anotherProcess: (clock?: Clock) => TestStore
}

/** A store whose `create` rejects where nobody was signed in, for tests that are about other things. */
export type TestStore = Omit<SessionStore, 'create'> & {
  readonly create: (input: SessionStart) => Promise<IssuedSession>
  /** The real one. */
  readonly tryCreate: SessionStore['create']
}

function testStore(store: SessionStore): TestStore {
  return {
    ...store,
    tryCreate: store.create,
    create: async (input) => {
      const issued = await store.create(input)
      if (issued === null)
        throw new Error(
          'nobody was signed in: the account is gone or suspended, or its proof has changed',
        )
      return issued
    },
  }
}

function watchStatements() {
  let statements = 0
  let held: Promise<void> | undefined
  let failing = false
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => {
      if (failing) throw new Error('the database is gone')
      statements += 1
      return node
    },
    transformResult: async ({ result }) => {
      const wait = held
      held = undefined
      await wait
      return result
    },
  }
  return {
    plugin,
    count: () => statements,
    fail: () => {
      failing = true
    },
    hold: () => {
      let release = (): void => undefined
      held = new Promise((resolve) => {
        release = resolve
      })
      return () => release()
    },
  }
}

const accounts = ['alice', 'bob']

export async function openStore(
  context: TestContext,
  given: Partial<SessionOptions> = {},
): Promise<StoreFixture> {
  const folder = mkdtempSync(join(tmpdir(), 'demijohn-sessions-'))
  const path = join(folder, 'test.sqlite')
  const closing: (() => Promise<void>)[] = []
  context.after(async () => {
    for (const close of closing) await close()
    rmSync(folder, { recursive: true })
  })
  const open = (): Kysely<DemijohnTables> => {
    const { db, close } = openSqlite<DemijohnTables>({ path })
    closing.push(close)
    return db
  }
  const db = open()
  const clock = manualClock(start)
  await migrate(db, [demijohnMigrations], { clock })
  const watched = watchStatements()
  const storeOver = (over: Kysely<DemijohnTables>, at: Clock): TestStore =>
    testStore(
      createSessionStore({
        db: over,
        clock: at,
        formKeysOf: (id) => [Buffer.from(id, 'hex')],
        options: sessionOptions(given),
        secondFactorRoles: new Set(['admin']),
      }),
    )
  for (const id of accounts) {
    const email = `${id}@press.example`
    const person = { id, name: id, email, emailKey: email, role: 'member', createdAt: start }
    const blank = { passwordHash: null, suspendedAt: null, passwordChangedAt: null }
    await db
      .insertInto('demijohn_accounts')
      .values({ ...person, ...blank })
      .execute()
  }
  return {
    db,
    clock,
    store: storeOver(db.withPlugin(watched.plugin), clock),
    statements: watched.count,
    breakDatabase: watched.fail,
    holdNextResult: watched.hold,
    anotherProcess: (at = clock) => storeOver(open(), at),
  }
}

export async function suspend(db: Kysely<DemijohnTables>, accountId: string): Promise<void> {
  await db
    .updateTable('demijohn_accounts')
    .set({ suspendedAt: start })
    .where('id', '=', accountId)
    .execute()
}
