import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { inspect } from 'node:util'
import { Worker } from 'node:worker_threads'
import { type Kysely, sql } from 'kysely'
import { DatabaseProblem } from './problems.ts'
import { openSqlite } from './sqlite.ts'

type Tables = { notes: { id: string; body: string | null; size: number | null } }

const folder = mkdtempSync(join(tmpdir(), 'demijohn-sqlite-'))
after(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
function freshPath(): string {
  files += 1
  return join(folder, `${files}.sqlite`)
}

async function withNotes(
  use: (db: Kysely<Tables>, path: string) => Promise<void>,
  options: { lockWaitMilliseconds?: number } = {},
): Promise<void> {
  const path = freshPath()
  const { db, close } = openSqlite<Tables>({ path, ...options })
  try {
    await db.schema
      .createTable('notes')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('body', 'text')
      .addColumn('size', 'integer')
      .execute()
    await use(db, path)
  } finally {
    await close()
  }
}

function problem(code: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof DatabaseProblem, String(error))
    assert.equal(error.code, code)
    assert.doesNotMatch(error.message, /\n/)
    return true
  }
}

test('a new database, its log and its folder are for their owner alone', async () => {
  const path = join(folder, 'made', 'deep', 'site.sqlite')
  const { db, close } = openSqlite<Tables>({ path })
  await sql`create table t (a)`.execute(db)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.equal(statSync(`${path}-wal`).mode & 0o777, 0o600)
  assert.equal(statSync(join(folder, 'made')).mode & 0o777, 0o700)
  assert.equal(statSync(join(folder, 'made', 'deep')).mode & 0o777, 0o700)
  await close()
})

test('settings that durability and distrust stand on', async () => {
  await withNotes(async (db) => {
    const wanted = {
      journal_mode: 'wal',
      synchronous: 2,
      foreign_keys: 1,
      trusted_schema: 0,
    }
    for (const [name, value] of Object.entries(wanted)) {
      const { rows } = await sql.raw(`pragma ${name}`).execute(db)
      assert.deepEqual(
        rows.map((row) => Object.values(Object(row))),
        [[value]],
        name,
      )
    }
  })
})

test('no extension, no other file, no misspelt column as text, no schema write', async () => {
  await withNotes(async (db, path) => {
    await assert.rejects(sql`select load_extension('x')`.execute(db), /not authorized/)
    await assert.rejects(sql.raw(`attach '${path}.other' as o`).execute(db), /attached/)
    await assert.rejects(sql`select "no such column" from notes`.execute(db), /no such column/)
    await sql`pragma writable_schema = on`.execute(db)
    await assert.rejects(sql`update sqlite_schema set sql = 'x'`.execute(db), /may not be modified/)
  })
})

test('only the first statement of a text is run', async () => {
  await withNotes(async (db) => {
    await sql.raw(`insert into notes (id) values ('a'); drop table notes`).execute(db)
    assert.equal((await db.selectFrom('notes').selectAll().execute()).length, 1)
  })
})

const unopenable = [
  {
    name: 'text in place of a database',
    code: 'damaged',
    make: (path: string) => writeFileSync(path, 'not a database, but long enough\n'.repeat(50)),
  },
  {
    name: 'a folder in place of a file',
    code: 'not-a-file',
    make: (path: string) => mkdirSync(path),
  },
  {
    name: 'a database with pages overwritten',
    code: 'damaged',
    make: (path: string) => {
      const database = new DatabaseSync(path)
      database.exec('create table t (a text); create index i on t (a)')
      const insert = database.prepare('insert into t values (?)')
      for (let row = 0; row < 2000; row++) insert.run(`row ${row}`)
      const image = Buffer.from(database.serialize())
      database.close()
      image.fill(0x5a, 4096 * 3, 4096 * 6)
      writeFileSync(path, image)
    },
  },
  {
    name: 'a file where the folder should be',
    code: 'unwritable',
    make: (path: string) => writeFileSync(path, ''),
    below: 'site.sqlite',
  },
]

for (const { name, code, make, below } of unopenable) {
  test(`refuses to open: ${name}`, () => {
    const path = freshPath()
    make(path)
    assert.throws(
      () => openSqlite({ path: below === undefined ? path : join(path, below) }),
      problem(code),
    )
  })
}

// Root may write everywhere; for it the next test stands in.
if (process.getuid?.() !== 0) {
  test('refuses to open: a folder without the right to write', () => {
    const closed = join(folder, 'closed')
    mkdirSync(closed)
    chmodSync(closed, 0o500)
    assert.throws(() => openSqlite({ path: join(closed, 'site.sqlite') }), problem('unwritable'))
  })
}

test('refuses to open: a medium that takes no writes', () => {
  assert.throws(() => openSqlite({ path: '/proc/demijohn.sqlite' }), problem('unwritable'))
})

/** Bytes that this process has asked the system to read, files and all (proc(5), Linux alone). */
function bytesRead(): number {
  return Number(/rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1])
}

const hasCounter = existsSync('/proc/self/io')
for (const [name, rows, most] of [
  ['a small file is read once, and no more, to be opened', 20_000, 1.5],
  ['of a large file only the head is read to open it', 400_000, 0.05],
] as const) {
  test(name, { skip: hasCounter ? false : 'bytes are counted by Linux alone' }, async () => {
    const path = freshPath()
    const first = openSqlite<Tables>({ path })
    await sql`create table t (a)`.execute(first.db)
    await sql`insert into t with recursive c(i) as (select 1 union all select i + 1 from c where i < ${rows}) select i from c`.execute(
      first.db,
    )
    await first.close()
    const before = bytesRead()
    const { close } = openSqlite<Tables>({ path })
    // Nothing was awaited in between: nobody else has read.
    const share = (bytesRead() - before) / statSync(path).size
    await close()
    assert.ok(share < most, `${share} of the file was read`)
  })
}

test('another process with the lock: waits without blocking, then says so', async () => {
  await withNotes(
    async (db, path) => {
      const other = new DatabaseSync(path)
      other.exec('begin immediate')
      let ticks = 0
      const ticking = setInterval(() => {
        ticks += 1
      }, 5)
      await assert.rejects(
        db.insertInto('notes').values({ id: 'a', body: null, size: null }).execute(),
        problem('locked'),
      )
      await assert.rejects(
        db.transaction().execute(async () => undefined),
        problem('locked'),
      )
      clearInterval(ticking)
      assert.ok(ticks > 2, `the thread stood still: ${ticks} ticks`)
      assert.equal((await db.selectFrom('notes').selectAll().execute()).length, 0)

      const waiting = db.insertInto('notes').values({ id: 'b', body: null, size: null }).execute()
      setTimeout(() => other.close(), 50)
      await waiting
    },
    { lockWaitMilliseconds: 200 },
  )
})

const holder = `
const { DatabaseSync } = require('node:sqlite')
const { parentPort, workerData } = require('node:worker_threads')
const database = new DatabaseSync(workerData)
database.exec('create table t (a); begin exclusive')
parentPort.postMessage('held')
setTimeout(() => database.close(), 200)
`

test('opening waits for a process that is just making the same file', async () => {
  const path = freshPath()
  const worker = new Worker(holder, { eval: true, workerData: path })
  await once(worker, 'message')
  await openSqlite<Tables>({ path }).close()
  await once(worker, 'exit')
})

test('the outer handle inside a transaction: an answer after a while, not a standstill', async () => {
  await withNotes(
    async (db) => {
      const inside = db.transaction().execute(async () => {
        await db.insertInto('notes').values({ id: 'a', body: null, size: null }).execute()
      })
      await assert.rejects(inside, problem('locked'))
      await db.insertInto('notes').values({ id: 'b', body: null, size: null }).execute()
    },
    { lockWaitMilliseconds: 50 },
  )
})

test('after the transaction has ended under it, nothing more is written', async () => {
  await withNotes(async (db) => {
    const inside = db.transaction().execute(async (trx) => {
      await trx.insertInto('notes').values({ id: 'a', body: null, size: null }).execute()
      // As the engine does by itself when the medium is full.
      await sql`rollback`.execute(trx)
      await trx.insertInto('notes').values({ id: 'b', body: null, size: null }).execute()
    })
    await assert.rejects(inside, problem('transaction-lost'))
    assert.deepEqual(await db.selectFrom('notes').selectAll().execute(), [])
  })
})

test('raw SQL cannot leave a transaction open behind it', async () => {
  await withNotes(async (db) => {
    await assert.rejects(sql`begin`.execute(db), /db\.transaction/)
    await db.transaction().execute(async (trx) => {
      await trx.insertInto('notes').values({ id: 'a', body: null, size: null }).execute()
    })
  })
})

test('a read-only transaction writes nothing, and the next one may', async () => {
  await withNotes(async (db) => {
    const row = { id: 'a', body: null, size: null }
    await assert.rejects(
      db
        .transaction()
        .setAccessMode('read only')
        .execute((trx) => trx.insertInto('notes').values(row).execute()),
      /readonly|cannot be read or written/,
    )
    await db.insertInto('notes').values(row).execute()
  })
})

test('savepoints roll back to where they stand', async () => {
  await withNotes(async (db) => {
    const trx = await db.startTransaction().execute()
    await trx.insertInto('notes').values({ id: 'a', body: null, size: null }).execute()
    const saved = await trx.savepoint('odd "name"').execute()
    await saved.insertInto('notes').values({ id: 'b', body: null, size: null }).execute()
    const back = await saved.rollbackToSavepoint('odd "name"').execute()
    await (await back.releaseSavepoint('odd "name"').execute()).commit().execute()
    assert.deepEqual(
      (await db.selectFrom('notes').select('id').execute()).map((row) => row.id),
      ['a'],
    )
  })
})

const unbindable: readonly (readonly [string, unknown, RegExp])[] = [
  ['a Date', new Date(0), /UTC milliseconds/],
  ['undefined', undefined, /null/],
  ['an object', {}, /object/],
  ['an array', [1], /object/],
  ['a symbol', Symbol('s'), /symbol/],
  ['NaN', Number.NaN, /finite/],
  ['infinity', Number.POSITIVE_INFINITY, /finite/],
  ['half a surrogate pair', 'a\ud800', /surrogate/],
  ['65 bits', 1n << 64n, /64 bits/],
]

for (const [name, value, message] of unbindable) {
  test(`parameter refused: ${name}`, async () => {
    await withNotes(async (db) => {
      await assert.rejects(sql`select ${sql.val(value)} as v`.execute(db), message)
    })
  })
}

const bound: readonly (readonly [unknown, string, unknown])[] = [
  ['text', 'text', 'text'],
  ['', 'text', ''],
  ['nul \0 inside', 'text', 'nul \0 inside'],
  [7, 'integer', 7],
  [-0, 'integer', 0],
  [Number.MAX_SAFE_INTEGER, 'integer', Number.MAX_SAFE_INTEGER],
  [1.5, 'real', 1.5],
  [5n, 'integer', 5],
  [true, 'integer', 1],
  [false, 'integer', 0],
  [null, 'null', null],
  [new Uint8Array([0, 255]), 'blob', new Uint8Array([0, 255])],
]

for (const [value, type, back] of bound) {
  test(`parameter taken: ${inspect(value)} as ${type}`, async () => {
    await withNotes(async (db) => {
      const { rows } = await sql<{
        v: unknown
        t: string
      }>`select ${value} as v, typeof(${value}) as t`.execute(db)
      assert.deepEqual({ ...rows[0] }, { v: back, t: type })
    })
  })
}

test('more statements than the cache keeps', async () => {
  await withNotes(async (db) => {
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 450; i++) {
        const { rows } = await sql.raw<{ v: number }>(`select ${i} as v`).execute(db)
        assert.equal(rows[0]?.v, i)
      }
    }
  })
})

test('a cached statement follows a change of its table', async () => {
  await withNotes(async (db) => {
    await db.insertInto('notes').values({ id: 'a', body: null, size: null }).execute()
    const all = () => sql`select * from notes`.execute(db)
    assert.equal(Object.keys(Object((await all()).rows[0])).length, 3)
    await db.schema.alterTable('notes').addColumn('extra', 'text').execute()
    assert.equal(Object.keys(Object((await all()).rows[0])).length, 4)
  })
})

test('in memory: works, and two databases are two', async () => {
  const one = openSqlite<Tables>({ path: ':memory:' })
  const two = openSqlite<Tables>({ path: ':memory:' })
  await sql`create table notes (id text)`.execute(one.db)
  assert.deepEqual(await one.db.selectFrom('notes').select('id').execute(), [])
  await assert.rejects(two.db.selectFrom('notes').select('id').execute(), /no such table/)
  await one.close()
  await two.close()
})

test('closing twice is fine, unused as well; a closed one refuses', async () => {
  const { db, close } = openSqlite<Tables>({ path: freshPath() })
  await close()
  await close()
  await assert.rejects(sql`select 1`.execute(db))
})
