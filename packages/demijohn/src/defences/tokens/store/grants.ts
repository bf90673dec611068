/**
 * Apps that ask to be let in (RFC 8628): a device gets two codes, a person types one and decides.
 *
 * Stops: a decision by anybody but the person who typed the code (a grant without one is nobody's to
 * decide: CVE-2026-45337), a second decision or redemption (each is one conditional write), an
 * approval that outlives a change of what proves the account, or comes from a session that has
 * ended, guessing (the codes live ten minutes; `throttle` counts tries), rows without end.
 *
 * Does not stop somebody from being talked into typing a code that a stranger sent: the page says
 * where the device asked from, and that only one's own code may be typed.
 */

import { createId } from '../../../core/ids.ts'
import { holdProof } from '../../../data/accountRows.ts'
import { createOpaqueToken, parseOpaqueToken } from '../opaque.ts'
import { createUserCode, normaliseUserCode, showUserCode, userCodeHashes } from '../userCode.ts'
import { isUsable, proofOf, readAccount } from './accounts.ts'
import { beginFamily, endCopied, invalidGrant } from './apps.ts'
import { type Database, minute, splitScopes, type TokenParts } from './parts.ts'
import { issueTokens } from './refreshing.ts'
import type {
  Alongside,
  BegunGrant,
  GrantProblem,
  PendingGrant,
  Redeeming,
  Refused,
  TokenAnswer,
  TokenControl,
} from './types.ts'

const deviceKind = 'dc'
const livesMilliseconds = 10 * minute
const intervalSeconds = 5
/** That wait at once, of all apps together: whoever asks for more waits for the others to be over. */
const maxWaiting = 10_000

export async function beginGrant(
  { db, clock, random, options, codeKeys }: TokenParts,
  facts: Parameters<TokenControl['beginGrant']>[0],
): Promise<BegunGrant | null> {
  const now = clock.now()
  if ((await countWaiting(db, now)) >= maxWaiting) return null
  const device = createOpaqueToken({ prefix: options.prefix, kind: deviceKind }, random)
  const code = createUserCode(random)
  const [userHash] = userCodeHashes(code, codeKeys)
  if (userHash === undefined) throw new RangeError('device grants: there is no key for user codes')
  const { clientId, scopes, boundTo = null, network } = facts
  await db
    .insertInto('demijohn_device_grants')
    .values({
      ...{ id: createId(now, random), deviceHash: device.hash, userHash, clientId, boundTo },
      ...{ scopes: scopes.join(' '), network, createdAt: now, expiresAt: now + livesMilliseconds },
      ...{ intervalSeconds, lastPolledAt: null, accountId: null, credentialRevision: null },
      ...{ authenticatedAt: null, methods: null, decision: null, decidedAt: null },
      ...{ redeemedAt: null, familyId: null },
    })
    .execute()
  return {
    ...{ deviceCode: device.text, userCode: showUserCode(code), intervalSeconds },
    expiresInSeconds: livesMilliseconds / 1_000,
  }
}

async function countWaiting(db: Database, now: number): Promise<number> {
  const { waiting } = await db
    .selectFrom('demijohn_device_grants')
    .select((is) => is.fn.countAll().as('waiting'))
    .where('expiresAt', '>', now)
    .executeTakeFirstOrThrow()
  return Number(waiting)
}

const shown = ['id', 'clientId', 'scopes', 'network', 'createdAt', 'expiresAt'] as const
type ShownRow = Omit<PendingGrant, 'scopes'> & { readonly scopes: string }

function pending(row: ShownRow | undefined): PendingGrant | null {
  return row === undefined ? null : Object.freeze({ ...row, scopes: splitScopes(row.scopes) })
}

/** The same statement for every text, so that time tells no code from another. */
export async function claimGrant(
  { db, clock, codeKeys }: TokenParts,
  userCode: string,
  accountId: string,
): Promise<PendingGrant | null> {
  const hashes = userCodeHashes(normaliseUserCode(userCode), codeKeys)
  const row = await db
    .updateTable('demijohn_device_grants')
    .set({ accountId })
    .where('userHash', 'in', hashes)
    .where((is) => is.or([is('accountId', 'is', null), is('accountId', '=', accountId)]))
    .where('decision', 'is', null)
    .where('expiresAt', '>', clock.now())
    .returning(shown)
    .executeTakeFirst()
  return pending(row)
}

export async function pendingGrant(
  { db, clock }: TokenParts,
  id: string,
  accountId: string,
): Promise<PendingGrant | null> {
  const row = await db
    .selectFrom('demijohn_device_grants')
    .select(shown)
    .where('id', '=', id)
    .where('accountId', '=', accountId)
    .where('decision', 'is', null)
    .where('expiresAt', '>', clock.now())
    .executeTakeFirst()
  return pending(row)
}

export function decideGrant(
  { db, clock }: TokenParts,
  facts: Parameters<TokenControl['decideGrant']>[0],
  alongside: Alongside | undefined,
): Promise<boolean> {
  const { id, accountId, decision, scopes } = facts
  const given = scopes === undefined ? {} : { scopes: scopes.join(' ') }
  const now = clock.now()
  return db.transaction().execute(async (transaction) => {
    const proof = await proofOf(transaction, facts)
    if (proof === undefined) return false
    const { numUpdatedRows } = await transaction
      .updateTable('demijohn_device_grants')
      .set({ ...proof, ...given, decision, decidedAt: now })
      .where('id', '=', id)
      .where('accountId', '=', accountId)
      .where('decision', 'is', null)
      .where('expiresAt', '>', now)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows !== 1n) return false
    await alongside?.(transaction)
    return true
  })
}

function refused(error: GrantProblem): Refused {
  return { kind: 'refused', error }
}

/** A device asks whether its person has decided. Of any number at once one gets tokens. */
export async function redeemGrant(parts: TokenParts, facts: Redeeming): Promise<TokenAnswer> {
  const parsed = parseOpaqueToken(facts.token, parts.options.prefix)
  if (parsed?.kind !== deviceKind) return invalidGrant
  const row = await readGrant(parts.db, parsed.hash)
  if (row === undefined || row.clientId !== facts.clientId) return invalidGrant
  if (row.boundTo !== null && row.boundTo !== facts.boundTo) return refused('invalid_dpop_proof')
  if (row.redeemedAt !== null) return endRedeemed(parts, row)
  const now = parts.clock.now()
  if (row.expiresAt <= now) return refused('expired_token')
  if (row.decision === null) return poll(parts.db, row, now)
  if (row.decision !== 'approved') return refused('access_denied')
  const redeemed = await redeem(parts, row, facts)
  if (redeemed !== 'redeemed already') return redeemed
  const again = await readGrant(parts.db, parsed.hash)
  return again === undefined ? invalidGrant : endRedeemed(parts, again)
}

type GrantRow = NonNullable<Awaited<ReturnType<typeof readGrant>>>

function readGrant(db: Database, deviceHash: string) {
  return db
    .selectFrom('demijohn_device_grants')
    .selectAll()
    .where('deviceHash', '=', deviceHash)
    .executeTakeFirst()
}

/** RFC 8628 section 3.5: whoever asks too often is told to, and has to wait five seconds longer. */
async function poll(db: Database, row: GrantRow, now: number): Promise<Refused> {
  const { lastPolledAt, intervalSeconds } = row
  const isEarly = lastPolledAt !== null && now - lastPolledAt < intervalSeconds * 1_000
  const slower = isEarly ? Math.min(intervalSeconds + 5, 60) : intervalSeconds
  await db
    .updateTable('demijohn_device_grants')
    .set({ lastPolledAt: now, intervalSeconds: slower })
    .where('id', '=', row.id)
    .execute()
  return refused(isEarly ? 'slow_down' : 'authorization_pending')
}

async function redeem(
  parts: TokenParts,
  row: GrantRow,
  { boundTo, network }: Redeeming,
): Promise<TokenAnswer | 'redeemed already'> {
  const { accountId, credentialRevision, authenticatedAt, methods } = row
  if (accountId === null || credentialRevision === null) return invalidGrant
  if (authenticatedAt === null || methods === null) return invalidGrant
  const account = await readAccount(parts.db, accountId)
  if (!isUsable(parts, account, { credentialRevision })) return invalidGrant
  const key = await parts.keys.signer()
  type Done = { readonly answer: TokenAnswer | 'redeemed already'; readonly trimmed: number }
  const done = await parts.revised.write<Done>(async (transaction) => {
    const nothing = { changed: false, result: { answer: invalidGrant, trimmed: 0 } }
    if (!(await holdProof(transaction, accountId, credentialRevision))) return nothing
    const proof = { credentialRevision, authenticatedAt, methods }
    const { clientId, scopes } = row
    const start = { accountId, clientId, scopes, proof, boundTo: boundTo ?? null, network }
    if (!(await markRedeemed(transaction, row.id, parts.clock.now()))) {
      return { changed: false, result: { answer: 'redeemed already', trimmed: 0 } }
    }
    const { family, trimmed } = await beginFamily(parts, transaction, start)
    await transaction
      .updateTable('demijohn_device_grants')
      .set({ familyId: family.id })
      .where('id', '=', row.id)
      .execute()
    const answer = await issueTokens(parts, transaction, key, family)
    return { changed: trimmed > 0, result: { answer, trimmed } }
  })
  if (done.trimmed > 0) parts.cache.forget({ accountId, sort: 'token' })
  return done.answer
}

/** True for the one who redeemed it. */
async function markRedeemed(db: Database, id: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('demijohn_device_grants')
    .set({ redeemedAt: now })
    .where('id', '=', id)
    .where('redeemedAt', 'is', null)
    .where('decision', '=', 'approved')
    .where('expiresAt', '>', now)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/** A device code that comes again was copied: what came of it ends (ASVS 10.4.2). */
async function endRedeemed(parts: TokenParts, row: GrantRow): Promise<TokenAnswer> {
  const { familyId: id, accountId, clientId } = row
  return id === null || accountId === null
    ? invalidGrant
    : endCopied(parts, { id, accountId, clientId })
}
