/**
 * Where session tokens are made: at sign-in and at rotation, and never out of anything that a
 * request brought along. That is what stops session fixation (ASVS 7.2.4; CVE-2022-25896).
 */

import { randomSecret, sha256Hex } from '../../core/bytes.ts'
import { isLive, type Parts, write } from './parts.ts'
import * as rows from './rows.ts'
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
      const replaced = replaces !== undefined && (await rows.deleteSession(transaction, replaces))
      await rows.insertSession(transaction, {
        id,
        accountId,
        createdAt: now,
        authenticatedAt: now,
        lastSeenAt: now,
        expiresAt: now + parts.limits.absoluteMilliseconds,
        userAgent: input.userAgent.slice(0, maxUserAgentLength),
        clientAddress: input.clientAddress.slice(0, maxClientAddressLength),
        notice: null,
      })
      const row = await rows.readSession(transaction, id)
      if (row === undefined) throw new Error('no session for an account that is gone or suspended')
      const most = parts.options.maxSessionsPerAccount
      const trimmed = await rows.trimSessionsOf(transaction, accountId, most, id)
      // A new row is in nobody's cache: only what was ended concerns other processes.
      return { changed: replaced || trimmed > 0, result: { row, trimmed } }
    })
  const { row, trimmed } =
    replaces === undefined
      ? await insert()
      : await parts.cache.revokeDuring({ sessionId: replaces }, insert)
  if (trimmed > 0) parts.cache.forget({ accountId })
  return { token, session: parts.toRecord(row) }
}

export function rotate(
  parts: Parts,
  oldId: string,
  because: 'privilege-change' | 'reauthentication',
): ReturnType<SessionStore['rotate']> {
  const token = randomSecret(parts.random)
  const id = sha256Hex(token)
  return parts.cache.revokeDuring({ sessionId: oldId }, () =>
    write(parts, async (transaction) => {
      const old = await rows.readSession(transaction, oldId)
      if (old === undefined || !isLive(parts, old)) return { changed: false, result: null }
      // Of two parallel rotations the second finds nothing to delete.
      if (!(await rows.deleteSession(transaction, oldId))) return { changed: false, result: null }
      const now = parts.clock.now()
      const authenticatedAt = because === 'reauthentication' ? now : old.authenticatedAt
      const row = { ...old, id, lastSeenAt: now, authenticatedAt }
      const { name: _, email: __, role: ___, ...stored } = row
      await rows.insertSession(transaction, stored)
      return { changed: true, result: { token, session: parts.toRecord(row) } }
    }),
  )
}
