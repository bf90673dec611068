/**
 * The signing keys of a site: rows, of which the newest whose time has come signs.
 *
 * Stops: a key that signs before verifiers can know it (it is published first), tokens that die at a
 * rotation (the old key verifies until the last one is over), a stolen database that can sign (the
 * private half is sealed under the keyring), two first keys where two processes start at once.
 * ASVS 11.2.2, 13.3.4. A key whose seal does not open verifies and signs no more.
 */

import type { Kysely } from 'kysely'
import type { Random } from '../../../core/bytes.ts'
import type { Clock } from '../../../core/clock.ts'
import type { Revocable, RevocableCache } from '../../../core/revocations.ts'
import type { RevisedStore } from '../../../data/revision.ts'
import type { DemijohnTables } from '../../../data/tables.ts'
import type { SigningKeysTable } from '../../../data/tokenTables.ts'
import { readVerificationKey, type VerificationKey } from '../jwk.ts'
import { type KeyOf, keyOfSet } from '../keySet.ts'
import type { SigningAlgorithm } from '../options.ts'
import { generateSigningKey, readSigningKey, type SigningKey } from '../signingKey.ts'

/** AES-256-GCM under the keyring, bound to purpose and row. */
export type Sealing = {
  readonly seal: (purpose: string, id: string, text: string) => string
  readonly unseal: (purpose: string, id: string, sealed: string) => string | undefined
}

export type KeyDeps = {
  readonly db: Kysely<DemijohnTables>
  readonly clock: Clock
  readonly random: Random
  readonly revised: RevisedStore
  readonly sealed: Sealing
  readonly algorithm: SigningAlgorithm
}

const purpose = 'signing key'
const allowed = ['EdDSA', 'ES256', 'RS256', 'HS256'] as const
/** Longer than an access token may live, and clocks may differ: see `accessMinutes`. */
const overlapMilliseconds = 65 * 60_000

export type SigningKeys = {
  /** Signs at this moment. Makes a key where none can. */
  readonly signer: () => Promise<SigningKey>
  /** Which key a header means. `afresh` asks first whether another process has changed anything. */
  readonly verifier: (options?: { readonly afresh: boolean }) => Promise<KeyOf>
  /** Whether there is a key of that name, by one cheap read: forged names are many. */
  readonly isThere: (kid: string) => Promise<boolean>
  /** The public halves of every key that signs, will or did until lately. */
  readonly published: () => Promise<readonly Readonly<Record<string, unknown>>[]>
}

type Known = {
  readonly row: SigningKeysTable
  readonly signing: SigningKey | undefined
  readonly verification: VerificationKey | undefined
}
type Loaded = Revocable & { readonly keys: readonly Known[]; readonly keyOf: KeyOf }

export function createSigningKeys(deps: KeyDeps): SigningKeys {
  const { clock, revised, algorithm } = deps
  // Forgotten when another process has changed anything: a rotation is heard within a second.
  const cache = revised.revocations.cache<Loaded>(2)

  const load = async (afresh = false): Promise<Loaded> => {
    // One number: whoever makes up key ids has no keys read and opened for each.
    if (afresh || !revised.watch.isFresh()) await revised.watch.confirm()
    return cache.get(cacheId) ?? read(deps, cache)
  }
  const isIn = ({ row }: Known): boolean => row.retiredAt === null || row.retiredAt > clock.now()
  const signerOf = ({ keys }: Loaded): SigningKey | undefined =>
    keys.find((one) => isIn(one) && signs(one, algorithm, clock.now()))?.signing

  return Object.freeze({
    signer: async () => {
      const found = signerOf(await load())
      if (found !== undefined) return found
      await makeFirst(deps, signerOf)
      const made = signerOf(await read(deps, cache))
      if (made === undefined) throw new Error('the signing key that was just made cannot be read')
      return made
    },
    verifier: async ({ afresh } = { afresh: false }) => {
      const { keys, keyOf } = await load(afresh)
      const live = new Set(keys.filter(isIn).map(({ row }) => row.id))
      return (kid, alg) => (kid !== undefined && live.has(kid) ? keyOf(kid, alg) : undefined)
    },
    isThere: async (kid) => {
      const found = await deps.db
        .selectFrom('demijohn_signing_keys')
        .select('id')
        .where('id', '=', kid)
        .executeTakeFirst()
      return found !== undefined
    },
    published: async () => {
      const { keys } = await load()
      return keys.filter(isIn).flatMap(({ row }) => publicHalf(row))
    },
  } satisfies SigningKeys)
}

const cacheId = 'signing keys'

async function read(deps: KeyDeps, cache: RevocableCache<Loaded>): Promise<Loaded> {
  const epoch = cache.epoch()
  const keys = (await readKeys(deps.db)).map((row) => known(deps, row))
  const usable = keys.map(({ verification }) => verification).filter((one) => one !== undefined)
  const loaded = Object.freeze({ id: cacheId, accountId: '', keys, keyOf: keyOfSet(usable) })
  cache.put(loaded, epoch)
  return loaded
}

function known({ sealed }: KeyDeps, row: SigningKeysTable): Known {
  const text = sealed.unseal(purpose, row.id, row.privateKey)
  const signing = text === undefined ? undefined : readSigningKey(JSON.parse(text), { allowed })
  if (signing?.ok === true) {
    return { row, signing: signing.key, verification: signing.key.verification }
  }
  const read =
    row.publicKey === null ? undefined : readVerificationKey(JSON.parse(row.publicKey), { allowed })
  return { row, signing: undefined, verification: read?.ok === true ? read.key : undefined }
}

function signs({ row, signing }: Known, algorithm: string, now: number): boolean {
  return signing !== undefined && row.algorithm === algorithm && row.signsFrom <= now
}

function publicHalf({ publicKey }: SigningKeysTable): readonly Readonly<Record<string, unknown>>[] {
  return publicKey === null ? [] : [JSON.parse(publicKey)]
}

/** The newest first; of two of one moment the one that is not on its way out. */
export async function readKeys(db: Kysely<DemijohnTables>): Promise<SigningKeysTable[]> {
  const rows = await db.selectFrom('demijohn_signing_keys').selectAll().execute()
  const isLeaving = ({ retiredAt }: SigningKeysTable): number => (retiredAt === null ? 0 : 1)
  return rows.sort((a, b) => b.signsFrom - a.signsFrom || isLeaving(a) - isLeaving(b))
}

/** Raising the revision locks its row, so of two processes the second finds the first one's key. */
async function makeFirst(
  deps: KeyDeps,
  signerOf: (loaded: Loaded) => SigningKey | undefined,
): Promise<void> {
  await deps.revised.write(async (transaction) => {
    await deps.revised.watch.raise(transaction)
    const keys = (await readKeys(transaction)).map((row) => known(deps, row))
    const isThere = signerOf({ id: '', accountId: '', keys, keyOf: () => undefined }) !== undefined
    if (!isThere) await addKey(deps, transaction, deps.clock.now())
    return { changed: true, result: undefined }
  })
}

/** Makes a key; the others verify until the tokens that they may still sign are over. */
async function addKey(
  { clock, random, sealed, algorithm }: Omit<KeyDeps, 'db' | 'revised'>,
  db: Kysely<DemijohnTables>,
  signsFrom: number,
): Promise<SigningKeysTable> {
  const { kid, privateJwk, publicJwk } = generateSigningKey(algorithm, { random })
  const row: SigningKeysTable = {
    id: kid,
    algorithm,
    privateKey: sealed.seal(purpose, kid, JSON.stringify(privateJwk)),
    publicKey: publicJwk === undefined ? null : JSON.stringify(publicJwk),
    createdAt: clock.now(),
    signsFrom,
    retiredAt: null,
  }
  // One that was to sign later has signed nothing, and must not come in between.
  await db.deleteFrom('demijohn_signing_keys').where('signsFrom', '>', clock.now()).execute()
  await db
    .updateTable('demijohn_signing_keys')
    .set({ retiredAt: signsFrom + overlapMilliseconds })
    .where('retiredAt', 'is', null)
    .execute()
  await db.insertInto('demijohn_signing_keys').values(row).execute()
  return row
}

export type Rotation = {
  /** How long the new key is published before it signs; 0: at once. */
  readonly publishMilliseconds: number
  /** Where an old key may be in other hands: what it has signed counts no more. Goes with 0. */
  readonly old: 'verifies for an hour' | 'is distrusted at once'
}

/** Puts a new key in the place of the one that signs, in one transaction. */
export async function rotateSigningKey(
  deps: KeyDeps,
  { publishMilliseconds, old }: Rotation,
  alongside: (db: Kysely<DemijohnTables>, row: SigningKeysTable) => Promise<void>,
): Promise<SigningKeysTable> {
  const now = deps.clock.now()
  return deps.revised.write(async (transaction) => {
    await deps.revised.watch.raise(transaction)
    const signsFrom = old === 'is distrusted at once' ? now : now + publishMilliseconds
    const row = await addKey(deps, transaction, signsFrom)
    if (old === 'is distrusted at once') {
      await transaction
        .updateTable('demijohn_signing_keys')
        .set({ retiredAt: now })
        .where('id', '!=', row.id)
        .where('retiredAt', '>', now)
        .execute()
    }
    await alongside(transaction, row)
    return { changed: true, result: row }
  })
}
