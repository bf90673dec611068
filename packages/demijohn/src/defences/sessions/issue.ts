/**
 * Where session tokens are made: at sign-in and at rotation, and never out of anything that a
 * request brought along. That is what stops session fixation (ASVS 7.2.4; CVE-2022-25896).
 */

import { randomSecret, sha256Hex } from '../../core/bytes.ts'
import { isLive, type Parts, write } from './parts.ts'
import * as rows from './rows.ts'
import { formatMethods, type Method, parseMethods } from './stage.ts'
import type { SessionStore } from './types.ts'

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
    write(parts, async (transaction) => {
      // Within the transaction: a change of the password waits for it, or has come before.
      if (!(await rows.isProofCurrent(transaction, accountId, input.credentialRevision))) {
        return { changed: false, result: null }
      }
      const replaced = replaces !== undefined && (await rows.deleteSession(transaction, replaces))
      await rows.insertSession(transaction, {
        id,
        accountId,
        createdAt: now,
        authenticatedAt: input.authenticatedAt ?? now,
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
      const row = await rows.readSession(transaction, id)
      if (row === undefined) throw new Error('the session that was just written is not there')
      const most = parts.options.maxSessionsPerAccount
      const trimmed = await rows.trimSessionsOf(transaction, accountId, most, id)
      // A new row is in nobody's cache: only what was ended concerns other processes.
      return { changed: replaced || trimmed > 0, result: { row, trimmed } }
    })
  const made =
    replaces === undefined
      ? await insert()
      : await parts.cache.revokeDuring({ sessionId: replaces }, insert)
  if (made === null) return null
  const { row, trimmed } = made
  if (trimmed > 0) parts.cache.forget({ accountId })
  return { token, session: parts.toRecord(row) }
}

export function rotate(
  parts: Parts,
  oldId: string,
  proven: readonly Method[],
): ReturnType<SessionStore['rotate']> {
  const token = randomSecret(parts.random)
  const id = sha256Hex(token)
  return parts.cache.revokeDuring({ sessionId: oldId }, () =>
    write(parts, async (transaction) => {
      const old = await rows.readSession(transaction, oldId)
      if (old === undefined || !isLive(parts, parts.toRecord(old)))
        return { changed: false, result: null }
      // Of two parallel rotations the second finds nothing to delete.
      if (!(await rows.deleteSession(transaction, oldId))) return { changed: false, result: null }
      const now = parts.clock.now()
      const authenticatedAt = proven.length > 0 ? now : old.authenticatedAt
      const methods = formatMethods([...parseMethods(old.methods), ...proven])
      const row = { ...old, id, lastSeenAt: now, authenticatedAt, methods }
      const { name: _, email: __, role: ___, hasSecondFactor: ____, ...stored } = row
      await rows.insertSession(transaction, stored)
      return { changed: true, result: { token, session: parts.toRecord(row) } }
    }),
  )
}
