/** Bans that processes share, in the database and in Redis: one contract, and what a failure comes to. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { manualClock } from '../../src/core/clock.ts'
import type { Journal } from '../../src/core/journal.ts'
import { databaseJournal, sweepJournal } from '../../src/data/journal.ts'
import { migrate } from '../../src/data/migrations.ts'
import { openSqlite } from '../../src/data/sqlite.ts'
import { demijohnMigrations } from '../../src/data/tableMigrations.ts'
import type { DemijohnTables } from '../../src/data/tables.ts'
import { redisLimits } from '../../src/defences/limits/redisClient.ts'
import { redisJournal } from '../../src/defences/limits/redisJournal.ts'
import { memoryBanStore } from '../../src/defences/sentinel/bans.ts'
import { type SharedBansChange, sharedBanStore } from '../../src/defences/sentinel/sharedBans.ts'
import { connected, type RedisServer, startRedis, withoutRedis } from '../redis/redisFixture.ts'
import { banContract, banOf } from './banContract.ts'

const day = 24 * 60 * 60_000
const start = banOf('x').from

function storeOn(journal: Journal, changes: SharedBansChange['kind'][] = []) {
  const local = memoryBanStore({ mostBans: 1_000, memoryMilliseconds: day })
  return sharedBanStore({ journal, local, onChange: ({ kind }) => changes.push(kind) })
}

async function database() {
  const clock = manualClock(start)
  const { db, close } = openSqlite<DemijohnTables>({ path: ':memory:' })
  await migrate(db, [demijohnMigrations], { clock })
  return { db, clock, close, journal: databaseJournal({ db, clock }, 'bans') }
}

banContract('in the database', async () => {
  const { journal, close } = await database()
  return { store: storeOn(journal), close }
})

let server: RedisServer | undefined
let keys = 0
before(async () => {
  if (withoutRedis === false) server = await startRedis()
})
after(() => server?.close())

async function redis() {
  assert.ok(server)
  keys += 1
  const shared = redisLimits({ url: server.url, prefix: `contract:${keys}:` })
  await connected(shared)
  const journal = shared.journal?.('bans')
  assert.ok(journal)
  return { journal, close: shared.close }
}

if (withoutRedis === false) {
  banContract('in Redis', async () => {
    const { journal, close } = await redis()
    return { store: storeOn(journal), close }
  })
} else test('bans, in Redis: the contract', { skip: withoutRedis }, () => undefined)

const places: Readonly<
  Record<string, () => Promise<{ journal: Journal; close: () => Promise<void> }>>
> = { 'in the database': database, 'in Redis': redis }

for (const [name, open] of Object.entries(places)) {
  const skip = name === 'in Redis' ? withoutRedis : false

  test(`bans, ${name}: what one process decides holds in the others, with its evidence`, {
    skip,
  }, async () => {
    const { journal, close } = await open()
    const [one, other] = [storeOn(journal), storeOn(journal)]
    const ban = banOf('192.0.2.1')
    await one.place(ban)
    assert.equal(other.find(ban.client, start), undefined)
    await other.refresh()
    assert.deepEqual(other.find(ban.client, start), ban)
    const lifted: string[] = []
    one.whenLifted?.((client) => lifted.push(client))
    assert.equal(await other.lift(ban.client), true)
    assert.ok(one.find(ban.client, start), 'not before it reads on')
    await one.refresh()
    assert.equal(one.find(ban.client, start), undefined)
    assert.deepEqual(lifted, [ban.client])
    await close()
  })

  test(`bans, ${name}: a process that starts later knows those of before`, { skip }, async () => {
    const { journal, close } = await open()
    const bans = Array.from({ length: 1_500 }, (_, at) => banOf(`10.0.${at >> 8}.${at & 255}`))
    for (const ban of bans) await journal.append(JSON.stringify({ placed: ban }))
    const local = memoryBanStore({ mostBans: 10_000, memoryMilliseconds: day })
    const late = sharedBanStore({ journal, local, onChange: () => undefined })
    await late.sync()
    assert.equal(local.size(), 1_500)
    assert.equal((await late.list(start)).length, 1_500)
    await close()
  })

  test(`bans, ${name}: what is no ban keeps nobody out`, { skip }, async () => {
    const { journal, close } = await open()
    const good = banOf('192.0.2.9')
    const bad: readonly unknown[] = [
      ...[null, 1, 'x', [], {}, { placed: null }, { placed: [] }, { lifted: 1 }, { lifted: '<b>' }],
      ...[
        { ...good, client: 'everybody' },
        { ...good, client: '' },
        { ...good, client: 5 },
      ],
      ...[
        { ...good, until: good.from },
        { ...good, until: Number.MAX_SAFE_INTEGER },
      ],
      ...[
        { ...good, until: '9' },
        { ...good, from: null },
        { ...good, earlier: -1 },
      ],
      ...[
        { ...good, evidence: {} },
        { ...good, evidence: { detector: '\u001b[2J', threat: '' } },
      ],
    ].map((entry) =>
      typeof entry === 'object' && entry && 'client' in entry ? { placed: entry } : entry,
    )
    for (const entry of bad) await journal.append(JSON.stringify(entry))
    for (const text of ['', '{', 'null', '\u0000']) await journal.append(text)
    const store = storeOn(journal)
    await store.sync()
    assert.deepEqual(await store.list(start), [])
    await store.place(good)
    assert.deepEqual(await storeOn(journal).list(start), [good])
    await close()
  })
}

test('bans, shared: while the store is away all goes on here, and is told when it is back', async () => {
  const texts: string[] = []
  let isAway = true
  const answer = async <T>(value: () => T): Promise<T> => {
    if (isAway) throw new Error('connection refused')
    return value()
  }
  const journal: Journal = {
    append: (text) => answer(() => void texts.push(text)),
    readAfter: (mark) =>
      answer(() => ({ texts: texts.slice(Number(mark ?? 0)), mark: String(texts.length) })),
  }
  const changes: SharedBansChange['kind'][] = []
  const one = storeOn(journal, changes)
  const ban = banOf('192.0.2.1')
  await assert.rejects(async () => one.place(ban), /connection refused/)
  assert.deepEqual(one.find(ban.client, start), ban, 'it holds here')
  for (let count = 0; count < 5; count += 1) await one.refresh()
  assert.deepEqual(changes, ['failed'], 'a failure is told once')
  await assert.rejects(async () => one.list(start), /connection refused/)
  isAway = false
  await one.refresh()
  assert.deepEqual(changes, ['failed', 'recovered'])
  const other = storeOn(journal)
  await other.sync()
  assert.deepEqual(other.find(ban.client, start), ban, 'and is told to others')
  assert.equal(texts.length, 1, 'once')
})

test('bans, shared: what could not be told is bounded', async () => {
  const journal: Journal = {
    append: () => Promise.reject(new Error('away')),
    readAfter: () => Promise.reject(new Error('away')),
  }
  const local = memoryBanStore({ mostBans: 10, memoryMilliseconds: day })
  const store = sharedBanStore({ journal, local, onChange: () => undefined })
  for (let at = 0; at < 2_000; at += 1) {
    await assert.rejects(async () => store.place(banOf(`10.0.${at >> 8}.${at & 255}`)))
  }
  assert.equal(local.size(), 10)
})

test('bans, in Redis: stopped and started while clients are banned', {
  skip: withoutRedis,
  timeout: 60_000,
}, async () => {
  const own = await startRedis()
  const shared = [redisLimits({ url: own.url }), redisLimits({ url: own.url })] as const
  for (const one of shared) await connected(one)
  const journals = shared.map((one) => one.journal?.('bans'))
  const [one, other] = journals.map((journal) => storeOn(journal ?? assert.fail()))
  assert.ok(one && other)
  await one.place(banOf('192.0.2.1'))
  await other.refresh()
  await own.stop()
  await assert.rejects(async () => one.place(banOf('192.0.2.2')))
  await other.refresh()
  for (const store of [one, other]) assert.ok(store.find('192.0.2.1', start), 'both go on')
  assert.ok(one.find('192.0.2.2', start))
  await own.start()
  for (const each of shared) await connected(each)
  await one.sync()
  await other.sync()
  assert.ok(other.find('192.0.2.2', start), 'what was decided meanwhile is told')
  assert.ok(other.find('192.0.2.1', start))
  for (const each of shared) await each.close()
  await own.close()
})

test('bans, in Redis: an answer that is none is a failure, and the stream ends by itself', {
  skip: withoutRedis,
}, async () => {
  for (const reply of [null, 'OK', [['1-1']], [[1, ['text', 'x']]], [['1-1', ['text']]]]) {
    const journal = redisJournal({ command: async () => reply, key: 'x' })
    await assert.rejects(journal.readAfter(undefined), TypeError, JSON.stringify(reply))
  }
  const commands: (readonly string[])[] = []
  const journal = redisJournal({
    command: async (args) => void commands.push(args),
    key: 'x',
  })
  await journal.append('text')
  assert.deepEqual(
    commands.map(([name]) => name),
    ['XADD', 'PEXPIRE'],
  )
  assert.equal(Number(commands[1]?.[2]), 8 * day)
})

test('journal: what is old is swept, an id is never given twice, and another name is another journal', async () => {
  const { db, clock, journal, close } = await database()
  await journal.append('old')
  await databaseJournal({ db, clock }, 'other').append('elsewhere')
  const { mark } = await journal.readAfter(undefined)
  clock.advance(8 * day)
  assert.equal(await sweepJournal({ db, clock }), 2)
  assert.deepEqual(await journal.readAfter(mark), { texts: [], mark })
  await journal.append('new')
  assert.deepEqual((await journal.readAfter(mark)).texts, ['new'])
  assert.equal(await sweepJournal({ db, clock }), 0)
  await close()
})
