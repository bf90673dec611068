import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { systemRandom } from '../../core/bytes.ts'
import { manualClock } from '../../core/clock.ts'
import { isRefusal } from '../../core/refusals.ts'
import { seal, unseal } from '../../core/seal.ts'
import { migrate } from '../../data/migrations.ts'
import { openSqlite } from '../../data/sqlite.ts'
import { demijohnMigrations } from '../../data/tableMigrations.ts'
import type { DemijohnTables } from '../../data/tables.ts'
import type { KeptAnswer, Sealing } from './answer.ts'
import {
  type Claim,
  claim,
  type IdempotencyStore,
  type KeyedRequest,
  settle,
  sweepIdempotency,
} from './store.ts'

const start = Date.UTC(2026, 0, 1)
const day = 86_400_000

function sealingWith(key: Buffer): Sealing {
  return {
    seal: (id, text) => seal([key], systemRandom, { id, text }),
    unseal: (id, sealed) => unseal([key], { id, sealed }),
  }
}

async function open(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'demijohn-idempotency-'))
  const path = join(folder, 'test.sqlite')
  const clock = manualClock(start)
  const sealing = sealingWith(Buffer.alloc(32, 7))
  const closing: (() => Promise<void>)[] = []
  t.after(async () => {
    for (const close of closing) await close()
    rmSync(folder, { recursive: true })
  })
  const connect = (): IdempotencyStore => {
    const { db, close } = openSqlite<DemijohnTables>({ path })
    closing.push(close)
    return { db, clock, sealing }
  }
  const store = connect()
  await migrate(store.db, [demijohnMigrations], { clock })
  const rows = () => store.db.selectFrom('demijohn_idempotency').selectAll().execute()
  return { store, clock, rows, anotherProcess: connect }
}

const request = (changes: Partial<KeyedRequest> = {}): KeyedRequest => ({
  principal: 'ann',
  accountId: null,
  route: 'POST /api/v1/posts',
  key: 'k',
  fingerprint: 'f',
  ...changes,
})

const created: KeptAnswer = {
  status: 201,
  headers: { location: '/api/v1/posts/7', etag: '"7"', 'content-type': 'application/json' },
  body: '{"id":"7","title":"\u00e9\u{1f600}"}',
}

/** What a caller is told: `run`, the kept answer, or the code of the refusal. */
async function ask(store: IdempotencyStore, asked = request()): Promise<string | KeptAnswer> {
  const outcome = await claim(store, asked)
  if (isRefusal(outcome)) return outcome.code
  return outcome.kind === 'run' ? 'run' : outcome.answer
}

async function take(store: IdempotencyStore, asked = request()): Promise<Claim> {
  const outcome = await claim(store, asked)
  if (isRefusal(outcome) || outcome.kind !== 'run') assert.fail('it does not run')
  return outcome
}

test('[asvs 15.4.2] idempotency store: of twenty at once, in two processes, exactly one runs', async (t) => {
  const { store, anotherProcess } = await open(t)
  const other = anotherProcess()
  for (const key of ['a', 'b', 'c']) {
    let ran = 0
    const handle = async (at: number): Promise<string | KeptAnswer> => {
      const outcome = await claim(at % 2 === 0 ? store : other, request({ key }))
      if (isRefusal(outcome)) return outcome.code
      if (outcome.kind === 'replay') return outcome.answer
      ran += 1
      return 'run'
    }
    const all = await Promise.all(Array.from({ length: 20 }, (_, at) => handle(at)))
    assert.equal(ran, 1)
    assert.equal(all.filter((one) => one === 'idempotency.in-progress').length, 19)
  }
})

test('idempotency store: what was done is answered again as it was, and does not run', async (t) => {
  const { store, clock, anotherProcess } = await open(t)
  await settle(store, await take(store), created)
  clock.advance(day - 1)
  assert.deepEqual(await ask(store), created)
  // After a restart, too.
  assert.deepEqual(await ask(anotherProcess()), created)
  clock.advance(1)
  assert.equal(await ask(store), 'run')
})

test('idempotency store: only Location, ETag and Content-Type are kept of the fields', async (t) => {
  const { store } = await open(t)
  const headers = {
    ...created.headers,
    'set-cookie': 'a=1',
    'x-request-id': 'r',
    ratelimit: '"a";r=1',
    'dpop-nonce': 'n',
  }
  await settle(store, await take(store), { ...created, headers })
  assert.deepEqual(await ask(store), created)
})

for (const status of [400, 403, 404, 409, 412, 422, 429, 500, 503]) {
  test(`idempotency store: after ${status} the same request may be tried again`, async (t) => {
    const { store, rows } = await open(t)
    await settle(store, await take(store), { status, headers: {}, body: '{}' })
    assert.deepEqual(await rows(), [])
    assert.equal(await ask(store), 'run')
  })
}

test('idempotency store: where the handler threw the key is free again', async (t) => {
  const { store } = await open(t)
  await settle(store, await take(store), undefined)
  assert.equal(await ask(store), 'run')
})

test('[asvs 16.5.3] idempotency store: what a crash left behind is not run again', async (t) => {
  const { store, clock, anotherProcess } = await open(t)
  await take(store)
  const restarted = anotherProcess()
  assert.equal(await ask(restarted), 'idempotency.in-progress')
  clock.advance(60_000)
  assert.equal(await ask(restarted), 'idempotency.outcome-unknown')
  clock.advance(day - 60_001)
  assert.equal(await ask(restarted), 'idempotency.outcome-unknown')
})

test('[asvs 16.5.3] idempotency store: a database that fails lets nothing run', async (t) => {
  const { store } = await open(t)
  await store.db.schema.dropTable('demijohn_idempotency').execute()
  await assert.rejects(claim(store, request()))
})

test('idempotency store: another request under the same key is told so, and changes nothing', async (t) => {
  const { store, rows } = await open(t)
  await settle(store, await take(store), created)
  const before = await rows()
  assert.equal(await ask(store, request({ fingerprint: 'g' })), 'idempotency.mismatch')
  assert.deepEqual(await rows(), before)
})

test('idempotency store: nobody reaches the key of another principal or of another route', async (t) => {
  const { store } = await open(t)
  await settle(store, await take(store), created)
  for (const other of [{ principal: 'bob' }, { route: 'POST /api/v1/comments' }, { key: 'K' }]) {
    assert.equal(await ask(store, request(other)), 'run')
  }
})

test('[asvs 11.3.2] idempotency store: a copy of the database shows no answer and no key', async (t) => {
  const { store, rows } = await open(t)
  const secret = 'token-that-is-shown-once'
  const asked = request({ key: 'key-that-was-sent', principal: 'person-who-sent-it' })
  await settle(store, await take(store, asked), { status: 201, headers: {}, body: secret })
  const copy = JSON.stringify(await rows())
  assert.doesNotMatch(copy, /token-that|key-that|person-who/)
  // Without the keys that it was sealed with it is lost, and is not run again.
  const otherKeys = { ...store, sealing: sealingWith(Buffer.alloc(32, 8)) }
  assert.equal(await ask(otherKeys, asked), 'idempotency.outcome-unknown')
  assert.deepEqual(await ask(store, asked), { status: 201, headers: {}, body: secret })
})

test('idempotency store: an answer in the row of another key does not open', async (t) => {
  const { store } = await open(t)
  await settle(store, await take(store), created)
  await settle(store, await take(store, request({ key: 'other' })), { ...created, body: 'b' })
  const [first, second] = await store.db
    .selectFrom('demijohn_idempotency')
    .select(['key', 'answer'])
    .execute()
  assert.ok(first && second)
  await store.db
    .updateTable('demijohn_idempotency')
    .set({ answer: first.answer })
    .where('key', '=', second.key)
    .execute()
  const outcomes = [await ask(store), await ask(store, request({ key: 'other' }))]
  assert.equal(outcomes.filter((one) => one === 'idempotency.outcome-unknown').length, 1)
})

test('[asvs 15.2.2] idempotency store: 64 KiB of an answer are kept, more are not', async (t) => {
  const { store, rows } = await open(t)
  const most = { ...created, body: '\u00e9'.repeat(32_768) }
  await settle(store, await take(store), most)
  assert.deepEqual(await ask(store), most)
  const large = request({ key: 'large' })
  await settle(store, await take(store, large), { ...most, body: `${most.body}x` })
  assert.equal(await ask(store, large), 'idempotency.outcome-unknown')
  assert.equal((await rows()).filter(({ answer }) => answer === null).length, 1)
})

test('[asvs 15.2.2] idempotency store: a principal has 1,000 keys in a day, and others have theirs', async (t) => {
  const { store, clock, rows } = await open(t)
  await take(store, request({ key: 'first' }))
  clock.advance(1_500)
  const [made] = await rows()
  assert.ok(made)
  const more = Array.from({ length: 998 }, (_, at) => ({ ...made, key: `row ${at}` }))
  for (let at = 0; at < more.length; at += 100) {
    await store.db
      .insertInto('demijohn_idempotency')
      .values(more.slice(at, at + 100))
      .execute()
  }
  await take(store, request({ key: 'the thousandth' }))
  const refused = await claim(store, request({ key: 'one more' }))
  assert.ok(isRefusal(refused))
  assert.equal(refused.code, 'idempotency.too-many')
  assert.equal(refused.status, 429)
  assert.deepEqual(refused.headers, { 'Retry-After': '86399' })
  assert.equal((await rows()).length, 1_000)
  // Known ones are still answered, and nobody else is kept out.
  assert.equal(await ask(store, request({ key: 'first' })), 'idempotency.in-progress')
  assert.equal(await ask(store, request({ principal: 'bob' })), 'run')
  // Rows that are over count no more, swept or not.
  clock.advance(day - 1_500)
  assert.equal(await ask(store, request({ key: 'one more' })), 'run')
})

test('idempotency store: who is late finds that the key is somebody else’s by now', async (t) => {
  const { store, clock } = await open(t)
  const late = await take(store)
  clock.advance(day)
  const now = await take(store)
  await settle(store, late, undefined)
  await settle(store, late, { ...created, body: 'late' })
  assert.equal(await ask(store), 'idempotency.in-progress')
  await settle(store, now, created)
  await settle(store, now, { ...created, body: 'again' })
  await settle(store, now, undefined)
  assert.deepEqual(await ask(store), created)
})

test('[asvs 14.2.7] idempotency store: the sweep deletes what is over, and only that', async (t) => {
  const { store, clock, rows } = await open(t)
  await settle(store, await take(store, request({ key: 'early' })), created)
  clock.advance(1)
  await take(store, request({ key: 'late' }))
  clock.advance(day - 2)
  assert.equal(await sweepIdempotency(store), 0)
  clock.advance(1)
  assert.equal(await sweepIdempotency(store), 1)
  assert.equal((await rows()).length, 1)
})

test('[asvs 14.2.7] idempotency store: with an account go the answers that it was given', async (t) => {
  const { store, rows } = await open(t)
  const account = { id: 'account', email: 'ann@site.example', emailKey: 'ann@site.example' }
  await store.db
    .insertInto('demijohn_accounts')
    .values({
      ...account,
      ...{ name: 'Ann', passwordHash: null, role: 'member', suspendedAt: null },
      ...{ createdAt: start, passwordChangedAt: null },
    })
    .execute()
  await settle(store, await take(store, request({ accountId: 'account' })), created)
  await take(store, request({ principal: 'outside' }))
  await store.db.deleteFrom('demijohn_accounts').where('id', '=', 'account').execute()
  assert.equal((await rows()).length, 1)
})
