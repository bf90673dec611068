/** The statements of the throttle. Writes are conditional: none overwrites a count it has not seen. */

import type { Kysely } from 'kysely'
import { sha256Hex } from '../../core/bytes.ts'
import type { DemijohnTables } from '../../data/tables.ts'
import type { Counted } from './decide.ts'
import type { ThrottleKey } from './keys.ts'
import type { ThrottleKind } from './options.ts'

type Database = Kysely<DemijohnTables>

export type Found = {
  readonly kind: ThrottleKind
  /** The row that the try is counted in. */
  readonly key: string
  readonly stored: Counted | undefined
}

export type Count = {
  readonly kind: ThrottleKind
  readonly key: string
  readonly before: Counted | undefined
  readonly after: Counted
}

/** The counts of the keys; in a full table those that have no row are looked up where they share one. */
export async function readCounts(
  db: Database,
  keys: readonly ThrottleKey[],
  isFull: boolean,
): Promise<readonly Found[]> {
  const own = await readRows(
    db,
    keys.map(({ id }) => id),
  )
  const places = keys.map(({ kind, id }) => ({
    kind,
    key: isFull && !own.has(id) ? sharedKey(kind, id) : id,
  }))
  const shared = places.map(({ key }) => key).filter((key) => !own.has(key))
  const others = isFull && shared.length > 0 ? await readRows(db, shared) : own
  return places.map(({ kind, key }) => ({ kind, key, stored: own.get(key) ?? others.get(key) }))
}

async function readRows(
  db: Database,
  keys: readonly string[],
): Promise<ReadonlyMap<string, Counted>> {
  const found = await db
    .selectFrom('demijohn_throttles')
    .selectAll()
    .where('key', 'in', keys)
    .execute()
  return new Map(found.map(({ key, ...stored }) => [key, stored]))
}

/** Kinds that anybody can make rows of, without a password and without having signed in. */
const anybodys: ReadonlySet<ThrottleKind> = new Set(['account', 'client'])

/** Three digits of hexadecimal make 4,096 rows; the id is a hash, so nobody picks whom to share with. */
function sharedKey(kind: ThrottleKind, id: string): string {
  return anybodys.has(kind) ? sha256Hex(JSON.stringify(['shared', kind, id.slice(0, 3)])) : id
}

export class CountsMoved extends Error {
  override readonly name = 'CountsMoved'
}

/** Every count or, by throwing `CountsMoved`, none: somebody else has written one since it was read. */
export async function writeCounts(db: Database, counts: readonly Count[]): Promise<void> {
  for (const count of counts) {
    if (!(await writeCount(db, count))) throw new CountsMoved()
  }
}

async function writeCount(db: Database, { key, before, after }: Count): Promise<boolean> {
  if (before === undefined) {
    const { numInsertedOrUpdatedRows } = await db
      .insertInto('demijohn_throttles')
      .values({ key, ...after })
      .onConflict((conflict) => conflict.column('key').doNothing())
      .executeTakeFirstOrThrow()
    return numInsertedOrUpdatedRows === 1n
  }
  return replaceCount(db, key, before, after)
}

async function replaceCount(
  db: Database,
  key: string,
  from: Counted,
  to: Counted,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('demijohn_throttles')
    .set(to)
    .where('key', '=', key)
    .where('failures', '=', from.failures)
    .where('lastFailureAt', '=', from.lastFailureAt)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

export async function forget(db: Database, { key }: Count): Promise<void> {
  await db.deleteFrom('demijohn_throttles').where('key', '=', key).execute()
}

/** As if the try had not been; where others were counted meanwhile, one less. */
export async function giveBack(db: Database, { key, before, after }: Count): Promise<void> {
  if (before !== undefined && (await replaceCount(db, key, after, before))) return
  if (before === undefined && (await removeCount(db, key, after))) return
  await db
    .updateTable('demijohn_throttles')
    .set((is) => ({ failures: is('failures', '-', 1) }))
    .where('key', '=', key)
    .where('failures', '>', 0)
    .execute()
}

async function removeCount(db: Database, key: string, at: Counted): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('demijohn_throttles')
    .where('key', '=', key)
    .where('failures', '=', at.failures)
    .where('lastFailureAt', '=', at.lastFailureAt)
    .executeTakeFirstOrThrow()
  return numDeletedRows === 1n
}

export async function countAll(db: Database): Promise<number> {
  const { rows } = await db
    .selectFrom('demijohn_throttles')
    .select((is) => is.fn.countAll().as('rows'))
    .executeTakeFirstOrThrow()
  return Number(rows)
}

export async function deleteBefore(db: Database, moment: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('demijohn_throttles')
    .where('lastFailureAt', '<=', moment)
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}
