/**
 * Remembers for a day which requests with an Idempotency-Key were run, and what was answered.
 *
 * Of twenty at once one runs: a key is taken by one conditional insert before the handler begins
 * (CWE-362, ASVS 15.4.2). A row that a crash left behind keeps its key taken. Answers are sealed, for
 * one may hold a token that is shown once. A database that fails lets nothing run.
 *
 * The row and what the handler writes are two transactions: a crash between them leaves an outcome
 * that nobody knows, and it is answered so. Bounded by rows for each principal and by the size of an
 * answer.
 */
import type { Kysely } from 'kysely'
import { sha256Hex } from '../../core/bytes.ts'
import type { Clock } from '../../core/clock.ts'
import { type Refusal, refuse } from '../../core/refusals.ts'
import type { DemijohnTables, IdempotencyTable } from '../../data/tables.ts'
import { type KeptAnswer, packAnswer, type Sealing, unpackAnswer } from './answer.ts'
import { decideIdempotency, isFinal } from './decide.ts'
import { storedKey } from './key.ts'

type Database = Kysely<DemijohnTables>

/** Pass what the request has: its database and its moment. Not a transaction. */
export type IdempotencyStore = {
  readonly db: Database
  readonly clock: Clock
  readonly sealing: Sealing
}

/** What a request is known by. */
export type KeyedRequest = {
  readonly principal: string
  /** Its account, with which the rows go; null where it has none here. */
  readonly accountId: string | null
  readonly route: string
  /** As `parseIdempotencyKey` gave it. */
  readonly key: string
  readonly fingerprint: string
}

/** A key that is taken; `settle` says how it went. Never settled: its outcome stays unknown. */
export type Claim = { readonly kind: 'run'; readonly key: string; readonly createdAt: number }
export type Replay = { readonly kind: 'replay'; readonly answer: KeptAnswer }

const keepMilliseconds = 24 * 3_600_000
/** Live rows of one principal. */
const maxKeysPerPrincipal = 1_000

/** Takes the key, or says what is to be answered instead. Rejects when the database does. */
export async function claim(
  store: IdempotencyStore,
  request: KeyedRequest,
): Promise<Claim | Replay | Refusal> {
  const key = storedKey(request)
  const now = store.clock.now()
  // Outside of a transaction first, so that repetitions do not queue up there.
  const early = judge(store, await readRow(store.db, key), request, now)
  if (early !== 'run') return early
  return store.db.transaction().execute(async (db) => {
    const row = await readRow(db, key)
    const verdict = judge(store, row, request, now)
    if (verdict !== 'run') return verdict
    const full = await checkRoom(db, request, now)
    if (full !== undefined) return full
    if (row !== undefined) await forgetEnded(db, key, now)
    return insert(store, db, request, { key, now })
  })
}

function judge(
  { sealing }: IdempotencyStore,
  row: IdempotencyTable | undefined,
  { fingerprint }: KeyedRequest,
  now: number,
): 'run' | Replay | Refusal {
  const answer = row === undefined ? undefined : unpackAnswer(sealing, row)
  const known = row && { ...row, isKept: answer !== undefined }
  const verdict = decideIdempotency(known, fingerprint, now)
  if (verdict === 'run') return 'run'
  if (verdict !== 'replay') return refusalOf(verdict)
  return answer === undefined ? refusalOf('outcome-unknown') : { kind: 'replay', answer }
}

function refusalOf(reason: 'in-progress' | 'outcome-unknown' | 'mismatch'): Refusal {
  return refuse(
    `idempotency.${reason}`,
    reason === 'in-progress' ? { headers: { 'Retry-After': '1' } } : {},
  )
}

function readRow(db: Database, key: string): Promise<IdempotencyTable | undefined> {
  return db.selectFrom('demijohn_idempotency').selectAll().where('key', '=', key).executeTakeFirst()
}

/** Only if it is still the row that was over: by now another may have taken the key. */
async function forgetEnded(db: Database, key: string, now: number): Promise<void> {
  await db
    .deleteFrom('demijohn_idempotency')
    .where('key', '=', key)
    .where('expiresAt', '<=', now)
    .execute()
}

const ownerOf = ({ principal }: KeyedRequest): string =>
  sha256Hex(JSON.stringify(['owner', principal]))

async function checkRoom(
  db: Database,
  request: KeyedRequest,
  now: number,
): Promise<Refusal | undefined> {
  const { rows, firstEnd } = await db
    .selectFrom('demijohn_idempotency')
    .select((is) => [is.fn.countAll().as('rows'), is.fn.min('expiresAt').as('firstEnd')])
    .where('owner', '=', ownerOf(request))
    .where('expiresAt', '>', now)
    .executeTakeFirstOrThrow()
  if (Number(rows) < maxKeysPerPrincipal) return undefined
  const seconds = Math.max(1, Math.ceil((Number(firstEnd) - now) / 1_000))
  return refuse('idempotency.too-many', { headers: { 'Retry-After': String(seconds) } })
}

async function insert(
  store: IdempotencyStore,
  db: Database,
  request: KeyedRequest,
  { key, now }: { readonly key: string; readonly now: number },
): Promise<Claim | Replay | Refusal> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('demijohn_idempotency')
    .values({
      key,
      owner: ownerOf(request),
      accountId: request.accountId,
      fingerprint: request.fingerprint,
      state: 'running',
      answer: null,
      createdAt: now,
      expiresAt: now + keepMilliseconds,
    })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .executeTakeFirstOrThrow()
  if (numInsertedOrUpdatedRows === 1n) return { kind: 'run', key, createdAt: now }
  // Another was faster, in a database where transactions run beside each other.
  const verdict = judge(store, await readRow(db, key), request, now)
  return verdict === 'run' ? refusalOf('in-progress') : verdict
}

/**
 * Says how it went: an answer that is final is kept, the key of any other is free again, and so it is
 * where the handler threw (`undefined`).
 */
export async function settle(
  { db, sealing }: IdempotencyStore,
  { key, createdAt }: Claim,
  answer: KeptAnswer | undefined,
): Promise<void> {
  if (answer === undefined || !isFinal(answer.status)) {
    await db
      .deleteFrom('demijohn_idempotency')
      .where('key', '=', key)
      .where('createdAt', '=', createdAt)
      .where('state', '=', 'running')
      .execute()
    return
  }
  await db
    .updateTable('demijohn_idempotency')
    .set({ state: 'finished', answer: packAnswer(sealing, key, answer) })
    .where('key', '=', key)
    .where('createdAt', '=', createdAt)
    .where('state', '=', 'running')
    .execute()
}

/** Deletes what is over, and says how many rows (ASVS 14.2.7). */
export async function sweepIdempotency({
  db,
  clock,
}: Pick<IdempotencyStore, 'db' | 'clock'>): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('demijohn_idempotency')
    .where('expiresAt', '<=', clock.now())
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}
