import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Kysely, sql } from 'kysely'
import { manualClock } from '../core/clock.ts'
import { Misconfiguration } from '../core/misconfiguration.ts'
import {
  type Migration,
  type MigrationSet,
  migrate,
  migrationStatus,
  rollBackOne,
} from './migrations.ts'
import { openSqlite } from './sqlite.ts'
import { demijohnMigrations } from './tableMigrations.ts'
import type { DemijohnTables } from './tables.ts'

const folder = mkdtempSync(join(tmpdir(), 'demijohn-migrations-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const clock = manualClock(1_700_000_000_000)

async function inMemory(use: (db: Kysely<DemijohnTables>) => Promise<void>): Promise<void> {
  const { db, close } = openSqlite<DemijohnTables>({ path: ':memory:' })
  try {
    await use(db)
  } finally {
    await close()
  }
}

function making(id: string): Migration {
  const table = id.replaceAll('-', '_')
  return {
    id,
    up: async (db) => db.schema.createTable(table).addColumn('id', 'text').execute(),
    down: async (db) => db.schema.dropTable(table).execute(),
  }
}

function site(...ids: string[]): MigrationSet {
  return { name: 'site', migrations: ids.map(making) }
}

async function tablesOf(db: Kysely<DemijohnTables>): Promise<readonly string[]> {
  const names = (await db.introspection.getTables()).map((table) => table.name)
  return names.filter((name) => !name.startsWith('demijohn_'))
}

test('migrate applies what is missing, in order, once', async () => {
  await inMemory(async (db) => {
    const first = await migrate(db, [demijohnMigrations, site('001-a')], { clock })
    assert.deepEqual(
      first.map((applied) => `${applied.setName}/${applied.id}`),
      [
        'demijohn/001-accounts',
        'demijohn/002-sessions',
        'demijohn/003-tickets',
        'demijohn/004-revisions',
        'demijohn/005-mail',
        'demijohn/006-accounts-complete',
        'demijohn/007-journal',
        'demijohn/008-identities',
        'demijohn/009-tokens',
        'demijohn/010-idempotency',
        'site/001-a',
      ],
    )
    clock.advance(1000)
    const grown = [demijohnMigrations, site('001-a', '002-b')]
    assert.deepEqual(await migrate(db, grown, { clock }), [{ setName: 'site', id: '002-b' }])
    assert.deepEqual(await migrate(db, grown, { clock }), [])
    assert.deepEqual(await tablesOf(db), ['001_a', '002_b'])
  })
})

test('status tells applied from missing and writes nothing', async () => {
  await inMemory(async (db) => {
    assert.deepEqual(await migrationStatus(db, [site('001-a')]), [
      { setName: 'site', id: '001-a', appliedAt: null },
    ])
    assert.deepEqual(await db.introspection.getTables(), [])
    await migrate(db, [site('001-a')], { clock: manualClock(42) })
    assert.deepEqual(await migrationStatus(db, [site('001-a', '002-b')]), [
      { setName: 'site', id: '001-a', appliedAt: 42 },
      { setName: 'site', id: '002-b', appliedAt: null },
    ])
  })
})

test('down undoes the last one applied, whatever its set, one step at a time', async () => {
  await inMemory(async (db) => {
    const other: MigrationSet = { name: 'other', migrations: [making('001-x')] }
    await migrate(db, [other, site('001-a')], { clock })
    const grown: MigrationSet = { name: 'other', migrations: [making('001-x'), making('002-y')] }
    const sets = [grown, site('001-a')]
    await migrate(db, sets, { clock })
    assert.deepEqual(await rollBackOne(db, sets), { setName: 'other', id: '002-y' })
    assert.deepEqual(await rollBackOne(db, sets, 'other'), { setName: 'other', id: '001-x' })
    assert.equal(await rollBackOne(db, sets, 'other'), undefined)
    assert.deepEqual(await rollBackOne(db, sets), { setName: 'site', id: '001-a' })
    assert.equal(await rollBackOne(db, sets), undefined)
    assert.deepEqual(await tablesOf(db), [])
    await assert.rejects(rollBackOne(db, sets, 'nobody'), Misconfiguration)
  })
})

test('the library goes all the way down and up again', async () => {
  await inMemory(async (db) => {
    await migrate(db, [demijohnMigrations], { clock })
    while ((await rollBackOne(db, [demijohnMigrations])) !== undefined);
    assert.deepEqual(
      (await db.introspection.getTables()).map((table) => table.name),
      ['demijohn_migrations'],
    )
    assert.equal((await migrate(db, [demijohnMigrations], { clock })).length, 10)
  })
})

const refused: readonly {
  name: string
  before: readonly MigrationSet[]
  now: readonly MigrationSet[]
  says: RegExp
}[] = [
  {
    name: 'a database newer than the code',
    before: [site('001-a', '002-b')],
    now: [site('001-a')],
    says: /newer than the code/,
  },
  {
    name: 'an order that has changed',
    before: [site('001-a', '002-b')],
    now: [site('002-b', '001-a')],
    says: /order/,
  },
  {
    name: 'one put before those applied',
    before: [site('001-a')],
    now: [site('000-z', '001-a')],
    says: /order/,
  },
  { name: 'an id used twice', before: [], now: [site('001-a', '001-a')], says: /twice/ },
  {
    name: 'a set name used twice',
    before: [],
    now: [site('001-a'), site('002-b')],
    says: /Two migration sets/,
  },
  { name: 'a name that is none', before: [], now: [site('001 A')], says: /no name/ },
]

for (const { name, before, now, says } of refused) {
  test(`refused before anything runs: ${name}`, async () => {
    await inMemory(async (db) => {
      await migrate(db, before, { clock })
      const tables = await tablesOf(db)
      const extended = [{ name: 'unrelated', migrations: [making('001-new')] }, ...now]
      for (const act of [
        () => migrate(db, extended, { clock }),
        () => migrationStatus(db, extended),
        () => rollBackOne(db, extended),
      ]) {
        await assert.rejects(act, (error) => {
          assert.ok(error instanceof Misconfiguration)
          assert.match(error.message, says)
          return true
        })
      }
      assert.deepEqual(await tablesOf(db), tables)
    })
  })
}

test('a migration that fails leaves neither table nor history, and those before it stay', async () => {
  await inMemory(async (db) => {
    const breaks: Migration = {
      ...making('002-b'),
      up: async (trx) => {
        await making('002-b').up(trx)
        throw new Error('the reason')
      },
    }
    const set = { name: 'site', migrations: [making('001-a'), breaks, making('003-c')] }
    await assert.rejects(migrate(db, [set], { clock }), /site\/002-b.*the reason/)
    assert.deepEqual(await tablesOf(db), ['001_a'])
    const fixed = site('001-a', '002-b', '003-c')
    assert.equal((await migrate(db, [fixed], { clock })).length, 2)
  })
})

test('an undo that fails leaves table and history', async () => {
  await inMemory(async (db) => {
    await migrate(db, [site('001-a')], { clock })
    const stuck: Migration = {
      ...making('001-a'),
      down: async (trx) => {
        await making('001-a').down(trx)
        throw new Error('the reason')
      },
    }
    await assert.rejects(rollBackOne(db, [{ name: 'site', migrations: [stuck] }]), /the reason/)
    assert.deepEqual(await tablesOf(db), ['001_a'])
    assert.deepEqual(await migrate(db, [site('001-a')], { clock }), [])
  })
})

const racer = `
import { openSqlite } from ${JSON.stringify(new URL('./sqlite.ts', import.meta.url).href)}
import { migrate } from ${JSON.stringify(new URL('./migrations.ts', import.meta.url).href)}
import { demijohnMigrations } from ${JSON.stringify(new URL('./tableMigrations.ts', import.meta.url).href)}
const { db, close } = openSqlite({ path: process.argv[1] })
const done = await migrate(db, [demijohnMigrations], { clock: { now: Date.now } })
await close()
console.log(done.length)
`

function race(path: string): Promise<number> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', racer, '--', path], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.on('data', (chunk) => {
    printed += String(chunk)
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) =>
      code === 0 ? resolve(Number(printed)) : reject(new Error(`exit ${code}`)),
    )
  })
}

test('two that have both read an empty history apply each migration once', async () => {
  await inMemory(async (db) => {
    const sets = [site('001-a', '002-b')]
    const done = await Promise.all([migrate(db, sets, { clock }), migrate(db, sets, { clock })])
    assert.deepEqual(
      done
        .flat()
        .map((applied) => applied.id)
        .sort(),
      ['001-a', '002-b'],
    )
  })
})

test('four processes migrating one new file apply each migration once', async () => {
  const path = join(folder, 'raced.sqlite')
  const counts = await Promise.all([race(path), race(path), race(path), race(path)])
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    demijohnMigrations.migrations.length,
  )
})

const account = {
  id: 'a',
  email: 'Ada@example.test',
  emailKey: 'ada@example.test',
  name: 'Ada',
  passwordHash: null,
  role: 'editor',
  suspendedAt: null,
  createdAt: 1,
  passwordChangedAt: null,
}

test('an account takes its sessions and tickets with it', async () => {
  await inMemory(async (db) => {
    await migrate(db, [demijohnMigrations], { clock })
    await db.insertInto('demijohn_accounts').values(account).execute()
    const session = {
      accountId: 'a',
      createdAt: 1,
      authenticatedAt: 1,
      lastSeenAt: 1,
      expiresAt: 2,
      userAgent: '',
      clientAddress: '',
      notice: null,
    }
    await db
      .insertInto('demijohn_sessions')
      .values({ id: 's', ...session })
      .execute()
    const ticket = { id: 't', purpose: 'reset', createdAt: 1, expiresAt: 2, usedAt: null }
    await db
      .insertInto('demijohn_tickets')
      .values([
        { ...ticket, accountId: 'a' },
        { ...ticket, id: 'u', accountId: null },
      ])
      .execute()
    await assert.rejects(
      db
        .insertInto('demijohn_sessions')
        .values({ id: 'x', ...session, accountId: 'nobody' })
        .execute(),
      /FOREIGN KEY/,
    )
    await db.deleteFrom('demijohn_accounts').execute()
    assert.deepEqual(await db.selectFrom('demijohn_sessions').selectAll().execute(), [])
    assert.deepEqual(
      (await db.selectFrom('demijohn_tickets').select('id').execute()).map((row) => row.id),
      ['u'],
    )
  })
})

test('two accounts cannot share an address, and the revision of sessions stands at 0', async () => {
  await inMemory(async (db) => {
    await migrate(db, [demijohnMigrations], { clock })
    await db.insertInto('demijohn_accounts').values(account).execute()
    await assert.rejects(
      db
        .insertInto('demijohn_accounts')
        .values({ ...account, id: 'b' })
        .execute(),
      /UNIQUE/,
    )
    const { rows } = await sql`select name, revision from demijohn_revisions`.execute(db)
    assert.deepEqual(
      rows.map((row) => Object.entries(Object(row))),
      [
        [
          ['name', 'sessions'],
          ['revision', 0],
        ],
      ],
    )
  })
})
