/**
 * Server-side sessions.
 *
 * Stops: a token that was planted before sign-in (tokens are only ever made here, anew at each
 * sign-in and rotation), a copied cookie after logout (the row is gone), sessions that survive a
 * password change, suspension or deletion, a request that saves a session which has ended
 * meanwhile, and a stolen database (it holds SHA-256 of 256 random bits). ASVS 7.2.1 to 7.2.4,
 * 7.3.1, 7.3.2, 7.4.1 to 7.4.3. Does not stop the use of a stolen cookie while its session lives.
 *
 * A session that has not changed is answered from memory: see `core/revocations.ts` and
 * `data/revision.ts` for why that cannot outlive a revocation. The cache is keyed by the hash of the token, so looking
 * it up tells nothing about tokens by time, and memory holds none.
 */

import type { Kysely } from 'kysely'
import { type Random, sha256Hex, systemRandom } from '../../core/bytes.ts'
import type { Clock } from '../../core/clock.ts'
import { endAppsOf } from '../../data/accountRows.ts'
import { createRevisedStore, type RevisedStore } from '../../data/revision.ts'
import type { DemijohnTables } from '../../data/tables.ts'
import { isTouchDue } from './decide.ts'
import { create, rotate } from './issue.ts'
import type { SessionOptions } from './options.ts'
import { isLive, type Parts, toRecord } from './parts.ts'
import { endFamiliesOf } from './rememberRows.ts'
import * as rows from './rows.ts'
import { parseMethods } from './stage.ts'
import type { EndAllOptions, FormKeys, SessionRecord, SessionStore } from './types.ts'

type Database = Kysely<DemijohnTables>

export type SessionStoreDeps = {
  readonly db: Database
  readonly clock: Clock
  readonly random?: Random
  /** Derives what form tokens of a session are bound to. Called once for each session read. */
  readonly formKeysOf: (sessionId: string) => FormKeys
  readonly options: SessionOptions
  /** The roles that may not be used without a second factor. */
  readonly secondFactorRoles?: ReadonlySet<string>
  /** Shared with whoever else keeps credentials in this process; one of its own when left out. */
  readonly revised?: RevisedStore
}

const maxNoticeLength = 1_000

export function createSessionStore(deps: SessionStoreDeps): SessionStore {
  const { db, clock, options, secondFactorRoles = new Set() } = deps
  const { revocations, watch, write } = deps.revised ?? createRevisedStore({ db, clock })
  const cache = revocations.cache<SessionRecord>(options.cachedSessions)
  const parts: Parts = {
    ...{ db, clock, options, cache, watch, write },
    random: deps.random ?? systemRandom,
    limits: {
      idleMilliseconds: options.idleTimeoutMinutes * 60_000,
      absoluteMilliseconds: options.absoluteTimeoutHours * 3_600_000,
    },
    toRecord: (row) => toRecord(row, deps.formKeysOf(row.id), secondFactorRoles.has(row.role)),
  }
  return Object.freeze({
    find: (token: string) => {
      const id = sha256Hex(token)
      return (parts.watch.isFresh() ? cached(parts, id) : undefined) ?? findSlowly(parts, id)
    },
    create: (input) => create(parts, input),
    rotate: (session, { proven = [] } = {}) => rotate(parts, session.id, proven),
    end: (sessionId) => end(parts, sessionId),
    endAllOf: (accountId, how = {}) => endAllOf(parts, accountId, how),
    accountChanged: async (accountId, { alongside } = {}) => {
      cache.forget({ accountId })
      await parts
        .write(async (transaction) => {
          await alongside?.(transaction)
          return { changed: true, result: undefined }
        })
        .finally(() => cache.forget({ accountId }))
    },
    listOf: async (accountId) => {
      const all = await rows.readSessionsOf(db, accountId)
      return all
        .filter((row) => isLive(parts, row))
        .map(({ accountId: _, notice: __, ...summary }) =>
          Object.freeze({ ...summary, methods: parseMethods(summary.methods) }),
        )
    },
    setNotice: (sessionId, text) => setNotice(parts, sessionId, text),
    takeNotice: async ({ id, notice }) => {
      if (notice === null) return null
      const taken = await rows.removeNotice(db, id, notice)
      cache.forget({ id })
      return taken ? notice : null
    },
    sweep: () => {
      const now = clock.now()
      return rows.deleteSessionsBefore(db, {
        expiresAt: now,
        lastSeenAt: now - parts.limits.idleMilliseconds,
        createdAt: now - parts.limits.absoluteMilliseconds,
      })
    },
  } satisfies SessionStore)
}

/** What the cache can answer alone: a live session whose use need not be written down yet. */
function cached(parts: Parts, id: string): SessionRecord | undefined {
  const session = parts.cache.get(id)
  if (session === undefined || isTouchDue(parts.clock.now(), session.lastSeenAt)) return undefined
  return isLive(parts, session) ? session : undefined
}

async function findSlowly(parts: Parts, id: string): Promise<SessionRecord | null> {
  const { cache, watch } = parts
  if (!watch.isFresh()) {
    await watch.confirm()
    const session = cached(parts, id)
    if (session !== undefined) return session
  }
  let session: SessionRecord | undefined
  // A row read while something was revoked may be dead: read it again. Three times, because a
  // store that is always revoking must not keep a request for ever; the last read is not kept.
  for (let reads = 0; reads < 3; reads += 1) {
    const epoch = cache.epoch()
    session = await readLive(parts, id)
    if (session === undefined || cache.isRevoked(session)) return null
    cache.put(session, epoch)
    if (cache.epoch() === epoch) break
  }
  return session ?? null
}

async function readLive(parts: Parts, id: string): Promise<SessionRecord | undefined> {
  const row = await rows.readSession(parts.db, id)
  const session = row === undefined ? undefined : parts.toRecord(row)
  if (row === undefined || session === undefined || !isLive(parts, session)) return undefined
  const now = parts.clock.now()
  if (!isTouchDue(now, row.lastSeenAt)) return session
  if (await rows.touchSession(parts.db, id, now)) return parts.toRecord({ ...row, lastSeenAt: now })
  const again = await rows.readSession(parts.db, id)
  const later = again === undefined ? undefined : parts.toRecord(again)
  return later !== undefined && isLive(parts, later) ? later : undefined
}

function end(parts: Parts, sessionId: string): Promise<void> {
  return parts.cache.revokeDuring({ id: sessionId }, () =>
    parts.write(async (transaction) => ({
      changed: await rows.deleteSession(transaction, sessionId),
      result: undefined,
    })),
  )
}

/**
 * Remembered browsers and apps go with the sessions, or they would be back at the next request.
 * The rows go first, so that they are counted even where `alongside` deletes the account, and with
 * `alongside` others are told in any case: it may change what the excepted session shows.
 */
async function endAllOf(
  parts: Parts,
  accountId: string,
  { except, exceptFamily, alongside }: EndAllOptions,
): Promise<number> {
  try {
    return await parts.cache.revokeDuring({ accountId, except }, () =>
      parts.write(async (transaction) => {
        await rows.holdAccount(transaction, accountId)
        const removed = await rows.deleteSessionsOf(transaction, accountId, except)
        const kept = exceptFamily === undefined ? {} : { except: exceptFamily }
        await endFamiliesOf(transaction, accountId, kept)
        const apps = await endAppsOf(transaction, accountId, {
          now: parts.clock.now(),
          because: 'signed-out',
        })
        await alongside?.(transaction)
        return { changed: removed + apps > 0 || alongside !== undefined, result: removed }
      }),
    )
  } finally {
    parts.cache.forget({ accountId })
  }
}

async function setNotice(parts: Parts, sessionId: string, text: string): Promise<void> {
  if (text.length > maxNoticeLength) {
    throw new RangeError(`a notice has at most ${maxNoticeLength} characters`)
  }
  await parts.write(async (transaction) => ({
    changed: await rows.writeNotice(transaction, sessionId, text),
    result: undefined,
  }))
  parts.cache.forget({ id: sessionId })
}
