import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { type Kysely, sql } from 'kysely'
import { migrate } from '../../src/data/migrations.ts'
import { isUniqueViolation } from '../../src/data/problems.ts'
import { openSqlite } from '../../src/data/sqlite.ts'
import { demijohnMigrations } from '../../src/data/tableMigrations.ts'

/**
 * What the library relies on in a database, the same for every implementation. Another one joins by
 * another row in `implementations`. What one cannot keep stands in its row, with the reason.
 */

type Tables = {
  notes: { id: string; body: string; size: number }
  counters: { name: string; count: number }
}

type Opened = { readonly db: Kysely<Tables>; readonly close: () => Promise<void> }

type Implementation = {
  readonly name: string
  /** A database of its own, empty, for each test. */
  readonly open: () => Opened | Promise<Opened>
  /** Title of a test that cannot hold here, and why. */
  readonly lacks: Readonly<Record<string, string>>
}

const folder = mkdtempSync(join(tmpdir(), 'demijohn-contract-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let opened = 0

const readsDoNotWait = 'reads during an open transaction do not wait, and see what was committed'

const implementations: readonly Implementation[] = [
  {
    name: 'SQLite in a file',
    open: () => {
      opened += 1
      return openSqlite<Tables>({ path: join(folder, `${opened}.sqlite`) })
    },
    lacks: {},
  },
  {
    name: 'SQLite in memory',
    open: () => openSqlite<Tables>({ path: ':memory:' }),
    lacks: { [readsDoNotWait]: 'one connection: a second would see another database' },
  },
]

const promised = new Set<string>()

function each(name: string, run: (db: Kysely<Tables>) => Promise<void>): void {
  promised.add(name)
  for (const implementation of implementations) {
    if (implementation.lacks[name] !== undefined) continue
    test(`${implementation.name}: ${name}`, { timeout: 30_000 }, async () => {
      const { db, close } = await implementation.open()
      try {
        await createTables(db)
        await run(db)
      } finally {
        await close()
      }
    })
  }
}

async function createTables(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('notes')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('size', 'integer', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('counters')
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('count', 'integer', (column) => column.notNull())
    .execute()
  await db.insertInto('counters').values({ name: 'it', count: 0 }).execute()
}

function later(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

async function idsOf(db: Kysely<Tables>): Promise<readonly string[]> {
  const rows = await db.selectFrom('notes').select('id').orderBy('id').execute()
  return rows.map((row) => row.id)
}

each(
  'lower() and upper() know the letters of every script, not those of ASCII alone',
  async (db) => {
    const cases = [
      ['ÉLODIE', 'élodie', 'ÉLODIE'],
      ['Ångström', 'ångström', 'ÅNGSTRÖM'],
      ['ЖУРНАЛ', 'журнал', 'ЖУРНАЛ'],
      ['λόγος', 'λόγος', 'ΛΌΓΟΣ'],
      ['100% _x', '100% _x', '100% _X'],
      ['日本', '日本', '日本'],
      ['', '', ''],
    ] as const
    for (const [body, lower, upper] of cases) {
      await db.insertInto('notes').values({ id: body, body, size: 1 }).execute()
      const row = await db
        .selectFrom('notes')
        .where('id', '=', body)
        .select((query) => [
          query.fn<string>('lower', ['body']).as('lower'),
          query.fn<string>('upper', ['body']).as('upper'),
        ])
        .executeTakeFirstOrThrow()
      assert.deepEqual({ ...row }, { lower, upper })
    }
    const { rows } = await sql<{ lower: null }>`select lower(null) as lower`.execute(db)
    assert.equal(rows[0]?.lower, null)
  },
)

each('twenty transactions that read, pause and write lose no update', async (db) => {
  const increment = () =>
    db
      .transaction()
      .setIsolationLevel('serializable')
      .execute(async (transaction) => {
        const { count } = await transaction
          .selectFrom('counters')
          .select('count')
          .executeTakeFirstOrThrow()
        await later()
        await transaction
          .updateTable('counters')
          .set({ count: count + 1 })
          .execute()
      })
  await Promise.all(Array.from({ length: 20 }, increment))
  const { count } = await db.selectFrom('counters').select('count').executeTakeFirstOrThrow()
  assert.equal(count, 20)
})

each('a single statement never falls into a transaction of somebody else', async (db) => {
  let writing: Promise<unknown> = Promise.resolve()
  const failing = db.transaction().execute(async (transaction) => {
    await transaction.insertInto('notes').values({ id: 'a', body: '', size: 0 }).execute()
    writing = db.insertInto('notes').values({ id: 'b', body: '', size: 0 }).execute()
    await later()
    throw new Error('undo')
  })
  await assert.rejects(failing, /undo/)
  await writing
  assert.deepEqual(await idsOf(db), ['b'])
})

each('a throw undoes the whole transaction, and the next one works', async (db) => {
  const failing = db.transaction().execute(async (transaction) => {
    await transaction.insertInto('notes').values({ id: 'a', body: '', size: 0 }).execute()
    await transaction.updateTable('counters').set({ count: 9 }).execute()
    throw new RangeError('undo')
  })
  await assert.rejects(failing, RangeError)
  assert.deepEqual(await idsOf(db), [])
  const { count } = await db.selectFrom('counters').select('count').executeTakeFirstOrThrow()
  assert.equal(count, 0)
  await db
    .transaction()
    .execute((transaction) =>
      transaction.insertInto('notes').values({ id: 'b', body: '', size: 0 }).execute(),
    )
  assert.deepEqual(await idsOf(db), ['b'])
})

each('a transaction sees its own writes', async (db) => {
  await db.transaction().execute(async (transaction) => {
    await transaction.insertInto('notes').values({ id: 'a', body: '', size: 0 }).execute()
    assert.deepEqual(await idsOf(transaction), ['a'])
  })
  assert.deepEqual(await idsOf(db), ['a'])
})

each(readsDoNotWait, async (db) => {
  await db.transaction().execute(async (transaction) => {
    await transaction.insertInto('notes').values({ id: 'a', body: '', size: 0 }).execute()
    // Awaited inside: this would never come back if it waited for the transaction to end.
    assert.deepEqual(await idsOf(db), [])
  })
  assert.deepEqual(await idsOf(db), ['a'])
})

each('unique violations are told from other errors', async (db) => {
  const row = { id: 'a', body: '', size: 0 }
  await db.insertInto('notes').values(row).execute()
  await assert.rejects(db.insertInto('notes').values(row).execute(), isUniqueViolation)
  await assert.rejects(
    db.insertInto('counters').values({ name: 'it', count: 1 }).execute(),
    isUniqueViolation,
  )
  await db
    .insertInto('notes')
    .values({ ...row, id: 'b' })
    .execute()
  await assert.rejects(
    db.updateTable('notes').set({ id: 'a' }).where('id', '=', 'b').execute(),
    isUniqueViolation,
  )
  const others = [
    sql`insert into notes (id, body, size) values ('c', null, 0)`.execute(db),
    sql`insert into nowhere (id) values ('c')`.execute(db),
    sql`select from where`.execute(db),
  ]
  for (const other of others) {
    await assert.rejects(other, (error) => !isUniqueViolation(error))
  }
  for (const value of [undefined, null, 'UNIQUE', { code: '23505' }, new Error('UNIQUE')]) {
    assert.equal(isUniqueViolation(value), false)
  }
})

each('of twenty conditional writes at once exactly one wins', async (db) => {
  const take = () =>
    db.updateTable('counters').set({ count: 1 }).where('count', '=', 0).executeTakeFirstOrThrow()
  const results = await Promise.all(Array.from({ length: 20 }, take))
  assert.equal(results.filter((result) => result.numUpdatedRows === 1n).length, 1)
})

const injections = [
  `'; drop table notes; --`,
  `' or '1'='1`,
  `" or ""="`,
  `1; delete from notes`,
  `') on conflict do nothing; --`,
  `' union select name, name, 1 from sqlite_schema --`,
  `\\'; select pg_sleep(9); --`,
  '?',
  '?1',
  '$1',
  ':id',
  '@id',
  '/* x',
  '%',
  '_',
  'null',
  `x' || (select body from notes) || '`,
]

each('parameters never change the statement: SQL text in every position', async (db) => {
  for (const text of injections) await roundTrip(db, text)
})

each('parameters never change the statement: any text in every position', async (db) => {
  // PostgreSQL takes no NUL in text, so none is generated.
  const text = fc.string({ unit: 'binary' }).map((value) => value.replaceAll('\0', ''))
  // In one transaction, or most of the time would go into waiting for the medium.
  await db.transaction().execute(async (transaction) => {
    const property = fc.asyncProperty(text, (value) => roundTrip(transaction, value))
    await fc.assert(property, { numRuns: 200 })
  })
})

/** Insert, select, update, delete, limit, in, like, case: the value comes back as it went in. */
async function roundTrip(db: Kysely<Tables>, text: string): Promise<void> {
  const other = { id: `other ${text}`, body: 'kept', size: 1 }
  await db
    .insertInto('notes')
    .values([{ id: text, body: text, size: 0 }, other])
    .execute()
  const found = await db
    .selectFrom('notes')
    .select(['id', 'body', (e) => e.val(text).as('echo')])
    .where('id', 'in', [text, `${text}x`])
    .where((e) => e(e.case().when('body', '=', text).then(text).else('').end(), '=', text))
    .limit(10)
    .execute()
  assert.deepEqual(
    found.map((row) => ({ ...row })),
    [{ id: text, body: text, echo: text }],
  )
  await db
    .updateTable('notes')
    .set({ body: `${text}!` })
    .where('body', '=', text)
    .execute()
  const raw = await sql<{ body: string }>`select body from notes where id = ${text}`.execute(db)
  assert.deepEqual(
    raw.rows.map((row) => row.body),
    [`${text}!`],
  )
  const { numDeletedRows } = await db
    .deleteFrom('notes')
    .where('id', '=', text)
    .executeTakeFirstOrThrow()
  assert.equal(numDeletedRows, 1n)
  assert.deepEqual(await idsOf(db), [other.id])
  await db.deleteFrom('notes').execute()
}

each('names are quoted: SQL text as a table name reaches no other table', async (db) => {
  for (const text of injections.filter((name) => name !== '')) {
    await assert.rejects(sql`select * from ${sql.table(text)}`.execute(db))
  }
  assert.deepEqual(await idsOf(db), [])
})

each('the library migrates', async (db) => {
  const applied = await migrate(db, [demijohnMigrations], { clock: { now: () => 1 } })
  assert.equal(applied.length, demijohnMigrations.migrations.length)
})

test('every promise an implementation lacks is one of this contract', () => {
  for (const { lacks } of implementations) {
    for (const name of Object.keys(lacks)) assert.ok(promised.has(name), name)
  }
})
