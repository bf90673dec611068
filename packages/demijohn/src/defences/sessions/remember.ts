/**
 * Remember tokens: a browser that comes back after its session ended is signed in again.
 *
 * Stops: a token that works for ever or twice (each is used by one conditional write and followed by
 * another; the family ends 30 days after the sign-in), a copied cookie (whoever comes second shows
 * that there are two, and the whole family ends with its sessions), a stolen database (it holds
 * SHA-256 of 256 random bits), a token that outlives a change of password or a suspension. ASVS
 * 7.2.2, 7.2.3, 7.3.2, 7.4.1 to 7.4.3. Gap 3 of the usual stack.
 *
 * Does not stop a thief whose copy is used before the owner comes back: they are that person until
 * then, for at most 30 days, but on no page that asks for a fresh sign-in. An answer that is lost on
 * its way looks like a theft, too: the browser has the old token only. Then the person signs in.
 */

import type { Kysely, Transaction } from 'kysely'
import {
  isSecretShape,
  type Random,
  randomSecret,
  sha256Hex,
  systemRandom,
} from '../../core/bytes.ts'
import type { Clock } from '../../core/clock.ts'
import { createId } from '../../core/ids.ts'
import type { DemijohnTables } from '../../data/tables.ts'
import { decideRemembered, rememberMilliseconds } from './rememberDecide.ts'
import * as rows from './rememberRows.ts'
import { formatMethods, type Method, parseMethods } from './stage.ts'
import type { SessionStore } from './types.ts'

export type IssuedRemember = {
  /** For the cookie, and nowhere else: only its hash is stored. */
  readonly token: string
  readonly familyId: string
  /** What is left of the 30 days. */
  readonly maxAgeSeconds: number
}

export type FamilyStart = {
  readonly accountId: string
  readonly familyId: string
  readonly methods: readonly Method[]
  /** When the person last proved who they are; the 30 days run from then on. */
  readonly authenticatedAt: number
}

export type Redemption =
  /** The token was good and is used up; begin a session with these facts and keep `issued`. */
  | {
      readonly kind: 'good'
      readonly issued: IssuedRemember
      readonly accountId: string
      readonly credentialRevision: number
      /** The family's, and `remembered`. */
      readonly methods: readonly Method[]
      /** When the family began: pages that ask for a fresh sign-in ask again. */
      readonly authenticatedAt: number
      readonly expiresAt: number
    }
  /** Nobody's, over, or of a suspended account: the cookie may go. */
  | { readonly kind: 'unknown' }
  /** Used a moment ago, most likely by another tab: nobody, and no cookie is touched. */
  | { readonly kind: 'just-used' }
  /** It came twice. The family and its sessions are ended; tell the owner. */
  | { readonly kind: 'stolen'; readonly accountId: string }

export type Remembering = {
  /** An id for a family that begins when the sign-in is complete: a session is made with it. */
  readonly plan: () => string
  /**
   * Begins the family of a session that is full. null, and nothing is written: the session has ended
   * meanwhile, or the family has begun already, or is over.
   */
  readonly begin: (facts: FamilyStart) => Promise<IssuedRemember | null>
  /** Uses a token up. Of any number at once one gets `good`, and of a theft one gets `stolen`. */
  readonly redeem: (token: string) => Promise<Redemption>
  /** Whether the family has a token left: asked after a session was made for it, for it may have ended meanwhile. */
  readonly isLive: (accountId: string, familyId: string) => Promise<boolean>
  /** The browsers that stay signed in to an account. */
  readonly listOf: (accountId: string) => Promise<readonly rows.Family[]>
  /** Ends a family and its sessions. False when the account has no such family. */
  readonly endFamily: (accountId: string, familyId: string) => Promise<boolean>
  /** Ends the family of a token that its browser gives up: signing out, signing in anew. */
  readonly drop: (token: string) => Promise<void>
  /** Ends every family of an account; its sessions are left to the session store. */
  readonly endAllOf: (accountId: string) => Promise<number>
  /** Deletes tokens that are over, and says how many. */
  readonly sweep: () => Promise<number>
}

/** As many as sessions of an account; one more ends the oldest. */
const maxFamiliesPerAccount = 50
/** Used tokens that are kept to tell a copy by; older ones open nothing either way. */
const maxUsedPerFamily = 100

export type RememberingDeps = {
  readonly db: Kysely<DemijohnTables>
  readonly clock: Clock
  readonly random?: Random
  readonly sessions: Pick<SessionStore, 'accountChanged'>
  /** Tells the owner of a theft, in the transaction that ends the family: once, and never without. */
  readonly alarm?:
    | ((transaction: Transaction<DemijohnTables>, accountId: string) => Promise<void>)
    | undefined
}

export function createRemembering(deps: RememberingDeps): Remembering {
  const { db, clock, sessions, alarm } = deps
  const end = async (row: rows.OneFamily, because: 'asked' | 'stolen'): Promise<boolean> => {
    const { accountId, familyId } = row
    let ended = false
    await sessions.accountChanged(accountId, {
      alongside: async (transaction) => {
        ended = await rows.endFamily(transaction, { accountId, familyId })
        if (ended && because === 'stolen') await alarm?.(transaction, accountId)
      },
    })
    return ended
  }

  return Object.freeze({
    plan: () => createId(clock.now(), deps.random ?? systemRandom),
    begin: (facts) => begin(deps, facts),
    redeem: async (token) => {
      if (!isSecretShape(token)) return unknown
      const row = await rows.readToken(db, sha256Hex(token))
      if (row === undefined) return unknown
      const verdict = decideRemembered({ now: clock.now(), ...row })
      if (verdict === 'over') return unknown
      if (verdict === 'just-used') return justUsed
      if (verdict === 'good') return use(deps, row.id)
      const { accountId } = row
      return (await end(row, 'stolen')) ? { kind: 'stolen', accountId } : unknown
    },
    isLive: async (accountId, familyId) => {
      const live = await rows.readFamilies(db, accountId, clock.now())
      return live.some((family) => family.familyId === familyId)
    },
    listOf: (accountId) => rows.readFamilies(db, accountId, clock.now()),
    endFamily: (accountId, familyId) => end({ accountId, familyId }, 'asked'),
    drop: async (token) => {
      const row = isSecretShape(token) ? await rows.readToken(db, sha256Hex(token)) : undefined
      if (row !== undefined) await end(row, 'asked')
    },
    endAllOf: (accountId) => rows.endFamiliesOf(db, accountId),
    sweep: () => rows.deleteEnded(db, clock.now()),
  } satisfies Remembering)
}

const unknown = Object.freeze({ kind: 'unknown' }) satisfies Redemption
const justUsed = Object.freeze({ kind: 'just-used' }) satisfies Redemption

function begin(
  { db, clock, random = systemRandom }: RememberingDeps,
  { accountId, familyId, methods, authenticatedAt }: FamilyStart,
): Promise<IssuedRemember | null> {
  const now = clock.now()
  const expiresAt = authenticatedAt + rememberMilliseconds
  const proven = formatMethods(methods.filter((method) => method !== 'remembered'))
  const family = { familyId, accountId, methods: proven, authenticatedAt, expiresAt }
  return db.transaction().execute(async (transaction) => {
    // What ends the session now waits for this, or has come before.
    if (now >= expiresAt || !(await rows.holdSessionOf(transaction, family))) return null
    const existing = await rows.readFamilies(transaction, accountId, now)
    if (existing.some((one) => one.familyId === familyId)) return null
    for (const { familyId } of existing.slice(maxFamiliesPerAccount - 1)) {
      await rows.endTokens(transaction, { accountId, familyId })
    }
    return issue(transaction, random, family, now)
  })
}

type NewFamily = Omit<rows.RememberedRow, 'id' | 'usedAt'>

async function issue(
  db: RememberingDeps['db'],
  random: Random,
  family: NewFamily,
  now: number,
): Promise<IssuedRemember> {
  const { familyId, accountId, methods, authenticatedAt, expiresAt } = family
  const token = randomSecret(random)
  const stored = { familyId, accountId, methods, authenticatedAt, expiresAt, usedAt: null }
  await rows.insertToken(db, { id: sha256Hex(token), ...stored })
  return { token, familyId, maxAgeSeconds: Math.floor((expiresAt - now) / 1_000) }
}

/** Old token, new token: both or neither, and all that a session needs read in the same moment. */
function use(
  { db, clock, random = systemRandom }: RememberingDeps,
  id: string,
): Promise<Redemption> {
  const now = clock.now()
  return db.transaction().execute(async (transaction): Promise<Redemption> => {
    const row = await rows.readToken(transaction, id)
    if (row === undefined) return unknown
    // Somebody else was faster, and that was just now.
    if (!(await rows.useToken(transaction, id, now))) return justUsed
    const issued = await issue(transaction, random, row, now)
    await rows.trimUsed(transaction, row.familyId, maxUsedPerFamily)
    const { accountId, credentialRevision, authenticatedAt, expiresAt } = row
    const methods: readonly Method[] = [...parseMethods(row.methods), 'remembered']
    const facts = { accountId, credentialRevision, methods, authenticatedAt, expiresAt }
    return { kind: 'good', issued, ...facts }
  })
}
