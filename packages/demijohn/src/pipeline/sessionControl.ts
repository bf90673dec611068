/** Signing in and out for handlers: the store's writes, and the cookies that go with them. */
import { randomSecret, sha256Hex } from '../core/bytes.ts'
import type { DemijohnTables } from '../data/tables.ts'
import { parseSessionToken } from '../defences/sessions/cookie.ts'
import type { IssuedSession, SessionRecord } from '../defences/sessions/types.ts'
import { expireCookie, readCookie, serialiseCookie } from '../web/cookies.ts'
import type { Arrival, Parts, WithClient, WithCredential, WithHead } from './parts.ts'
import type { DeviceControl, SessionControl } from './route.ts'

/** Clipped: the header is the client's to write, and rows are bounded. */
export function userAgentOf(head: WithHead['head']): string {
  return (head.headers.get('user-agent') ?? '').slice(0, 256)
}

export function deviceControl(parts: Parts, { head, effects }: Arrival & WithHead): DeviceControl {
  const { name, maxAgeSeconds, secure } = parts.deviceCookie
  const value = parseSessionToken(readCookie(head.headers.get('cookie'), name))
  return {
    id: value === undefined ? null : sha256Hex(value),
    issue: () => {
      if (value !== undefined) return sha256Hex(value)
      const fresh = randomSecret(parts.random)
      effects.cookies.push(serialiseCookie({ name, value: fresh, secure, maxAgeSeconds }))
      return sha256Hex(fresh)
    },
  }
}

export function sessionControl(
  parts: Parts,
  known: Arrival & WithHead & WithClient & WithCredential,
): SessionControl<DemijohnTables> {
  const { effects } = known
  const { name, attributes } = parts.sessionCookie
  const current = (): SessionRecord | null =>
    effects.session === undefined ? known.session : effects.session

  function adopt({ token, session }: IssuedSession): void {
    effects.session = session
    effects.cookies.push(serialiseCookie({ name, value: token, secure: attributes.secure }))
  }

  function forget(): void {
    effects.session = null
    effects.clearSiteData = true
    effects.cookies.push(expireCookie({ name, secure: attributes.secure }))
  }

  return {
    async signIn(start) {
      const replaced = current()
      const issued = await parts.sessions.create({
        ...start,
        userAgent: userAgentOf(known.head),
        clientAddress: known.clientAddress,
        ...(replaced === null ? {} : { replaces: replaced.id }),
      })
      if (issued === null) return null
      adopt(issued)
      const { accountId: userId } = start
      const { stage } = issued.session
      parts.log.event('session_created', { requestId: known.requestId, userId, stage })
      return stage
    },
    async prove(method) {
      const session = current()
      const proven = session && (await parts.sessions.rotate(session, { proven: [method] }))
      if (proven === null) {
        forget()
        return null
      }
      adopt(proven)
      return proven.session.stage
    },
    async signOut() {
      const session = current()
      if (session !== null) await parts.sessions.end(session.id)
      parts.log.event('session_logout', { requestId: known.requestId, userId: session?.accountId })
      forget()
    },
    async endOthers(options = {}) {
      const session = current()
      if (session === null) throw new TypeError('endOthers: nobody is signed in; ask for signedIn')
      const { accountId, id: except } = session
      // The others first: a fault in between leaves too few sessions, never too many.
      await parts.sessions.endAllOf(accountId, { except, ...options })
      const rotated = await parts.sessions.rotate(session)
      if (rotated === null) forget()
      else adopt(rotated)
    },
    endAllOf: async (accountId, options) => {
      await parts.sessions.endAllOf(accountId, options)
      if (current()?.accountId === accountId) forget()
    },
    accountChanged: (accountId, options) => parts.sessions.accountChanged(accountId, options),
  }
}
