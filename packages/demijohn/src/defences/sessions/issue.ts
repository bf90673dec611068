/**
 * Where session tokens are made: at sign-in and at rotation, and never out of anything that a
 * request brought along. That is what stops session fixation (ASVS 7.2.4; CVE-2022-25896).
 */

import { randomSecret, sha256Hex } from '../../core/bytes.ts'
import { holdProof } from '../../data/accountRows.ts'
import { isLive, type Parts } from './parts.ts'
import type { JoinedRow } from './rows.ts'
import * as rows from './rows.ts'
import { decideStage, formatMethods, type Method, parseMethods } from './stage.ts'
import type { IssuedSession, SessionStore } from './types.ts'

const maxUserAgentLength = 256
const maxClientAddressLength = 64

export async function create(
  parts: Parts,
  input: Parameters<SessionStore['create']>[0],
): ReturnType<SessionStore['create']> {
  const { accountId, replaces } = input
  const now = parts.clock.now()
  const token = randomSecret(parts.random)
  const id = sha256Hex(token)
  const insert = () =>
    parts.write(async (transaction) => {
      if (!(await holdProof(transaction, accountId, input.credentialRevision))) {
        return { changed: false, result: null }
      }
      const replaced = replaces !== undefined && (await rows.deleteSession(transaction, replaces))
      await rows.insertSession(transaction, {
        id,
        accountId,
        createdAt: now,
        authenticatedAt: now,
        lastSeenAt: now,
        expiresAt: Math.min(
          now + parts.limits.absoluteMilliseconds,
          input.endsAt ?? Number.POSITIVE_INFINITY,
        ),
        userAgent: input.userAgent.slice(0, maxUserAgentLength),
        clientAddress: input.clientAddress.slice(0, maxClientAddressLength),
        notice: null,
        methods: formatMethods(input.methods),
        familyId: input.familyId ?? null,
      })
      const inserted = await rows.readSession(transaction, id)
      if (inserted === undefined) throw new Error('the session that was just written is not there')
      const row = await provenBefore(parts, transaction, inserted, input.authenticatedAt)
      const trimmed = await trim(parts, transaction, row)
      // A new row is in nobody's cache: only what was ended concerns other processes.
      return { changed: replaced || trimmed > 0, result: { row, trimmed } }
    })
  const made =
    replaces === undefined
      ? await insert()
      : await parts.cache.revokeDuring({ id: replaces }, insert)
  return issued(parts, token, made)
}

/**
 * Notes that the proof is older than the session, where that is complete. What is half has a quarter
 * of an hour from now, and is as recent as what will complete it.
 */
async function provenBefore(
  parts: Parts,
  transaction: Parts['db'],
  row: JoinedRow,
  authenticatedAt: number | undefined,
): Promise<JoinedRow> {
  if (authenticatedAt === undefined || parts.toRecord(row).stage !== 'full') return row
  await rows.writeAuthenticatedAt(transaction, row.id, authenticatedAt)
  return { ...row, authenticatedAt }
}

export async function rotate(
  parts: Parts,
  oldId: string,
  proven: readonly Method[],
): ReturnType<SessionStore['rotate']> {
  const token = randomSecret(parts.random)
  const id = sha256Hex(token)
  const rotated = await parts.cache.revokeDuring({ id: oldId }, () =>
    parts.write(async (transaction) => {
      const old = await rows.readSession(transaction, oldId)
      if (old === undefined || !isLive(parts, parts.toRecord(old)))
        return { changed: false, result: null }
      await rows.holdAccount(transaction, old.accountId)
      // Of two parallel rotations the second finds nothing to delete.
      if (!(await rows.deleteSession(transaction, oldId))) return { changed: false, result: null }
      const now = parts.clock.now()
      const authenticatedAt = proven.length > 0 ? now : old.authenticatedAt
      const methods = formatMethods([...parseMethods(old.methods), ...proven])
      const row = { ...old, id, lastSeenAt: now, authenticatedAt, methods }
      const { name: _, email: __, role: ___, hasSecondFactor: ____, ...stored } = row
      await rows.insertSession(transaction, stored)
      const wasHalf = parts.toRecord(old).stage !== 'full'
      const trimmed = wasHalf ? await trim(parts, transaction, row) : 0
      return { changed: true, result: { row, trimmed } }
    }),
  )
  return issued(parts, token, rotated)
}

type Made = { readonly row: JoinedRow; readonly trimmed: number }

function issued(parts: Parts, token: string, made: Made | null): IssuedSession | null {
  if (made === null) return null
  const { row, trimmed } = made
  if (trimmed > 0) parts.cache.forget({ accountId: row.accountId })
  return { token, session: parts.toRecord(row) }
}

/**
 * Ends sessions of the account beyond its bound. Those that have come as far as this one are counted
 * by themselves, so that whoever has the password alone ends none of its owner's (ASVS 7.1.2).
 */
function trim(parts: Parts, transaction: Parts['db'], row: JoinedRow): Promise<number> {
  const { stage } = parts.toRecord(row)
  const { hasSecondFactor } = row
  // What is enrolment for one session is so for all of the account.
  const roleDemandsIt = stage === 'enrolment'
  const isAlike = (methods: string): boolean =>
    decideStage({ methods: parseMethods(methods), hasSecondFactor, roleDemandsIt }) === stage
  return rows.trimSessionsOf(transaction, row, parts.options.maxSessionsPerAccount, isAlike)
}
