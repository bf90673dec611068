/**
 * What is stored of an authenticator app: one an account.
 *
 * Stops: a code that is taken twice, for its step is written down by one conditional write, so of
 * any number at once one succeeds (ASVS 6.5.1); a copy of the database that makes codes, for the
 * secret is sealed; an app that counts before it has shown a right code, and so locks its owner out;
 * one person's secret in another's row; a secret that waits for its first code being read off by
 * another session, which may be an intruder's: it is bound to the one that began it. A factor can be taken back (ASVS 6.5.6), but never the last
 * one of somebody whose role demands one.
 *
 * Does not stop guessing: count the tries before calling `useTotp`.
 */
import { systemRandom } from '../../../core/bytes.ts'
import { decodeBase32, encodeBase32 } from '../../../defences/factors/base32.ts'
import { decideCode } from '../../../defences/factors/decide.ts'
import { newTotpSecret } from '../../../defences/factors/oneTimeCodes.ts'
import { voidRecoveryCodes } from './recoveryCodes.ts'
import {
  type FactorReader,
  type FactorStore,
  hasPasskey,
  inTransaction,
  raiseRevision,
} from './store.ts'

const purpose = 'totp'

/** How long a secret waits for its first code. */
export const enrolmentMinutes = 30

type Typed = { readonly accountId: string; readonly typed: string }

/**
 * Makes a secret that waits for its first code, in place of one that waited already. An app that is
 * in use stays in use until then, so that a new telephone never leaves an account with nothing.
 */
export function beginTotp(store: FactorStore, accountId: string): Promise<void> {
  return inTransaction(store, async (inside) => {
    const { clock, random = systemRandom, sessionId } = inside
    const row = await findRow(inside, accountId)
    const inUse = row === undefined ? '' : open(inside, accountId, row.secret).inUse
    const next = encodeBase32(newTotpSecret(random))
    const written = {
      secret: close(inside, accountId, { inUse, next, by: sessionId ?? '' }),
      createdAt: clock.now(),
    }
    await inside.db
      .insertInto('demijohn_totp')
      .values({ accountId, ...written, confirmedAt: null, lastStep: null })
      .onConflict((conflict) => conflict.column('accountId').doUpdateSet(written))
      .execute()
  })
}

/** The secret that waits for its first code, for the session that began it; undefined for others. */
export async function pendingTotp(
  store: FactorReader,
  accountId: string,
): Promise<Buffer | undefined> {
  const row = await findRow(store, accountId)
  return row === undefined ? undefined : pendingOf(store, accountId, row)
}

/** Since when an app is in use, in UTC milliseconds; undefined when none is. */
export async function findTotp(
  { db }: Pick<FactorReader, 'db'>,
  accountId: string,
): Promise<{ readonly since: number } | undefined> {
  const row = await db
    .selectFrom('demijohn_totp')
    .select('confirmedAt')
    .where('accountId', '=', accountId)
    .executeTakeFirst()
  return row?.confirmedAt == null ? undefined : { since: row.confirmedAt }
}

type FirstCode = { readonly row: Row; readonly secret: Buffer; readonly step: number }

/** Whether `confirmTotp` would put the waiting secret to use now. `over`: none waits any longer. */
export async function checkFirstCode(
  store: FactorReader,
  { accountId, typed }: Typed,
): Promise<FirstCode | 'wrong' | 'over'> {
  const row = await findRow(store, accountId)
  const secret = row && pendingOf(store, accountId, row)
  if (row === undefined || secret === undefined) return 'over'
  const decision = decideCode({ secret, typed, now: store.clock.now(), lastStep: null })
  return decision.allowed ? { row, secret, step: decision.step } : 'wrong'
}

/**
 * Puts the waiting secret to use, on its first right code. The caller ends the other sessions in the
 * same transaction.
 */
export function confirmTotp(
  store: FactorStore,
  typed: Typed,
): Promise<'confirmed' | 'wrong' | 'over'> {
  return inTransaction(store, async (inside) => {
    const { accountId } = typed
    const first = await checkFirstCode(inside, typed)
    if (typeof first === 'string') return first
    const inUse = encodeBase32(first.secret)
    const { numUpdatedRows } = await inside.db
      .updateTable('demijohn_totp')
      .set({
        secret: close(inside, accountId, { inUse, next: '', by: '' }),
        confirmedAt: inside.clock.now(),
        lastStep: first.step,
      })
      .where('accountId', '=', accountId)
      .where('secret', '=', first.row.secret)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows !== 1n) return 'over'
    await raiseRevision(inside, accountId)
    return 'confirmed'
  })
}

/** Takes a code, once. `used`: it was taken before, or a later one was. */
export async function useTotp(
  store: FactorStore,
  { accountId, typed }: Typed,
): Promise<'taken' | 'wrong' | 'used'> {
  const { db, clock } = store
  const row = await findRow(store, accountId)
  if (row === undefined || row.confirmedAt === null) return 'wrong'
  const secret = decodeBase32(openOrThrow(store, accountId, row.secret).inUse)
  if (secret === undefined) return 'wrong'
  const decision = decideCode({ secret, typed, now: clock.now(), lastStep: row.lastStep })
  if (!decision.allowed) return decision.reason
  const { step } = decision
  const { numUpdatedRows } = await db
    .updateTable('demijohn_totp')
    .set({ lastStep: step })
    .where('accountId', '=', accountId)
    // Another app, put to use meanwhile, has another secret.
    .where('confirmedAt', '=', row.confirmedAt)
    .where((is) => is.or([is('lastStep', 'is', null), is('lastStep', '<', step)]))
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n ? 'taken' : 'used'
}

/**
 * Takes an account's app back. `mustKeep: 'one'` is for somebody whose role demands a second factor:
 * `last` says that this was it, and nothing is changed. Where no factor is left, the recovery codes
 * go as well, for nothing asks for them.
 */
export function removeTotp(
  store: FactorStore,
  { accountId, mustKeep }: { readonly accountId: string; readonly mustKeep: 'one' | 'none' },
): Promise<'removed' | 'last' | 'none'> {
  return inTransaction(store, async (inside) => {
    const { db } = inside
    if ((await findTotp(inside, accountId)) === undefined) return 'none'
    const another = await hasPasskey(inside, accountId)
    if (!another && mustKeep === 'one') return 'last'
    await db.deleteFrom('demijohn_totp').where('accountId', '=', accountId).execute()
    if (!another) await voidRecoveryCodes(inside, accountId)
    await raiseRevision(inside, accountId)
    return 'removed'
  })
}

type Row = {
  readonly secret: string
  readonly createdAt: number
  readonly confirmedAt: number | null
  readonly lastStep: number | null
}

function findRow({ db }: FactorReader, accountId: string): Promise<Row | undefined> {
  return db
    .selectFrom('demijohn_totp')
    .select(['secret', 'createdAt', 'confirmedAt', 'lastStep'])
    .where('accountId', '=', accountId)
    .executeTakeFirst()
}

function pendingOf(store: FactorReader, accountId: string, row: Row): Buffer | undefined {
  if (store.clock.now() >= row.createdAt + enrolmentMinutes * 60_000) return undefined
  const { next, by } = open(store, accountId, row.secret)
  return next === '' || by !== store.sessionId ? undefined : decodeBase32(next)
}

/**
 * Both in base32, and the session that began the next one; empty for none. They are sealed as one,
 * for the table has one column.
 */
type Secrets = { readonly inUse: string; readonly next: string; readonly by: string }

function close({ sealed }: FactorStore, accountId: string, { inUse, next, by }: Secrets): string {
  return sealed.seal(purpose, accountId, `${inUse}.${next}.${by}`)
}

/** A lost key must not keep somebody who came in by a recovery code from setting up another app. */
function open({ sealed }: FactorReader, accountId: string, secret: string): Secrets {
  const parts = (sealed.unseal(purpose, accountId, secret) ?? '').split('.')
  const [inUse = '', next = '', by = ''] = parts
  return { inUse, next, by }
}

function openOrThrow(store: FactorReader, accountId: string, secret: string): Secrets {
  const opened = open(store, accountId, secret)
  if (opened.inUse !== '') return opened
  throw new Error('the secret of an authenticator app does not open: is a key missing from KEYS?')
}
